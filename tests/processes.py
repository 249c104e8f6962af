"""Processes that tests start, as the system sees them: whether they run, and when they have ended."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Callable, Iterable


def is_running(pid: int) -> bool:
    """Return whether there is a process of this id that has not ended."""
    listed = subprocess.run(["ps", "-o", "stat=", "-p", str(pid)], capture_output=True, text=True, check=False)
    return bool(listed.stdout.strip()) and not listed.stdout.startswith("Z")


def wait_until(condition: Callable[[], bool], *, seconds: float) -> bool:
    """Return whether a condition holds before so many seconds are over."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if condition():
            return True
        time.sleep(0.05)  # there is no event to wait for: another process does something
    return False


def end_soon(pids: Iterable[int]) -> bool:
    """Return whether processes that were killed are gone: it takes the system a moment."""
    return wait_until(lambda: not any(is_running(pid) for pid in pids), seconds=20)
