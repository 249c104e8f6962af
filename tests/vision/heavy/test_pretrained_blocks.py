"""Blocks with published networks start from pretrained weights, see pixels as those want them, and train as a whole."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest

from ak_vision import (
    ConvNeXtBlock,
    EfficientNetBlock,
    ImageBlock,
    ImageClassifier,
    ImageInput,
    MobileNetBlock,
    PhotographScaler,
    ResNetBlock,
    TransferBlock,
    XceptionBlock,
)
from ak_vision.blocks._applications import application
from ak_vision.costs import published_cost
from autokeras_core import AutoModel, Block, ClassificationHead, Fixed, GraphError, SearchError, UnavailableError
from autokeras_core.data.profile import DataProfile
from autokeras_core.graph.view import HyperparameterView
from tests.vision.heavy.backbones import coloured, go_offline, save_network

Array = np.ndarray[Any, Any]

SMALLEST = "mobilenet_v3_small"
TRAINING = {"training/learning_rate": 3e-4, "training/batch_size": 32}


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Return a file with random weights of the smallest network."""
    return save_network(tmp_path_factory.mktemp("weights"), network=SMALLEST)


def profile_of(pictures: Array) -> DataProfile:
    """Return what analysis finds out about pictures."""
    return DataProfile(rows=len(pictures), inputs={"image": ImageInput().analyse(pictures, name="image")}, targets={})


def built(block: Block, shape: tuple[int, ...]) -> keras.Model:
    """Return a block at its defaults as a model of pictures that are scaled already."""
    inputs = keras.Input(shape)
    view = HyperparameterView(values=block.search_space().defaults(), seed=7)
    return keras.Model(inputs, block.build(view, inputs))


def as_published(pixels: Array, module: Any) -> Array:
    """Return pixels of 0 to 255 as `keras.applications` scales them for a network's published weights."""
    scaled: Array = module.preprocess_input(pixels.astype("float32").copy())
    return scaled


@pytest.mark.parametrize(
    ("kind", "network", "module"),
    [
        (MobileNetBlock, "mobilenet_v3_small", keras.applications.mobilenet_v3),
        (EfficientNetBlock, "efficientnet_b0", keras.applications.efficientnet),
        (ResNetBlock, "resnet50", keras.applications.resnet),
        (ResNetBlock, "resnet50_v2", keras.applications.resnet_v2),
        (XceptionBlock, "xception", keras.applications.xception),
        (ConvNeXtBlock, "convnext_tiny", keras.applications.convnext),
    ],
)
def test_a_block_is_the_network_of_the_file(kind: type[Any], network: str, module: Any, tmp_path: Path) -> None:
    """The name of the file chooses the network; raw pixels give what Keras's own scaling and network give."""
    path = tmp_path / f"{network}.weights.h5"
    original = application(network, input_shape=(96, 96, 3))
    original.save_weights(path)
    pixels = np.random.default_rng(0).integers(0, 256, (2, 96, 96, 3)).astype("uint8")
    scaler = PhotographScaler()
    scaler.fit(pixels)

    features = np.asarray(built(kind(weights=str(path)), (96, 96, 3))(scaler.transform(pixels)))

    expected = np.asarray(keras.Model(original.inputs[0], original.output)(as_published(pixels, module)))
    np.testing.assert_allclose(features, expected, atol=2e-3 * float(np.abs(expected).max()))


def test_small_grey_pictures_are_enlarged_and_coloured(weights: str) -> None:
    """28 pixels become 64, of which the network leaves 2; one longer side stays as it is."""
    block = MobileNetBlock(weights=weights)

    assert built(block, (28, 28, 1)).output_shape == (None, 2, 2, 576)
    assert built(block, (28, 100, 1)).output_shape == (None, 2, 4, 576)


