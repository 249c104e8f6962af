"""What ak-text registers, without Keras."""

from __future__ import annotations

import importlib
import tomllib
from importlib.resources import files

import pytest

import ak_text
from ak_text import plugin
from ak_text.spaces import BERT, EMBEDDING, NGRAM, RNN, SEPARABLE_CONV, TEXT, TRANSFORMER
from autokeras_core.builtin.spaces import CLASSIFICATION_HEAD, REGRESSION_HEAD, TRAINING
from autokeras_core.plugin import Space

SPACES = {
    "text_classifier": Space.combine(
        TEXT.under("text"), CLASSIFICATION_HEAD.under("classification"), TRAINING.under("training")
    ),
    "text_regressor": Space.combine(
        TEXT.under("text"), REGRESSION_HEAD.under("regression"), TRAINING.under("training")
    ),
}


def configurations(name: str) -> list[dict[str, object]]:
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

    assert spaces == {
        "text": TEXT,
        "ngram": NGRAM,
        "embedding": EMBEDDING,
        "separable_conv": SEPARABLE_CONV,
        "text_rnn": RNN,
        "transformer": TRANSFORMER,
        "bert": BERT,
    }


def test_task_candidates_are_registered_blocks() -> None:
    """A task's candidates are the plugin's own blocks, by full name."""
    blocks = {f"ak_text:{spec.name}" for spec in plugin.autokeras_register_blocks()}

    assert all(set(task.blocks) <= blocks for task in plugin.autokeras_register_tasks())


def test_default_is_ngram_and_first_warm_start_is_ngram() -> None:
    """N-grams come first, in the space and among the predefined configurations."""
    assert TEXT.defaults()["block_type"] == "ngram"
    assert configurations("text_classifier")[0]["name"] == "linear-ngrams"


@pytest.mark.parametrize("spec", plugin.autokeras_register_warm_starts(), ids=lambda spec: spec.name)
def test_warm_starts_fit_the_space_of_their_task(spec: object) -> None:
    """Every predefined configuration of a task is valid in its space, and none occurs twice."""
    found = [SPACES[spec.name].validate(each["values"]) for each in configurations(spec.name)]  # type: ignore[attr-defined]

    assert len(found) >= 5
    assert len({tuple(sorted(map(str, each.items()))) for each in found}) == len(found)


@pytest.mark.parametrize("spec", plugin.autokeras_register_warm_starts(), ids=lambda spec: spec.name)
def test_warm_starts_need_a_download_only_for_the_encoder(spec: object) -> None:
    """Those with a pretrained encoder say that it is downloaded, all others not; five and more need none."""
    needs = {each["name"]: bool(each.get("downloads")) for each in configurations(spec.name)}  # type: ignore[attr-defined]
    kinds = {each["name"]: each["values"]["text/block_type"] for each in configurations(spec.name)}  # type: ignore[attr-defined,index]

    assert needs == {name: kind == "bert" for name, kind in kinds.items()}
    assert sum(not each for each in needs.values()) >= 5
    assert set(kinds.values()) == set(TEXT["block_type"].grid())


@pytest.mark.parametrize("spec", plugin.autokeras_register_warm_starts(), ids=lambda spec: spec.name)
def test_warm_starts_set_only_what_is_active(spec: object) -> None:
    """No value of a predefined configuration is dead."""
    space = SPACES[spec.name]  # type: ignore[attr-defined]

    for each in configurations(spec.name):  # type: ignore[attr-defined]
        assert set(each["values"]) <= set(space.validate(each["values"])), each["name"]  # type: ignore[call-overload]


@pytest.mark.parametrize(
    ("profile", "matches"),
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
def test_match_input_takes_one_column_of_text(profile: dict[str, object], matches: bool) -> None:
    """Only one-dimensional text is claimed."""
    match = plugin.autokeras_match_input(profile)

    assert (match is not None) == matches
    assert match is None or (match[0] == "text_input" and 0 < match[1] <= 1)
