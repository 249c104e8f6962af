"""The models that stay on the disk while a search runs."""

from __future__ import annotations

from pathlib import Path

import pytest

from autokeras_core.search.kept_models import KeptModels
from autokeras_core.search.records import TrialOutcome


def trials(directory: Path, *scored: tuple[float, float]) -> list[TrialOutcome]:
    """Return completed trials of these accuracies and validation losses, each with something in its directory."""
    outcomes = []
    for number, (score, loss) in enumerate(scored):
        folder = directory / str(number)
        folder.mkdir()
        (folder / "model").write_bytes(b"weights")
        outcomes.append(
            TrialOutcome(
                trial_id=str(number),
                status="completed",
                configuration={},
                score=score,
                metrics={"val_loss": loss},
                directory=str(folder),
            )
        )
    return outcomes


def kept_in(directory: Path) -> set[str]:
    return {path.name for path in directory.iterdir()}


def test_of_equal_scores_those_of_the_lower_losses_stay(tmp_path: Path) -> None:
    """As trials are ranked everywhere."""
    outcomes = trials(tmp_path, (1.0, 0.3), (1.0, 0.2), (0.9, 0.0), (1.0, 0.1))

    KeptModels(count=2).drop_others(outcomes, maximise=True)

    assert kept_in(tmp_path) == {"1", "3"}


def test_earlier_models_of_equal_scores_stay_beside_the_best(tmp_path: Path) -> None:
    """The best trial's is what is handed over if there is no ensemble, so it stays however late it came."""
    outcomes = trials(tmp_path, (1.0, 0.3), (1.0, 0.2), (0.9, 0.0), (1.0, 0.15), (1.0, 0.1))

    KeptModels(count=3, by_loss=False).drop_others(outcomes, maximise=True)

    assert kept_in(tmp_path) == {"0", "1", "4"}


def test_a_better_score_goes_before_an_earlier_trial(tmp_path: Path) -> None:
    """Order decides between equal scores only."""
    outcomes = trials(tmp_path, (0.8, 0.3), (0.9, 0.2), (0.9, 0.1))

    KeptModels(count=2, by_loss=False).drop_others(outcomes, maximise=True)

    assert kept_in(tmp_path) == {"1", "2"}


def test_large_models_beyond_three_do_not_stay(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """All together are to take no more of the disk than is allowed; the first three stay in any case."""
    monkeypatch.setattr("autokeras_core.search.kept_models._MOST_BYTES_OF_CANDIDATES", 20)
    outcomes = trials(tmp_path, *((score, 0.1) for score in (0.5, 0.6, 0.7, 0.8)))

    KeptModels(count=4).drop_others(outcomes, maximise=True)

    assert kept_in(tmp_path) == {"1", "2", "3"}
