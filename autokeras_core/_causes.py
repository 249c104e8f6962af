"""What an exception comes from, since frameworks wrap what really happened. Light: standard library only."""

from __future__ import annotations

__all__ = ["causes_of"]


def causes_of(error: BaseException) -> list[BaseException]:
    """Return an exception and what it comes from, the innermost cause last.

    Example:
        ```python
        try:
            raise ValueError("no number") from KeyError("units")
        except ValueError as error:
            causes_of(error)  # [ValueError("no number"), KeyError("units")]
        ```
    """
    chain = [error]
    while (cause := chain[-1].__cause__ or chain[-1].__context__) is not None:
        if any(cause is link for link in chain):  # nothing keeps a library from making a circle
            break
        chain.append(cause)
    return chain
