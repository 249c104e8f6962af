"""Whether a model can be loaded again, asked before it is trained: a search saves every model, and loads the best at its end."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import keras

from autokeras_core._causes import causes_of
from autokeras_core.builtin.choice import ChoiceBlock
from autokeras_core.engine.failures import describe_failure
from autokeras_core.engine.pipeline import check_class_names
from autokeras_core.engine.randomness import seeded_apart
from autokeras_core.errors import GraphError, describe_error
from autokeras_core.registry import get_registry

if TYPE_CHECKING:
    from autokeras_core.engine.compiler import CompiledGraph
    from autokeras_core.graph.graph import Graph

__all__ = ["check_reloading"]

# Their own tests save and load what their blocks build: looking at it again in each trial would only take time.
_TESTED_PACKAGES = frozenset({"autokeras_core", "ak_tabular", "ak_text", "ak_vision"})


def check_reloading(compiled: CompiledGraph, graph: Graph) -> None:
    """Check that each layer of a model can be made again from its configuration, as when the saved model is loaded.

    Only layers with something in them that is not Keras's own are made, one at a time. What is drawn afterwards does not depend on it.
    The preprocessors before the model must have names that tell them apart.

    Args:
        compiled: What was built of the graph; it is not changed.
        graph: The graph; where it is of this project's own operators alone, candidates too, their layers are not looked
            at.

    Raises:
        GraphError: If a layer cannot, or two classes share a name: then the trial fails before it trains what would be lost.

    Example:
        ```python
        compiled = compile_graph(graph, configuration, profile, store, seed=0)
        check_reloading(compiled, graph)
        ```
    """
    check_class_names(compiled.features, get_registry())
    operators = [*(vertex.operator for vertex in graph.inputs), *(vertex.operator for vertex in graph.blocks)]
    if all(map(_is_tested, operators)):
        return
    for operation in compiled.model.operations:
        try:
            _make_again(operation)
        except Exception as error:  # a user's own get_config() and from_config() run here
            if describe_failure(error).kind in ("oom", "timeout"):
                raise  # no fault of the layer's
            raise GraphError(
                describe_error(
                    f"The layer {operation.name!r} could not be loaded again once the search has saved it.",
                    expected="Keras's own layers and functions, or registered ones with a complete get_config()",
                    received=_reason(error),
                    advice='Decorate your own with @keras.saving.register_keras_serializable(package="..."). '
                    "A Lambda layer with a lambda in it is never loaded.",
                )
            ) from error


def _is_tested(operator: object) -> bool:
    candidates = operator.candidates.values() if isinstance(operator, ChoiceBlock) else ()
    return type(operator).__module__.partition(".")[0] in _TESTED_PACKAGES and all(map(_is_tested, candidates))


def _make_again(operation: Any) -> None:
    """Do with one layer, or function of `keras.ops`, what saving and loading a model do with each."""
    config = json.loads(json.dumps(keras.saving.serialize_keras_object(operation)))
    if not _is_all_of_keras(config):
        with seeded_apart(0):  # a constructor may draw random numbers
            keras.saving.deserialize_keras_object(config, safe_mode=True)


def _is_all_of_keras(config: Any) -> bool:
    """Return whether a configuration names no class or function but Keras's own, which it finds without being told."""
    if isinstance(config, list):
        return all(map(_is_all_of_keras, config))
    if not isinstance(config, dict):
        return True
    # A lambda has no module; that of functions which are not of Keras's own is "builtins".
    is_foreign = "class_name" in config and str(config.get("module", "keras")).partition(".")[0] != "keras"
    if is_foreign or config.get("class_name") == "__lambda__":
        return False
    return all(map(_is_all_of_keras, config.values()))


def _reason(error: BaseException) -> str:
    """Return what went wrong in the first place, in one sentence: Keras adds advice and whole configurations to it."""
    root = causes_of(error)[-1]
    sentence = " ".join(str(root).split()).partition(". ")[0].removesuffix(".")
    return f"{type(root).__name__}: {sentence}"
