"""The adapter between our spaces and KerasTuner's `HyperParameters`."""

from __future__ import annotations

import keras_tuner
import pytest

from autokeras_core.errors import SpaceError
from autokeras_core.search.domains import Boolean, Choice, Fixed, Float, Int
from autokeras_core.search.kt_adapter import to_hyperparameters, to_space
from autokeras_core.search.space import Space

RICH = Space(
    {
        "block_type": Choice(["conv", "resnet", "none"], default="resnet"),
        "conv/filters": Choice([16, 32], when={"block_type": "conv"}),
        "resnet/version": Choice(["v1", "v2"], default="v2", when={"block_type": ["resnet"]}),
        "resnet/bottleneck": Boolean(default=True, when={"block_type": "resnet", "resnet/version": "v2"}),
        "resnet/width": Float(0.5, 2.0, default=1.0, when={"resnet/bottleneck": True}),
        "units": Int(8, 64, step=8, default=16),
        "depth": Int(1, 100, log=True),
        "rate": Float(1e-4, 1e-1, log=True, default=1e-3),
        "dropout": Float(0.0, 1.0, step=0.1, default=0.3),
        "epochs": Fixed(10),
        "decay": Choice([0.0, 0.5]),
    }
)


def test_a_space_survives_the_round_trip() -> None:
    """Every kind of domain, with defaults and nested conditions, comes back as it was."""
    assert to_space(to_hyperparameters(RICH)) == RICH


@pytest.mark.parametrize(("high", "step"), [(1.0, 0.1), (0.7, 0.1), (0.9, 0.3), (2.0, 0.5), (1.0, 0.3)])
def test_a_stepped_float_keeps_its_last_value(high: float, step: float) -> None:
    """KerasTuner loses it to 1.0 // 0.1 == 9; here both know the same values."""
    domain = Float(0.0, high, step=step)

    hyperparameters = to_hyperparameters(Space({"x": domain}))

    theirs = [domain.coerce(value) for value in hyperparameters.space[0].values]
    assert theirs == list(domain.grid())
    assert list(to_space(hyperparameters)["x"].grid()) == theirs


def test_the_defaults_are_the_values_of_the_active_ones() -> None:
    """A hypermodel that is built without a trial gets the default configuration."""
    assert to_hyperparameters(RICH).values == RICH.defaults()


def test_keras_tuner_activates_what_the_space_activates() -> None:
    """Conditions mean the same on both sides, for every configuration."""
    space = RICH.narrow({"rate": 0.1, "depth": 1, "units": 8, "dropout": 0.3, "resnet/width": 1.0, "decay": 0.0})
    hyperparameters = to_hyperparameters(space)

    for configuration in space.configurations():
        hyperparameters.values = dict(configuration)
        active = [each.name for each in hyperparameters.space if hyperparameters.is_active(each)]
        assert active == list(configuration)


def test_both_booleans_become_a_boolean() -> None:
    """KerasTuner would make the integers 1 and 0 of a choice of True and False, and propose those."""
    space = Space({"a": Choice([True, False]), "b": Choice([True]), "c": Int(1, 2, when={"a": True})})

    converted = to_space(to_hyperparameters(space))

    assert converted == Space({"a": Boolean(default=True), "b": Fixed(True), "c": space["c"]})


def test_a_condition_has_the_type_of_its_parent() -> None:
    """`when={"width": 1}` on a choice of floats."""
    space = Space({"width": Choice([0.5, 1.0]), "x": Int(1, 2, when={"width": 1})})

    assert to_hyperparameters(space).space[1].conditions[0].values == [1.0]


def test_a_step_on_a_logarithmic_scale_is_a_factor() -> None:
    """KerasTuner multiplies by it: a choice of the values it reaches."""
    hyperparameters = keras_tuner.HyperParameters()
    hyperparameters.Int("units", 8, 64, step=2, sampling="log", default=16)
    hyperparameters.Float("rate", 0.001, 0.1, step=10, sampling="log")

    space = to_space(hyperparameters)

    assert [int(value) for value in space["units"].grid()] == [8, 16, 32, 64]
    assert space["units"].default == 16
    assert list(space["rate"].grid()) == pytest.approx([0.001, 0.01, 0.1])


def test_conditional_scopes_of_a_hypermodel_are_read() -> None:
    """The define-by-run idiom gives the same space as the declaration."""
    hyperparameters = keras_tuner.HyperParameters()
    hyperparameters.Choice("kind", ["a", "b"])
    with hyperparameters.conditional_scope("kind", ["b"]):
        hyperparameters.Int("units", 1, 9, step=2)

    space = to_space(hyperparameters)

    assert space == Space({"kind": Choice(["a", "b"]), "units": Int(1, 9, step=2, when={"kind": "b"})})


def test_what_has_no_counterpart_is_an_error() -> None:
    """`reverse_log`, and one name under two conditions."""
    reverse = keras_tuner.HyperParameters()
    reverse.Float("x", 0.1, 1.0, sampling="reverse_log")
    twice = keras_tuner.HyperParameters()
    twice.Choice("kind", ["a", "b"])
    for kind in ("a", "b"):
        with twice.conditional_scope("kind", [kind]):
            twice.Int("units", 1, 9)

    with pytest.raises(SpaceError, match="reverse_log"):
        to_space(reverse)
    with pytest.raises(SpaceError, match="declared twice"):
        to_space(twice)


def test_what_an_overriding_space_rules_out_is_left_out() -> None:
    """KerasTuner's `hyperparameters=` may narrow what a hypermodel asks for; dead branches are not searched."""
    hyperparameters = keras_tuner.HyperParameters()
    hyperparameters.Choice("kind", ["a"])
    with hyperparameters.conditional_scope("kind", ["b"]):
        hyperparameters.Int("units", 1, 9)

    assert to_space(hyperparameters) == Space({"kind": Choice(["a"])})
