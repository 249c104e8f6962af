"""What a block sees of a configuration, and KerasTuner's define-by-run idiom on it."""

from __future__ import annotations

import re

import pytest

from autokeras_core.errors import SpaceError
from autokeras_core.graph.view import HyperparameterView, SpaceRecorder
from autokeras_core.search.domains import Choice, Float, Int


def test_a_step_on_a_logarithmic_scale_is_a_factor() -> None:
    """As in KerasTuner: 8, 16, 32, 64."""
    recorder = SpaceRecorder()
    hp = HyperparameterView(values={}, recorder=recorder)

    hp.Int("units", 8, 64, step=2, sampling="log", default=16)
    hp.Float("rate", 0.25, 4.0, step=4, sampling="log")

    assert recorder.space["units"] == Choice([8, 16, 32, 64], default=16)
    assert recorder.space["rate"] == Choice([0.25, 1.0, 4.0])


def test_without_a_step_a_logarithmic_scale_is_continuous() -> None:
    """Every value of the range is possible."""
    recorder = SpaceRecorder()
    hp = HyperparameterView(values={}, recorder=recorder)

    hp.Int("units", 8, 64, sampling="log")
    hp.Float("rate", 0.25, 4.0, sampling="log")

    assert recorder.space["units"] == Int(8, 64, log=True)
    assert recorder.space["rate"] == Float(0.25, 4.0, log=True)


@pytest.mark.parametrize(
    ("step", "sampling", "problem"),
    [(None, "reverse_log", "unknown way"), (1, "log", "impossible")],
)
def test_what_cannot_be_sampled_is_an_error(step: int | None, sampling: str, problem: str) -> None:
    """Never silently something else."""
    with pytest.raises(SpaceError, match=problem):
        HyperparameterView(values={}).Int("units", 8, 64, step=step, sampling=sampling)


@pytest.mark.parametrize("has_own_name", [False, True], ids=["with", "with as"])
def test_a_scope_makes_conditional_what_is_asked_for_in_it(has_own_name: bool) -> None:
    """The view itself is in the scope, whether or not it has another name there; what comes behind it is not."""
    recorder = SpaceRecorder()
    hp = HyperparameterView(values={}, path="block", recorder=recorder)

    hp.Choice("kind", ["linear", "mlp"])
    with hp.conditional_scope("kind", ["mlp"]) as inner:
        (inner if has_own_name else hp).Int("units", 8, 64)
    hp.Boolean("bias")

    assert recorder.space["block/units"].when == (("block/kind", ("mlp",)),)
    assert recorder.space["block/bias"].when == ()


def test_scopes_may_be_nested_and_hold_for_parts_of_the_block() -> None:
    """All conditions must hold."""
    recorder = SpaceRecorder()
    hp = HyperparameterView(values={}, recorder=recorder)

    hp.Choice("kind", ["linear", "mlp"])
    with hp.conditional_scope("kind", "mlp"):
        hp.Boolean("norm")
        with hp.conditional_scope("norm", True):
            hp.scope("norms").Float("momentum", 0.1, 0.9)

    assert recorder.space["norms/momentum"].when == (("kind", ("mlp",)), ("norm", (True,)))


def test_what_is_asked_for_in_two_scopes_is_tuned_in_both() -> None:
    """KerasTuner's code asks for `units` in each branch; only what all scopes share is a condition."""
    recorder = SpaceRecorder()
    hp = HyperparameterView(values={}, recorder=recorder)
    hp.Choice("kind", ["a", "b"])

    with hp.conditional_scope("kind", "a"):
        hp.Int("units", 8, 64)
    with hp.conditional_scope("kind", "b"):
        hp.Int("units", 8, 64)

    assert recorder.space["units"].when == ()


def test_another_domain_in_another_scope_is_an_error() -> None:
    """A configuration would get values of the first where the block asked for those of the second."""
    recorder = SpaceRecorder()
    hp = HyperparameterView(values={}, recorder=recorder)
    hp.Choice("size", ["small", "large"])

    with hp.conditional_scope("size", "small"):
        hp.Int("units", 8, 64)
    with hp.conditional_scope("size", "large"):
        hp.Int("units", 256, 1024)

    with pytest.raises(SpaceError, match="'units' is asked for with different domains.*different names"):
        assert recorder.space


