"""Transfer learning from raw pictures to an exported model, with a local weights file and without a network."""

from __future__ import annotations

import logging
import shutil
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest

from ak_vision import FrozenNetwork, ImageBlock, ImageClassifier, ImageInput, ImageRegressor, TransferBlock
from autokeras_core import Choice, Fixed, GraphError, SearchError, UnavailableError
from autokeras_core.data.profile import DataProfile
from autokeras_core.engine.features import FeatureStore
from autokeras_core.graph.view import HyperparameterView
from autokeras_core.testing import check_block
from tests.vision.heavy.backbones import NETWORK, SIZE, coloured, go_offline

Array = np.ndarray[Any, Any]

pytestmark = pytest.mark.usefixtures("short_network")

TRAINING = {"training/learning_rate": 0.003, "training/batch_size": 32}
FROZEN = {"image/block_type": "transfer", "image/transfer/image_size": SIZE, **TRAINING}
TUNED = {**FROZEN, "image/transfer/fine_tune": "top", "image/transfer/fine_tune_learning_rate": 3e-4}
PLAIN = {"image/block_type": "conv", "image/conv/num_blocks": 1, "image/conv/filters": 16, **TRAINING}


@pytest.fixture(scope="module")
def tuned(weights: str) -> ImageClassifier:
    """Return a classifier whose network was trained further, as the first phase was too short to learn much."""
    model = ImageClassifier(weights=weights, pretrained=True, max_trials=1, seed=0, warm_starts=[TUNED])
    model.fit(*coloured(), epochs=1, verbose=0)
    return model


def test_the_second_phase_is_in_the_leaderboard(tuned: ImageClassifier) -> None:
    """Epochs of both phases are counted, and the best one is of the second."""
    (row,) = tuned.leaderboard()

    assert row.epochs > 1
    assert 1 < row.best_epoch <= row.epochs
    assert row.score == pytest.approx(row.metrics["val_accuracy"])


def test_the_exported_model_takes_raw_pictures(tuned: ImageClassifier, tmp_path: Path) -> None:
    """Saved and loaded by Keras alone, it predicts as the classifier does."""
    pictures, _ = coloured(12, seed=1)
    tuned.export_model().save(tmp_path / "model.keras")

    exported = keras.models.load_model(tmp_path / "model.keras")

    assert (exported.input_shape, exported.input.dtype) == ((None, 20, 20, 3), "uint8")
    np.testing.assert_allclose(exported.predict(pictures, verbose=0), tuned.predict_proba(pictures), atol=1e-5)


def test_a_saved_classifier_needs_no_weights_file(tuned: ImageClassifier, weights: str, tmp_path: Path) -> None:
    """The tuned network lies in the bundle: the file may be gone."""
    pictures, _ = coloured(12, seed=1)
    expected = tuned.predict_proba(pictures)
    tuned.save(tmp_path / "saved")
    hidden = shutil.move(weights, tmp_path / "hidden.h5")
    try:
        loaded = ImageClassifier.load(tmp_path / "saved")
        predicted = loaded.predict_proba(pictures)
    finally:
        shutil.move(hidden, weights)

    np.testing.assert_allclose(predicted, expected, atol=1e-6)


def test_fine_tuning_changes_the_top_of_the_network_only(tuned: ImageClassifier, weights: str) -> None:
    """Convolutions of the last third have moved, those before have not, and no statistics have."""
    pictures, _ = coloured()
    original = FrozenNetwork(NETWORK, SIZE, weights)
    original.fit(pictures)
    exported = tuned.export_model()
    nested = next(layer for layer in exported.layers if NETWORK in layer.name)
    before = {weight.path: np.asarray(weight) for weight in original.to_layer().weights}
    after = {weight.path: np.asarray(weight) for weight in nested.weights}

    moved = {path for path in after if not np.array_equal(after[path], before[path])}

    assert before.keys() == after.keys()
    assert any("top_conv" in path for path in moved)
    assert not any(part in path for path in moved for part in ("stem", "block2", "_bn"))


class RecordingStore(FeatureStore):
    """A feature store that can be asked afterwards."""

    last: FeatureStore

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        type(self).last = self


