"""Rows in, rows out: run fitted preprocessors over arrays that may be larger than memory."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from autokeras_core.errors import GraphError, describe_error

if TYPE_CHECKING:
    from autokeras_core.graph.operator import Preprocessor

__all__ = ["evenly_spaced", "read_only", "transform_rows"]

Array: TypeAlias = np.ndarray[Any, Any]
Allocate: TypeAlias = Callable[[tuple[int, ...], np.dtype[Any]], Array]

_BYTES_AT_ONCE = 32 * 2**20
_FEWEST_ROWS_AT_ONCE = 256
_OBJECTS_AT_ONCE = 16_384


def read_only(array: Array) -> Array:
    """Return a view of the array that cannot be written to."""
    view = array.view()
    view.flags.writeable = False
    return view


def evenly_spaced(array: Array, most: int) -> Array:
    """Return at most `most` rows at equal distances, as a view."""
    step = -(-len(array) // most)
    return array[:: max(1, step)]


def transform_rows(array: Array, preprocessors: Sequence[Preprocessor], *, allocate: Allocate = np.empty) -> Array:
    """Return rows after a chain of fitted preprocessors, computed a piece at a time.

    Args:
        array: Rows; not changed.
        preprocessors: Fitted preprocessors, in order.
        allocate: Makes the array for the result, given shape and dtype.

    Returns:
        One row for each row of `array`, same order. `array` itself where there are no preprocessors.

    Raises:
        GraphError: If a preprocessor fails, changes the number of rows, or gives pieces of different shapes.
    """
    if not preprocessors:
        return array
    length = _piece_length(array)
    result: Array | None = None
    texts: list[Array] = []
    for start in range(0, max(1, len(array)), length):
        piece = read_only(array[start : start + length])
        for preprocessor in preprocessors:
            piece = _transform(preprocessor, piece)
        if _is_text(piece) and result is None:
            texts.append(piece)  # text is as wide as its longest row, which only the last piece knows
            continue
        if result is None and not texts:
            result = allocate((len(array), *piece.shape[1:]), piece.dtype)
        if result is None or piece.shape[1:] != result.shape[1:] or piece.dtype != result.dtype:
            first = texts[0] if result is None else result
            raise GraphError(
                describe_error(
                    f"The preprocessor {type(preprocessors[-1]).__name__} turns rows into different shapes or types.",
                    expected=f"rows of shape {first.shape[1:]} and dtype {first.dtype}, as the first ones",
                    received=f"shape {piece.shape[1:]}, dtype {piece.dtype}",
                    advice="Fix shape and dtype in fit().",
                )
            )
        result[start : start + len(piece)] = piece
    return np.concatenate(texts) if result is None else result


def _is_text(array: Array) -> bool:
    return array.dtype.kind in "OSU"


def _piece_length(array: Array) -> int:
    if array.dtype.kind == "O":
        return _OBJECTS_AT_ONCE  # their size is not known
    row_bytes = max(1, array.nbytes // max(1, len(array)))
    return max(_FEWEST_ROWS_AT_ONCE, _BYTES_AT_ONCE // row_bytes)


def _transform(preprocessor: Preprocessor, rows: Array) -> Array:
    try:
        transformed = np.asarray(preprocessor.transform(rows))
    except Exception as error:
        raise GraphError(
            describe_error(
                f"The preprocessor {type(preprocessor).__name__} failed.",
                expected="an array for an array, without changing what came in",
                received=f"{type(error).__name__}: {error}",
            )
        ) from error
    if transformed.ndim == 0 or len(transformed) != len(rows):
        raise GraphError(
            describe_error(
                f"The preprocessor {type(preprocessor).__name__} changed the number of rows.",
                expected=f"{len(rows)} rows",
                received=f"shape {transformed.shape}",
            )
        )
    return transformed
