"""The text blocks: they build, train, and every hyperparameter does something."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest

from ak_text import EmbeddingBlock, NgramBlock, TextBlock
from autokeras_core import Block, Choice, SpaceError
from autokeras_core.graph.view import HyperparameterView
from autokeras_core.testing import check_block

# Enough words, repeated, that a smaller vocabulary is a smaller one.
TEXTS = np.array([" ".join(f"word{(7 * row + k) % 6000}" for k in range(300)) for row in range(40)], dtype=object)


def view(block: Block, **values: Any) -> HyperparameterView:
    """Return the view of a configuration: the given values, defaults otherwise."""
    space = block.search_space()
    return HyperparameterView(values=space.validate(values), seed=1)


def fingerprint(block: Block, hp: HyperparameterView) -> object:
    """Return what a configuration makes of a block: its preprocessors and its layers, without their names."""
    keras.utils.clear_session()
    (preprocessor,) = block.preprocessors(hp)
    is_sequence = preprocessor.get_config()["mode"] == "int"
    length = preprocessor.get_config()["sequence_length"] or preprocessor.get_config()["max_tokens"]
    inputs = keras.Input((length,), dtype="int32" if is_sequence else "float32")
    model = keras.Model(inputs, block.build(hp, inputs))
    return preprocessor.get_config(), model.to_json()


@pytest.mark.parametrize("block", [NgramBlock(), EmbeddingBlock()], ids=lambda block: type(block).__name__)
def test_block_keeps_the_contract(block: Block) -> None:
    """The core's kit: config, training, an effect of every hyperparameter, saving and exporting with raw strings."""
    check_block(block, input_shape=(), data=TEXTS, dtype="string")


def test_choice_builds_the_chosen_block() -> None:
    """TextBlock with `block_type` is that block with the values below it."""
    scoped = {"block_type": "embedding", "embedding/units": 128}
    alone = fingerprint(EmbeddingBlock(), view(EmbeddingBlock(), units=128))

    assert fingerprint(TextBlock(), view(TextBlock(), **scoped)) == alone


@pytest.mark.parametrize(
    "values",
    [
        {"block_type": "ngram", "ngram/max_tokens": 2_000},
        {"block_type": "embedding", "embedding/sequence_length": 64},
        {"block_type": "embedding", "embedding/sequence_length": 64, "embedding/encoder": "separable_conv"},
    ],
    ids=["ngram", "pooling", "separable_conv"],
)
def test_block_trains_and_its_model_takes_raw_strings(values: dict[str, Any], tmp_path: Path) -> None:
    """One step of training leaves a model that, saved with its layer, predicts the same on raw strings."""
    block = TextBlock()
    hp = view(block, **values)
    (vectorizer,) = block.preprocessors(hp)
    vectorizer.fit(TEXTS)
    features = vectorizer.transform(TEXTS)
    inputs = keras.Input(features.shape[1:], dtype=features.dtype)
    model = keras.Model(inputs, keras.layers.Dense(1)(block.build(hp, inputs)))
    model.compile("adam", "mse")
    model.fit(features, np.arange(len(TEXTS)), batch_size=20, verbose=0)
    raw = keras.Input(shape=(), dtype="string")
    keras.Model(raw, model(vectorizer.to_layer()(raw))).save(tmp_path / "model.keras")
    odd = np.array(["", "word1 unknown", TEXTS[0]], dtype=object)

    loaded = keras.models.load_model(tmp_path / "model.keras", safe_mode=True)

    expected = model.predict(vectorizer.transform(odd), verbose=0)
    assert np.isfinite(expected).all()
    np.testing.assert_allclose(loaded.predict(odd, verbose=0), expected, atol=1e-5)


def test_arguments_narrow_the_space() -> None:
    """A value fixes a hyperparameter, a domain narrows it, a wrong value is an error."""
    space = NgramBlock(ngrams=1, units=Choice([48, 96])).search_space()

    assert space["ngrams"].size == 1
    assert list(space["units"].grid()) == [48, 96]
    with pytest.raises(SpaceError):
        EmbeddingBlock(encoder="transformer")


def test_fixed_choice_leaves_the_other_branch_out() -> None:
    """`block_type=` leaves only the chosen block's hyperparameters."""
    names = set(TextBlock(block_type="ngram").search_space())

    assert "ngram/units" in names
    assert not any(name.startswith("embedding/") for name in names)


@pytest.mark.parametrize("block", [NgramBlock(units=Choice([48, 96])), TextBlock(block_type="ngram", name="words")])
def test_config_round_trip(block: Block) -> None:
    """`from_config(get_config())` is the same block."""
    again = type(block).from_config(block.get_config())

    assert again.get_config() == block.get_config()
    assert again.search_space() == block.search_space()
