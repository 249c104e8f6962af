"""Which trials' models stay on the disk while a search runs: those that may be handed over yet. Light: no Keras."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import attrs

from autokeras_core.search.records import rank_outcomes

if TYPE_CHECKING:
    from autokeras_core.search.records import TrialOutcome

__all__ = ["KeptModels"]

_WITHOUT_ENSEMBLE = 3
_MOST_BYTES_OF_CANDIDATES = 2 * 2**30


@attrs.frozen(kw_only=True)
class KeptModels:
    """How many models a search keeps, and of which trials, so that the disk does not fill up.

    Beyond the first three it is fewer where all together would take more than 2 GiB.

    Attributes:
        count: How many.
        by_loss: Whether of the trials with equal scores those with the lower validation loss are kept; if not, the
            earlier ones. The best trial's model is kept in any case.

    Example:
        ```python
        KeptModels(count=8).drop_others(outcomes, maximise=True)
        ```
    """

    count: int = _WITHOUT_ENSEMBLE
    by_loss: bool = True

    def drop_others(self, outcomes: Sequence[TrialOutcome], *, maximise: bool) -> None:
        """Delete the directories of all trials but those whose models are kept.

        Args:
            outcomes: All trials so far, in the order in which they ended.
            maximise: Whether more of the score is better.
        """
        best = rank_outcomes(outcomes, maximise=maximise)[:1]
        others = [each for each in rank_outcomes(outcomes, maximise=maximise, by_loss=self.by_loss) if each not in best]
        size = 0
        for place, outcome in enumerate((each for each in [*best, *others] if each.directory), start=1):
            size += _bytes_in(Path(outcome.directory)) if place <= self.count else 0
            if place > self.count or (place > _WITHOUT_ENSEMBLE and size > _MOST_BYTES_OF_CANDIDATES):
                shutil.rmtree(outcome.directory, ignore_errors=True)


def _bytes_in(directory: Path) -> int:
    return sum(path.stat().st_size for path in directory.rglob("*") if path.is_file())
