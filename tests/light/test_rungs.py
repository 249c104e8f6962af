"""Rungs: after how many epochs a trial has to be how good, so that poor ones are ended early."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from autokeras_core.search.records import Failure, Rung, TrialOutcome
from autokeras_core.search.rungs import Pruner, rung_epochs, rungs_for

NAME = "val_accuracy"


def trial(*curve: float, **fields: Any) -> TrialOutcome:
    """Return a trial that scored so much in each of its epochs."""
    values = {"trial_id": "0", "configuration": {}, "status": "completed", "score": max(curve, default=None)}
    return TrialOutcome(**{**values, "history": {NAME: list(curve)}, **fields})  # type: ignore[arg-type]


def flat(score: float, /, *, epochs: int = 9, **fields: Any) -> TrialOutcome:
    """Return a trial that scored the same in every epoch."""
    return trial(*[score] * epochs, **fields)


def rungs(*outcomes: TrialOutcome, epochs: int = 27, maximise: bool = True) -> tuple[Rung, ...]:
    """Return the rungs behind some trials; of 27 epochs they lie after 3 and 9."""
    return rungs_for(outcomes, epochs=epochs, objective=NAME, maximise=maximise)


def run_search(curves: Sequence[Sequence[float]], *, maximise: bool = True) -> list[TrialOutcome]:
    """Train one trial after the other, as far as the rungs let it."""
    outcomes: list[TrialOutcome] = []
    best = max if maximise else min
    for number, curve in enumerate(curves):
        end = len(curve)
        for rung in rungs_for(outcomes, epochs=len(curve), objective=NAME, maximise=maximise):
            score = best(curve[: rung.epoch])
            if score != rung.score and best(score, rung.score) == rung.score:
                end = rung.epoch
                break
        trained = list(curve[:end])
        status: Any = "completed" if end == len(curve) else "pruned"
        outcomes.append(trial(*trained, trial_id=str(number), status=status, score=best(trained)))
    return outcomes


CURVES = st.integers(9, 30).flatmap(
    lambda epochs: st.lists(
        st.lists(st.floats(0, 1), min_size=epochs, max_size=epochs),
        min_size=1,
        max_size=15,
    )
)


# Where rungs lie


def test_rungs_lie_at_a_ninth_and_a_third_of_the_epochs() -> None:
    """Rounded up, so that a rung is never before its share."""
    assert rung_epochs(27) == (3, 9)
    assert rung_epochs(100) == (12, 34)


def test_there_is_no_rung_before_the_third_epoch() -> None:
    """A few epochs tell little, and a short training is soon over."""
    assert rung_epochs(10) == (4,)
    assert rung_epochs(5) == ()
    assert rung_epochs(1) == ()


# What has to be scored there


def test_with_fewer_than_three_trials_everybody_goes_on() -> None:
    """The first two are compared with nobody."""
    assert rungs() == ()
    assert rungs(flat(0.9)) == ()


def test_the_third_trial_has_to_be_as_good_as_the_best() -> None:
    """One of three goes on, and equal scores go on together."""
    assert rungs(flat(0.5), flat(0.9)) == (Rung(3, 0.9), Rung(9, 0.9))


def test_of_six_trials_two_go_on() -> None:
    """Of the six the new one is one, so the second best of the five others is what it must reach."""
    assert rungs(*[flat(score) for score in (0.1, 0.2, 0.3, 0.4, 0.5)])[0] == Rung(3, 0.4)


def test_less_is_better_where_the_objective_is_minimised() -> None:
    """The lowest losses go on."""
    assert rungs(flat(0.5), flat(0.9), maximise=False)[0] == Rung(3, 0.5)


def test_the_best_epoch_until_a_rung_counts() -> None:
    """Neither the last one before it, nor a better one after it."""
    first = trial(0.1, 0.7, 0.2, 0.3, 0.4, 0.4, 0.4, 0.4, 0.9)

    assert rungs(first, flat(0.0)) == (Rung(3, 0.7), Rung(9, 0.9))


def test_a_pruned_trial_is_a_yardstick_up_to_where_it_came() -> None:
    """It stood at the first rung, and never came to the second."""
    ended = flat(0.9, epochs=3, status="pruned")

    assert rungs(flat(0.5), ended) == (Rung(3, 0.9),)


def test_a_trial_that_ended_by_itself_stands_at_later_rungs() -> None:
    """It no longer improved, so it would have had the same score there."""
    assert rungs(flat(0.9, epochs=5), flat(0.5)) == (Rung(3, 0.9), Rung(9, 0.9))


def test_failed_trials_and_those_cut_short_are_no_yardstick() -> None:
    """One has no score; the other's learning rate fell faster, so it looks better than it is."""
    failed = flat(0.9, status="failed", score=None, failure=Failure(kind="nan", reason="the loss became nan"))
    cut = flat(0.9, cut_short=True)

    assert rungs(failed, cut, flat(0.5)) == ()


