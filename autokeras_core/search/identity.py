"""What identifies a search, and how the one in a directory differs from the one that is wanted. Light."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import attrs

from autokeras_core.errors import SearchError, describe_error
from autokeras_core.graph.serialization import graph_identity, graph_to_json
from autokeras_core.registry import get_registry

if TYPE_CHECKING:
    import keras_tuner

    from autokeras_core.engine.context import Objective
    from autokeras_core.search.run import SearchRequest
    from autokeras_core.search.session import SearchSession
    from autokeras_core.search.space import Space

__all__ = [
    "SEARCH_SPACE",
    "OtherSearchError",
    "check_identity",
    "differences",
    "fit_to_space",
    "manifest_of",
    "tuner_name",
]


SEARCH_SPACE = "search space"
"""In what a search differs whose space has lost a value, see `fit_to_space`."""


class OtherSearchError(SearchError):
    """A directory holds another search than the one that is to be started or continued there.

    Attributes:
        different: In what they differ: `"data"`, `"graph"`, `"seed"` and the like.
    """

    def __init__(self, message: str, *, different: Sequence[str]) -> None:
        super().__init__(message)
        self.different = tuple(different)


def manifest_of(request: SearchRequest, objective: Objective) -> dict[str, Any]:
    """Return what a search's directory keeps of it, for `SearchSession.open`: what identifies it, and what it is about."""
    return {
        "identity": {
            "graph": graph_identity(request.graph, get_registry()),
            "data": request.data.fingerprint,
            "objective": [objective.name, objective.direction],
            "tuner": tuner_name(request.tuner),
            "batch_size": request.batch_size,
            "seed": request.seed,
        },
        "about": {
            "task": request.task,
            "graph": graph_to_json(request.graph, get_registry()),
            "profile": request.data.profile.to_json(),
            "container": request.container,
        },
    }


def tuner_name(tuner: str | keras_tuner.Oracle) -> str:
    """Return what a tuner is called: its name, or the class of an oracle."""
    return tuner if isinstance(tuner, str) else type(tuner).__name__


def differences(there: Mapping[str, Any], wanted: Mapping[str, Any]) -> list[str]:
    """Return in what the identities of two searches differ."""
    here = json.loads(json.dumps(wanted))  # through JSON once, so that tuples and lists compare equal
    return [name for name in here if there.get(name) != here[name]]


def check_identity(directory: Path, there: Mapping[str, Any], wanted: Mapping[str, Any]) -> None:
    """Check that the search in a directory is the one that is wanted, by the identities of both.

    Raises:
        OtherSearchError: If it is not.
    """
    different = differences(there, wanted)
    if different:
        raise OtherSearchError(
            describe_error(
                f"The directory {str(directory)!r} holds another search, and overwrite=False.",
                expected="the same data, search space and settings, to continue it",
                received=f"a different {', '.join(different)}",
                advice="Give another directory=, or overwrite=True to delete the old search.",
            ),
            different=different,
        )


def fit_to_space(session: SearchSession, space: Space) -> None:
    """Check that a search space still holds the values of an earlier run's trials, and complete these by it.

    The code of a block may have another domain by now than when the search was begun. A wider one is no obstacle; nor
    is a hyperparameter that is new, or one that is gone: from here on those trials have the default of the one, and no
    longer have the other. So one that was cut off can go on, and one that ended be refitted, with the code of today.

    Args:
        session: The search that is continued; the configurations of its `outcomes` and `unfinished` are changed.
        space: The search space of today.

    Raises:
        OtherSearchError: If it does not; all such hyperparameters are named.
    """
    configurations = [outcome.configuration for outcome in session.outcomes if outcome.score is not None]
    configurations += [trial.job.configuration for trial in session.unfinished]
    outside = {
        name: value
        for configuration in configurations
        for name, value in configuration.items()
        if name in space and not space[name].contains(value)
    }
    if outside:
        raise OtherSearchError(
            describe_error(
                f"The directory {str(session.directory)!r} holds a search in another search space.",
                expected="domains that hold the values of its trials, to continue it",
                received="; ".join(f"{name}={value!r}, and {space[name]} today" for name, value in outside.items()),
                advice="Give another directory=, or overwrite=True to delete the old search.",
            ),
            different=[SEARCH_SPACE],
        )
    session.outcomes = [
        attrs.evolve(outcome, configuration=space.complete(outcome.configuration)) for outcome in session.outcomes
    ]
    session.unfinished = [
        attrs.evolve(trial, job=attrs.evolve(trial.job, configuration=space.complete(trial.job.configuration)))
        for trial in session.unfinished
    ]
