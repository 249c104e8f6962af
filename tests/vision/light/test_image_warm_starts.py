"""The predefined configurations of the image tasks fit the real spaces, and are as many and as different as promised."""

from __future__ import annotations

import importlib.resources
import tomllib
from typing import Any

import pytest

from ak_vision import plugin, spaces
from autokeras_core.builtin.spaces import CLASSIFICATION_HEAD, REGRESSION_HEAD, TRAINING
from autokeras_core.plugin import Space, WarmStartSpec

SPACES = {
    "ak_vision:ImageClassifier": Space.combine(
        spaces.IMAGE.under("image"), CLASSIFICATION_HEAD.under("classification"), TRAINING.under("training")
    ),
    "ak_vision:ImageRegressor": Space.combine(
        spaces.IMAGE.under("image"), REGRESSION_HEAD.under("regression"), TRAINING.under("training")
    ),
}
FEWEST = {"ak_vision:ImageClassifier": 4, "ak_vision:ImageRegressor": 3}
SPECS = plugin.autokeras_register_warm_starts()


def read(spec: WarmStartSpec) -> dict[str, Any]:
    """Return the content of a file of warm starts."""
    return tomllib.loads(importlib.resources.files(spec.package).joinpath(spec.resource).read_text(encoding="utf-8"))


CONFIGURATIONS = [(spec, entry) for spec in SPECS for entry in read(spec)["configuration"]]


@pytest.mark.parametrize(
    ("spec", "entry"), CONFIGURATIONS, ids=lambda part: part["name"] if isinstance(part, dict) else part.name
)
def test_it_fits_the_real_space_of_its_task(spec: WarmStartSpec, entry: dict[str, Any]) -> None:
    """Every name is known and active, every value in its domain."""
    configuration = SPACES[spec.task].validate(entry["values"])

    assert set(entry["values"]) <= set(configuration)


@pytest.mark.parametrize("spec", SPECS, ids=lambda spec: spec.name)
def test_there_are_enough_different_ones(spec: WarmStartSpec) -> None:
    """No two configurations of a task are the same, and there are at least as many as promised."""
    entries = read(spec)["configuration"]

    configurations = [SPACES[spec.task].validate(entry["values"]) for entry in entries]

    assert len(entries) >= FEWEST[spec.task]
    assert all(configurations.count(configuration) == 1 for configuration in configurations)


@pytest.mark.parametrize("spec", SPECS, ids=lambda spec: spec.name)
def test_the_file_names_its_task(spec: WarmStartSpec) -> None:
    """The file says for which task it is, as the descriptor does."""
    data = read(spec)

    assert (data["schema"], data["task"]) == (1, spec.task)


@pytest.mark.parametrize("spec", SPECS, ids=lambda spec: spec.name)
def test_both_kinds_of_network_are_tried(spec: WarmStartSpec) -> None:
    """A plain, a residual and a pretrained network are among the first configurations."""
    kinds = {entry["values"]["image/block_type"] for entry in read(spec)["configuration"]}

    assert kinds >= {"conv", "resnet", "transfer"}
