"""What an exception comes from is found, however it was wrapped."""

from __future__ import annotations

from autokeras_core._causes import causes_of


def test_causes_come_in_order_from_the_outermost_to_the_innermost() -> None:
    """What was raised from another exception, and what was raised while another one was handled."""
    inner, middle, outer = KeyError("inner"), ValueError("middle"), RuntimeError("outer")
    middle.__context__ = inner
    outer.__cause__ = middle

    assert causes_of(outer) == [outer, middle, inner]


def test_a_given_cause_goes_before_what_was_being_handled() -> None:
    """As in Python's own tracebacks."""
    cause, handled, outer = KeyError("cause"), ValueError("handled"), RuntimeError("outer")
    outer.__cause__, outer.__context__ = cause, handled

    assert causes_of(outer) == [outer, cause]


def test_causes_in_a_circle_have_an_end() -> None:
    """Each is there once."""
    first, second = ValueError("first"), ValueError("second")
    first.__cause__, second.__cause__ = second, first

    assert causes_of(first) == [first, second]