def test_what_the_user_fixed_holds_on_a_branch_that_was_not_built() -> None:
    """KerasTuner's code has an `if` in the scope, so one build asks for `units` on one branch only."""
    recorder = SpaceRecorder(arguments={"units": 32})
    hp = HyperparameterView(values={}, recorder=recorder)

    if hp.Choice("kind", ["a", "b"]) == "a":
        with hp.conditional_scope("kind", "a"):
            hp.Int("units", 8, 64)

    assert recorder.space.complete({"kind": "b"}) == {"kind": "b", "units": 32}


def test_what_the_user_fixed_may_be_asked_for_with_several_domains() -> None:
    """It is that value in each."""
    recorder = SpaceRecorder(arguments={"units": 32})
    hp = HyperparameterView(values={}, recorder=recorder)
    hp.Choice("size", ["small", "large"])

    with hp.conditional_scope("size", "small"):
        hp.Int("units", 8, 64)
    with hp.conditional_scope("size", "large"):
        hp.Int("units", 16, 128)

    assert recorder.space.complete({"size": "large"}) == {"size": "large", "units": 32}


def test_what_a_block_fixes_in_a_scope_holds_there_alone() -> None:
    """Another branch, which was not built, may fix another value."""
    recorder = SpaceRecorder()
    hp = HyperparameterView(values={}, recorder=recorder)

    if hp.Choice("kind", ["a", "b"]) == "a":
        with hp.conditional_scope("kind", "a"):
            hp.Fixed("layers", 2)

    assert recorder.space.complete({"kind": "b"}) == {"kind": "b"}


def test_an_error_closes_the_scope() -> None:
    """What is asked for afterwards does not depend on it."""
    recorder = SpaceRecorder()
    hp = HyperparameterView(values={}, recorder=recorder)
    hp.Choice("kind", ["linear", "mlp"])

    with pytest.raises(SpaceError), hp.conditional_scope("kind", "mlp"):
        hp.Int("units", 8, 64, sampling="unknown")
    hp.Int("units", 8, 64)

    assert recorder.space["units"].when == ()


def test_where_the_condition_of_a_scope_does_not_hold_the_default_is_returned() -> None:
    """A configuration has no value there."""
    hp = HyperparameterView(values={"kind": "linear"})

    with hp.conditional_scope("kind", "mlp"):
        units = hp.Int("units", 8, 64, default=16)

    assert units == 16


def test_a_scope_that_the_users_argument_closes_is_left_out() -> None:
    """As a declared branch is."""
    recorder = SpaceRecorder(arguments={"kind": Choice(["linear", "cubic"])})
    hp = HyperparameterView(values={}, recorder=recorder)

    hp.Choice("kind", ["linear", "cubic", "mlp"])
    with hp.conditional_scope("kind", "mlp"):
        hp.Int("units", 8, 64)

    assert list(recorder.space) == ["kind"]


def test_a_scope_that_depends_on_nothing_that_was_asked_for_is_an_error() -> None:
    """What is asked for in it would never be tuned."""
    recorder = SpaceRecorder()
    hp = HyperparameterView(values={}, recorder=recorder)

    hp.Choice("kind", ["linear", "mlp"])
    with hp.conditional_scope("kid", "mlp"):
        hp.Int("units", 8, 64)

    with pytest.raises(SpaceError, match="'units' depends on 'kid'.*Did you mean 'kind'"):
        assert recorder.space


@pytest.mark.parametrize(("path", "known"), [("conv", ["conv/filters"]), ("", ["conv/filters", "conv_2/kernel"])])
def test_an_unknown_hyperparameter_is_answered_with_those_of_the_block(path: str, known: list[str]) -> None:
    """Those of another block whose name begins alike are none of its own."""
    hp = HyperparameterView(values={"conv/filters": 32, "conv_2/kernel": 3}, path=path)

    with pytest.raises(SpaceError, match=f"one of {re.escape(str(known))}"):
        hp["kernel"]
