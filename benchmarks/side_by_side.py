"""Runs of a benchmark as processes, a few side by side, each on cores of its own; one line of JSON from each."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from queue import Queue
from typing import Any

import numpy as np

__all__ = ["OwnCores", "mean_and_error", "read_records", "run_side_by_side", "take_own_cores"]

_VARIABLE = "BENCHMARK_CORES"


class OwnCores:
    """The cores that this process may use, shared out between processes that run side by side.

    Args:
        jobs: How many processes run at a time.

    Attributes:
        each: How many cores each of them has at least.
    """

    def __init__(self, jobs: int) -> None:
        self._shares: Queue[list[int]] = Queue()
        cores = sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else []
        self.each = max(1, (len(cores) or os.cpu_count() or 1) // jobs)
        for job in range(jobs):
            self._shares.put(cores[job::jobs])

    @contextmanager
    def taken(self) -> Iterator[dict[str, str]]:
        """Yield the environment of a process that keeps to cores nobody else has, see `take_own_cores`."""
        share = self._shares.get()
        try:
            yield {**os.environ, _VARIABLE: ",".join(map(str, share))}
        finally:
            self._shares.put(share)


def run_side_by_side(commands: Sequence[Sequence[str]], *, jobs: int, records: Path) -> None:
    """Run commands that print a line of JSON last, and add these lines to a file as they come.

    Args:
        commands: The arguments of each process, behind Python's own.
        jobs: How many processes run at a time. The cores are shared out between them, see `OwnCores`.
        records: The file of lines.
    """
    cores = OwnCores(jobs)

    def carry_out(command: Sequence[str]) -> str:
        try:
            with cores.taken() as environment:
                process = subprocess.run(
                    [sys.executable, *command], capture_output=True, text=True, check=True, env=environment
                )
            return process.stdout.splitlines()[-1]
        except subprocess.CalledProcessError as error:
            sys.exit(f"{' '.join(command)} failed:\n{error.stderr[-2_000:]}")

    records.parent.mkdir(exist_ok=True)
    with ThreadPoolExecutor(jobs) as pool:
        for line in pool.map(carry_out, commands):
            print(line, flush=True)
            with records.open("a", encoding="utf-8") as file:
                file.write(line + "\n")


def take_own_cores() -> None:
    """Keep this process to the cores that `OwnCores` gave it."""
    if cores := os.environ.get(_VARIABLE):
        os.sched_setaffinity(0, [int(core) for core in cores.split(",")])


def read_records(path: Path) -> list[dict[str, Any]]:
    """Return all records of a file of lines; none if it is not there."""
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()] if path.exists() else []


def mean_and_error(values: Sequence[float], *, digits: int) -> str:
    """Return a mean with its standard error, as text."""
    error = np.std(values, ddof=1) / np.sqrt(len(values)) if len(values) > 1 else 0.0
    return f"{np.mean(values):.{digits}f} ± {error:.{digits}f}"
