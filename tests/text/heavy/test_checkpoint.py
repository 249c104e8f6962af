"""Encoders that are read from checkpoints compute what their authors' do, checked against plain NumPy."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import keras
import ml_dtypes
import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

from ak_text.pretrained.checkpoint import read_arrays
from ak_text.pretrained.layout import EncoderLayout, read_layout
from ak_text.pretrained.locations import checkpoint_folder, known_layout
from ak_text.pretrained.network import encoder_network, load_arrays, pooled_network
from autokeras_core import GraphError, UnavailableError
from tests.text.heavy.checkpoints import SIZE, config_of, reference_states, write_checkpoint

Array = np.ndarray[Any, Any]

KINDS = ["bert", "distilbert", "roberta"]


def token_numbers(kind: str, *, rows: int = 6, width: int = 12) -> Array:
    """Return token numbers of texts of different lengths, padded."""
    padding = config_of(kind)["pad_token_id"]
    rng = np.random.default_rng(3)
    ids = rng.integers(2, 40, (rows, width)).astype("int32")
    for row, length in enumerate(rng.integers(2, width - 2, rows)):
        ids[row, length:] = padding
    return ids


def encoder_of(folder: Path) -> keras.Model:
    """Return the encoder of a checkpoint."""
    layout = read_layout(folder)
    encoder = encoder_network(layout)
    load_arrays(encoder, read_arrays(folder, layout))
    return encoder


def largest_difference(states: Any, expected: Array, ids: Array, kind: str) -> float:
    """Return by how much hidden states of tokens differ; those of padding mean nothing."""
    is_token = (ids != config_of(kind)["pad_token_id"])[:, : states.shape[1]]
    return float(np.abs(np.asarray(states) - expected[:, : states.shape[1]])[is_token].max())


@pytest.mark.parametrize("kind", KINDS)
def test_hidden_states_are_those_of_the_reference(kind: str, tmp_path: Path) -> None:
    """For texts of different lengths with padding, in all three layouts."""
    ids = token_numbers(kind)

    states, is_token = encoder_of(write_checkpoint(tmp_path, kind=kind))(ids)

    assert largest_difference(states, reference_states(kind, ids), ids, kind) < 1e-5
    np.testing.assert_array_equal(
        np.asarray(is_token)[..., 0], (ids != config_of(kind)["pad_token_id"])[:, : is_token.shape[1]]
    )


@pytest.mark.parametrize("kind", KINDS)
def test_padding_changes_nothing(kind: str, tmp_path: Path) -> None:
    """A text alone has the hidden states that it has in a batch, and columns that all rows pad are not computed."""
    ids = token_numbers(kind)
    encoder = encoder_of(write_checkpoint(tmp_path, kind=kind))
    together, _ = encoder(ids)
    (length,) = [int((row != config_of(kind)["pad_token_id"]).sum()) for row in ids[:1]]

    alone, _ = encoder(ids[:1, :length])

    np.testing.assert_allclose(np.asarray(together)[:1, :length], alone, atol=1e-5)
    assert together.shape[1] == max(int((row != config_of(kind)["pad_token_id"]).sum()) for row in ids)


def test_a_batch_of_padding_is_finite(tmp_path: Path) -> None:
    """Nothing to read is no reason for NaN."""
    pooled = pooled_network(encoder_of(write_checkpoint(tmp_path)), name="pooled")

    assert np.isfinite(np.asarray(pooled(np.zeros((2, 5), "int32")))).all()


def test_pooling_takes_the_first_token_and_the_mean_over_tokens(tmp_path: Path) -> None:
    """Padding has no part in the mean."""
    ids = token_numbers("bert")
    states = reference_states("bert", ids)
    lengths = (ids != 0).sum(axis=1)

    pooled = np.asarray(pooled_network(encoder_of(write_checkpoint(tmp_path)), name="pooled")(ids))

    np.testing.assert_allclose(pooled[:, :SIZE], states[:, 0], atol=1e-5)
    np.testing.assert_allclose(pooled[:, SIZE:], states.sum(axis=1) / lengths[:, None], atol=1e-5)


def test_the_network_survives_a_file(tmp_path: Path) -> None:
    """Saved and loaded in safe mode, by Keras alone, it computes the same for any length."""
    pooled = pooled_network(encoder_of(write_checkpoint(tmp_path)), name="pooled")
    ids = token_numbers("bert")
    pooled.save(tmp_path / "encoder.keras")

    loaded = keras.models.load_model(tmp_path / "encoder.keras", safe_mode=True)

    np.testing.assert_array_equal(loaded(ids), pooled(ids))
    np.testing.assert_allclose(loaded(ids[:, :9]), pooled(ids[:, :9]), atol=1e-6)


@pytest.mark.parametrize("options", [{"prefix": "bert."}, {"older": True}, {"prefix": "bert.", "older": True}], ids=str)
def test_names_of_other_savers_are_found(options: dict[str, Any], tmp_path: Path) -> None:
    """Checkpoints of a whole model with a head have a prefix, those from TensorFlow say gamma and beta."""
    ids = token_numbers("bert")

    states, _ = encoder_of(write_checkpoint(tmp_path, **options))(ids)

    assert largest_difference(states, reference_states("bert", ids), ids, "bert") < 1e-5


@pytest.mark.parametrize("dtype", [np.float16, ml_dtypes.bfloat16], ids=["float16", "bfloat16"])
def test_half_precision_is_widened(dtype: Any, tmp_path: Path) -> None:
    """A checkpoint in half precision gives float32 arrays of the same values."""
    folder = write_checkpoint(tmp_path)
    path = folder / "model.safetensors"
    halved = {name: array.astype(dtype) for name, array in load_file(path).items()}
    save_file(halved, path)

    (words,) = read_arrays(folder, read_layout(folder))["words"]

    assert words.dtype == np.float32
    np.testing.assert_array_equal(words, halved["embeddings.word_embeddings.weight"].astype("float32"))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda arrays: arrays.pop("encoder.layer.1.output.dense.bias"), "encoder.layer.1.output.dense.bias"),
        (lambda arrays: arrays.pop("embeddings.word_embeddings.weight"), "0 arrays are called"),
        (lambda arrays: arrays.update({"encoder.layer.0.output.dense.bias": np.zeros(3, "float32")}), r"shape \(3,\)"),
        (lambda arrays: arrays.update({"embeddings.LayerNorm.bias": np.zeros(SIZE, "int32")}), "int32"),
    ],
    ids=["missing", "no words", "another shape", "integers"],
)
def test_wrong_arrays_are_named(change: Any, message: str, tmp_path: Path) -> None:
    """A checkpoint that does not fit its config is one clear error."""
    folder = write_checkpoint(tmp_path)
    arrays = load_file(folder / "model.safetensors")
    change(arrays)
    save_file(arrays, folder / "model.safetensors")

    with pytest.raises(GraphError, match=message):
        read_arrays(folder, read_layout(folder))


def test_a_damaged_file_is_named(tmp_path: Path) -> None:
    """Half a file is no checkpoint."""
    folder = write_checkpoint(tmp_path)
    path = folder / "model.safetensors"
    path.write_bytes(path.read_bytes()[:200])

    with pytest.raises(GraphError, match=r"cannot be read.*model\.safetensors"):
        read_arrays(folder, read_layout(folder))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"model_type": "gpt2"}, "model_type='gpt2'"),
        ({"model_type": None}, "another kind than BERT"),
        ({"position_embedding_type": "relative_key"}, "relative_key"),
        ({"is_decoder": True}, "is_decoder=True"),
        ({"hidden_act": "softplus"}, "softplus"),
        ({"num_attention_heads": 5}, "no multiple of heads=5"),
        ({"hidden_size": "16"}, "hidden_size"),
        ({"num_hidden_layers": 0}, "layers"),
    ],
    ids=str,
)
def test_a_config_that_cannot_be_used_is_an_error(change: dict[str, Any], message: str) -> None:
    """The message says which entry is wrong."""
    with pytest.raises(GraphError, match=message):
        EncoderLayout.from_config({**config_of("bert"), **change})


def test_a_config_without_a_size_is_an_error() -> None:
    """It names the entry that is missing."""
    config = config_of("bert")
    del config["hidden_size"]

    with pytest.raises(GraphError, match="'hidden_size' is missing"):
        EncoderLayout.from_config(config)


@pytest.mark.parametrize("text", ["", "[1, 2]", "{", "x" * (2**20 + 1)], ids=["empty", "a list", "half", "too large"])
def test_a_config_that_is_no_object_is_an_error(text: str, tmp_path: Path) -> None:
    """Whatever stands in the file."""
    (tmp_path / "config.json").write_text(text)

    with pytest.raises(GraphError, match=r"config\.json of a checkpoint cannot be read"):
        read_layout(tmp_path)


def test_the_layout_survives_json() -> None:
    """It is saved with a model."""
    layout = EncoderLayout.from_config(config_of("roberta"))

    assert EncoderLayout.from_json(json.loads(json.dumps(layout.to_json()))) == layout
    assert (layout.first_position, layout.longest) == (2, 38)


@pytest.mark.parametrize("missing", ["config.json", "model.safetensors", "tokenizer.json"])
def test_a_missing_file_is_named(missing: str, tmp_path: Path) -> None:
    """A folder without one of the files is an error that names it."""
    folder = write_checkpoint(tmp_path / "encoder")
    (folder / missing).unlink()

    with pytest.raises(UnavailableError, match=f"a folder without {missing}"):
        checkpoint_folder(str(folder))


def test_a_pickle_is_not_loaded(tmp_path: Path) -> None:
    """`pytorch_model.bin` can run code; the error says what to do instead."""
    folder = write_checkpoint(tmp_path / "encoder")
    (folder / "model.safetensors").rename(folder / "pytorch_model.bin")

    with pytest.raises(UnavailableError, match="is a pickle, which can run code"):
        checkpoint_folder(str(folder))


@pytest.mark.parametrize("name", ["", "a/b/c d", "../..//", "bert base"], ids=["empty", "deep", "up", "space"])
def test_what_is_neither_folder_nor_name_is_an_error(name: str) -> None:
    """Nothing odd reaches the network."""
    with pytest.raises((GraphError, UnavailableError), match="pretrained"):
        checkpoint_folder(name)


def test_sizes_are_known_without_a_download(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of a folder they are read; of a checkpoint of the hub that is not here nothing is known."""
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    layout = known_layout(str(write_checkpoint(tmp_path / "encoder")))

    assert layout is not None and layout.hidden_size == SIZE
    assert known_layout("bert-base-uncased") is None
