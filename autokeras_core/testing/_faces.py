"""The steps of checking a preprocessor: how it is fitted, its two faces, its state, its manners."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from pathlib import Path
from typing import Any, TypeAlias

import keras
import numpy as np

from autokeras_core.engine._layer_names import LayerNames
from autokeras_core.engine.features import Feature
from autokeras_core.engine.pipeline import features_from_json, features_to_json
from autokeras_core.engine.raw_inputs import RawInput, as_model_input, make_raw_tensors
from autokeras_core.engine.supervised import fit_supervised, needs_targets
from autokeras_core.errors import GraphError
from autokeras_core.graph.operator import Preprocessor, TensorSpec
from autokeras_core.registry import get_registry
from autokeras_core.testing._compare import difference, is_close, is_equal, outputs_of
from autokeras_core.testing._failures import CheckError, require

__all__ = [
    "check_faces",
    "check_json",
    "check_training_rows",
    "check_transform",
    "fit",
    "restored",
    "stored",
    "unchanged",
]

Array: TypeAlias = np.ndarray[Any, Any]

_ROW_TOLERANCE = 1e-5


def check_json(config: Any, where: str) -> None:
    """A configuration must be JSON data."""
    try:
        json.dumps(config)
    except (TypeError, ValueError) as error:
        message = f"{where}.get_config() is no JSON data: {error}. Received: {config!r}."
        raise CheckError(message) from error


def fit(preprocessor: Preprocessor, rows: Array, targets: Mapping[str, Array], where: str) -> Array | None:
    """Fit a preprocessor as a search does, on rows that it must not change.

    Returns:
        What becomes of these rows themselves, where it learns from targets; `None` where it does not.
    """
    if not needs_targets(preprocessor):
        unchanged(where, "fit", preprocessor.fit, rows)
        return None
    try:
        mapped: Array = unchanged(where, "fit", partial(fit_supervised, preprocessor, targets=targets), rows)
    except GraphError as error:
        message = f"{where} cannot be fitted on targets. Received: {error}"
        raise CheckError(message) from error
    return mapped


def check_training_rows(
    preprocessor: Preprocessor, rows: Array, targets: Mapping[str, Array], *, mapped: Array, plain: Array, where: str
) -> None:
    """Rows that were fitted on must become what other rows become, and must not be told their own targets.

    That they are told is noticed where `transform_training` does what `transform` does, and a row's own target counts
    there.

    Args:
        preprocessor: What is checked.
        rows: The rows that it was fitted on.
        targets: Their targets.
        mapped: What `transform_training` made of the rows.
        plain: What `transform` makes of them.
        where: What is checked, for messages.
    """
    require(
        mapped.shape == plain.shape,
        f"{where} maps training rows to another shape than other rows.",
        expected=f"shape {plain.shape} from transform_training(), as from transform()",
        received=f"shape {mapped.shape}",
    )
    others = _with_another_first_target(targets)
    if others is None or not is_close(mapped, plain, _ROW_TOLERANCE):
        return
    other = type(preprocessor)(**preprocessor.get_config())
    fit(other, rows, others, where)
    require(
        is_close(other.transform(rows[:1]), plain[:1], _ROW_TOLERANCE),
        f"{where}.transform_training() tells training rows their own targets.",
        expected="a row's result to depend on the targets of other rows only",
        received="what transform() returns, which changes with the row's own target",
        advice="Map each row by what is learned without it: from the other folds, or from all rows but this one.",
    )


def _with_another_first_target(targets: Mapping[str, Array]) -> dict[str, Array] | None:
    """Return targets of which only the first row's are others; `None` if all rows have the same."""
    for target in targets.values():
        differing = np.flatnonzero((target != target[0]).reshape(len(target), -1).any(axis=1))
        if len(differing):
            row = int(differing[0])
            return {name: np.concatenate([each[row : row + 1], each[1:]]) for name, each in targets.items()}
    return None