def test_a_second_trial_does_not_compute_the_features_again(weights: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Other training, another head, fine-tuning: the same network at the same size is run once."""
    monkeypatch.setattr("autokeras_core.search.run.FeatureStore", RecordingStore)
    starts = [FROZEN, {**FROZEN, "image/transfer/hidden_units": 128}, TUNED]
    model = ImageClassifier(weights=weights, pretrained=True, max_trials=3, seed=0, warm_starts=starts)

    model.fit(*coloured(), epochs=1, verbose=0)

    assert [row.status for row in model.leaderboard()] == ["completed"] * 3
    assert RecordingStore.last.computations == 1


def test_the_block_keeps_the_contract(weights: str) -> None:
    """It builds, trains, survives files and has no dead hyperparameter, from raw bytes on."""
    check_block(TransferBlock(weights=weights), input_shape=(20, 20, 3), dtype="uint8", data=coloured(16)[0])


def test_the_network_is_told_by_the_file(weights: str) -> None:
    """The name of the file fixes the backbone."""
    assert TransferBlock(weights=weights).search_space()["backbone"].default == NETWORK


@pytest.mark.parametrize("name", ["mine.weights.h5", "xception.keras"])
def test_a_file_that_tells_no_network_needs_a_backbone(name: str) -> None:
    """Which network the weights are for must come from somewhere."""
    with pytest.raises(GraphError, match="cannot tell which network"):
        TransferBlock(weights=name)

    for backbone in (NETWORK, Fixed(NETWORK)):
        assert TransferBlock(weights=name, backbone=backbone).search_space()["backbone"].default == NETWORK


def test_the_published_weights_may_be_named() -> None:
    """`weights="imagenet"` is what is meant without it, for one network and for any."""
    named, every = TransferBlock(backbone="efficientnet_b0", weights="imagenet"), TransferBlock(weights="imagenet")
    hp = HyperparameterView(values=named.search_space().defaults())

    named.check_available(DataProfile(rows=1, inputs={}, targets={}))  # there is no file to look for

    assert named.preprocessors(hp)[0].get_config()["weights"] == "imagenet"
    assert named.search_space()["backbone"].default == "efficientnet_b0"
    assert every.search_space() == TransferBlock().search_space()
    assert candidates_of(32, weights="imagenet") == candidates_of(32) | {"transfer"}


def test_without_weights_only_networks_that_can_be_downloaded_are_searched() -> None:
    """EfficientNet-Lite0 needs a file."""
    assert not TransferBlock().search_space()["backbone"].contains(NETWORK)


def candidates_of(side: int, channels: int = 3, **arguments: Any) -> set[Any]:
    """Return which candidates an image block tries on pictures of a size."""
    pictures = np.zeros((2, side, side, channels), dtype="uint8")
    profile = ImageInput().analyse(pictures, name="image")
    space = ImageBlock(**arguments).search_space(DataProfile(rows=2, inputs={"image": profile}, targets={}))
    return set(space["block_type"].grid())


def test_the_tasks_decide_by_the_pictures(weights: str) -> None:
    """Photographs have a pretrained candidate, small pictures and other channels have none unless told."""
    assert "transfer" in candidates_of(64)
    assert "transfer" not in candidates_of(32)
    assert "transfer" not in candidates_of(64, channels=4)
    assert "transfer" not in candidates_of(64, pretrained=False)
    assert "transfer" in candidates_of(32, weights=weights)
    assert candidates_of(32, pretrained=True) == {"transfer"}


@pytest.mark.parametrize("block_type", ["conv", Choice(["conv", "resnet"])], ids=["one", "several"])
def test_a_given_block_type_needs_no_pictures_for_other_networks(block_type: Any) -> None:
    """What was not asked for need not be able to take five channels."""
    expected = {"conv"} if block_type == "conv" else {"conv", "resnet"}

    assert candidates_of(64, channels=5, block_type=block_type) == expected


@pytest.mark.parametrize(
    "arguments",
    [{"pretrained": False, "weights": "a.keras"}, {"pretrained": True, "candidates": ["ak_vision:conv"]}],
    ids=["weights for nothing", "two ways of saying it"],
)
def test_contradictions_are_errors(arguments: dict[str, Any]) -> None:
    """What cannot both be meant is an error where it is written."""
    with pytest.raises(GraphError, match="pretrained"):
        ImageBlock(**arguments)


def test_four_channels_are_one_clear_error() -> None:
    """Before any trial runs."""
    pictures = np.random.default_rng(0).integers(0, 256, (20, 64, 64, 4)).astype("uint8")

    with pytest.raises(GraphError, match=r"TransferBlock cannot take these pictures.*4 channels"):
        ImageClassifier(pretrained=True, max_trials=1).fit(pictures, [0, 1] * 10, verbose=0)


def test_a_missing_file_is_an_error_at_once(tmp_path: Path) -> None:
    """Who names a file means it: the search does not go on without it."""
    pictures, labels = coloured(20)
    path = str(tmp_path / f"{NETWORK}.weights.h5")

    with pytest.raises(UnavailableError, match=r"efficientnet_lite0\.weights\.h5.*which is no file"):
        ImageClassifier(weights=path, max_trials=1).fit(pictures, labels, verbose=0)


def test_without_a_network_a_search_goes_on(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """The pretrained configurations are skipped with a reason, and do not count."""
    offline = go_offline(monkeypatch, tmp_path)
    pictures, labels = coloured(30, side=64)
    starts = [FROZEN, TUNED, PLAIN]
    model = ImageClassifier(max_trials=1, seed=0, warm_starts=starts)

    with caplog.at_level(logging.INFO, logger="autokeras_core"):
        model.fit(pictures, labels, epochs=1, verbose=0)

    assert [row.status for row in model.leaderboard()] == ["completed", *["skipped (unavailable)"] * 2]
    assert "skipped: The pretrained weights of 'mobilenet_v3_large' cannot be downloaded." in caplog.text
    assert len(offline.addresses) == 1


def test_without_a_network_nothing_but_pretrained_is_an_error(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """One sentence that names the ways out ends the search."""
    go_offline(monkeypatch, tmp_path)
    pictures, labels = coloured(30, side=64)

    with pytest.raises(SearchError) as caught:
        ImageClassifier(pretrained=True, max_trials=3, seed=0).fit(pictures, labels, epochs=1, verbose=0)

    message = str(caught.value)
    assert message.startswith("The pretrained weights of")
    assert all(hint in message for hint in ("weights=", "models", "pretrained=False"))


def test_numbers_are_estimated_from_grey_pictures(weights: str, tmp_path: Path) -> None:
    """A regressor on pictures without a channel axis: both phases, export and reload."""
    pictures = coloured(60)[0][..., 0]
    model = ImageRegressor(weights=weights, pretrained=True, max_trials=1, seed=0, warm_starts=[TUNED])

    model.fit(pictures, pictures.mean(axis=(1, 2)), epochs=2, verbose=0)

    predicted = model.predict(pictures[:8])
    np.testing.assert_allclose(model.export_model().predict(pictures[:8], verbose=0)[:, 0], predicted, rtol=1e-4)
    model.save(tmp_path / "saved")
    np.testing.assert_allclose(ImageRegressor.load(tmp_path / "saved").predict(pictures[:8]), predicted, rtol=1e-5)
