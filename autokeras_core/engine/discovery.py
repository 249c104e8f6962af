"""The search space of a graph: what its blocks declare, and what they ask for while they are built."""

from __future__ import annotations

import inspect
import logging
from typing import TYPE_CHECKING

from autokeras_core.builtin.spaces import training_space
from autokeras_core.engine.compiler import compile_graph
from autokeras_core.errors import GraphError, describe_error
from autokeras_core.graph.upstream import upstream_profiles
from autokeras_core.graph.view import SpaceRecorder
from autokeras_core.names import PATH_SEPARATOR, TRAINING_PATH, join_path, suggest
from autokeras_core.search.space import Space

if TYPE_CHECKING:
    from autokeras_core.data.profile import DataProfile
    from autokeras_core.engine.features import FeatureStore
    from autokeras_core.graph.graph import BlockVertex, Graph

__all__ = ["declared_space", "discover_space"]

_LOGGER = logging.getLogger(__name__)


def declared_space(graph: Graph, profile: DataProfile | None) -> Space:
    """Return the search space that is known without building anything: of all blocks, and of training."""
    return Space.combine(graph.space(profile), training_space(profile).under(TRAINING_PATH))


def discover_space(graph: Graph, profile: DataProfile, store: FeatureStore) -> Space:
    """Return the whole search space: of all blocks, of training, and of define-by-run blocks.

    A block of another package than the core that declares no space may ask for hyperparameters while it is built
    (`hp.Int("units", 8, 64)`). What it asks for is found by building the graph once with all defaults; what it asks
    for on other branches only, stays at its default. The constructor's arguments of such a block fix or narrow what
    was found.

    Args:
        graph: The graph.
        profile: What analysis found out about the data.
        store: Fits the preprocessors that the dry build needs; later trials use them again.

    Raises:
        GraphError: If the dry build fails before any block asked for anything, or a block was given an argument that
            it does not ask for.
        UnavailableError: If something that a block needs in every trial cannot be had, see `Block.check_available`.
    """
    declared = declared_space(graph, profile)
    known = upstream_profiles(graph.blocks, profile)
    for vertex in graph.blocks:
        vertex.operator.check_available(known[vertex.name])
    recorders = {vertex.name: _recorder(vertex) for vertex in graph.blocks if _is_define_by_run(vertex, declared)}
    if not recorders:
        return declared
    try:
        compile_graph(graph, declared.defaults(), profile, store, seed=0, recorders=recorders)
    except GraphError as error:
        # The defaults alone may be what fails, and that is for the search to find out: a trial with them is recorded
        # as failed. A block that failed before it asked for anything has nothing to search.
        if not any(recorder.domains for recorder in recorders.values()):
            raise
        _LOGGER.warning("The graph cannot be built with all defaults: %s", error)
    else:  # only a build that went through has asked for everything
        for vertex in graph.blocks:
            if vertex.name in recorders:
                _check_arguments(vertex, recorders[vertex.name])
    return Space.combine(declared, *(recorder.space for recorder in recorders.values()))


def _is_define_by_run(vertex: BlockVertex, declared: Space) -> bool:
    is_own = type(vertex.operator).__module__.partition(".")[0] == __name__.partition(".")[0]
    return not is_own and not len(declared.part(vertex.name)) and not len(vertex.operator.space)


def _recorder(vertex: BlockVertex) -> SpaceRecorder:
    return SpaceRecorder(
        arguments={join_path(vertex.name, name): value for name, value in vertex.operator.arguments.items()}
    )


def _check_arguments(vertex: BlockVertex, recorder: SpaceRecorder) -> None:
    """Say so if an argument went nowhere; one that the class's own constructor names is a setting."""
    block = vertex.operator
    settings = set(inspect.signature(type(block).__init__).parameters)
    asked = [path.removeprefix(vertex.name + PATH_SEPARATOR) for path in recorder.domains]
    unknown = [name for name in block.arguments if name not in settings and name not in asked]
    if unknown:
        raise GraphError(
            describe_error(
                f"The block {vertex.name!r} ({type(block).__name__}) was given an argument that it does not ask for.",
                expected=f"hyperparameters out of {asked}",
                received=f"{unknown}",
                advice=suggest(unknown[0], asked),
            )
        )