def test_batch_normalization_follows_short_trainings(weights: str) -> None:
    """Its statistics start from those of the file, with a low momentum."""
    model = built(MobileNetBlock(weights=weights), (64, 64, 3))
    network = next(layer for layer in model.layers if isinstance(layer, keras.Model))

    momenta = {layer.momentum for layer in network.layers if isinstance(layer, keras.layers.BatchNormalization)}

    assert momenta == {0.95}
    assert all(layer.trainable for layer in network.layers)


def test_a_tuned_network_needs_no_file_any_more(weights: str, tmp_path: Path) -> None:
    """After a search on raw bytes the exported and the saved model hold the weights, which training has changed."""
    path = tmp_path / "mobilenet_v3_small.weights.h5"
    path.write_bytes(Path(weights).read_bytes())
    image = ImageInput()
    pictures, labels = coloured(40)
    output = ClassificationHead()(MobileNetBlock(weights=str(path))(image))
    model = AutoModel(inputs=image, outputs=output, max_trials=1, seed=0, warm_starts=[TRAINING])

    model.fit(pictures, labels, epochs=1, verbose=0)
    path.unlink()
    model.save(tmp_path / "saved")

    loaded = AutoModel.load(tmp_path / "saved")
    np.testing.assert_allclose(loaded.predict_proba(pictures), model.predict_proba(pictures), atol=1e-6)
    exported = model.export_model()
    np.testing.assert_allclose(exported.predict(pictures, verbose=0), model.predict_proba(pictures), atol=1e-5)
    network = next(layer for layer in exported.layers if isinstance(layer, keras.Model))
    original = application(SMALLEST, input_shape=(64, 64, 3))
    original.load_weights(weights)
    before, after = original.trainable_weights, network.trainable_weights
    assert all((np.asarray(old) != np.asarray(new)).any() for old, new in zip(before, after, strict=True))


