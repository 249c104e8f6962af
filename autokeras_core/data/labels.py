"""Class labels: find out their kind, encode them for a loss, decode outputs to the user's own type. No Keras.

A label keeps its type and dtype on the way through: what `decode_labels` returns looks like what `analyse_labels` was
given. Regression targets are in `targets`.
"""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np

from autokeras_core.data._columns import analyse_columns, checked_columns, is_one_hot, not_one_hot
from autokeras_core.data._describe import balance_decision, dtype_name, dtype_of, shape_of, shown
from autokeras_core.data.adapters import as_rows, missing_values
from autokeras_core.data.class_numbers import class_numbers
from autokeras_core.data.coded import CodedLabels
from autokeras_core.data.distinct import distinct_labels, flat_labels, is_continuous
from autokeras_core.data.profile import Decision, LabelType, TargetKind, TargetProfile
from autokeras_core.errors import DataError, describe_error
from autokeras_core.names import suggest

__all__ = ["analyse_labels", "as_labels", "class_indices", "decode_labels", "encode_labels", "label_type_of"]

Array: TypeAlias = np.ndarray[Any, Any]

_ROWS_AT_ONCE = 1_000_000
_KINDS: dict[str, LabelType] = {"i": "int", "u": "int", "f": "float", "b": "bool", "U": "str", "T": "str"}
_OBJECT_KINDS: dict[type, LabelType] = {bool: "bool", int: "int", float: "float", str: "str"}


def as_labels(labels: Any, where: str = "y") -> Array:
    """Return labels or targets as an array with one entry per row, checked for missing values.

    Args:
        labels: An array, a list or anything with `__array__`.
        where: What they are in the user's words, for messages.

    Returns:
        The labels, shape `(rows,)` or `(rows, columns)`, in the user's own dtype.

    Raises:
        DataError: If they are empty, of a wrong rank, ragged, or hold None, NaN or infinite values.

    Example:
        ```python
        as_labels(["cat", "dog"]).dtype  # <U3
        ```
    """
    if isinstance(labels, (list, tuple)) and any(isinstance(row, (set, frozenset)) for row in labels):
        raise _name_sets(where, "a list of sets")
    if isinstance(labels, (list, tuple)) and _is_ragged(labels):
        raise _ragged(labels, where)
    rows = as_rows(labels, where)
    if rows.size == 0:
        raise DataError(describe_error(f"{where} is empty.", expected="at least one row", received=shape_of(rows)))
    if rows.ndim > 2:
        raise DataError(
            describe_error(
                f"{where} has the wrong rank.",
                expected="shape (rows,) or (rows, columns)",
                received=shape_of(rows),
            )
        )
    if rows.dtype.kind not in "biufUTO":
        raise DataError(
            describe_error(
                f"{where} has a dtype that cannot be predicted.",
                expected="integers, floats, booleans or strings",
                received=f"dtype={rows.dtype}",
                advice="Convert bytes with .astype(str)." if rows.dtype.kind == "S" else "",
            )
        )
    bad, first = missing_values(rows)
    if bad:
        raise DataError(
            describe_error(
                f"{where} holds missing or infinite values.",
                expected="a label in every row, no None, NaN or infinity",
                received=f"{bad} such {'value' if bad == 1 else 'values'} of {rows.size}, the first at {first}",
                advice="Drop those rows from x and y, or give them the weight 0 in sample_weight.",
            )
        )
    return rows


