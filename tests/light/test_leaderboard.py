"""The leaderboard ranks trials, explains failures and prints as text, HTML and records."""

from __future__ import annotations

import math

import attrs

from autokeras_core.leaderboard import Leaderboard, build_leaderboard
from autokeras_core.search.records import EnsembleRecord, Failure, TrialOutcome


def outcome(trial_id: str, score: float | None, *, kind: str = "bug", reason: str = "boom") -> TrialOutcome:
    """Return a finished trial."""
    if score is None:
        failure = Failure(kind=kind, reason=reason)  # type: ignore[arg-type]
        return TrialOutcome(trial_id=trial_id, configuration={"a": 1}, status="failed", failure=failure)
    return TrialOutcome(
        trial_id=trial_id,
        configuration={"a": 2},
        status="completed",
        score=score,
        metrics={"val_accuracy": score},
        history={"val_accuracy": [score / 2, score]},
        best_epoch=2,
        seconds=1.5,
        parameters=1234,
    )


def board(*outcomes: TrialOutcome, maximise: bool = True) -> Leaderboard:
    """Return the leaderboard of some trials."""
    return build_leaderboard(outcomes, objective="val_accuracy", maximise=maximise, origins={"0": "small"})


def test_the_highest_score_is_first_when_maximising() -> None:
    """More is better: the ranks fall with the score."""
    rows = board(outcome("0", 0.5), outcome("1", 0.9), outcome("2", 0.7))

    assert [row.trial_id for row in rows] == ["1", "2", "0"]


def test_the_lowest_score_is_first_when_minimising() -> None:
    """Less is better: the ranks rise with the score."""
    rows = board(outcome("0", 0.5), outcome("1", 0.9), maximise=False)

    assert [row.trial_id for row in rows] == ["0", "1"]


def test_between_equal_scores_the_lower_validation_loss_is_first() -> None:
    """A few validation rows give many equal accuracies; the loss tells the models apart."""
    early, late = (
        attrs.evolve(outcome(name, 0.9), metrics={"val_loss": loss}) for name, loss in (("0", 0.5), ("1", 0.4))
    )

    assert [row.trial_id for row in board(early, late)] == ["1", "0"]


def test_the_earlier_of_equal_trials_is_first() -> None:
    """A tie goes to the trial that ended first."""
    rows = board(outcome("0", 0.5), outcome("1", 0.5))

    assert [row.trial_id for row in rows] == ["0", "1"]


def test_failed_trials_come_last_with_kind_and_reason() -> None:
    """A failure has no rank, no score, and says why."""
    rows = board(outcome("0", None, kind="oom", reason="no room"), outcome("1", 0.1))

    assert [row.rank for row in rows] == [1, 0]
    assert rows[1].status == "failed (oom)"
    assert rows[1].reason == "no room"
    assert math.isnan(rows[1].score)


def test_it_prints_one_aligned_line_per_trial() -> None:
    """Text has a header and a line for each trial, naming where its configuration came from."""
    lines = str(board(outcome("0", 0.5), outcome("1", None))).splitlines()

    assert len(lines) == 3
    assert "val_accuracy" in lines[0]
    assert "small" in lines[1]
    assert "0.5000" in lines[1]
    assert "boom" in lines[2]


def test_html_escapes_what_a_user_named() -> None:
    """A reason with markup in it cannot become markup in a notebook."""
    page = board(outcome("0", None, reason="<script>alert(1)</script>"))._repr_html_()

    assert "<script>" not in page
    assert "&lt;script&gt;" in page


TOGETHER = EnsembleRecord(
    objective="val_accuracy", score=0.9812, single_score=0.979, weights={"1": 0.75, "0": 0.25}, metrics={}
)


def test_an_ensemble_has_a_line_of_its_own_and_each_member_its_weight() -> None:
    """Text and HTML say what it scores; trials outside it have no weight."""
    rows = build_leaderboard(
        [outcome("0", 0.5), outcome("1", 0.9), outcome("2", 0.7)],
        objective="val_accuracy",
        maximise=True,
        origins={},
        ensemble=TOGETHER,
    )

    assert str(rows).splitlines()[-1] == "ensemble of 2: val_accuracy 0.9812 (best single 0.9790)"
    assert [line.split()[2] for line in str(rows).splitlines()[1:4]] == ["0.9000", "0.7000", "0.5000"]
    assert [row.weight for row in rows] == [0.75, 0.0, 0.25]
    assert "<caption>ensemble of 2: val_accuracy 0.9812 (best single 0.9790)</caption>" in rows._repr_html_()


def test_an_ensemble_of_the_same_score_says_what_decided() -> None:
    """Where the scores are equal, the lower loss was the reason to take it."""
    even = attrs.evolve(TOGETHER, score=0.979, metrics={"val_loss": 0.05}, single_metrics={"val_loss": 0.0625})

    assert str(even) == "ensemble of 2: val_accuracy 0.9790 (best single 0.9790), val_loss 0.05 (0.0625)"


def test_without_an_ensemble_no_column_tells_of_one() -> None:
    """Most searches have none."""
    rows = board(outcome("0", 0.5))

    assert "weight" not in str(rows)
    assert "caption" not in rows._repr_html_()


def test_an_ensembles_record_survives_json() -> None:
    """What the journal writes is read back equal, members in their order."""
    again = EnsembleRecord.from_json(TOGETHER.to_json())

    assert again == TOGETHER
    assert list(again.weights) == ["1", "0"]


def test_records_are_json_data() -> None:
    """A failed trial's score is None in records, since NaN is no JSON."""
    records = board(outcome("0", None)).to_records()

    assert records[0]["score"] is None
    assert records[0]["configuration"] == {"a": 1}


def test_records_hold_no_number_that_json_does_not_know() -> None:
    """A metric of a user may be NaN or infinite."""
    odd = attrs.evolve(outcome("0", 0.5), metrics={"val_ratio": math.nan, "val_margin": math.inf, "val_loss": 0.25})

    (record,) = board(odd).to_records()

    assert record["metrics"] == {"val_ratio": None, "val_margin": None, "val_loss": 0.25}


def test_flat_records_have_a_key_for_each_metric_and_hyperparameter() -> None:
    """Those of a row alone, behind all that every row has."""
    good, bad = board(outcome("0", 0.5), outcome("1", None)).to_flat_records()

    assert (good["metric/val_accuracy"], good["a"], good["origin"]) == (0.5, 2, "small")
    assert (bad["score"], bad["a"]) == (None, 1)
    assert good.keys() - bad.keys() == {"metric/val_accuracy"}
    assert not {"metrics", "configuration"} & good.keys()


def test_outcomes_survive_json() -> None:
    """What the journal writes is read back equal."""
    for trial in (outcome("0", 0.5), outcome("1", None)):
        assert TrialOutcome.from_json(trial.to_json()) == trial


def test_epochs_counts_the_history() -> None:
    """The number of epochs follows from the history."""
    assert outcome("0", 0.5).epochs == 2
    assert outcome("1", None).epochs == 0
