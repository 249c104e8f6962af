"""Adapters: from what users hold (arrays, lists, frames) to NumPy arrays of rows. NumPy only, no Keras.

Nothing that is given is changed, and no array is copied that is one already.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal, TypeAlias

import numpy as np

from autokeras_core.data.tensorflow_dataset import refuse_dataset
from autokeras_core.errors import DataError, describe_error
from autokeras_core.names import suggest

__all__ = ["Array", "as_rows", "check_numbers", "missing_values", "name_inputs"]

Array: TypeAlias = np.ndarray[Any, Any]

_ACCEPTED = "a NumPy array, a list or tuple of rows, or an object that NumPy can turn into an array"
_ROWS_PER_CHECK = 4_000_000
_LARGEST_FLOAT32 = float(np.finfo(np.float32).max)
_MISSING_TYPES = frozenset({"NAType", "NaTType"})  # of pandas.NA and pandas.NaT; pandas need not be there


def as_rows(data: Any, where: str) -> Array:
    """Return data as an array of rows.

    Args:
        data: A NumPy array, a list or tuple, or anything with `__array__` (a pandas object, a tensor).
        where: What it is in the user's words, for messages: `"x"`, `"y"`, `"x['image']"`.

    Returns:
        An array of rank 1 or more. It is the user's own memory if an array went in: it must not be written to.

    Raises:
        DataError: If the data is of an unknown kind, ragged, mixed, masked, empty, or a single value.

    Example:
        ```python
        as_rows([[1.0, 2.0], [3.0, 4.0]], "x").shape  # (2, 2)
        ```
    """
    if isinstance(data, np.ndarray):
        rows = _from_array(data, where)
    elif isinstance(data, (list, tuple)):
        rows = _from_list(data, where)
    elif hasattr(data, "__array__") and not isinstance(data, type):
        rows = _from_array_like(data, where)
    else:
        refuse_dataset(data, where)
        raise DataError(
            describe_error(
                f"{where} is of a kind that cannot be read.",
                expected=_ACCEPTED,
                received=f"{where} of type {type(data).__module__}.{type(data).__name__}",
                advice="Turn it into a NumPy array first.",
            )
        )
    if rows.ndim == 0:
        raise DataError(
            describe_error(
                f"{where} is a single value.",
                expected="an array with one entry (or more) per row",
                received=f"{where} of type {type(data).__name__} without a row axis",
            )
        )
    if len(rows) == 0:
        raise DataError(
            describe_error(f"{where} is empty.", expected="at least one row", received=f"shape {rows.shape}")
        )
    return rows


def check_numbers(rows: Array, where: str) -> None:
    """Check that an array holds real numbers, all finite and within the range of float32.

    Args:
        rows: The array.
        where: What it is in the user's words, for messages.

    Raises:
        DataError: If it holds text, objects, complex numbers or dates, or NaN or infinite values; the message says
            how many and where the first one is.
    """
    if rows.dtype.kind not in "buif":
        raise DataError(
            describe_error(
                f"{where} does not hold numbers.",
                expected="booleans, integers or floats",
                received=f"dtype={rows.dtype}{_object_types(rows)}",
                advice=_advice_for_kind(rows),
            )
        )
    bad, first = missing_values(rows)
    if bad:
        raise DataError(
            describe_error(
                f"{where} holds values that are NaN, infinite, or too large for float32.",
                expected="finite numbers only",
                received=f"{bad} such {'value' if bad == 1 else 'values'} of {rows.size}, the first at {first}",
                advice="Drop those rows or fill the values in.",
            )
        )


def missing_values(rows: Array) -> tuple[int, str]:
    """Return how many values are missing or not finite, and where the first is, e.g. `(3, "row 5, column 2")`.

    Floats count as missing if NaN, infinite or beyond the range of float32; objects if `None`, `pandas.NA`, `NaT`, NaN or
    infinite.
    """
    if rows.dtype.kind == "f":
        is_bad: Callable[[Array], Array] = _not_finite
    elif rows.dtype.kind == "O":
        is_bad = _none_or_not_finite
    else:
        return 0, ""
    row_size = max(1, rows.size // max(1, len(rows)))
    step = max(1, _ROWS_PER_CHECK // row_size)
    total, first = 0, ""
    # In pieces: a mask of the whole of a large array would cost as much memory again.
    for start in range(0, len(rows), step):
        bad = is_bad(rows[start : start + step])
        found = int(np.count_nonzero(bad))
        if found and not total:
            position = [int(index) for index in np.unravel_index(int(np.argmax(bad)), bad.shape)]
            first = _position((position[0] + start, *position[1:]))
        total += found
    return total, first


def name_inputs(x: Any, names: Sequence[str], what: Literal["x", "y"] = "x") -> dict[str, Any]:
    """Return the user's x (or y) by the names of the graph's inputs (or heads); of the data only the type is looked at.

    Args:
        x: The data itself if there is one name; with several a list or tuple in their order, or a mapping by name.
        names: The names, in the user's order.
        what: `"x"` or `"y"`, for messages.

    Raises:
        DataError: If the number of arrays or their names do not fit, or one of them is a `tf.data.Dataset`.

    Example:
        ```python
        name_inputs([pictures, texts], ["image", "text"], "x")  # {"image": pictures, "text": texts}
        ```
    """
    refuse_dataset(x, what)
    named = _by_name(x, names, what)
    for name, data in named.items():
        refuse_dataset(data, f"{what}[{name!r}]")
    return named


def _by_name(x: Any, names: Sequence[str], what: str) -> dict[str, Any]:
    part = "input" if what == "x" else "head"
    if x is None:
        raise DataError(
            describe_error(f"{what} is missing.", expected=f"data for {_listed(part, names)}", received=f"{what}=None")
        )
    if isinstance(x, Mapping):
        return _named(x, names, what, part)
    if len(names) == 1:
        return {names[0]: x}
    if isinstance(x, (list, tuple)):
        if len(x) != len(names):
            raise DataError(
                describe_error(
                    f"{what} has the wrong number of parts.",
                    expected=f"one part for each of {_listed(part, names)}",
                    received=f"a {type(x).__name__} of {len(x)}",
                )
            )
        return dict(zip(names, x, strict=True))
    raise DataError(
        describe_error(
            f"{what} is a single array, but there are {len(names)} {part}s.",
            expected=f"a list, or a dict by name, for {_listed(part, names)}",
            received=f"{what} of type {type(x).__name__}",
        )
    )


def _named(x: Mapping[Any, Any], names: Sequence[str], what: str, part: str) -> dict[str, Any]:
    missing = [name for name in names if name not in x]
    unknown = [name for name in x if name not in names]
    if missing or unknown:
        advice = suggest(str(unknown[0]), missing) if unknown and missing else ""
        raise DataError(
            describe_error(
                f"The keys of {what} do not fit the graph.",
                expected=f"exactly the keys {list(names)}",
                received=f"keys {list(x)}",
                advice=advice or f"Name the {part}s with name= to choose their keys.",
            )
        )
    return {name: x[name] for name in names}


def _listed(part: str, names: Sequence[str]) -> str:
    return f"the {part} {names[0]!r}" if len(names) == 1 else f"the {part}s {list(names)}"


def _position(index: Sequence[int]) -> str:
    if len(index) == 1:
        return f"row {index[0]}"
    if len(index) == 2:
        return f"row {index[0]}, column {index[1]}"
    return f"row {index[0]}, position {tuple(index[1:])}"


def _not_finite(values: Array) -> Array:
    if values.dtype.itemsize <= 4:
        return np.asarray(~np.isfinite(values))
    # One comparison finds NaN, infinity and float64 values that would overflow in the network's float32.
    with np.errstate(invalid="ignore"):
        return np.asarray(~(np.abs(values) <= _LARGEST_FLOAT32))


def _none_or_not_finite(values: Array) -> Array:
    return np.array([_is_missing(value) for value in values.flat], dtype=bool).reshape(values.shape)


def _is_missing(value: Any) -> bool:
    if isinstance(value, (float, np.floating)):
        return not np.isfinite(value)
    return value is None or type(value).__name__ in _MISSING_TYPES


def _object_types(rows: Array) -> str:
    if rows.dtype.kind != "O":
        return ""
    return f" with {', '.join(sorted({type(value).__name__ for value in rows.flat[:1000]}))}"


def _advice_for_kind(rows: Array) -> str:
    if rows.dtype.kind == "O":
        bad, first = missing_values(rows)
        if bad:
            return f"{bad} entries are None or NaN, the first at {first}."
        return "Give every row the same shape and convert with .astype('float32')."
    if rows.dtype.kind in "US":
        return "Convert numbers in text with .astype('float32'), or use an input made for text."
    return "Convert it to floats first."


def _from_array(data: Array, where: str) -> Array:
    if isinstance(data, np.ma.MaskedArray) and np.ma.is_masked(data):
        masked = int(np.ma.getmaskarray(data).sum())
        raise DataError(
            describe_error(
                f"{where} is a masked array.",
                expected="an array without masked values",
                received=f"{masked} masked of {data.size}",
                advice="Fill the masked values in with .filled(...).",
            )
        )
    return np.asarray(data)


def _from_list(data: Sequence[Any], where: str) -> Array:
    try:
        rows = np.asarray(data)
    except (ValueError, TypeError, OverflowError) as error:
        lengths = sorted({len(row) for row in data if hasattr(row, "__len__")})
        shown = f"rows of lengths {', '.join(map(str, lengths[:4]))}" if len(lengths) > 1 else str(error)
        raise DataError(
            describe_error(
                f"{where} is a list that makes no array.",
                expected="rows that all have one shape",
                received=shown,
                advice="Pad or cut the rows to one shape.",
            )
        ) from error
    if rows.dtype.kind in "US" and rows.ndim == 1:
        # NumPy would silently turn [1, "a"] into ["1", "a"].
        kinds = sorted({type(value).__name__ for value in data if not isinstance(value, (str, bytes))})
        if kinds:
            raise DataError(
                describe_error(
                    f"{where} mixes text and other values.",
                    expected="values of one kind",
                    received=f"str and {', '.join(kinds)}",
                )
            )
    return rows


def _from_array_like(data: Any, where: str) -> Array:
    try:
        rows = np.asarray(data)
        is_frame_of_objects = rows.dtype.kind == "O" and rows.ndim == 2 and hasattr(data, "iloc")
        return _from_columns(data, rows) if is_frame_of_objects else rows
    except Exception as error:  # the object's own code runs here: whatever it raises means that it is no array
        raise DataError(
            describe_error(
                f"{where} could not be turned into an array.",
                expected=_ACCEPTED,
                received=f"{where} of type {type(data).__module__}.{type(data).__name__}: {error}",
            )
        ) from error


def _from_columns(frame: Any, rows: Array) -> Array:
    """Return the rows of a pandas frame in the common dtype of its columns, if all of these are numbers or booleans.

    pandas itself makes objects of several nullable or Arrow columns, and of booleans beside numbers.
    """
    columns = [np.asarray(frame.iloc[:, place]) for place in range(rows.shape[1])]
    are_numbers = bool(columns) and all(column.dtype.kind in "biuf" for column in columns)
    return np.stack(columns, axis=1) if are_numbers else rows
