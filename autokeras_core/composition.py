"""From raw data to an `AutoModel`: inputs as the plugins recognise them, heads as the labels look."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import product
from os import PathLike
from typing import TYPE_CHECKING, Any, Unpack

import attrs
import numpy as np

from autokeras_core.automodel import AutoModel
from autokeras_core.builtin.heads import ClassificationHead, RegressionHead
from autokeras_core.data.adapters import as_rows
from autokeras_core.data.label_guess import look_like_classes
from autokeras_core.errors import DataError, describe_error
from autokeras_core.registry import get_registry
from autokeras_core.task import SearchOptions

if TYPE_CHECKING:
    from autokeras_core.graph.operator import Head, Input

__all__ = ["ModelOptions", "automodel_for"]

_ROWS_LOOKED_AT = 1_000


class ModelOptions(SearchOptions, total=False):
    """The keyword arguments of `AutoModel` beside its graph; see there."""

    loss_weights: Mapping[str, float] | Sequence[float] | None


@attrs.frozen
class _Part:
    """The data of one input or head.

    Attributes:
        name: What the user calls it; `None` if there is no name.
        where: What it is in the user's words, for messages.
        data: The data.
    """

    name: str | None
    where: str
    data: Any


def automodel_for(x: Any, y: Any = None, **options: Unpack[ModelOptions]) -> AutoModel:
    """Return an `AutoModel` with the inputs and heads that fit raw data; nothing is trained yet.

    Installed plugins are asked which of their inputs fits: pictures, texts, tables. A head predicts classes, or numbers if
    the labels are numbers with many different values; see `print(model.analyse(x, y).report())`. One input and one head
    begin with the predefined configurations of the task for such data. Say `ensemble=True` for an ensemble, which the tasks
    for tables and texts have by default. If a guess is wrong, write it down yourself: `AutoModel(inputs=..., outputs=...)`.

    Args:
        x: The inputs' rows as for `fit`: an array, a list or a data frame; for several inputs a dict by name, or a list.
        y: The labels, likewise for several heads; or the name of a column of x.
        options: The arguments of `AutoModel`, such as `max_trials`, `time_limit` and `loss_weights`.

    Raises:
        DataError: If no installed input fits, or there are no labels.

    Example:
        ```python
        model = automodel_for({"picture": pictures, "description": texts}, prices, time_limit=600)
        model.fit({"picture": pictures, "description": texts}, prices)
        ```
    """
    parts, targets = next(
        (each for each in product(_readings(x, "x"), _readings(y, "y")) if _agree(*each)),
        (_readings(x, "x")[-1], _readings(y, "y")[-1]),
    )
    inputs = [_input_for(part) for part in parts]
    if len(inputs) == 1:
        _, labels = inputs[0].unpack(parts[0].data, y)
        targets = targets if labels is y else _readings(labels, "y")[-1]
    return AutoModel(inputs, [_head_for(target) for target in targets], **options)


def _readings(data: Any, what: str) -> list[list[_Part]]:
    """Return how data may be meant: a list as the data of several inputs or as rows, the latter last."""
    if isinstance(data, Mapping):
        return [[_Part(name, f"{what}[{name!r}]", value) for name, value in data.items()]]
    whole = [_Part(None, what, data)]
    if not isinstance(data, (list, tuple)):
        return [whole]
    return [[_Part(None, f"{what}[{number}]", value) for number, value in enumerate(data)], whole]


def _agree(parts: list[_Part], targets: list[_Part]) -> bool:
    """Return whether all data have the same number of rows, and there are more rows than inputs and than heads."""
    counts = {_row_count(part.data) for part in (*parts, *targets)}
    rows = counts.pop() if len(counts) == 1 else None
    return rows is not None and max(len(parts), len(targets)) < rows


def _row_count(data: Any) -> int | None:
    if isinstance(data, (str, bytes)):
        return None
    try:
        return len(data)
    except TypeError:  # a single value
        return None


def _input_for(part: _Part) -> Input:
    registry = get_registry()
    profile = _profile(part)
    matches = registry.manager.match_input(profile)
    if not matches:
        raise DataError(
            describe_error(
                f"No installed input fits {part.where}.",
                expected=f"data for one of {[each.full_name for each in registry.inputs]}",
                received=f"{profile['type']}, dtype {profile['dtype'] or 'unknown'}, shape {profile['shape']}",
                advice="Pictures need ak-vision, texts ak-text, tables ak-tabular. For data in files, or of another kind, "
                "use a task, or write inputs and heads down: AutoModel(inputs=..., outputs=...).",
            )
        )
    made: Input = registry.load("input", matches[0][0])(name=part.name)
    return made


def _profile(part: _Part) -> dict[str, Any]:
    """Return the plain facts that plugins recognise data by."""
    data = part.data
    kind = type(data).__name__
    if isinstance(data, (str, bytes, PathLike)):
        return {"type": kind, "dtype": "", "shape": ()}
    if hasattr(data, "columns") and hasattr(data, "shape"):
        return {"type": kind, "dtype": "object", "shape": tuple(data.shape)}
    if isinstance(data, (list, tuple)) and data and all(isinstance(row, Mapping) for row in data):
        return {"type": kind, "dtype": "object", "shape": (len(data), len(data[0]))}  # a table, row by row
    rows = as_rows(data, part.where)
    if rows.dtype.names is not None:
        return {"type": kind, "dtype": "object", "shape": (*rows.shape, len(rows.dtype.names))}
    return {"type": kind, "dtype": _dtype_name(rows), "shape": tuple(int(size) for size in rows.shape)}


def _dtype_name(rows: np.ndarray[Any, Any]) -> str:
    """Return the dtype's name; of objects `"str"` or `"path"` where they are such."""
    if rows.dtype.kind != "O":
        return str(rows.dtype.newbyteorder("="))  # ">f4", as FITS files hold it, is float32
    first = rows.reshape(-1)[:_ROWS_LOOKED_AT]
    if all(isinstance(value, str) for value in first):
        return "str"
    return "path" if all(isinstance(value, PathLike) for value in first) else "object"


def _head_for(target: _Part) -> Head:
    if target.data is None:
        raise DataError(
            describe_error(
                f"There are no labels in {target.where}.",
                expected="labels, or the name of a column of x",
                received=f"{target.where}=None",
            )
        )
    head = ClassificationHead if look_like_classes(target.data, target.where) else RegressionHead
    return head(name=target.name)