def analyse_labels(
    labels: Any, *, name: str, multi_label: bool | None = None, num_classes: int | None = None
) -> TargetProfile:
    """Find out what kind of class labels these are.

    Labels of shape `(rows,)` or `(rows, 1)` are one class per row. Of shape `(rows, columns)` with 0 and 1 they are
    one-hot if every row holds exactly one 1, else multi-hot (several labels per row).

    Args:
        labels: The raw training labels.
        name: The head's name, for messages and decisions.
        multi_label: Whether labels with several columns are multi-hot; by default what they look like.
        num_classes: How many classes there are, checked against the labels. With integer labels there may be more
            than the labels show: the classes are then `0 ... num_classes - 1`.

    Returns:
        The profile, with the decisions and their reasons.

    Raises:
        DataError: If the labels cannot be classes: one class only, too many different ones, mixed types, or another
            number than `num_classes`.

    Example:
        ```python
        analyse_labels(["spam", "ham", "spam"], name="classification").classes  # ("ham", "spam")
        ```
    """
    where = f"The target {name!r}"
    rows = _kept_coded(labels, where) if not multi_label else as_labels(labels, where)
    is_column = rows.ndim == 2 and rows.shape[1] == 1
    if not isinstance(rows, CodedLabels) and (multi_label or (rows.ndim == 2 and not is_column)):
        return analyse_columns(rows, name, multi_label, num_classes)
    label_type = label_type_of(rows, where)
    values, counts = distinct_labels(rows, label_type)
    _check_not_continuous(values, len(rows), label_type, where)
    if len(values) < 2:
        raise DataError(
            describe_error(
                f"{where} shows one class only.",
                expected="at least two different labels",
                received=f"{values[0]!r} in all {len(rows)} rows",
                advice="Check how the rows were selected.",
            )
        )
    classes = _with_unseen(values, label_type, num_classes, where)
    balance = _balance(values, counts, classes)
    kind: TargetKind = "binary" if len(classes) == 2 else "multi-class"
    seen = f"{len(values)} different labels in {len(rows)} rows"
    more = f", num_classes={num_classes} was given" if len(classes) > len(values) else ""
    return TargetProfile(
        name=name,
        kind=kind,
        label_type=label_type,
        dtype=dtype_name(_dtype_for(classes, rows.dtype)),
        outputs=len(classes),
        classes=classes,
        is_column=is_column,
        balance=balance,
        decisions=(
            Decision(f"{name}: label kind", f"{kind}, {len(classes)} classes", seen + more),
            Decision(
                f"{name}: encoding",
                f"one-hot, {len(classes)} columns",
                f"the labels are of type {label_type} ({dtype_name(rows.dtype)}); sorted: {shown(classes)}",
            ),
            balance_decision(name, classes, balance),
        ),
    )


def class_indices(labels: Any, profile: TargetProfile) -> Array:
    """Return the number of each row's class, int32 of shape `(rows,)`.

    Numbers stand for equal ones, whether they are integers or floats. Where the classes are strings, a number or a truth value
    is the class that is written like it: a file whose rows happen to have the labels 0 and 1 only, of the classes "0", "1" and
    "unknown", is read as integers.

    Raises:
        DataError: If the target is multi-label, or a label is unseen, of another type or shape than in training.
    """
    where = f"The target {profile.name!r}"
    if profile.kind not in ("binary", "multi-class"):
        raise DataError(
            describe_error(
                f"{where} has no single class per row.",
                expected="a binary or multi-class target",
                received=f"kind={profile.kind!r}",
            )
        )
    rows = _kept_coded(labels, where) if profile.label_type != "one-hot" else as_labels(labels, where)
    if not isinstance(rows, CodedLabels) and profile.label_type == "one-hot":
        hot = checked_columns(rows, profile, where)
        if not is_one_hot(hot):
            raise not_one_hot(hot, where)
        return np.asarray(hot.argmax(axis=1), dtype=np.int32)
    if not isinstance(rows, CodedLabels) and rows.ndim == 2 and rows.shape[1] != 1:
        raise DataError(
            describe_error(
                f"{where} has another shape than in training.",
                expected="one label per row, shape (rows,) or (rows, 1)",
                received=shape_of(rows),
            )
        )
    label_type = label_type_of(rows, where)
    lookup = class_numbers(profile, label_type)
    if not lookup:
        raise DataError(
            describe_error(
                f"{where} is of another type than in training.",
                expected=f"{profile.label_type} labels such as {shown(profile.classes)}",
                received=f"{label_type} labels, dtype={rows.dtype}",
            )
        )
    if isinstance(rows, CodedLabels):
        return _coded_indices(rows, lookup, profile, where)
    values, inverse = np.unique(flat_labels(rows, label_type), return_inverse=True)
    numbers = np.array([lookup.get(value, -1) for value in values.tolist()], dtype=np.int32)
    unseen = [value for value, number in zip(values.tolist(), numbers, strict=True) if number < 0]
    if unseen:
        raise _unseen(unseen, int(np.argmax(numbers[inverse.reshape(-1)] < 0)), profile, where)
    return numbers[inverse.reshape(-1)]


