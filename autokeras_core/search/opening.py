"""What is called once a directory is known to hold a search: the command line keeps a file of its own there. Light."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

__all__ = ["calling_when_opened", "tell_opened"]

_CALL: ContextVar[Callable[[], None] | None] = ContextVar("_CALL", default=None)


@contextmanager
def calling_when_opened(call: Callable[[], None]) -> Iterator[None]:
    """Have something called in the `with` block as soon as a directory is known to hold the search that is run there.

    To keep files beside a search that is started by way of a task: where the search is refused, or interrupted before,
    the files beside the one that is there stay as they are.

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
