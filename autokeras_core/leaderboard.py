"""The leaderboard: all trials of a search, the best first, pruned ones next, failures with their reasons last. Light."""

from __future__ import annotations

import html
import math
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, overload

import attrs

from autokeras_core.search.records import rank_outcomes
from autokeras_core.search.values import Value

if TYPE_CHECKING:
    import pandas as pd

    from autokeras_core.search.records import EnsembleRecord, TrialOutcome

__all__ = ["Leaderboard", "LeaderboardRow", "build_leaderboard"]

_COLUMNS = ("rank", "trial", "origin", "score", "weight", "best epoch", "seconds", "parameters", "status")
_RIGHT = frozenset({"rank", "score", "weight", "best epoch", "seconds", "parameters"})


@attrs.frozen(kw_only=True)
class LeaderboardRow:
    """One trial.

    Attributes:
        rank: 1 for the best; 0 for a trial that was pruned, skipped or failed.
        trial_id: The trial's name.
        origin: The predefined configuration's name, or `"mutation"` and the like.
        score: The objective at the best epoch; NaN if the trial failed. Of a pruned trial, that of fewer epochs.
        best_epoch: The epoch whose weights were kept.
        epochs: How many epochs were trained.
        seconds: Wall-clock seconds.
        parameters: The number of the model's parameters.
        status: `"completed"`, `"cut short"`, `"pruned"` (ended at a rung, since others did better by then),
            `"skipped (unavailable)"` (it needed what cannot be had) or `"failed (kind)"`.
        reason: Why it failed or was skipped; empty otherwise.
        metrics: All metrics at the best epoch.
        configuration: The values of all active hyperparameters.
        weight: The trial's share in the ensemble; 0 if there is none, or it is no member.
    """

    rank: int
    trial_id: str
    origin: str
    score: float
    best_epoch: int
    epochs: int
    seconds: float
    parameters: int
    status: str
    reason: str
    metrics: Mapping[str, float]
    configuration: Mapping[str, Value]
    weight: float = 0.0


