"""KerasTuner's define-by-run idiom on our view: logarithmic ranges with a step."""

from __future__ import annotations

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
