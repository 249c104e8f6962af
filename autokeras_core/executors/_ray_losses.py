"""Why a worker of the Ray executor was lost: from what Ray says, and the kernel. Light: attrs only."""

from __future__ import annotations

import re

from autokeras_core.search.records import Failure

__all__ = ["describe_loss", "words_of"]

_MEMORY = re.compile(r"NODE_OUT_OF_MEMORY|low on memory|memory monitor", re.IGNORECASE)
_LONGEST_REASON = 300
_LONGEST_WORDS = 2_000
_COLOUR = re.compile(r"\x1b\[[0-9;]*m")


def words_of(error: Exception) -> str:
    """Return the end of what Ray says, without the colours in it."""
    return _plain(error)[-_LONGEST_WORDS:]


def describe_loss(error: Exception, *, memory_kills: int) -> Failure:
    """Return the failure of the trial that a worker was running when it was lost.

    Args:
        error: What Ray says. Of a process that was killed it says that this may have been for its memory, in any case.
        memory_kills: How many processes the kernel has killed for their memory meanwhile, on the worker's machine.
    """
    text = _plain(error)
    if type(error).__name__ == "OutOfMemoryError" or _MEMORY.search(text):
        return Failure(kind="oom", reason="Ray ended its worker, since the memory of its machine ran out")
    if memory_kills > 0:
        return Failure(kind="oom", reason="the system killed its worker, since the memory ran out")
    lines = [" ".join(line.split()) for line in text.splitlines() if line.strip()]
    telling = next((line for line in lines if line.startswith("The actor is dead")), lines[-1] if lines else "")
    return Failure(kind="crash", reason=f"its worker was lost: {telling or type(error).__name__}"[:_LONGEST_REASON])


def _plain(error: Exception) -> str:
    return _COLOUR.sub("", str(error))
