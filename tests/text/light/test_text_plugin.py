"""What ak-text registers, without Keras."""

from __future__ import annotations

import importlib
import tomllib
from collections.abc import Mapping
from importlib.resources import files
from typing import Any

import pytest

import ak_text
from ak_text import plugin
from ak_text.spaces import (
    BERT,
    EMBEDDING,
    NGRAM,
    RNN,
    SEPARABLE_CONV,
    TEXT,
    TRANSFORMER,
    suit_tokens,
)
from autokeras_core.builtin.spaces import CLASSIFICATION_HEAD, REGRESSION_HEAD, TRAINING
from autokeras_core.data.profile import DataProfile, InputProfile
from autokeras_core.errors import SpaceError
from autokeras_core.plugin import Space, choice_space

BLOCKS = {
    "ngram": NGRAM,
    "embedding": EMBEDDING,
    "separable_conv": SEPARABLE_CONV,
    "text_rnn": RNN,
    "transformer": TRANSFORMER,
    "bert": BERT,
}


def profile(**facts: float) -> DataProfile:
    """Return the profile of 3,000 texts."""
    part = InputProfile(name="text", modality="text", shape=(), dtype="str", rows=3_000, facts=facts)
    return DataProfile(rows=3_000, inputs={"text": part}, targets={})


CHINESE = profile(median_words=1, words_95=2, characters_95=14, mean_word_length=7.0, unspaced_share=1.0)
UNSPACED = choice_space({name: suit_tokens(space, CHINESE) for name, space in BLOCKS.items()})
"""The space of the text block as it is for a script without spaces between words."""


def task_spaces(text: Space) -> dict[str, Space]:
    """Return the whole space of each task."""
    heads = {
        "text_classifier": CLASSIFICATION_HEAD.under("classification"),
        "text_regressor": REGRESSION_HEAD.under("regression"),
    }
    return {name: Space.combine(text.under("text"), head, TRAINING.under("training")) for name, head in heads.items()}


SPACES = {"spaced": task_spaces(TEXT), "unspaced": task_spaces(UNSPACED)}


def fits(space: Space, values: Mapping[str, object]) -> bool:
    """Return whether a configuration can be used in a space."""
    try:
        space.validate(values)
    except SpaceError:
        return False
    return True


def configurations(name: str) -> list[dict[str, Any]]:
    """Return the configurations of one file, as they stand there."""
    text = files("ak_text").joinpath(f"warm_starts/{name}.toml").read_text(encoding="utf-8")
    return list(tomllib.loads(text)["configuration"])


def test_public_names_are_sorted_and_listed() -> None:
    """`__all__` is sorted and equals what `dir` shows."""
    assert ak_text.__all__ == sorted(ak_text.__all__) == dir(ak_text)


@pytest.mark.parametrize("module", ["ak_text", "ak_text.plugin", "ak_text.spaces"])
def test_all_is_sorted(module: str) -> None:
    """`__all__` of every light module is sorted."""
    names = importlib.import_module(module).__all__

    assert names == sorted(names)


def test_block_spaces_are_those_of_the_space_module() -> None:
    """The descriptors hold the very spaces that the blocks read."""
    spaces = {spec.name: spec.space for spec in plugin.autokeras_register_blocks()}

    assert spaces == {"text": TEXT, **BLOCKS}


def test_task_candidates_are_registered_blocks() -> None:
    """A task's candidates are the plugin's own blocks, by full name."""
    blocks = {f"ak_text:{spec.name}" for spec in plugin.autokeras_register_blocks()}

    assert all(set(task.blocks) <= blocks for task in plugin.autokeras_register_tasks())


def test_what_may_download_says_so() -> None:
    """The encoder may, and so may the choice that has it as a candidate unless it is told otherwise."""
    may = {spec.name for spec in plugin.autokeras_register_blocks() if spec.downloads}

    assert may == {"bert", "text"}


def test_default_is_ngram_and_first_warm_start_is_ngram() -> None:
    """N-grams come first, in the space and among the predefined configurations."""
    assert TEXT.defaults()["block_type"] == "ngram"
    assert configurations("text_classifier")[0]["name"] == "linear-ngrams"


@pytest.mark.parametrize("script", SPACES)
@pytest.mark.parametrize("name", ["text_classifier", "text_regressor"])
def test_warm_starts_fit_the_space_of_their_task(name: str, script: str) -> None:
    """In any script five and more predefined configurations can be used, and none occurs twice."""
    space = SPACES[script][name]

    found = [space.validate(each["values"]) for each in configurations(name) if fits(space, each["values"])]

    assert len(found) >= 5
    assert len({tuple(sorted(map(str, each.items()))) for each in found}) == len(found)


@pytest.mark.parametrize("script", SPACES)
@pytest.mark.parametrize("name", ["text_classifier", "text_regressor"])
def test_n_grams_are_tried_first_in_any_script(name: str, script: str) -> None:
    """A linear model of n-grams and a dense layer behind them are preferred, of words or of characters."""
    space = SPACES[script][name]

    preferred = [
        space.validate(each["values"])
        for each in configurations(name)
        if each.get("preferred") and fits(space, each["values"])
    ]

    ngrams = [each for each in preferred if each["text/block_type"] == "ngram"]
    assert {each["text/ngram/num_layers"] for each in ngrams} == {0, 1}
    assert {each["text/ngram/tokens"] for each in ngrams} == {"words" if script == "spaced" else "characters"}


@pytest.mark.parametrize("spec", plugin.autokeras_register_warm_starts(), ids=lambda spec: spec.name)
def test_warm_starts_need_a_download_only_for_the_encoder(spec: object) -> None:
    """Those with a pretrained encoder say that it is downloaded, all others not; five and more need none."""
    needs = {each["name"]: bool(each.get("downloads")) for each in configurations(spec.name)}  # type: ignore[attr-defined]
    kinds = {each["name"]: each["values"]["text/block_type"] for each in configurations(spec.name)}  # type: ignore[attr-defined]

    assert needs == {name: kind == "bert" for name, kind in kinds.items()}
    assert sum(not each for each in needs.values()) >= 5
    assert set(kinds.values()) == set(TEXT["block_type"].grid())


@pytest.mark.parametrize("name", ["text_classifier", "text_regressor"])
def test_warm_starts_set_only_what_is_active(name: str) -> None:
    """No value of a predefined configuration is dead: each fits the space for one script, if not for both."""
    unusable = [
        each["name"]
        for each in configurations(name)
        if not any(fits(spaces[name], each["values"]) for spaces in SPACES.values())
    ]

    assert unusable == []


@pytest.mark.parametrize(
    ("data", "matches"),
    [
        ({"type": "ndarray", "dtype": "<U5", "shape": (10,)}, True),
        ({"type": "list", "dtype": "str", "shape": (10,)}, True),
        ({"type": "ndarray", "dtype": "object", "shape": (10,)}, True),
        ({"type": "ndarray", "dtype": "<U5", "shape": (10, 3)}, False),
        ({"type": "ndarray", "dtype": "float32", "shape": (10,)}, False),
        ({"type": "DataFrame"}, False),
    ],
    ids=["unicode", "list", "object", "table", "numbers", "frame"],
)
def test_match_input_takes_one_column_of_text(data: dict[str, object], matches: bool) -> None:
    """Only one-dimensional text is claimed."""
    match = plugin.autokeras_match_input(data)

    assert (match is not None) == matches
    assert match is None or (match[0] == "text_input" and 0 < match[1] <= 1)
