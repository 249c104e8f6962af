"""A pretrained encoder from raw texts to a saved model, with a tiny local checkpoint and without a network."""

from __future__ import annotations

import json
import logging
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from tokenizers import Tokenizer

from ak_text import BertBlock, FrozenEncoder, SubwordTokenizer, TextBlock, TextClassifier, TextInput, TextRegressor
from ak_text.pretrained.space import SEQUENCE_LENGTHS
from autokeras_core import (
    AutoKerasError,
    AutoModel,
    Choice,
    ClassificationHead,
    ExportWarning,
    GraphError,
    NotFittedError,
    SearchError,
    UnavailableError,
)
from autokeras_core.data.profile import DataProfile
from autokeras_core.engine.features import FeatureStore
from autokeras_core.graph.view import HyperparameterView
from autokeras_core.testing import check_block, check_preprocessor
from tests.text.heavy.checkpoints import LAYERS, SIZE, go_offline, reference_states, reviews, write_checkpoint

Array = np.ndarray[Any, Any]

TRAINING = {"training/learning_rate": 0.01, "training/batch_size": 32}
FROZEN = {"bert/sequence_length": 32, **TRAINING}
# The first phase learns next to nothing, so that the second is certain to improve.
TUNED = {
    **FROZEN,
    "training/learning_rate": 1e-4,
    "bert/fine_tune": "top",
    "bert/fine_tune_learning_rate": 2e-4,
    "bert/layer_decay": 0.7,
}
# Few texts leave an encoder frozen by default.
OPEN = {"fine_tune": Choice(["none", "top", "all"]), "dropout": 0.0}

PREDICT = """
import json, sys, numpy
from autokeras_core import AutoModel
model = AutoModel.load(sys.argv[1])
texts = json.loads(sys.argv[2])
print(json.dumps([model.predict_proba(texts).tolist(), "torch" in sys.modules, "transformers" in sys.modules]))
"""


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Return the folder of a tiny checkpoint."""
    return str(write_checkpoint(tmp_path_factory.mktemp("bert")))


@pytest.fixture(scope="module")
def numbers(checkpoint: str) -> Array:
    """Return the token numbers of some texts."""
    tokenizer = SubwordTokenizer(checkpoint, 32)
    tokenizer.fit(reviews(40)[0])
    return tokenizer.transform(reviews(40)[0])


@pytest.fixture(scope="module")
def encoder(checkpoint: str, numbers: Array) -> FrozenEncoder:
    """Return a frozen encoder."""
    frozen = FrozenEncoder(checkpoint)
    frozen.fit(numbers)
    return frozen


def searched(checkpoint: str, starts: list[dict[str, Any]], **arguments: Any) -> AutoModel:
    """Return a model that tried these configurations on a few reviews."""
    text = TextInput()
    output = ClassificationHead()(BertBlock(pretrained=checkpoint, **arguments)(text))
    model = AutoModel(text, output, max_trials=len(starts), seed=0, warm_starts=starts, objective="val_loss")
    model.fit(*reviews(), epochs=1, verbose=0)
    return model


@pytest.fixture(scope="module")
def tuned(checkpoint: str) -> AutoModel:
    """Return a classifier whose encoder was trained further, as the first phase was too short to learn much."""
    return searched(checkpoint, [TUNED], **OPEN)


def test_features_are_those_of_the_reference(encoder: FrozenEncoder, numbers: Array) -> None:
    """The first token's hidden state and the mean over the tokens, however texts are batched."""
    states = reference_states("bert", numbers)
    mean = states.sum(axis=1) / (numbers != 0).sum(axis=1)[:, None]

    features = encoder.transform(numbers)

    assert features.dtype == np.float32
    np.testing.assert_allclose(features, np.concatenate([states[:, 0], mean], axis=1), atol=1e-5)


