"""Who is to be told that a search's directory was opened, such as the command line, which keeps a file there. Light."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

__all__ = ["calling_when_opened", "tell_opened"]

_CALL: ContextVar[Callable[[], None] | None] = ContextVar("_CALL", default=None)


@contextmanager
def calling_when_opened(call: Callable[[], None]) -> Iterator[None]:
    """Have something called in the `with` block as soon as a directory is known to hold the search that is run there.

    For who keeps files of its own beside a search, and starts it by way of a task: a search that is refused, or interrupted
    before, then leaves those of the one that is there as they are.

    Args:
        call: What to call. An exception in it ends the search.

    Example:
        ```python
        with calling_when_opened(lambda: write_json(directory / "command.json", command.to_json())):
            model.fit(x, y)
        ```
    """
    token = _CALL.set(call)
    try:
        yield
    finally:
        _CALL.reset(token)


def tell_opened() -> None:
    """Call what is to be called; `SearchSession.open` does so."""
    call = _CALL.get()
    if call is not None:
        call()
