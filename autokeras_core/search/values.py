"""Values of hyperparameters, and conditions on them: plain data. Light: standard library only."""

from __future__ import annotations

import math
import numbers
from collections.abc import Iterable, Mapping, Sequence
from typing import TypeAlias

from autokeras_core.errors import SpaceError, describe_error

__all__ = ["Conditions", "Value", "as_conditions", "as_integer", "as_number", "as_value", "as_values", "same_value"]

Value: TypeAlias = bool | int | float | str
"""What a hyperparameter can be: plain data that JSON and TOML hold without loss."""

Conditions: TypeAlias = tuple[tuple[str, tuple[Value, ...]], ...]
"""`((name, allowed values), ...)`: all must hold for a hyperparameter to be active."""


def as_value(value: object) -> Value:
    """Return `value` as plain Python data; NumPy scalars are converted.

    Raises:
        SpaceError: If it is not a bool, int, float or str, or not a finite number.
    """
    item = getattr(value, "item", None)
    if callable(item) and not isinstance(value, (bool, int, float, str)):
        try:
            value = item()
        except ValueError:
            pass  # an array of several values: not a value, reported below
    if isinstance(value, bool):
        return value
    if isinstance(value, str):
        return str(value)  # NumPy's strings are a subclass with another `repr`
    if isinstance(value, numbers.Integral):
        return int(value)
    if isinstance(value, float) and math.isfinite(value):
        return float(value)
    raise SpaceError(
        describe_error(
            "A hyperparameter has a value of an unsupported kind.",
            expected="a bool, int, finite float or str",
            received=f"value={value!r} of type {type(value).__name__}",
        )
    )


def same_value(left: Value, right: Value) -> bool:
    """Return whether two values are the same hyperparameter value.

    `True` and `1` are not (Python's `==` says they are); `1` and `1.0` are, since JSON and TOML mix them.
    """
    return isinstance(left, bool) == isinstance(right, bool) and left == right


def as_values(values: Iterable[object]) -> tuple[Value, ...]:
    """Return several values as plain Python data; a single string is one value.

    Raises:
        SpaceError: If one of them is no value, see `as_value`.
    """
    if isinstance(values, str):
        values = [values]
    return tuple(as_value(value) for value in values)


def as_conditions(when: Mapping[str, object] | Conditions | None) -> Conditions:
    """Return what was given as `when=`, a mapping of a name to one allowed value or a list of them, in one form.

    Raises:
        SpaceError: If a value is none, see `as_value`.
    """
    if not when:
        return ()
    pairs: Iterable[tuple[str, object]] = when.items() if isinstance(when, Mapping) else when
    conditions: dict[str, tuple[Value, ...]] = {}
    for name, given in pairs:
        is_many = isinstance(given, Sequence) and not isinstance(given, str)
        allowed = as_values(given if is_many else [given])  # type: ignore[arg-type]
        if name in conditions:
            # All conditions must hold: two on one name are one on the values they share.
            allowed = tuple(value for value in conditions[name] if any(same_value(value, each) for each in allowed))
        conditions[name] = allowed
    return tuple(conditions.items())


def as_number(value: object) -> float:
    """Return a bound or step of a `Float`; raise `SpaceError` if it is no number."""
    plain = as_value(value)
    if isinstance(plain, (bool, str)):
        raise SpaceError(
            describe_error("A Float has a bound or step that is no number.", expected="a number", received=f"{plain!r}")
        )
    return float(plain)


def as_integer(value: object) -> int:
    """Return a bound or step of an `Int`; raise `SpaceError` if it is no integer."""
    plain = as_value(value)
    if isinstance(plain, (bool, str)) or plain != int(plain):
        raise SpaceError(
            describe_error("An Int has a bound or step that is no integer.", expected="an int", received=f"{plain!r}")
        )
    return int(plain)
