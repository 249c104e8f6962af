"""What a failed check raises. Light: standard library only."""

from __future__ import annotations

from autokeras_core.errors import describe_error

__all__ = ["CheckError", "require"]


class CheckError(AssertionError):
    """A block, preprocessor or head breaks the contract; the message says which part of it, and what was found."""


def require(claim: bool, what: str, *, expected: str, received: str, advice: str = "") -> None:
    """Raise `CheckError` unless the claim holds; the message is in the house form.

    Raises:
        CheckError: If `claim` is false.
    """
    if not claim:
        raise CheckError(describe_error(what, expected=expected, received=received, advice=advice))
