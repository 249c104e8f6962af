"""The configurations that a search begins with: the user's own, or the plugins', the cheap ones first."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import attrs

from autokeras_core.errors import PluginWarning, SearchError, describe_error
from autokeras_core.graph.cost import configuration_cost
from autokeras_core.names import PATH_SEPARATOR
from autokeras_core.registry import get_registry
from autokeras_core.search.warm_starts import WarmStart, read_files, usable_warm_starts

if TYPE_CHECKING:
    from autokeras_core.data.profile import DataProfile
    from autokeras_core.graph.graph import Graph
    from autokeras_core.search.space import Configuration, Space

__all__ = ["Predefined", "predefined_configurations"]

_LOGGER = logging.getLogger(__name__)

# Up to so many times the cost of the cheapest one no time is saved by an order: that of the file decides.
_AS_CHEAP = 1.1


@attrs.frozen(kw_only=True)
class Predefined:
    """A configuration to begin with.

    Attributes:
        name: Its name, for the leaderboard.
        configuration: Its values, complete and checked.
        is_preferred: Whether it comes before more expensive ones where there is not time enough for all.
    """

    name: str
    configuration: Configuration
    is_preferred: bool = False


def predefined_configurations(
    graph: Graph,
    profile: DataProfile,
    space: Space,
    *,
    task: str,
    given: Sequence[Mapping[str, Any]] | None,
) -> list[Predefined]:
    """Return the configurations to try first, in order.

    Args:
        graph: The graph, which knows what a configuration costs.
        profile: What analysis found out about the data.
        space: The search space.
        task: The registered task whose configurations fit, or an empty string for none. They do so whatever the graph's
            blocks are called.
        given: The user's own, which keep their order; `None` for the task's, which are ordered by their cost; those
            that cost about as little as the cheapest one stay in the order of their file. Those of a task that do not fit
            the space are left out, with the reason in the log; a plugin's file that cannot be used is, with a warning.

    Raises:
        SearchError: If one of the user's does not fit the space.
    """
    if given is not None:
        return [
            Predefined(name=f"warm start {number}", configuration=_checked(values, space, number))
            for number, values in enumerate(given, start=1)
        ]
    if not task:
        return []
    starts = [_renamed(start, graph) for start in _starts_of(task)]
    usable, skipped = usable_warm_starts(starts, space, profile=profile)
    for start, reason in skipped:
        _LOGGER.info("The predefined configuration %s was skipped: %s", start.name, reason)
    found = [
        Predefined(name=start.name, configuration=configuration, is_preferred=start.preferred)
        for start, configuration in usable
    ]
    costs = [configuration_cost(graph, each.configuration, profile) for each in found]
    known = [cost for cost in costs if cost is not None]
    if len(known) < len(found):
        return found
    cheapest = min(known, default=0.0)
    return [
        found[index] for index in sorted(range(len(found)), key=lambda index: max(known[index], _AS_CHEAP * cheapest))
    ]


def _starts_of(task: str) -> list[WarmStart]:
    """Return what the plugins' files hold for a task; one that cannot be used costs a warning, never the search."""
    files = read_files(get_registry(), task)
    for file in files:
        if file.problem:
            source = file.registered
            warnings.warn(
                f"The warm starts {source.full_name!r} ({source.distribution} {source.version}) were skipped: "
                f"{file.problem}. `autokeras plugins doctor` explains.",
                PluginWarning,
                # Deep inside a search, as where plugins are loaded: no frame of the caller's is more apt than another.
                stacklevel=2,
            )
    return [start for file in files for start in file.starts]


def _renamed(start: WarmStart, graph: Graph) -> WarmStart:
    """Return a task's configuration with paths under the names that blocks have in this graph.

    A file has the names that they have by default. A head that the user calls `text` takes that of the block, too.
    """
    # Reversed, so that of several blocks of one class the first one counts: it alone has the bare name by default.
    names = {vertex.operator.default_name(): vertex.name for vertex in reversed(graph.blocks)}
    values = {}
    for path, value in start.values.items():
        first, separator, rest = path.partition(PATH_SEPARATOR)
        values[names.get(first, first) + separator + rest] = value
    return attrs.evolve(start, values=values)


def _checked(values: Mapping[str, Any], space: Space, number: int) -> Configuration:
    try:
        return space.validate(space.with_fixed(values))
    except ValueError as error:
        raise SearchError(
            describe_error(
                f"Warm start {number} cannot be used.",
                expected="names and values of this model's search space",
                received=str(error),
                advice="AutoModel.search_space lists names and values.",
            )
        ) from error
