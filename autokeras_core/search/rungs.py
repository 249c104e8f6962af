"""At which epochs a trial that does poorly is ended: asynchronous successive halving. Light: attrs only.

This is the stopping variant of ASHA. A trial trains; at each rung (after a ninth and a third of its epochs) it goes on
if it is among the best third of the trials that got there, itself included, and is ended for good otherwise. Nothing
is paused and nothing starts again, so nothing is lost, and no trial waits for another.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING

import attrs

from autokeras_core.search.records import Rung

if TYPE_CHECKING:
    from autokeras_core.search.records import TrialOutcome
    from autokeras_core.search.space import Configuration

__all__ = ["Pruner", "rung_epochs", "rungs_for"]

_ETA = 3  # by so much the epochs grow from rung to rung, and one of so many trials goes on
_LEVELS = 2
_FEWEST_EPOCHS = 3  # the first epochs are of the warm-up of the learning rate: they say little of what comes


def rung_epochs(epochs: int) -> tuple[int, ...]:
    """Return after how many epochs the rungs lie, by rising epochs.

    Args:
        epochs: For how many epochs a trial is planned.

    Example:
        ```python
        rung_epochs(100)  # (12, 34)
        rung_epochs(10)  # (4,)
        rung_epochs(5)  # ()
        ```
    """
    found = (-(-epochs // _ETA**level) for level in range(_LEVELS, 0, -1))
    return tuple(sorted({epoch for epoch in found if _FEWEST_EPOCHS <= epoch < epochs}))


def rungs_for(outcomes: Iterable[TrialOutcome], *, epochs: int, objective: str, maximise: bool) -> tuple[Rung, ...]:
    """Return what the next trial has to score at each rung, from the trials before it.

    At a rung a trial's score is that of its best epoch until then. Of n trials, the new one included, the best third
    goes on, rounded down, but at least one; equal scores go on together. With fewer than three trials everybody does.

    A trial that ended by itself before a rung, since it no longer improved, stands there with what it had. One that the
    time limit cut short is no yardstick: its learning rate fell faster, so that after the same number of epochs it looks
    better than a trial that has its whole training before it. Nor is one that was planned for another number of epochs.

    A pruned trial is never the best of a search: where it was ended, an earlier one was better.

    Args:
        outcomes: The trials that have ended, of this search and of the runs it continues.
        epochs: For how many epochs the new trial is planned.
        objective: The metric that is optimised, as the histories name it.
        maximise: Whether more of it is better.

    Returns:
        The rungs at which there is something to compare with, by rising epochs.

    Example:
        ```python
        rungs_for(outcomes, epochs=100, objective="val_accuracy", maximise=True)
        # (Rung(epoch=12, score=0.81), Rung(epoch=34, score=0.9))
        ```

    Reference:
        Li, Jamieson, Rostamizadeh, Gonina, Ben-tzur, Hardt, Recht, Talwalkar: A System for Massively Parallel
        Hyperparameter Tuning (MLSys 2020); Jamieson, Talwalkar: Non-stochastic Best Arm Identification (2016).
    """
    yardsticks = (outcome for outcome in outcomes if _is_yardstick(outcome, epochs=epochs))
    curves = [(outcome, outcome.history.get(objective, [])) for outcome in yardsticks]
    rungs: list[Rung] = []
    for epoch in rung_epochs(epochs):
        scores = [
            _best(curve[:epoch], maximise=maximise)
            for outcome, curve in curves
            if len(curve) >= epoch or (curve and outcome.status == "completed")
        ]
        reached = sorted((score for score in scores if score is not None), reverse=maximise)
        going_on = (len(reached) + 1) // _ETA
        if going_on:
            # Among so many with the new one in it: at most so many minus one are better.
            rungs.append(Rung(epoch=epoch, score=reached[going_on - 1]))
    return tuple(rungs)


@attrs.frozen(kw_only=True)
class Pruner:
    """Says at which rungs a search's next trial has to prove itself.

    Predefined configurations are exempt at the rung after a ninth. They come from different families of models, ordered from
    cheap to expensive: after a ninth of its epochs a linear model is nearly done and a deep one has only begun, so the
    rung would measure how fast a family learns, and not how well. They are few, and a family that is lost there
    is lost to the mutations too. Mutations resemble the best configuration; among them an early score tells more.
    In a search on scikit-learn's digits the two largest of four predefined networks were behind after a ninth of their
    epochs and ahead at the end: replayed without the exemption its best validation accuracy is 0.955, with it 0.972, as
    without pruning. Replays of searches on wine and diabetes lose nothing either way.

    A configuration that trains in two phases is never pruned, and is no yardstick: its first phase is short by
    plan, and on features of a pretrained network, and what counts is the second.

    Args:
        epochs: For how many epochs a trial is planned.
        objective: The metric that is optimised, as the histories name it.
        maximise: Whether more of it is better.
        is_predefined: Whether a configuration is one that the search began with.
        is_exempt: Whether a configuration is never pruned.

    Example:
        ```python
        pruner = Pruner(epochs=100, objective="val_accuracy", maximise=True)
        pruner.rungs(configuration, outcomes)  # (Rung(epoch=12, score=0.81), Rung(epoch=34, score=0.9))
        ```
    """

    epochs: int
    objective: str
    maximise: bool
    is_predefined: Callable[[Configuration], bool] = lambda configuration: False
    is_exempt: Callable[[Configuration], bool] = lambda configuration: False

    def rungs(self, configuration: Configuration, outcomes: Iterable[TrialOutcome]) -> tuple[Rung, ...]:
        """Return the rungs of a configuration's trial, given those that have ended."""
        if self.is_exempt(configuration):
            return ()
        yardsticks = [outcome for outcome in outcomes if not self.is_exempt(outcome.configuration)]
        rungs = rungs_for(yardsticks, epochs=self.epochs, objective=self.objective, maximise=self.maximise)
        if not self.is_predefined(configuration):
            return rungs
        return tuple(rung for rung in rungs if rung.epoch * _ETA >= self.epochs)


def _is_yardstick(outcome: TrialOutcome, *, epochs: int) -> bool:
    """Return whether a trial's learning rates were those of one that is planned for so many epochs, as far as is known."""
    has_score = outcome.status in ("completed", "pruned")
    return has_score and not outcome.cut_short and outcome.planned_epochs in (0, epochs)


def _best(curve: Sequence[float], *, maximise: bool) -> float | None:
    finite = [value for value in curve if math.isfinite(value)]
    if not finite:
        return None
    return max(finite) if maximise else min(finite)
