"""What `fit` returns: the course of the search, in the shape of Keras's `History`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import attrs

if TYPE_CHECKING:
    from autokeras_core.search.records import EnsembleRecord, TrialOutcome

__all__ = ["SearchHistory", "build_history"]


@attrs.frozen(kw_only=True)
class SearchHistory:
    """The course of a search.

    Attributes:
        history: Every metric of the best trial, epoch by epoch, as in `keras.callbacks.History`.
        objective: The metric that was optimised.
        best_score: Its best value.
        best_trial: The best trial's name.
        best_so_far: `(seconds since the start, best score)` after each trial that improved it.
        trials: How many trials ran, failed ones included; skipped ones, which needed what cannot be had, are left out.
        failed: How many failed.
        pruned: How many were ended early, since others did better after the same number of epochs.
        stop_reason: Why the search ended.
        ensemble: The ensemble that was put together from the trials, with its score and its members' weights; `None` if
            the best trial's model is used alone.
        refitted: The trials whose configurations were trained once more on all rows, for `refit=True`; the model consists
            of these then. A score stays that of the trial: there is nothing left to validate on.

    Example:
        ```python
        history = classifier.fit(pictures, labels)
        history.history["val_accuracy"][-1], history.best_score, history.stop_reason
        ```
    """

    history: Mapping[str, list[float]]
    objective: str
    best_score: float
    best_trial: str
    best_so_far: Sequence[tuple[float, float]]
    trials: int
    failed: int
    stop_reason: str
    ensemble: EnsembleRecord | None = None
    refitted: Sequence[str] = ()
    pruned: int = 0


def build_history(
    outcomes: Sequence[TrialOutcome],
    best: TrialOutcome,
    *,
    objective: str,
    maximise: bool,
    stop_reason: str,
    ensemble: EnsembleRecord | None = None,
    refitted: Sequence[str] = (),
) -> SearchHistory:
    """Return the course of a search from its trials."""
    curve: list[tuple[float, float]] = []
    for outcome in outcomes:
        score = outcome.score if outcome.status == "completed" else None
        if score is not None and (not curve or (score > curve[-1][1] if maximise else score < curve[-1][1])):
            curve.append((outcome.elapsed, score))
    counted = [outcome for outcome in outcomes if not outcome.is_skipped]
    return SearchHistory(
        history=dict(best.history),
        objective=objective,
        best_score=float(best.score or 0.0),
        best_trial=best.trial_id,
        best_so_far=tuple(curve),
        trials=len(counted),
        failed=sum(outcome.failure is not None for outcome in counted),
        stop_reason=stop_reason,
        ensemble=ensemble,
        refitted=tuple(refitted),
        pruned=sum(outcome.status == "pruned" for outcome in outcomes),
    )
