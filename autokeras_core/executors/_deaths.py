"""Why a worker process died: from its exit code, its last words and what the kernel says. Light: standard library only."""

from __future__ import annotations

import re
import signal
from pathlib import Path

from autokeras_core.executors.shares import control_groups
from autokeras_core.search.records import Failure

__all__ = ["count_memory_kills", "describe_death"]

_LONGEST_WORDS = 300
_OUT_OF_MEMORY = re.compile(r"bad_alloc|\bMemoryError\b|out of memory|cannot allocate memory|\bOOM\b", re.IGNORECASE)
_STATISTICS = Path("/proc/vmstat")


def describe_death(code: int, last_words: str, *, memory_kills: int = 0) -> Failure:
    """Return the failure of the trial that a worker was running when it died.

    It is one of memory if the kernel has killed a process for its memory and the worker was killed, or if the last words
    are about memory: TensorFlow ends the process where an allocation fails deep inside.

    Args:
        code: The exit code, negative for the number of a signal.
        last_words: The end of what the process wrote to standard error.
        memory_kills: How many processes the kernel has killed for their memory meanwhile, see `count_memory_kills`.

    Example:
        ```python
        describe_death(-6, "terminate called after throwing an instance of 'std::bad_alloc'").kind  # "oom"
        describe_death(-11, "").reason  # "its worker process died: SIGSEGV"
        ```
    """
    how = _name_of_signal(-code) if code < 0 else f"exit code {code}"
    if -code == getattr(signal, "SIGKILL", None) and memory_kills > 0:
        return Failure(kind="oom", reason="the system killed its worker process, since the memory ran out")
    line = _last_line(last_words)
    reason = f"its worker process died: {how}" + (f"; it wrote: {line}" if line else "")
    return Failure(kind="oom" if _OUT_OF_MEMORY.search(last_words) else "crash", reason=reason)


def count_memory_kills() -> int:
    """Return how many processes the kernel has killed for their memory, in this container if that is known, else ever.

    0 where the system does not tell: only the difference of two counts says something.
    """
    for group in control_groups():
        count = _entry(group / "memory.events", "oom_kill")
        if count is not None:
            return count
    return _entry(_STATISTICS, "oom_kill") or 0


def _entry(path: Path, name: str) -> int | None:
    try:
        lines = path.read_text(encoding="ascii").splitlines()
    except OSError:
        return None
    return next((int(line.split()[1]) for line in lines if line.startswith(f"{name} ")), None)


def _name_of_signal(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"


def _last_line(words: str) -> str:
    lines = [" ".join(line.split()) for line in words.splitlines() if line.strip()]
    return lines[-1][:_LONGEST_WORDS] if lines else ""