def test_the_encoder_keeps_the_contract(checkpoint: str, numbers: Array) -> None:
    """Both faces agree, state survives, rows do not depend on each other and are not changed."""
    check_preprocessor(FrozenEncoder(checkpoint), numbers)


def test_features_and_hidden_layer_drop_different_places(checkpoint: str) -> None:
    """Each has a seed of its own: of one seed Keras would draw the same mask where both have one width."""
    block = BertBlock(pretrained=checkpoint, dropout=0.5, hidden_units=128)
    hp = HyperparameterView(values=block.search_space().defaults(), seed=1)
    inputs = keras.Input((2 * SIZE,))
    model = keras.Model(inputs, block.build(hp, inputs))

    first, second = [layer.seed for layer in model.layers if isinstance(layer, keras.layers.Dropout)]

    assert first != second


def test_no_rows_give_no_rows(encoder: FrozenEncoder, numbers: Array) -> None:
    """An empty batch has the width of a full one."""
    assert encoder.transform(numbers[:0]).shape == (0, 2 * SIZE)


def test_what_is_no_token_number_is_an_error(checkpoint: str) -> None:
    """The encoder stands behind a tokenizer."""
    with pytest.raises(GraphError, match=r"no set of token numbers.*float32"):
        FrozenEncoder(checkpoint).fit(np.zeros((2, 3), "float32"))


def test_before_a_fit_it_says_so(checkpoint: str, numbers: Array) -> None:
    """There is no encoder yet."""
    with pytest.raises(NotFittedError, match="before it was loaded"):
        FrozenEncoder(checkpoint).transform(numbers)


@pytest.mark.parametrize(("depth", "groups"), [("top", 1), ("all", LAYERS + 1)])
def test_layers_are_set_free_from_the_top(encoder: FrozenEncoder, depth: Any, groups: int) -> None:
    """The last third, or all with the embeddings; groups are in order, and hold every trainable variable once."""
    network = encoder.unfrozen(depth)

    found = encoder.layer_groups(network)

    assert len(found) == groups
    paths = [variable.path for group in found for variable in group]
    assert sorted(paths) == sorted(variable.path for variable in network.trainable_variables)
    assert all(f"layer_{LAYERS - 1}_" in variable.path for variable in found[-1])
    assert ("words" in " ".join(paths)) == (depth == "all")


def test_the_block_keeps_the_contract(checkpoint: str) -> None:
    """It builds, trains, survives files and has no dead hyperparameter; the exported model takes token numbers."""
    texts = np.array([text * 3 for text in reviews(16)[0]], dtype=object)
    block = BertBlock(pretrained=checkpoint, sequence_length=Choice([8, 16]))

    # Features are divided by their deviations among 16 texts, and rounding with them: by how much it differs with batches
    # depends on the processor.
    check_block(block, input_shape=(), data=texts, dtype="string", tolerance=1e-4)


def test_the_second_phase_is_in_the_leaderboard(tuned: AutoModel) -> None:
    """Epochs of both phases are counted."""
    (row,) = tuned.leaderboard()

    assert row.status == "completed"
    assert 1 < row.best_epoch <= row.epochs


def test_fine_tuning_changes_the_top_of_the_encoder_only(tuned: AutoModel, encoder: FrozenEncoder) -> None:
    """The last third of the layers has moved, the rest has not."""
    before = {weight.path: np.asarray(weight) for weight in encoder.to_layer().weights}
    with pytest.warns(ExportWarning):
        exported = tuned.export_model()
    (nested,) = [layer for layer in exported.layers if "encoder" in layer.name]
    after = {weight.path: np.asarray(weight) for weight in nested.weights}

    moved = {path for path in after if not np.array_equal(after[path], before[path])}

    assert before.keys() == after.keys()
    assert moved and all(f"layer_{LAYERS - 1}_" in path for path in moved)


