"""A lock on an open file, which the operating system lets go of when its process ends. Light: standard library only."""

from __future__ import annotations

import sys

__all__ = ["try_lock"]

if sys.platform == "win32":  # pragma: no cover
    import msvcrt
    import os

    def try_lock(descriptor: int) -> bool:
        """Lock an open file for this process until it is closed; return whether nobody else holds the lock."""
        # Windows locks a range of bytes and forbids reading it: take one far behind what is written there.
        os.lseek(descriptor, 1 << 20, os.SEEK_SET)
        try:
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True

else:
    import fcntl

    def try_lock(descriptor: int) -> bool:
        """Lock an open file for this process until it is closed; return whether nobody else holds the lock.

        Raises:
            OSError: If the file system has no locks, as some that are reached over a network.
        """
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True
