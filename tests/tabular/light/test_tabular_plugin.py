"""What ak-tabular registers, without Keras and pandas."""

from __future__ import annotations

import importlib
import tomllib
from importlib.resources import files

import pytest

import ak_tabular
from ak_tabular import plugin
from ak_tabular.spaces import FT_TRANSFORMER, MLP, REAL_MLP, RESIDUAL_MLP, STRUCTURED_DATA, TABM, WIDE_AND_DEEP
from autokeras_core.builtin.spaces import CLASSIFICATION_HEAD, REGRESSION_HEAD, TRAINING
from autokeras_core.plugin import Space

SPACES = {
    "structured_data_classifier": Space.combine(
        STRUCTURED_DATA.under("structured"), CLASSIFICATION_HEAD.under("classification"), TRAINING.under("training")
    ),
    "structured_data_regressor": Space.combine(
        STRUCTURED_DATA.under("structured"), REGRESSION_HEAD.under("regression"), TRAINING.under("training")
    ),
}


def configurations(name: str) -> list[dict[str, object]]:
    """Return the configurations of one file, as they stand there."""
    text = files("ak_tabular").joinpath(f"warm_starts/{name}.toml").read_text(encoding="utf-8")
    return list(tomllib.loads(text)["configuration"])


def test_public_names_are_sorted_and_listed() -> None:
    """`__all__` is sorted and equals what `dir` shows."""
    assert ak_tabular.__all__ == sorted(ak_tabular.__all__) == dir(ak_tabular)


@pytest.mark.parametrize("module", ["ak_tabular", "ak_tabular.plugin", "ak_tabular.spaces"])
def test_all_is_sorted(module: str) -> None:
    """`__all__` of every light module is sorted."""
    names = importlib.import_module(module).__all__

    assert names == sorted(names)


def test_block_spaces_are_those_of_the_space_module() -> None:
    """The descriptors hold the very spaces that the blocks read."""
    spaces = {spec.name: spec.space for spec in plugin.autokeras_register_blocks()}

    assert spaces == {
        "structured_data": STRUCTURED_DATA,
        "mlp": MLP,
        "residual_mlp": RESIDUAL_MLP,
        "real_mlp": REAL_MLP,
        "tabm": TABM,
        "ft_transformer": FT_TRANSFORMER,
        "wide_and_deep": WIDE_AND_DEEP,
    }


def test_task_candidates_are_registered_blocks() -> None:
    """A task's candidates are the plugin's own blocks, by full name."""
    blocks = {f"ak_tabular:{spec.name}" for spec in plugin.autokeras_register_blocks()}

    assert all(set(task.blocks) <= blocks for task in plugin.autokeras_register_tasks())


@pytest.mark.parametrize("spec", plugin.autokeras_register_warm_starts(), ids=lambda spec: spec.name)
def test_warm_starts_fit_the_space_of_their_task(spec: object) -> None:
    """Every predefined configuration of a task is valid in its space, and none occurs twice."""
    found = [SPACES[spec.name].validate(each["values"]) for each in configurations(spec.name)]  # type: ignore[attr-defined]

    assert len(found) >= 5
    assert len({tuple(sorted(map(str, each.items()))) for each in found}) == len(found)


@pytest.mark.parametrize(
    ("profile", "matches"),
    [
        ({"type": "DataFrame"}, True),
        ({"type": "ndarray", "dtype": "float64", "shape": (10, 3)}, True),
        ({"type": "ndarray", "dtype": "object", "shape": (10, 3)}, True),
        ({"type": "ndarray", "dtype": "float32", "shape": (10,)}, False),
        ({"type": "ndarray", "dtype": "uint8", "shape": (10, 28, 28)}, False),
    ],
    ids=["frame", "numbers", "objects", "vector", "pictures"],
)
def test_match_input_takes_tables(profile: dict[str, object], matches: bool) -> None:
    """Frames and two-dimensional arrays are claimed, nothing else."""
    match = plugin.autokeras_match_input(profile)

    assert (match is not None) == matches
    assert match is None or (match[0] == "structured_data_input" and 0 < match[1] <= 1)