def test_a_fresh_process_predicts_the_same_from_raw_texts(tuned: AutoModel, checkpoint: str, tmp_path: Path) -> None:
    """The saved directory holds tokenizer and encoder: the checkpoint may be gone, and torch is not needed."""
    texts = [*reviews(6, seed=1)[0], "", "🎬", "good " * 500]
    expected = tuned.predict_proba(texts)
    tuned.save(tmp_path / "saved")
    hidden = shutil.move(checkpoint, tmp_path / "hidden")
    try:
        process = subprocess.run(
            [sys.executable, "-W", "ignore", "-c", PREDICT, str(tmp_path / "saved"), json.dumps(texts)],
            capture_output=True,
            text=True,
            check=False,
        )
    finally:
        shutil.move(hidden, checkpoint)

    assert process.returncode == 0, process.stderr
    assert Tokenizer.from_file(str(tmp_path / "saved" / "tokenizer.json")).encode("good film").ids[0] == 2
    predicted, has_torch, has_transformers = json.loads(process.stdout.splitlines()[-1])
    np.testing.assert_allclose(predicted, expected, atol=1e-6)
    assert not (has_torch or has_transformers)


def test_the_exported_model_takes_token_numbers(tuned: AutoModel, numbers: Array, tmp_path: Path) -> None:
    """It says so, is loaded by Keras alone, and predicts as the classifier does, for padding of any length."""
    with pytest.warns(ExportWarning, match=r"takes token numbers, int32 of shape \(batch, tokens\)"):
        tuned.export_model().save(tmp_path / "model.keras")
    texts = reviews(40)[0]

    exported = keras.models.load_model(tmp_path / "model.keras")

    assert (exported.input_shape, exported.input.dtype) == ((None, None), "int32")
    expected = tuned.predict_proba(texts)
    np.testing.assert_allclose(exported.predict(numbers, verbose=0), expected, atol=1e-5)
    longer = np.pad(numbers, ((0, 0), (0, 3)))
    np.testing.assert_allclose(exported.predict(longer, verbose=0), expected, atol=1e-5)


class RecordingStore(FeatureStore):
    """A feature store that can be asked afterwards."""

    last: FeatureStore

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        type(self).last = self


