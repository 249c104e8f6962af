"""Checks across the parts of a data set: all inputs and targets must have the same rows. NumPy only, no Keras."""

from __future__ import annotations

from collections.abc import Mapping, Sized

from autokeras_core.errors import DataError, describe_error

__all__ = ["check_rows"]


def check_rows(inputs: Mapping[str, Sized], targets: Mapping[str, Sized] | None = None) -> int:
    """Check that all inputs and targets have equally many rows, and at least one.

    Args:
        inputs: The inputs' rows by name.
        targets: The targets' rows by name; left out where there are only inputs.

    Returns:
        The number of rows.

    Raises:
        DataError: If lengths differ or a part is empty; the message names every part with its length.
    """
    lengths = {_label("x", name, inputs): len(rows) for name, rows in inputs.items()}
    lengths |= {_label("y", name, targets): len(rows) for name, rows in (targets or {}).items()}
    listed = ", ".join(f"len({label})={length}" for label, length in lengths.items())
    empty = [label for label, length in lengths.items() if length == 0]
    if empty or not lengths:
        raise DataError(
            describe_error(
                f"{' and '.join(empty) or 'x'} {'are' if len(empty) > 1 else 'is'} empty.",
                expected="at least one row",
                received=listed or "no inputs",
            )
        )
    if len(set(lengths.values())) > 1:
        raise DataError(
            describe_error(
                f"{' and '.join(lengths)} differ in length.",
                expected="one row in each for every sample",
                received=listed,
                advice="Check how they were cut or filtered.",
            )
        )
    return next(iter(lengths.values()))


def _label(letter: str, name: str, parts: Mapping[str, Sized] | None) -> str:
    return letter if parts is None or len(parts) == 1 else f"{letter}[{name!r}]"