def check_transform(preprocessor: Preprocessor, rows: Array, unseen: Array, expected: Array, where: str) -> None:
    """Rows must be mapped one by one."""
    require(
        len(expected) == len(rows),
        f"{where} changes the number of rows.",
        expected=f"{len(rows)} rows",
        received=f"shape {np.shape(expected)}",
    )
    alone = preprocessor.transform(unseen)
    require(
        is_close(alone, expected[len(rows) - len(unseen) :], _ROW_TOLERANCE),
        f"{where} maps a row differently in another batch.",
        expected="a row's result to depend on that row and on what fit() learned only",
        received=f"{difference(alone, expected[len(rows) - len(unseen) :])}",
    )


def check_faces(
    preprocessor: Preprocessor, rows: Array | Mapping[str, Array], expected: Array, where: str, tolerance: float
) -> None:
    """The layer must do what `transform` does, alone and after saving and loading.

    The rows are those that the exported model takes: an array, or a dict of columns.
    """
    layer = preprocessor.to_layer()
    require(
        layer is not preprocessor.to_layer(),
        f"{where}.to_layer() returns the same layer twice.",
        expected="a new layer at each call",
        received="the same object",
    )
    foreign = sorted({type(each).__qualname__ for each in _layers_of(layer) if not _is_built_in(each)})
    require(
        not foreign,
        f"{where}.to_layer() is not made of Keras's own layers.",
        expected="built-in Keras layers, or a keras.Sequential of such",
        received=f"{foreign}",
        advice="Else the exported model does not load with Keras alone.",
    )
    specs = {name: _spec_of(column) for name, column in rows.items()} if isinstance(rows, Mapping) else _spec_of(rows)
    inputs = as_model_input(make_raw_tensors([RawInput.from_spec("rows", specs)], LayerNames()))
    model = keras.Model(inputs, layer(inputs))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "layer.keras"
        model.save(path)
        loaded = keras.models.load_model(path, safe_mode=True)
    for what, face in (("to_layer()", model), ("to_layer(), saved and loaded,", loaded)):
        received = outputs_of(face, rows)
        require(
            is_close(received, expected, tolerance),
            f"{where}: transform() and {what} disagree.",
            expected=f"the same shape, and differences up to {tolerance:g}",
            received=f"{difference(received, expected)}",
        )


def _spec_of(array: Array) -> TensorSpec:
    return array.shape[1:], array.dtype.str if array.dtype.kind in "US" else array.dtype.name


def _layers_of(layer: Any) -> Iterable[Any]:
    return layer._flatten_layers() if hasattr(layer, "_flatten_layers") else [layer]


def _is_built_in(layer: Any) -> bool:
    return type(layer).__module__.partition(".")[0] == "keras"


def unchanged(where: str, method: str, function: Callable[[Array], Any], rows: Array) -> Any:
    """Return what a method returns for rows that it must not change."""
    given = rows.copy()
    result = function(given)
    require(
        is_equal(given, rows),
        f"{where}.{method}() changes its input.",
        expected="the rows to be left as they are",
        received="other values in the same array",
        advice="Copy before changing, or use functions without out=.",
    )
    return result


def stored(preprocessor: Preprocessor, where: str) -> str:
    """Return configuration and state as text, as they would be stored."""
    try:
        data, arrays = features_to_json([_feature(preprocessor)], get_registry())
        kept = {name: [array.tolist(), array.dtype.str, array.shape] for name, array in arrays.items()}
        return json.dumps([data, kept], sort_keys=True)
    except Exception as error:
        message = f"{where}.get_state() cannot be stored. Received: {type(error).__name__}: {error}"
        raise CheckError(message) from error


def restored(preprocessor: Preprocessor) -> Preprocessor:
    """Return a preprocessor made from configuration and state, as they would be stored."""
    data, arrays = features_to_json([_feature(preprocessor)], get_registry())
    features = features_from_json(
        json.loads(json.dumps(data)), arrays, get_registry(), custom_classes=[type(preprocessor)]
    )
    return features[0].host[0]


def _feature(preprocessor: Preprocessor) -> Feature:
    return Feature(name="input", input_name="input", host=(preprocessor,))
