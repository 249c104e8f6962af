"""Rows in, rows out: run fitted preprocessors over rows that may be larger than memory."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from autokeras_core.data.rows import bytes_per_row, read_rows
from autokeras_core.engine.deadline import OutOfTimeError
from autokeras_core.errors import GraphError, describe_error

if TYPE_CHECKING:
    from autokeras_core.data.rows import Rows
    from autokeras_core.engine.deadline import Deadline
    from autokeras_core.graph.operator import Preprocessor

__all__ = ["as_array", "even_step", "protected", "read_only", "transform_rows"]

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


def protected(rows: Rows) -> Rows:
    """Return rows that cannot be written to: a view of an array; a source as it is."""
    return read_only(rows) if isinstance(rows, np.ndarray) else rows


def as_array(rows: Rows) -> Array:
    """Return all rows as an array; those of a source are read."""
    return rows if isinstance(rows, np.ndarray) else read_rows(rows, slice(None))


def even_step(rows: int, *, most: int) -> int:
    """Return the step that takes at most `most` of so many rows, at equal distances, the first one among them."""
    return max(1, -(-rows // max(1, most)))


def transform_rows(
    rows: Rows,
    preprocessors: Sequence[Preprocessor],
    *,
    allocate: Allocate = np.empty,
    deadline: Deadline | None = None,
) -> Array:
    """Return rows after a chain of fitted preprocessors, read and computed a piece at a time.

    Args:
        rows: Rows; not changed.
        preprocessors: Fitted preprocessors, in order.
        allocate: Makes the array for the result, given shape and dtype.
        deadline: When it must have ended, or `None`.

    Returns:
        One row for each row of `rows`, same order. An array itself where there are no preprocessors.

    Raises:
        GraphError: If a preprocessor fails, changes the number of rows, or gives pieces of different shapes.
        OutOfTimeError: As soon as it is clear that the deadline would be missed.
    """
    if not preprocessors:
        return as_array(rows)
    length = min([_piece_length(rows), *(getattr(each, "rows_at_once", sys.maxsize) for each in preprocessors)])
    result: Array | None = None
    texts: list[Array] = []
    for start in range(0, max(1, len(rows)), length):
        began = time.monotonic()
        piece = read_only(read_rows(rows, slice(start, start + length)))
        for preprocessor in preprocessors:
            piece = _transform(preprocessor, piece)
        if _is_text(piece) and result is None:
            texts.append(piece)  # text is as wide as its longest row, which only the last piece knows
        else:
            if result is None and not texts:
                result = allocate((len(rows), *piece.shape[1:]), piece.dtype)
            if result is None or piece.shape[1:] != result.shape[1:] or piece.dtype != result.dtype:
                raise _unlike_the_first(preprocessors[-1], piece, first=texts[0] if result is None else result)
            result[start : start + len(piece)] = piece
        if deadline is not None:
            _check_time(deadline, time.monotonic() - began, done=start + len(piece), total=len(rows), piece=length)
    return np.concatenate(texts) if result is None else result


def _check_time(deadline: Deadline, seconds: float, *, done: int, total: int, piece: int) -> None:
    """Raise if the other pieces, each as slow as this one, will not be done in time.

    The first piece says little: it may have set up a network.
    """
    needed = seconds * (total - done) / piece if done > piece else 0.0
    if done < total and (deadline.expired or needed > deadline.remaining()):
        message = (
            f"preprocessing had done {done:,} of {total:,} rows with {deadline.remaining():.0f} s left, "
            f"and a piece of {piece:,} rows takes {seconds:.1f} s"
        )
        raise OutOfTimeError(message)


def _unlike_the_first(preprocessor: Preprocessor, piece: Array, *, first: Array) -> GraphError:
    return GraphError(
        describe_error(
            f"The preprocessor {type(preprocessor).__name__} turns rows into different shapes or types.",
            expected=f"rows of shape {first.shape[1:]} and dtype {first.dtype}, as the first ones",
            received=f"shape {piece.shape[1:]}, dtype {piece.dtype}",
            advice="Fix shape and dtype in fit().",
        )
    )


def _is_text(array: Array) -> bool:
    return array.dtype.kind in "OSU"


def _piece_length(rows: Rows) -> int:
    if rows.dtype.kind == "O":
        return _OBJECTS_AT_ONCE  # their size is not known
    return max(_FEWEST_ROWS_AT_ONCE, _BYTES_AT_ONCE // bytes_per_row(rows))


def _transform(preprocessor: Preprocessor, rows: Array) -> Array:
    try:
        transformed = np.asarray(preprocessor.transform(rows))
    except OutOfTimeError:
        raise
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