def test_without_a_network_a_search_goes_on(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """A candidate whose weights cannot be downloaded is skipped with a reason, and counts as no trial."""
    offline = go_offline(monkeypatch, tmp_path)
    image = ImageInput()
    block = ImageBlock(candidates=[MobileNetBlock(version="small", pretrained=True), "ak_vision:conv"])
    starts = [{"image/block_type": "mobilenet", **TRAINING}, {"image/block_type": "conv", **TRAINING}]
    output = ClassificationHead()(block(image))
    model = AutoModel(inputs=image, outputs=output, max_trials=1, seed=0, warm_starts=starts)

    with caplog.at_level(logging.INFO, logger="autokeras_core"):
        model.fit(*coloured(30), epochs=1, verbose=0)

    assert sorted(row.status for row in model.leaderboard()) == ["completed", "skipped (unavailable)"]
    assert "skipped: The pretrained weights of 'mobilenet_v3_small' cannot be downloaded." in caplog.text
    assert len(offline.addresses) == 1


def test_without_a_network_nothing_but_pretrained_is_an_error(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """One sentence that names the ways out ends the search."""
    go_offline(monkeypatch, tmp_path)
    image = ImageInput()
    output = ClassificationHead()(ResNetBlock(pretrained=True)(image))

    with pytest.raises(SearchError) as caught:
        AutoModel(inputs=image, outputs=output, max_trials=2, seed=0).fit(*coloured(30), epochs=1, verbose=0)

    message = str(caught.value)
    assert message.startswith("The pretrained weights of")
    assert all(hint in message for hint in ("weights=", "models", "pretrained=False"))


def test_a_missing_file_is_an_error_at_once() -> None:
    """Who names a file means it."""
    block = XceptionBlock(weights="nowhere/xception.keras")

    with pytest.raises(UnavailableError, match=r"nowhere/xception\.keras.*which is no file"):
        block.check_available(profile_of(coloured(3)[0]))


@pytest.mark.parametrize(
    "block",
    [XceptionBlock(weights="nowhere/xception.keras"), TransferBlock(weights=f"nowhere/{SMALLEST}.keras")],
    ids=["whole", "frozen"],
)
def test_the_search_space_needs_no_file(block: Block) -> None:
    """That of a loaded model can be looked at where the weights are not."""
    assert len(block.search_space(profile_of(coloured(3)[0]))) > 0


FILES: dict[Any, str] = {
    MobileNetBlock: "mobilenet_v3_small",
    EfficientNetBlock: "efficientnet_b0",
    ResNetBlock: "resnet50_v2",
    XceptionBlock: "xception",
    ConvNeXtBlock: "convnext_tiny",
    TransferBlock: "mobilenet_v3_small",
    ImageBlock: "mobilenet_v3_small",
}


@pytest.mark.parametrize("kind", FILES, ids=lambda kind: kind.__name__)
def test_weights_may_be_named_by_a_path(kind: Any) -> None:
    """It is the same as its text, which is what is saved."""
    path = Path("models") / f"{FILES[kind]}.weights.h5"
    named, expected = kind(weights=path), kind(weights=str(path))

    assert named.get_config() == expected.get_config()
    assert named.get_config()["weights"] == str(path)
    assert named.search_space() == expected.search_space()


@pytest.mark.parametrize("kind", FILES, ids=lambda kind: kind.__name__)
def test_weights_that_are_neither_text_nor_path_are_an_error(kind: Any) -> None:
    """The error is ours, and says what would be right."""
    with pytest.raises(GraphError, match=r"weights file is of an unknown kind.*'imagenet', or a file.*weights=7"):
        kind(weights=7)


def test_a_task_takes_a_path_of_weights() -> None:
    """As its block does."""
    task = ImageClassifier(weights=Path("models") / f"{SMALLEST}.weights.h5", pretrained=True, max_trials=1)

    assert task.search_space["image/transfer/backbone"].default == SMALLEST


def test_four_channels_are_an_error_at_once() -> None:
    """Published networks have seen colours only; the message says so before any trial runs."""
    with pytest.raises(GraphError, match=r"EfficientNetBlock with pretrained weights cannot take.*4 channels"):
        EfficientNetBlock(pretrained=True).search_space(profile_of(np.arange(4 * 64 * 64 * 4).reshape(4, 64, 64, 4)))


@pytest.mark.parametrize(
    ("kind", "arguments", "message"),
    [
        (MobileNetBlock, {"pretrained": False, "weights": "a.keras"}, "told not to start from pretrained"),
        (MobileNetBlock, {"weights": "model.pth"}, "unknown kind"),
        (MobileNetBlock, {"weights": "mine.keras"}, "cannot tell which network"),
        (MobileNetBlock, {"weights": "resnet50.keras"}, "cannot tell which network"),
        (ResNetBlock, {"weights": "mine.keras", "architecture": "resnet50"}, "cannot tell which network.*version="),
        (ResNetBlock, {"pretrained": True, "architecture": "small"}, "no pretrained weights for this architecture"),
        (XceptionBlock, {"weights": "xception.keras", "architecture": "small"}, "no pretrained weights"),
        (EfficientNetBlock, {"pretrained": True, "version": "lite0"}, "Pass a local file"),
        (ConvNeXtBlock, {"pretrained": True, "version": "small"}, "no pretrained weights for this version"),
    ],
)
def test_what_cannot_be_meant_is_an_error_where_it_is_written(
    kind: type[Any], arguments: dict[str, Any], message: str
) -> None:
    """The message names the block and says what would be right."""
    with pytest.raises(GraphError, match=message):
        kind(**arguments)


@pytest.mark.parametrize(
    ("block", "expected"),
    [
        (ResNetBlock(weights="resnet101_v2.keras"), {"architecture": "resnet101", "version": "v2"}),
        (ResNetBlock(weights="resnet50.keras"), {"architecture": "resnet50", "version": "v1"}),
        (ResNetBlock(weights="resnet50v2_weights_notop.h5"), {"architecture": "resnet50", "version": "v2"}),
        (
            ResNetBlock(weights="a.keras", architecture="resnet50", version="v1"),
            {"architecture": "resnet50", "version": "v1"},
        ),
        (EfficientNetBlock(weights="efficientnet_lite0.weights.h5"), {"version": "lite0"}),
        (XceptionBlock(pretrained=True), {"architecture": "full"}),
        (MobileNetBlock(pretrained=True), {"version": "small"}),
        (EfficientNetBlock(version=Fixed("b1"), pretrained=True), {"version": "b1"}),
        (EfficientNetBlock(version=Fixed("b1"), weights="a.keras"), {"version": "b1"}),
    ],
    ids=repr,
)
def test_nothing_but_the_network_is_left_to_choose(block: Block, expected: dict[str, str]) -> None:
    """Hyperparameters of the small networks are gone, and the block survives its config."""
    restored = type(block).from_config(block.get_config())

    assert block.search_space().defaults() == restored.search_space().defaults() == expected


def test_only_networks_of_the_pictures_size_are_drawn() -> None:
    """On small pictures, which are enlarged, the networks for the smallest ones; never Lite0, which nobody offers."""
    block = EfficientNetBlock(pretrained=True)

    versions = [
        set(block.search_space(profile_of(coloured(3, side=side)[0]))["version"].grid()) for side in (20, 64, 224)
    ]

    assert versions[0] == versions[1] == {"b0", "v2_b0"}
    assert {"b7", "v2_l"} <= versions[2]
    assert "lite0" not in versions[2]


def test_the_image_block_leaves_scaling_to_a_pretrained_candidate() -> None:
    """It may be augmented and is not normalized; its scaling is the only one."""
    block = ImageBlock(candidates=[MobileNetBlock(pretrained=True), "ak_vision:conv"])
    values = block.search_space().complete({"block_type": "mobilenet", "augment": True})

    wanted = block.preprocessors(HyperparameterView(values=values))

    assert "normalize" not in values
    assert "augmentation/translation" in values
    assert [type(each) for each in wanted] == [PhotographScaler]


def test_enlarging_is_part_of_the_cost() -> None:
    """A pretrained network is as expensive on 28 pixels as on 64, one from scratch is not."""
    scratch, pretrained = (
        published_cost("resnet50", height=28, width=28, is_pretrained=is_pretrained) for is_pretrained in (False, True)
    )

    assert pretrained == 4 * scratch == published_cost("resnet50", height=64, width=64)


class TestPhotographScaler:
    """Black and white are where they are in standardised photographs."""

    @pytest.mark.parametrize(
        ("pictures", "black", "white"),
        [
            (np.array([3, 200], "uint8"), 0, 255),
            (np.array([0.1, 0.9], "float32"), 0.0, 1.0),
            (np.array([-0.5, 0.9], "float32"), -1.0, 1.0),
        ],
        ids=["bytes", "fractions", "signed"],
    )
    def test_the_range_is_that_of_the_format(self, pictures: Array, black: float, white: float) -> None:
        """Not that of the darkest and the brightest pixel there happen to be."""
        scaler = PhotographScaler()
        scaler.fit(pictures.reshape(2, 1, 1, 1))

        ends = scaler.transform(np.array([black, white], pictures.dtype).reshape(2, 1, 1, 1)).ravel()

        np.testing.assert_allclose(ends, [-0.449 / 0.226, 0.551 / 0.226], rtol=1e-5)

    def test_both_faces_agree_and_survive_their_state(self) -> None:
        """The layer does what the array function does, also when restored."""
        pictures = coloured(4)[0]
        scaler, restored = PhotographScaler(), PhotographScaler()
        scaler.fit(pictures)
        restored.set_state(scaler.get_state())

        layer = np.asarray(restored.to_layer()(pictures))

        np.testing.assert_allclose(layer, scaler.transform(pictures), atol=1e-5)
