"""What the search and a worker process say to each other: one JSON object per line. Light: standard library only.

To a worker: `setup` (once, what it works with), then `run` (a job) again and again. From a worker: `ready`, then for each
job `event`s and at last an `outcome`; `log` at any time; `error` for what no other configuration would cure.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import IO, Any, TypeAlias

__all__ = ["Message", "read_message", "write_message"]

Message: TypeAlias = dict[str, Any]


def write_message(stream: IO[bytes], kind: str, /, **fields: Any) -> None:
    """Write a message; the other side can read it when this returns.

    Args:
        stream: A pipe to the other process.
        kind: What the message is.
        **fields: JSON data; NumPy scalars are converted.

    Raises:
        OSError: If the other process is gone.
        TypeError: If a field is no JSON data.
    """
    line = json.dumps({"kind": kind, **fields}, default=_plain, separators=(",", ":"))
    stream.write(line.encode() + b"\n")
    stream.flush()


def read_message(stream: IO[bytes]) -> Message | None:
    """Return the next message; `None` when the other process is gone.

    A line that is no message is passed over: a library may have written to the same stream before it was ours.
    """
    while line := stream.readline():
        try:
            message = json.loads(line)
        except ValueError:
            continue
        if isinstance(message, Mapping) and "kind" in message:
            return dict(message)
    return None


def _plain(value: object) -> object:
    item = getattr(value, "item", None)
    if callable(item):
        return item()
    message = f"{value!r} of type {type(value).__name__} is no JSON data"
    raise TypeError(message)