def encode_labels(labels: Any, profile: TargetProfile) -> Array:
    """Return labels as 0 and 1, uint8 of shape `(rows, profile.outputs)`.

    Raises:
        DataError: If a label was unseen in training, or is of another type or shape than there.

    Example:
        ```python
        profile = analyse_labels([3, 5, 3], name="classification")
        encode_labels([5, 3], profile)  # [[0, 1], [1, 0]]
        ```
    """
    if profile.kind == "multi-label":
        where = f"The target {profile.name!r}"
        return checked_columns(as_labels(labels, where), profile, where).astype(np.uint8)
    indices = class_indices(labels, profile)
    encoded = np.zeros((len(indices), profile.outputs), dtype=np.uint8)
    for start in range(0, len(indices), _ROWS_AT_ONCE):
        piece = indices[start : start + _ROWS_AT_ONCE]
        encoded[start + np.arange(len(piece)), piece] = 1
    return encoded


def decode_labels(outputs: Array, profile: TargetProfile) -> Array:
    """Return probabilities as labels of the user's own type, dtype and shape.

    Args:
        outputs: Probabilities, shape `(rows, profile.outputs)`.
        profile: What the labels are.

    Returns:
        The likeliest class of each row; one-hot rows if one-hot labels went in. With several labels per row a column
        is 1 where its probability is above 0.5.
    """
    if profile.kind == "multi-label":
        return (outputs > 0.5).astype(dtype_of(profile.dtype))
    likeliest = outputs.argmax(axis=1)
    if profile.label_type == "one-hot":
        return np.asarray(np.eye(profile.outputs, dtype=dtype_of(profile.dtype))[likeliest])
    table = np.empty(len(profile.classes), dtype=dtype_of(profile.dtype))
    table[:] = profile.classes
    labels = np.asarray(table[likeliest])
    return labels.reshape(-1, 1) if profile.is_column else labels


def _kept_coded(labels: Any, where: str) -> Array | CodedLabels:
    """Return labels as an array, but those that are coded as they are."""
    return labels if isinstance(labels, CodedLabels) and len(labels) else as_labels(labels, where)


def _coded_indices(rows: CodedLabels, lookup: dict[Any, int], profile: TargetProfile, where: str) -> Array:
    numbers = np.array([lookup.get(value, -1) for value in rows.values.tolist()], dtype=np.int32)
    missing = np.flatnonzero((numbers < 0) & (rows.counts() > 0))
    if len(missing):
        first = int(np.argmax(np.isin(rows.codes, missing)))
        raise _unseen(rows.values[missing].tolist(), first, profile, where)
    return numbers[rows.codes]


def _unseen(unseen: list[Any], row: int, profile: TargetProfile, where: str) -> DataError:
    return DataError(
        describe_error(
            f"{where} holds classes that training did not see.",
            expected=f"one of the {len(profile.classes)} classes {shown(profile.classes)}",
            received=f"{shown(unseen)}, first at row {row}",
            advice=suggest(str(unseen[0]), map(str, profile.classes))
            or "Put rows of every class into the training data.",
        )
    )


