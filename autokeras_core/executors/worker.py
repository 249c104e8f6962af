"""A worker process: runs one trial after another for a search in another process, until that one hangs up.

Started as `python -m autokeras_core.executors.worker` with a pipe on its standard input and output. It ends as soon as
its standard input does, in the middle of a trial too: so no worker outlives the search, however that ends.
"""

from __future__ import annotations

import os
import queue
import signal
import sys
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any, BinaryIO

from autokeras_core.engine.trial import run_trial
from autokeras_core.errors import AutoKerasError, SearchError, describe_error
from autokeras_core.executors._inside import adopt_settings, forward_logs
from autokeras_core.executors.context_files import FEATURES_FOLDER, read_context
from autokeras_core.executors.messages import Message, read_message, write_message
from autokeras_core.search.records import TrialJob

__all__ = ["main"]

_STATUS = Path("/proc/self/status")


def main() -> None:
    """Do what the process on the other end of standard input says, until it hangs up."""
    incoming, outgoing = _take_over_pipes()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the search, which then ends its workers
    setup = read_message(incoming)
    if setup is None:
        return
    jobs: queue.Queue[Message] = queue.Queue()
    threading.Thread(target=_listen, args=(incoming, jobs), name="listener", daemon=True).start()
    channel = _Channel(outgoing)
    try:
        _work(setup, jobs, channel)
    except AutoKerasError as error:
        channel.send("error", reason=str(error))


def _take_over_pipes() -> tuple[BinaryIO, BinaryIO]:
    """Return standard input and output as streams of our own; what libraries print goes to standard error instead."""
    incoming, outgoing = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    os.dup2(2, 1)
    return incoming, outgoing


def _listen(incoming: BinaryIO, jobs: queue.Queue[Message]) -> None:
    """Hand on what arrives; end the process at once when the other side is gone."""
    while (message := read_message(incoming)) is not None:
        jobs.put(message)
    os._exit(0)


def _work(setup: Mapping[str, Any], jobs: queue.Queue[Message], channel: _Channel) -> None:
    sys.path[:] = setup["path"]
    adopt_settings(setup["settings"], threads=setup["threads"])
    forward_logs(channel, setup["settings"])
    folder = Path(setup["folder"])
    context = read_context(folder)
    context.store.share_in(folder / FEATURES_FOLDER)
    if setup["memory_limit"] is not None:
        _limit_memory(setup["memory_limit"])
    channel.send("ready")
    while True:
        outcome = run_trial(TrialJob.from_json(jobs.get()["job"]), context, channel)
        channel.send("outcome", outcome=outcome.to_json())


def _limit_memory(limit: int) -> None:
    """Make allocations fail that would take this process beyond a number of bytes.

    The limit is one on private memory, without the libraries' code: so it is what there is now, and what is left.
    """
    import resource  # not on Windows, where no limit is accepted

    now = _status_bytes("VmRSS")
    if now >= limit:
        raise SearchError(
            describe_error(
                "The memory limit is too low: a worker takes more before it has built a model.",
                expected=f"more than {now / 2**20:,.0f} MB",
                received=f"memory_limit={limit:,} bytes, or {limit / 2**20:,.0f} MB",
            )
        )
    soft = _status_bytes("VmData") + limit - now
    resource.setrlimit(resource.RLIMIT_DATA, (soft, resource.getrlimit(resource.RLIMIT_DATA)[1]))


def _status_bytes(name: str) -> int:
    lines = _STATUS.read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(f"{name}:")) * 2**10


class _Channel:
    """Sends messages, from any thread; is the observer of the trials that run here."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._lock = threading.Lock()

    def send(self, kind: str, **fields: Any) -> None:
        """Send a message."""
        with self._lock:
            write_message(self._stream, kind, **fields)

    def trial_event(self, trial_id: str, event: str, **fields: Any) -> None:
        """Tell the search about an event."""
        self.send("event", trial_id=trial_id, event=event, fields=fields)


if __name__ == "__main__":
    main()