def test_a_trial_that_was_planned_for_other_epochs_is_no_yardstick() -> None:
    """Its learning rate had come to its end where that of the new one is high; a journal may not say what was planned."""
    short, whole, unknown = (flat(0.9, planned_epochs=epochs) for epochs in (9, 27, 0))

    assert rungs(short, flat(0.5, planned_epochs=27)) == ()
    assert rungs(whole, flat(0.5, planned_epochs=27)) == (Rung(3, 0.9), Rung(9, 0.9))
    assert rungs(unknown, flat(0.5, planned_epochs=27)) == (Rung(3, 0.9), Rung(9, 0.9))


def test_an_epoch_without_a_number_is_no_score() -> None:
    """NaN is neither better nor worse than anything."""
    odd = trial(float("nan"), 0.4, float("nan"), *[0.4] * 6)

    assert rungs(odd, flat(0.2))[0] == Rung(3, 0.4)


def test_trials_without_the_objective_are_left_out() -> None:
    """A journal may hold a history of something else."""
    assert rungs(flat(0.9), flat(0.8, history={"val_loss": [1.0] * 9})) == ()


# What holds for every search


@given(curves=CURVES, maximise=st.booleans())
@settings(max_examples=200, deadline=None)
def test_a_pruned_trial_is_never_the_best(curves: list[list[float]], maximise: bool) -> None:
    """Where it was ended an earlier one was better: the best score is that of a trial that trained to its end."""
    outcomes = run_search(curves, maximise=maximise)

    best = max if maximise else min
    completed = [outcome.score for outcome in outcomes if outcome.status == "completed"]
    assert best(outcome.score for outcome in outcomes) == best(completed)  # type: ignore[type-var]


@given(curves=CURVES)
@settings(max_examples=200, deadline=None)
def test_rungs_rise_and_their_scores_do_too(curves: list[list[float]]) -> None:
    """Of those that trained to their end: who is good enough for a rung has more to show at the next."""
    outcomes = [trial(*curve) for curve in curves]

    found = rungs_for(outcomes, epochs=27, objective=NAME, maximise=True)

    assert list(found) == sorted(found, key=lambda rung: rung.epoch)
    assert [rung.score for rung in found] == sorted(rung.score for rung in found)


@given(curves=CURVES, score=st.floats(0, 1))
@settings(max_examples=200, deadline=None)
def test_who_goes_on_is_among_the_best_third(curves: list[list[float]], score: float) -> None:
    """Counting itself: fewer than a third of all are better."""
    outcomes = [trial(*curve) for curve in curves]

    for rung in rungs_for(outcomes, epochs=27, objective=NAME, maximise=True):
        better = sum(max(curve[: rung.epoch]) > score for curve in curves)
        goes_on = score >= rung.score
        assert goes_on == (better < (len(curves) + 1) // 3)


@given(scores=st.lists(st.floats(0, 1), min_size=3, max_size=20))
@settings(max_examples=100, deadline=None)
def test_the_best_so_far_always_goes_on(scores: list[float]) -> None:
    """A trial that is as good as any before it passes every rung."""
    for rung in rungs(*[flat(score) for score in scores]):
        assert max(scores) >= rung.score


# Who is exempt


def pruner(**options: Any) -> Pruner:
    """Return a pruner of trials of 27 epochs."""
    return Pruner(epochs=27, objective=NAME, maximise=True, **options)


def test_a_predefined_configuration_is_exempt_after_a_ninth() -> None:
    """Families of models learn at different speeds; a third of the epochs is enough for all."""
    outcomes = [flat(0.5), flat(0.9)]

    found = pruner(is_predefined=[{"a": 1}].__contains__)

    assert [rung.epoch for rung in found.rungs({"a": 1}, outcomes)] == [9]
    assert [rung.epoch for rung in found.rungs({"a": 2}, outcomes)] == [3, 9]


def test_a_configuration_of_two_phases_is_neither_pruned_nor_a_yardstick() -> None:
    """What counts for it is its second phase."""
    outcomes = [flat(0.5), flat(0.9, configuration={"tuned": True}), flat(0.4)]

    found = pruner(is_exempt=lambda configuration: bool(configuration.get("tuned")))

    assert found.rungs({"tuned": True}, outcomes) == ()
    assert found.rungs({}, outcomes)[0] == Rung(3, 0.5)
