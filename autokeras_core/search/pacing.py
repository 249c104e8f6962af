"""What to try next within a time limit, and for how long: from estimated costs and measured speed. Light: attrs only.

A block can say what a row costs (`Block.cost`). That is a relative number; how many seconds it is on this machine is
measured in the first trial. From then on the search knows roughly what every configuration would need. It leaves out
those that could not be trained well in the time that is left, and gives most of the time to the largest network that
can, instead of cutting it into slices in which none learns much.
"""

from __future__ import annotations

import logging
import statistics
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import attrs

if TYPE_CHECKING:
    from autokeras_core.search.budget import Budget
    from autokeras_core.search.space import Configuration

__all__ = ["Pacer"]

_LOGGER = logging.getLogger(__name__)

# Learning rates follow the time (see `ScheduleCallback`), so a trial with a part of its epochs is a whole, if shorter,
# training. On Fashion-MNIST a larger network overtakes the next smaller one from about a quarter of them on.
_LEAST_SHARE = 0.25
_SECONDS_TO_START = 2.5  # a network is built, and its functions are traced; until it was measured
# Seconds per unit of cost, as measured on two cores of a server. Only until this machine's own speed is known.
_RATE_OF_TWO_CORES = 1.2e-11
_QUICK_SHARE = 0.2


@attrs.define(kw_only=True)
class Pacer:
    """Says which configurations are worth starting in the time that is left.

    Args:
        cost: Returns what training on a row costs in a configuration; `None` where it is not known.
        budget: The trials and seconds that are left.
        rows: How many rows an epoch has.
        epochs: For how many epochs a trial is planned.
        is_preferred: Whether a predefined configuration comes before more expensive ones where time is short.

    Example:
        ```python
        pacer = Pacer(cost=lambda configuration: 1e6 * configuration["units"], budget=budget, rows=1000, epochs=10)
        pacer.note({"units": 16}, seconds_per_epoch=0.5)
        pacer.seconds_needed({"units": 64})  # 20.0
        ```
    """

    cost: Callable[[Configuration], float | None]
    budget: Budget
    rows: int
    epochs: int
    is_preferred: Callable[[Configuration], bool] = lambda configuration: False
    _rates: dict[str, list[float]] = attrs.field(init=False, factory=dict)
    _starts: list[float] = attrs.field(init=False, factory=list)
    _has_refused: bool = attrs.field(init=False, default=False)

    @property
    def has_refused(self) -> bool:
        """Whether the last configuration that was to be admitted was refused."""
        return self._has_refused

    def note(
        self, configuration: Configuration, *, seconds_per_epoch: float, seconds: float = 0.0, epochs: int = 0
    ) -> None:
        """Take note of what a trial took.

        Args:
            configuration: What was trained.
            seconds_per_epoch: How long an epoch took; 0 says that it was not measured.
            seconds: How long the whole trial took.
            epochs: How many epochs it had. What they do not explain was spent on building and tracing.
        """
        cost = self.cost(configuration)
        if not cost or seconds_per_epoch <= 0:
            return
        self._rates.setdefault(_kind(configuration), []).append(seconds_per_epoch / (cost * self.rows))
        if epochs:
            self._starts.append(max(0.0, seconds - epochs * seconds_per_epoch))

    def seconds_needed(self, configuration: Configuration) -> float | None:
        """Return how long all epochs of a trial would take; `None` where its cost is not known."""
        cost = self.cost(configuration)
        return None if not cost else cost * self._rate(configuration) * self.rows * self.epochs

    def seconds_of_trial(self, configuration: Configuration) -> float | None:
        """Return how long a whole trial would take, building and all epochs; `None` where its cost is not known."""
        needed = self.seconds_needed(configuration)
        return None if needed is None else self._start + needed

    def seconds_for(self, configuration: Configuration) -> float | None:
        """Return how long a trial may take; `None` for no limit."""
        if self._is_quick(configuration):
            return self.budget.seconds_for_next_trial(share=_QUICK_SHARE)
        return self.budget.seconds_for_next_trial(needed=self.seconds_of_trial(configuration))

    def admits(self, configuration: Configuration) -> bool:
        """Return whether there is time enough to train a configuration well; what is not known gets its chance."""
        least, left = self._least_seconds(configuration), self.budget.seconds_left
        is_admitted = not self._rates or least is None or left is None or least <= left
        self._has_refused = not is_admitted
        return is_admitted

    def choose(self, configurations: Sequence[Configuration]) -> int | None:
        """Return which of the predefined configurations comes next, as an index.

        The first one, where that is a quick model to begin with, or where there is time enough to train all to their end,
        or nothing is known of time. Otherwise the most expensive one that can be trained well: the time that is left is
        worth most there. Preferred ones go before all others.

        Args:
            configurations: Those that were not tried yet, cheap to expensive.

        Returns:
            The index, or `None` if there is time for none of them.
        """
        left = self.budget.seconds_left
        needed = [self.seconds_needed(configuration) for configuration in configurations]
        if not configurations or left is None or None in needed or self._is_quick(configurations[0]):
            return 0 if configurations else None
        fitting = [
            (index, seconds)
            for index, seconds in enumerate(needed)
            if seconds is not None and self._least_of(seconds) <= left
        ]
        if not fitting:
            # Before anything is measured, the cheapest is tried whatever is thought of its speed.
            return None if self._rates else 0
        if sum(self._start + seconds for _, seconds in fitting) <= left * self.budget.workers:
            return fitting[0][0]
        chosen = max(fitting, key=lambda pair: (self.is_preferred(configurations[pair[0]]), pair[1]))[0]
        _LOGGER.info("With %.0f s left, the next predefined configuration is %s.", left, configurations[chosen])
        return chosen

    @property
    def _start(self) -> float:
        return statistics.median(self._starts) if self._starts else _SECONDS_TO_START

    def _rate(self, configuration: Configuration) -> float:
        """Return seconds per unit of cost: of networks of the same kind, where some were trained, else of all."""
        rates = self._rates.get(_kind(configuration)) or [rate for some in self._rates.values() for rate in some]
        return statistics.median(rates) if rates else _RATE_OF_TWO_CORES

    def _least_seconds(self, configuration: Configuration) -> float | None:
        needed = self.seconds_needed(configuration)
        return None if needed is None else self._least_of(needed)

    def _least_of(self, seconds: float) -> float:
        """Return the least time worth spending on a trial which would take so many seconds for all its epochs."""
        return self._start + _LEAST_SHARE * seconds

    def _is_quick(self, configuration: Configuration) -> bool:
        """Return whether this is the first model of the search, and a small part of the time is enough for it."""
        least, left = self._least_seconds(configuration), self.budget.seconds_left
        if self.budget.has_started or least is None or left is None:
            return False
        return least <= _QUICK_SHARE * left


def _kind(configuration: Configuration) -> str:
    """Return which blocks were chosen, as one text: speeds differ more between kinds of networks than within one."""
    return ",".join(str(value) for path, value in configuration.items() if path.endswith("block_type"))
