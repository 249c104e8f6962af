"""Errors of domains: those that cannot be, values in none, arguments of another kind. Light: standard library only."""

from __future__ import annotations

from typing import TYPE_CHECKING

from autokeras_core.errors import SpaceError, describe_error
from autokeras_core.names import suggest

if TYPE_CHECKING:
    from autokeras_core.search.domains import Domain, Float, Int
    from autokeras_core.search.values import Value

__all__ = ["impossible_range", "mixed_values", "outside", "unfitting"]


def impossible_range(domain: Int | Float, what: str, *, expected: str) -> SpaceError:
    """Return the error for a range that holds no value, or that nothing can be drawn from.

    Args:
        domain: The range.
        what: What it is, as the sentence begins: `"An Int"`.
        expected: What must hold of its bounds.
    """
    return SpaceError(
        describe_error(
            f"{what} has an impossible range.",
            expected=expected,
            received=f"low={domain.low}, high={domain.high}, step={domain.step}, log={domain.log}",
        )
    )


def mixed_values(values: tuple[Value, ...]) -> SpaceError:
    """Return the error for a `Choice` whose values are of several types, or repeat."""
    return SpaceError(
        describe_error(
            "The values of a Choice are mixed or repeated.",
            expected="different values of one type",
            received=f"values={list(values)!r}",
        )
    )


def outside(domain: Domain, value: Value) -> SpaceError:
    """Return the error for a value that a domain does not hold."""
    return SpaceError(
        describe_error("A value is outside its domain.", expected=f"a value in {domain}", received=f"value={value!r}")
    )


def unfitting(name: str, declared: Domain, value: Value, *, given: object) -> SpaceError:
    """Return the error for an argument with a value of another type than a hyperparameter has, or with an unknown text.

    Args:
        name: The hyperparameter.
        declared: Its domain.
        value: The value.
        given: The argument: the value, or the domain that has it.
    """
    return SpaceError(
        describe_error(
            f"The argument {name!r} does not fit.",
            expected=f"a {type(declared.default).__name__} as in {declared}",
            received=f"{name}={given!r}",
            advice=suggest(str(value), map(str, getattr(declared, "values", ()))),
        )
    )