def label_type_of(rows: Array | CodedLabels, where: str) -> LabelType:
    """Return what the labels are to a user; raise `DataError` if they are of several types."""
    if isinstance(rows, CodedLabels):
        return label_type_of(rows.values, where)
    if rows.dtype.kind != "O":
        return _KINDS[rows.dtype.kind]
    types = {_base_type(value) for value in rows.flat}
    kinds = {_OBJECT_KINDS.get(kind) for kind in types}
    if len(kinds) == 1 and (only := kinds.pop()) is not None:
        return only
    if any(issubclass(kind, (list, tuple, set, frozenset, np.ndarray)) for kind in types):
        raise _name_sets(where, "an array of lists")
    raise DataError(
        describe_error(
            f"{where} holds objects of mixed or unknown types.",
            expected="labels that are all int, float, bool or str",
            received=f"types {', '.join(sorted(kind.__name__ for kind in types))}",
            advice="Convert them to one type, e.g. with .astype(str).",
        )
    )


def _base_type(value: object) -> type:
    """Return the Python type behind a value: NumPy scalars count as what they hold."""
    return type(value.item()) if isinstance(value, np.generic) else str if isinstance(value, str) else type(value)


def _check_not_continuous(values: list[Any], rows: int, label_type: LabelType, where: str) -> None:
    if is_continuous(values, rows, label_type):
        distinct = len(values)
        is_number = label_type in ("int", "float")
        raise DataError(
            describe_error(
                f"{where} has too many different values to be classes.",
                expected="several rows of each class",
                received=f"{distinct} different {label_type} values in {rows} rows, e.g. {shown(values)}",
                advice="To predict a number, use a RegressionHead (a regressor task) instead."
                if is_number
                else "Check that y is the label and not an identifier or free text.",
            )
        )


def _with_unseen(values: list[Any], label_type: LabelType, num_classes: int | None, where: str) -> tuple[Any, ...]:
    """Return the classes: those of the labels, or `0 ... num_classes - 1` if the user says there are more."""
    if num_classes is None or num_classes == len(values):
        return tuple(values)
    if num_classes > len(values) and label_type == "int" and values[0] >= 0 and values[-1] < num_classes:
        return tuple(range(num_classes))
    raise DataError(
        describe_error(
            f"{where} does not fit num_classes.",
            expected=f"{num_classes} different labels (or integers from 0 to {num_classes - 1})",
            received=f"{len(values)} different {label_type} labels: {shown(values)}",
            advice="Leave num_classes out to take the number from the labels.",
        )
    )


def _dtype_for(classes: tuple[Any, ...], dtype: np.dtype[Any]) -> np.dtype[Any]:
    """Return the labels' dtype, or the next wider one if it cannot hold classes that only `num_classes` tells of."""
    if dtype.kind in "iu" and classes[-1] > np.iinfo(dtype).max:
        return np.promote_types(dtype, np.min_scalar_type(classes[-1]))
    return dtype


def _balance(values: list[Any], counts: list[int], classes: tuple[Any, ...]) -> tuple[float, ...]:
    found = dict(zip(values, counts, strict=True))
    total = sum(counts)
    return tuple(found.get(label, 0) / total for label in classes)


def _is_ragged(labels: Any) -> bool:
    return len({len(row) if isinstance(row, (list, tuple)) else -1 for row in labels}) > 1


def _ragged(labels: Any, where: str) -> DataError:
    rows = [row for row in labels if isinstance(row, (list, tuple))]
    if any(isinstance(value, str) for row in rows for value in row):
        return _name_sets(where, "a list of lists of different lengths")
    lengths = sorted({len(row) for row in rows})
    return DataError(
        describe_error(
            f"{where} is a list that makes no array.",
            expected="one value per row, or rows of one length",
            received=f"{'single values and ' if len(rows) < len(labels) else ''}"
            f"rows of different lengths: {', '.join(map(str, lengths[:4]))}",
        )
    )


def _name_sets(where: str, received: str) -> DataError:
    return DataError(
        describe_error(
            f"{where} cannot be read as labels.",
            expected="one label per row, or one-hot or multi-hot columns of 0 and 1",
            received=received,
            advice="Turn sets of label names into columns of 0 and 1, one per label.",
        )
    )
