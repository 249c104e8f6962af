"""A worker of the Ray executor: an actor that runs one trial after another, wherever Ray has put it."""

from __future__ import annotations

import os
import queue
import shutil
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import attrs
import ray

from autokeras_core.engine.trial import run_trial
from autokeras_core.errors import AutoKerasError
from autokeras_core.executors._inside import adopt_settings, forward_logs
from autokeras_core.executors._packing import PackedFolder, pack_folder, unpack_folder
from autokeras_core.executors.context_files import FEATURES_FOLDER, read_context
from autokeras_core.executors.messages import Message
from autokeras_core.search.records import TrialJob, TrialOutcome

__all__ = ["NEWS_GROUP", "TrialWorker"]

NEWS_GROUP = "news"
"""The concurrency group of `news`: it is answered while a trial runs."""

_SECONDS_TO_WAIT_FOR_NEWS = 1.0


class TrialWorker:
    """Runs trials. What its methods return are messages as in `executors.messages`: dicts with a `kind`.

    Args:
        settings: What `current_settings` returned in the search's process.
        threads: How many threads to compute with.
        path: Where that process imports modules from; what is not there on this machine does no harm.
        token: A name that no other search has, for a folder on this machine.
    """

    def __init__(self, settings: Mapping[str, Any], *, threads: int, path: Sequence[str], token: str) -> None:
        sys.path.extend(each for each in path if each not in sys.path)
        adopt_settings(settings, threads=threads)
        self._news: queue.SimpleQueue[Message] = queue.SimpleQueue()
        self._scratch = Path(tempfile.gettempdir()) / f"autokeras-ray-{token}"
        self._context: Any = None
        forward_logs(self, settings)

    # The search's calls

    def prepare(self, folder: str, *, mark: str | None, node: str) -> Message:
        """Read what the trials share from a folder of the search's machine.

        Args:
            folder: The folder.
            mark: A file that is there if this machine sees the folder; `None` if it is known not to.
            node: Ray's name of the search's machine.

        Returns:
            `ready`, or `blind` if the folder cannot be seen from here: then `receive` is to be called.
        """
        if mark is None or not Path(mark).exists():
            return {"kind": "blind"}
        # Features are shared by the workers of a machine; on another one its own disk is quicker than the search's.
        is_there = node == ray.get_runtime_context().get_node_id()
        return self._read(Path(folder), features=(Path(folder) if is_there else self._scratch) / FEATURES_FOLDER)

    def receive(self, files: Sequence[tuple[str, Any]]) -> Message:
        """Read what the trials share from files in Ray's object store, written to this machine's disk once for all workers.

        Args:
            files: The name of each, and the reference to its bytes as an array.
        """
        folder = self._scratch / "context"
        if not folder.exists():
            part = self._scratch / f"context-{os.getpid()}"
            part.mkdir(parents=True, exist_ok=True)
            for name, reference in files:
                ray.get(reference).tofile(part / name)
            try:
                part.replace(folder)
            except OSError:  # another worker of this machine was first
                shutil.rmtree(part, ignore_errors=True)
        return self._read(folder, features=self._scratch / FEATURES_FOLDER)

    def run(self, job: Mapping[str, Any], *, mark: str | None, files: PackedFolder | None) -> Message:
        """Run a trial.

        Args:
            job: The job, as JSON data.
            mark: A file that is there if this machine sees the trials' directories; `None` if it is known not to.
            files: What is in the trial's directory already, for a machine that does not see it.

        Returns:
            `outcome`, with the `files` that the trial left where the search cannot see them; `unseen` if the directory
            cannot be seen from here and no files were given; `error` for what no other configuration would cure.
        """
        given = TrialJob.from_json(job)
        try:
            if mark is not None and Path(mark).exists():
                return self._done(run_trial(given, self._context, self), files=None)
            if files is None:
                return {"kind": "unseen"}
            directory = self._scratch / f"{given.trial_id}-{os.getpid()}"
            unpack_folder(files, directory)
            try:
                outcome = run_trial(attrs.evolve(given, directory=str(directory)), self._context, self)
                return self._done(outcome, files=pack_folder(directory))
            finally:
                shutil.rmtree(directory, ignore_errors=True)
        except AutoKerasError as error:
            return {"kind": "error", "reason": str(error)}

    @ray.method(concurrency_group=NEWS_GROUP)  # type: ignore[untyped-decorator]
    def news(self) -> list[Message]:
        """Return what has happened since the last call, in order; wait a moment if that is nothing."""
        try:
            first = self._news.get(timeout=_SECONDS_TO_WAIT_FOR_NEWS)
        except queue.Empty:
            return []
        return [first, *self._all_news()]

    @ray.method(concurrency_group=NEWS_GROUP)  # type: ignore[untyped-decorator]
    def tidy(self) -> None:
        """Delete what this search has left on this machine's own disk."""
        shutil.rmtree(self._scratch, ignore_errors=True)

    # The trial's calls

    def trial_event(self, trial_id: str, event: str, **fields: Any) -> None:
        """Keep an event until the search asks for it."""
        self.send("event", trial_id=trial_id, event=event, fields=fields)

    def send(self, kind: str, **fields: Any) -> None:
        """Keep a message until the search asks for it."""
        self._news.put({"kind": kind, **fields})

    # Inside

    def _read(self, folder: Path, *, features: Path) -> Message:
        try:
            self._context = read_context(folder)
        except AutoKerasError as error:
            return {"kind": "error", "reason": str(error)}
        self._context.store.share_in(features)
        return {"kind": "ready", "pid": os.getpid(), "node": ray.get_runtime_context().get_node_id()}

    def _done(self, outcome: TrialOutcome, *, files: PackedFolder | None) -> Message:
        return {"kind": "outcome", "outcome": outcome.to_json(), "files": files, "news": self._all_news()}

    def _all_news(self) -> list[Message]:
        found: list[Message] = []
        while True:
            try:
                found.append(self._news.get_nowait())
            except queue.Empty:
                return found