@attrs.frozen
class Leaderboard(Sequence[LeaderboardRow]):
    """All trials of a search, the best first. Prints as a table; `to_dataframe()` needs pandas.

    Attributes:
        objective: The metric that was optimised.
        rows: The trials.
        ensemble: The ensemble that was put together from them, with its score; `None` if the best trial is used alone.

    Example:
        ```python
        board = classifier.leaderboard()
        print(board)
        board[0].configuration["training/learning_rate"]
        ```
    """

    objective: str
    rows: tuple[LeaderboardRow, ...]
    ensemble: EnsembleRecord | None = None

    @overload
    def __getitem__(self, index: int) -> LeaderboardRow: ...
    @overload
    def __getitem__(self, index: slice) -> tuple[LeaderboardRow, ...]: ...
    def __getitem__(self, index: int | slice) -> LeaderboardRow | tuple[LeaderboardRow, ...]:
        """Return a row, or several."""
        return self.rows[index]

    def __len__(self) -> int:
        return len(self.rows)

    def __iter__(self) -> Iterator[LeaderboardRow]:
        return iter(self.rows)

    def to_text(self) -> tuple[tuple[str, ...], list[tuple[str, ...]]]:
        """Return the headings, and the cells of each row, as text."""
        return self._header(), self._cells()

    def to_records(self) -> list[dict[str, Any]]:
        """Return the rows as JSON data: `None` for a failed trial's score, and for a metric that is NaN or infinite."""
        records = [attrs.asdict(row) for row in self.rows]
        for record in records:
            record["score"] = _finite(record["score"])
            record["metrics"] = {name: _finite(value) for name, value in record["metrics"].items()}
        return records

    def to_flat_records(self) -> list[dict[str, Any]]:
        """Return the rows as `to_records` does, but with a key for each metric, `metric/NAME`, and hyperparameter."""
        return [_flat(record) for record in self.to_records()]

    def to_dataframe(self) -> pd.DataFrame:
        """Return a pandas DataFrame, one row a trial, with a column for each metric and hyperparameter.

        Raises:
            ImportError: If pandas is not installed.
        """
        try:
            import pandas as pd
        except ImportError as error:
            message = "to_dataframe() needs pandas: pip install pandas (to_records() does not)."
            raise ImportError(message) from error
        return pd.DataFrame([_flat(attrs.asdict(row)) for row in self.rows])

    @property
    def _columns(self) -> tuple[str, ...]:
        return tuple(name for name in _COLUMNS if name != "weight" or self.ensemble is not None)

    def _cells(self) -> list[tuple[str, ...]]:
        return [tuple(_cell(row, column) for column in self._columns) for row in self.rows]

    def _header(self) -> tuple[str, ...]:
        return tuple(self.objective if name == "score" else name for name in self._columns)

    def __str__(self) -> str:
        lines = [self._header(), *self._cells()]
        widths = [max(len(line[column]) for line in lines) for column in range(len(self._columns))]
        aligned = [
            "  ".join(
                cell.rjust(width) if name in _RIGHT else cell.ljust(width)
                for name, cell, width in zip(self._columns, line, widths, strict=True)
            ).rstrip()
            for line in lines
        ]
        return "\n".join([*aligned, *([str(self.ensemble)] if self.ensemble is not None else [])])

    def _repr_html_(self) -> str:
        """Return a table for notebooks; whatever a user or a plugin named is escaped."""
        head = "".join(f"<th>{html.escape(name)}</th>" for name in self._header())
        body = "".join(
            "<tr>" + "".join(f"<td>{html.escape(cell)}</td>" for cell in cells) + "</tr>" for cells in self._cells()
        )
        caption = "" if self.ensemble is None else f"<caption>{html.escape(str(self.ensemble))}</caption>"
        return f"<table>{caption}<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def build_leaderboard(
    outcomes: Sequence[TrialOutcome],
    *,
    objective: str,
    maximise: bool,
    origins: Mapping[str, str],
    ensemble: EnsembleRecord | None = None,
) -> Leaderboard:
    """Rank trials: the best score first, between equals the lower validation loss; then pruned ones, failed ones last.

    A pruned trial has no rank, and comes behind all that trained to their end: its score is that of fewer epochs.

    Args:
        outcomes: The trials in the order they ended.
        objective: The metric that was optimised.
        maximise: Whether more of it is better.
        origins: Where each trial's configuration came from, by trial id.
        ensemble: The ensemble that was put together from them, or `None`.
    """
    ranked = rank_outcomes(outcomes, maximise=maximise)
    pruned = [outcome for outcome in outcomes if outcome.status == "pruned"]
    pruned.sort(key=lambda outcome: outcome.score or 0.0, reverse=maximise)
    failed = [outcome for outcome in outcomes if outcome.score is None]
    weights = {} if ensemble is None else ensemble.weights
    rows = [_row(outcome, rank, origins, weights) for rank, outcome in enumerate(ranked, start=1)]
    rows += [_row(outcome, 0, origins, weights) for outcome in (*pruned, *failed)]
    return Leaderboard(objective, tuple(rows), ensemble)


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None


def _flat(record: dict[str, Any]) -> dict[str, Any]:
    """Return a row with its metrics and hyperparameters beside the rest, the former with `metric/` before their names."""
    rest = {name: value for name, value in record.items() if name not in ("metrics", "configuration")}
    metrics = {f"metric/{name}": value for name, value in record["metrics"].items()}
    return {**rest, **metrics, **record["configuration"]}


def _cell(row: LeaderboardRow, column: str) -> str:
    cells = {
        "rank": str(row.rank) if row.rank else "-",
        "trial": row.trial_id,
        "origin": row.origin,
        "score": "-" if math.isnan(row.score) else f"{row.score:.4f}",
        "weight": f"{row.weight:.2f}" if row.weight else "-",
        "best epoch": f"{row.best_epoch}/{row.epochs}",
        "seconds": f"{row.seconds:.1f}",
        "parameters": f"{row.parameters:,}",
        "status": f"{row.status}: {row.reason}" if row.reason else row.status,
    }
    return cells[column]


def _row(outcome: TrialOutcome, rank: int, origins: Mapping[str, str], weights: Mapping[str, float]) -> LeaderboardRow:
    failure = outcome.failure
    status: str = "cut short" if outcome.cut_short else outcome.status
    if failure is not None:
        status = f"{'skipped' if outcome.is_skipped else 'failed'} ({failure.kind})"
    return LeaderboardRow(
        rank=rank,
        trial_id=outcome.trial_id,
        origin=origins.get(outcome.trial_id, ""),
        score=math.nan if outcome.score is None else outcome.score,
        best_epoch=outcome.best_epoch,
        epochs=outcome.epochs,
        seconds=outcome.seconds,
        parameters=outcome.parameters,
        status=status,
        reason=failure.reason if failure else "",
        metrics=outcome.metrics,
        configuration=outcome.configuration,
        weight=weights.get(outcome.trial_id, 0.0),
    )
