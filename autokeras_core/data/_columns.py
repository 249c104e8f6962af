"""Labels in columns of 0 and 1: one-hot (one class per row) and multi-hot (several labels per row). No Keras."""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np

from autokeras_core.data._describe import balance_decision, dtype_name, shape_of, shown
from autokeras_core.data.profile import Decision, TargetKind, TargetProfile
from autokeras_core.errors import DataError, describe_error

__all__ = ["analyse_columns", "checked_columns", "is_one_hot", "not_one_hot"]

Array: TypeAlias = np.ndarray[Any, Any]


def analyse_columns(rows: Array, name: str, multi_label: bool | None, num_classes: int | None) -> TargetProfile:
    """Return the profile of labels of shape `(rows, columns)`; the arguments are those of `analyse_labels`.

    Raises:
        DataError: If they are not 0 and 1, show one class only, or contradict the arguments.
    """
    where = f"The target {name!r}"
    hot = _zeros_and_ones(rows, where)
    columns = hot.shape[1]
    if num_classes is not None and num_classes != columns:
        raise DataError(
            describe_error(
                f"{where} does not fit num_classes.",
                expected=f"{num_classes} columns",
                received=shape_of(rows),
            )
        )
    looks_one_hot = is_one_hot(hot) and columns > 1
    if multi_label is False and not looks_one_hot:
        raise not_one_hot(hot, where)
    is_multi = multi_label if multi_label is not None else not looks_one_hot
    counts = hot.sum(axis=0, dtype=np.int64)
    constant = (counts == 0) | (counts == len(rows))
    if constant.all() if is_multi else np.count_nonzero(counts) < 2:
        raise DataError(
            describe_error(
                f"{where} shows one class only.",
                expected="a column that holds both 0 and 1" if is_multi else "1 in at least two columns",
                received=f"the same row {hot[0].astype(int).tolist()[:10]} {len(rows)} times",
                advice="Check how the rows were selected.",
            )
        )
    classes = tuple(range(columns))
    balance = tuple(float(share) for share in counts / len(rows))
    kind: TargetKind = "multi-label" if is_multi else "binary" if columns == 2 else "multi-class"
    by_whom = f"multi_label={multi_label} was given" if multi_label is not None else ""
    ones = hot.sum(axis=1)
    found = "every row holds exactly one 1" if looks_one_hot else f"rows hold from {ones.min()} to {ones.max()} ones"
    decisions = [
        Decision(f"{name}: label kind", f"{kind}, {columns} columns", by_whom or found),
        Decision(
            f"{name}: encoding",
            "kept as 0 and 1",
            f"the labels are {'multi-hot' if is_multi else 'one-hot'} already ({dtype_name(rows.dtype)})",
        ),
        balance_decision(name, classes, balance, "column " if is_multi else "class "),
    ]
    if constant.any():
        decisions.append(
            Decision(
                f"{name}: constant columns",
                "kept",
                f"columns {shown(np.flatnonzero(constant).tolist())} hold one value in all rows",
            )
        )
    return TargetProfile(
        name=name,
        kind=kind,
        label_type="multi-hot" if is_multi else "one-hot",
        dtype=dtype_name(rows.dtype),
        outputs=columns,
        classes=classes,
        balance=balance,
        decisions=decisions,
    )


def checked_columns(rows: Array, profile: TargetProfile, where: str) -> Array:
    """Return one-hot or multi-hot labels as booleans, of the same shape per row as in training.

    Raises:
        DataError: If they have another shape, or values other than 0 and 1.
    """
    if rows.ndim != 2 or rows.shape[1] != profile.outputs:
        raise DataError(
            describe_error(
                f"{where} has another shape than in training.",
                expected=f"{profile.label_type} labels of shape (rows, {profile.outputs})",
                received=shape_of(rows),
            )
        )
    return _zeros_and_ones(rows, where)


def _zeros_and_ones(rows: Array, where: str) -> Array:
    """Return the rows as booleans; anything but 0 and 1 is an error."""
    if rows.ndim != 2:
        raise DataError(
            describe_error(
                f"{where} is not multi-hot.",
                expected="0 and 1 in shape (rows, labels) with multi_label=True",
                received=shape_of(rows),
                advice="Give every label a column, or leave multi_label out.",
            )
        )
    if rows.dtype.kind not in "biuf":
        raise DataError(
            describe_error(
                f"{where} has several columns, but not of 0 and 1.",
                expected="one label per row, or one-hot or multi-hot numbers",
                received=f"{shape_of(rows)}, dtype={rows.dtype}",
                advice="Turn lists of label names into columns of 0 and 1, one per label.",
            )
        )
    wrong = (rows != 0) & (rows != 1)
    if wrong.any():
        row, column = (int(index) for index in np.argwhere(wrong)[0])
        raise DataError(
            describe_error(
                f"{where} has several columns, but not of 0 and 1.",
                expected="one label per row, or one-hot or multi-hot columns of 0 and 1",
                received=f"{rows[row, column].item()!r} at row {row}, column {column}",
                advice="Use a RegressionHead for numbers, and labels.argmax(axis=1) for probabilities.",
            )
        )
    return rows.astype(bool)


def is_one_hot(hot: Array) -> bool:
    """Return whether every row holds exactly one 1."""
    return bool(np.all(hot.sum(axis=1) == 1))


def not_one_hot(hot: Array, where: str) -> DataError:
    """Return the error for rows that should be one-hot; it names the first that is not."""
    ones = hot.sum(axis=1)
    row = int(np.argmax(ones != 1))
    return DataError(
        describe_error(
            f"{where} is not one-hot.",
            expected="exactly one 1 in every row of two or more columns",
            received=f"{int(ones[row])} ones at row {row} of {shape_of(hot)}",
            advice="Several labels per row need multi_label=True.",
        )
    )