def test_later_trials_do_not_compute_the_features_again(checkpoint: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Other pooling, another head, fine-tuning: tokens and features are computed once each."""
    monkeypatch.setattr("autokeras_core.search.run.FeatureStore", RecordingStore)
    starts = [FROZEN, {**FROZEN, "bert/pooling": "cls"}, {**FROZEN, "bert/hidden_units": 128}, TUNED]

    model = searched(checkpoint, starts, **OPEN)

    assert [row.status for row in model.leaderboard()] == ["completed"] * 4
    assert RecordingStore.last.computations == 2


def test_half_precision_changes_no_feature(checkpoint: str, numbers: Array, encoder: FrozenEncoder) -> None:
    """Features are cached for trials in any precision, so they are always computed in single precision."""
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy("mixed_float16")
    try:
        other = FrozenEncoder(checkpoint)
        other.fit(numbers)
        features = other.transform(numbers)
    finally:
        keras.config.set_dtype_policy(before)

    np.testing.assert_allclose(features, encoder.transform(numbers), atol=1e-6)


def space_for(texts: list[str], **arguments: Any) -> Any:
    """Return the block's space for training texts."""
    text = TextInput()
    adapted = text.adapt(texts)
    profile = DataProfile(rows=len(texts), inputs={"text": text.analyse(adapted, name="text")}, targets={})
    return BertBlock(**arguments).search_space(profile)


@pytest.mark.parametrize(
    ("words", "lengths", "default"),
    [(10, (32,), 32), (70, (32, 64, 128), 128), (150, (32, 64, 128, 256), 256), (5000, SEQUENCE_LENGTHS, 256)],
)
def test_lengths_suit_the_texts(words: int, lengths: tuple[int, ...], default: int) -> None:
    """No length is tried that nearly all texts are shorter than."""
    choice = space_for(["word " * words] * 20)["sequence_length"]

    assert (tuple(choice.grid()), choice.default) == (lengths, default)


def test_many_texts_are_read_shorter_by_default() -> None:
    """The encoder reads as many tokens as it can in reasonable time."""
    assert space_for(["word " * 300] * 2000)["sequence_length"].default == 128


def test_few_texts_leave_the_encoder_frozen() -> None:
    """Unless the user says otherwise."""
    assert space_for(["a word"] * 499)["fine_tune"].size == 1
    assert space_for(["a word"] * 500)["fine_tune"].size == 3
    assert space_for(["a word"] * 20, fine_tune="all")["fine_tune"].default == "all"


def test_a_length_of_ones_own_stays() -> None:
    """What was fixed or narrowed is left alone."""
    assert space_for(["a word"] * 20, sequence_length=200)["sequence_length"].default == 200


@pytest.mark.parametrize("folder", ["./encoder", Path("encoder"), Path("models/encoder")], ids=repr)
def test_a_missing_folder_is_an_error_at_once(folder: str | Path) -> None:
    """Who names a folder means it: the search does not go on without it, or with what the hub has under its name."""
    model = TextClassifier(pretrained=folder, max_trials=1)

    with pytest.raises(UnavailableError, match="which is no folder"):
        model.fit(*reviews(), verbose=0)


def test_a_checkpoint_may_be_named_by_a_path(tmp_path: Path) -> None:
    """By everything that takes `pretrained`; what is saved is the text."""
    folder = tmp_path / "encoder"
    made = [BertBlock(pretrained=folder), TextBlock(pretrained=folder), FrozenEncoder(folder)]
    configs = [each.get_config() for each in (*made, SubwordTokenizer(folder, 16))]

    assert [config["pretrained"] for config in configs] == [str(folder)] * 4
    assert "text/bert/sequence_length" in TextClassifier(pretrained=folder, max_trials=1).search_space


@pytest.mark.parametrize("kind", [BertBlock, TextBlock, FrozenEncoder], ids=lambda kind: kind.__name__)
def test_what_is_neither_text_nor_path_names_no_checkpoint(kind: Any) -> None:
    """The error is ours, and says what would be right."""
    with pytest.raises(GraphError, match=r"names no checkpoint.*a folder, or a name.*pretrained=7"):
        kind(pretrained=7)


def test_the_search_space_needs_no_checkpoint(tmp_path: Path) -> None:
    """That of a loaded model can be looked at where the checkpoint is not."""
    assert "sequence_length" in space_for(["a word"] * 20, pretrained=str(tmp_path / "nowhere"))


@pytest.mark.parametrize(
    "arguments",
    [{"pretrained": ""}, {"pretrained": "a", "pooling": "max"}, {"sequence_length": 0.5}],
    ids=str,
)
def test_wrong_arguments_are_errors_where_they_are_written(arguments: dict[str, Any]) -> None:
    """Before any data is seen."""
    with pytest.raises(AutoKerasError, match=next(reversed(arguments))):
        BertBlock(**arguments)


def test_without_a_network_a_search_goes_on(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """The pretrained configurations are skipped with a reason, and do not count."""
    offline = go_offline(monkeypatch, tmp_path)
    starts = [
        {"text/block_type": "bert", **TRAINING},
        {"text/block_type": "bert", "text/bert/pooling": "cls", **TRAINING},
        {"text/block_type": "ngram", **TRAINING},
    ]
    model = TextClassifier(max_trials=1, seed=0, warm_starts=starts)

    with caplog.at_level(logging.INFO, logger="autokeras_core"):
        model.fit(*reviews(), epochs=1, verbose=0)

    assert sorted(row.status for row in model.leaderboard()) == ["completed", *["skipped (unavailable)"] * 2]
    assert "cannot be downloaded" in caplog.text
    assert len(offline.addresses) == 1


@pytest.mark.parametrize("rows", [40, 600])
def test_without_a_network_a_named_encoder_is_one_clear_error(
    rows: int, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """At once, and it names the ways out: who names an encoder means it."""
    go_offline(monkeypatch, tmp_path)

    with pytest.raises(UnavailableError) as caught:
        TextClassifier(pretrained="bert-base-uncased", max_trials=3, seed=0).fit(*reviews(rows), epochs=1, verbose=0)

    message = str(caught.value)
    assert message.startswith("The pretrained encoder 'bert-base-uncased' cannot be downloaded")
    assert all(hint in message for hint in ("pretrained=", "model.safetensors", "pretrained=False"))


def test_without_a_network_nothing_but_the_default_encoder_is_an_error(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """If all trials need it, the search ends with the same sentence."""
    go_offline(monkeypatch, tmp_path)

    with pytest.raises(SearchError, match=r"^The pretrained encoder 'sentence-transformers/all-MiniLM-L6-v2' cannot"):
        TextClassifier(pretrained=True, max_trials=3, seed=0).fit(*reviews(), epochs=1, verbose=0)


def test_few_texts_leave_all_to_a_named_encoder(checkpoint: str) -> None:
    """What it knows of the language counts more than what can be learned from them; many texts have other candidates."""
    assert candidates_for(499, pretrained=checkpoint) == {"bert"}
    assert {"bert", "ngram"} <= candidates_for(500, pretrained=checkpoint)
    assert {"bert", "ngram"} <= candidates_for(20)
    assert candidates_for(20, pretrained=checkpoint, block_type="ngram") == {"ngram"}


def candidates_for(rows: int, **arguments: Any) -> set[Any]:
    """Return which blocks a search over so many texts tries."""
    text = TextInput()
    adapted = text.adapt(["a good film"] * rows)
    profile = DataProfile(rows=rows, inputs={"text": text.analyse(adapted, name="text")}, targets={})
    return set(TextBlock(**arguments).search_space(profile)["block_type"].grid())


@pytest.mark.parametrize("kind", ["distilbert", "roberta"])
def test_other_layouts_are_searched_too(kind: str, tmp_path: Path) -> None:
    """From raw texts to predictions that survive a file."""
    model = searched(str(write_checkpoint(tmp_path / "encoder", kind=kind)), [FROZEN])
    texts = reviews(8, seed=2)[0]

    model.save(tmp_path / "saved")

    np.testing.assert_allclose(
        AutoModel.load(tmp_path / "saved").predict_proba(texts), model.predict_proba(texts), atol=1e-6
    )


def test_numbers_are_estimated_from_texts(checkpoint: str) -> None:
    """A regressor on a local checkpoint."""
    texts, _ = reviews(40)
    starts = [{"text/block_type": "bert", "text/bert/sequence_length": 32, **TRAINING}]
    model = TextRegressor(pretrained=checkpoint, max_trials=1, seed=0, warm_starts=starts)

    model.fit(texts, [float(len(text)) for text in texts], epochs=1, verbose=0)

    assert np.isfinite(model.predict(["a good film", ""])).all()


def cost_of(block: BertBlock, **values: Any) -> float:
    """Return what a configuration costs."""
    view = HyperparameterView(values=block.search_space().complete(values))
    cost = block.cost(view)
    assert cost is not None
    return cost


def test_the_cost_is_known_before_anything_is_read(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Longer texts, larger encoders and fine-tuning cost more; nothing is downloaded to know."""
    offline = go_offline(monkeypatch, tmp_path)
    small, base = BertBlock(), BertBlock(pretrained="bert-base-uncased")
    tiny = BertBlock(pretrained=str(write_checkpoint(tmp_path / "tiny")))

    assert cost_of(tiny) < cost_of(small) < cost_of(base)
    assert cost_of(small, sequence_length=64) < cost_of(small, sequence_length=256)
    assert cost_of(small) < cost_of(small, fine_tune="top") < cost_of(small, fine_tune="all")
    assert not offline.addresses
