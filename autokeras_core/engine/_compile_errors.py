"""Errors of blocks and preprocessors while a graph is compiled: which one, what it did not do, and the cause."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from autokeras_core.errors import AutoKerasError, GraphError, describe_error

if TYPE_CHECKING:
    from autokeras_core.graph.graph import BlockVertex
    from autokeras_core.graph.operator import Preprocessor

__all__ = ["block_failed", "layer_failed", "model_failed", "no_place_for_preprocessors", "no_tensor"]


def block_failed(vertex: BlockVertex, what: str, error: Exception) -> GraphError:
    """Return the error for an exception that came out of a block; one of our own says already what to do.

    Args:
        vertex: The block.
        what: What it did not do, as the sentence goes on: `"could not be built"`.
        error: The exception.
    """
    message = f"The block {vertex.name!r} ({type(vertex.operator).__name__}) {what}."
    if isinstance(error, AutoKerasError):
        return GraphError(f"{message} {error}")
    return GraphError(
        describe_error(
            message,
            expected="a block that fits its input and this configuration",
            received=f"{type(error).__name__}: {error}",
        )
    )


def no_place_for_preprocessors(vertex: BlockVertex, wanted: Sequence[Preprocessor]) -> GraphError:
    """Return the error for a block that wants preprocessors, but does not stand behind one input."""
    return GraphError(
        describe_error(
            f"The block {vertex.name!r} wants preprocessors where there can be none.",
            expected="a place right behind one input, or behind preprocessing blocks of one input",
            received=f"{[type(each).__name__ for each in wanted]} behind {[source.name for source in vertex.sources]}",
            advice="Put it behind the input, and merge or transform afterwards.",
        )
    )


def no_tensor(vertex: BlockVertex, output: object) -> GraphError:
    """Return the error for a block whose `build` returned something else than a tensor."""
    return GraphError(
        describe_error(
            f"The block {vertex.name!r} ({type(vertex.operator).__name__}) returned no tensor.",
            expected="build() to return one symbolic Keras tensor",
            received=f"{output!r}",
        )
    )


def layer_failed(preprocessor: Preprocessor, input_name: str, error: Exception) -> GraphError:
    """Return the error for an exception that came out of a preprocessor's `to_layer`."""
    return GraphError(
        describe_error(
            f"The preprocessor {type(preprocessor).__name__} of the input {input_name!r} made no layer.",
            expected="to_layer() to return a built-in Keras layer",
            received=f"{type(error).__name__}: {error}",
        )
    )


def model_failed(error: Exception) -> GraphError:
    """Return the error for tensors that Keras could not make a model of."""
    return GraphError(
        describe_error(
            "The blocks could not be put together to one model.",
            expected="heads whose outputs follow from the inputs",
            received=f"{type(error).__name__}: {error}",
            advice="Check that every block uses the tensor that its build() is given.",
        )
    )
