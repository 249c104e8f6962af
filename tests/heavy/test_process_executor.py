"""The process executor: trials in worker processes, and what becomes of those that fail, hang, die or take all memory."""

from __future__ import annotations

import logging
import os
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from autokeras_core import SearchError
from autokeras_core.executors._worker_process import WorkerProcess
from autokeras_core.executors.base import Executor
from autokeras_core.executors.process import ProcessExecutor
from autokeras_core.executors.shares import threads_each
from autokeras_core.search.records import TrialOutcome
from tests.heavy.executor_doubles import Events, make_context, make_job, opened
from tests.heavy.worker_doubles import DiesOnce, EpochLog, Uncopyable
from tests.processes import end_soon

pytestmark = pytest.mark.skipif(os.name != "posix", reason="signals kill the workers of these tests")


def pids_of(executor: ProcessExecutor) -> set[int]:
    """Return the ids of the worker processes."""
    return {seat.process.pid for seat in executor._seats}


@pytest.fixture(scope="module")
def executor(cache: Path, events: Events) -> Iterator[ProcessExecutor]:
    """Return an executor of two workers which may take 2 GB each."""
    with opened(ProcessExecutor(workers=2, memory_limit="2GB"), cache, events) as executor:
        yield executor


@pytest.fixture
def run(executor: ProcessExecutor, tmp_path: Path) -> Callable[..., TrialOutcome]:
    """Return a function that runs one trial."""

    def run_one(trouble: str = "none", **options: Any) -> TrialOutcome:
        executor.submit(make_job(tmp_path, trouble, **options))
        return executor.wait()

    return run_one


def test_it_is_an_executor(executor: ProcessExecutor) -> None:
    """It has what the driver calls, and says how many trials it takes."""
    assert isinstance(executor, Executor)
    assert executor.capacity == 2


def test_trials_run_at_once_in_processes_of_their_own(
    executor: ProcessExecutor, events: Events, tmp_path: Path, cache: Path
) -> None:
    """Two jobs are trained by two processes of this one, each with its share of the threads; both leave their models."""
    executor.submit(make_job(tmp_path, trial_id="a"))
    executor.submit(make_job(tmp_path, trial_id="b"))
    outcomes = {each.trial_id: each for each in (executor.wait(), executor.wait())}

    lines = EpochLog.read(cache.parent / "epochs")
    assert {each.status for each in outcomes.values()} == {"completed"}
    assert all((tmp_path / name / "bundle").is_dir() for name in "ab")
    assert {line["pid"] for line in lines} <= pids_of(executor)
    assert {line["parent"] for line in lines} == {os.getpid()}
    assert {line["threads"] for line in lines} == {threads_each(2)}
    for name in "ab":
        told = [event for trial, event, _ in events.seen if trial == name]
        assert told[0] == "built" and told.count("epoch") == 3


def test_a_trial_is_the_same_in_any_worker(executor: ProcessExecutor, tmp_path: Path) -> None:
    """Equal jobs with equal seeds have equal scores, each in a worker of its own."""
    while not all(seat.is_free for seat in executor._seats):
        executor._listen()
    for trial_id in ("1", "2"):
        executor.submit(make_job(tmp_path, trial_id=trial_id))
    handed_out = [seat.job.trial_id for seat in executor._seats if seat.job is not None]

    first, second = executor.wait(), executor.wait()

    assert handed_out == ["1", "2"]
    assert (first.status, second.status) == ("completed", "completed")
    assert first.score == second.score


@pytest.mark.parametrize(
    ("trouble", "kind", "reason"),
    [
        ("raises", "bug", "this block always raises"),
        ("nan", "nan", "the loss became nan"),
        ("memory", "oom", "MemoryError"),
        ("abort", "oom", ""),
        ("dies", "crash", "SIGKILL"),
    ],
)
def test_a_trial_that_fails_has_a_kind_and_a_reason(
    trouble: str, kind: str, reason: str, run: Callable[..., TrialOutcome], executor: ProcessExecutor
) -> None:
    """Whatever happens to the worker, its trial is an outcome, and the next trial finds a worker."""
    outcome = run(trouble)

    assert outcome.status == "failed" and outcome.failure is not None
    assert (outcome.failure.kind, outcome.trial_id) == (kind, trouble)
    assert reason in outcome.failure.reason
    assert len(pids_of(executor)) == 2


@pytest.mark.parametrize("trouble", ["hangs", "sleeps"])
def test_a_trial_that_hangs_is_ended(trouble: str, run: Callable[..., TrialOutcome]) -> None:
    """Its time is up after two seconds, of ten minutes; even where nothing inside of the process can interrupt it."""
    began = time.monotonic()

    outcome = run(trouble, seconds=1.0, grace=1.0)

    assert outcome.failure is not None and outcome.failure.kind == "timeout"
    assert time.monotonic() - began < 60.0  # nearly all of it is this machine's


def test_what_workers_log_is_logged_here(run: Callable[..., TrialOutcome], caplog: pytest.LogCaptureFixture) -> None:
    """The handlers of this process get the records of its workers."""
    run()

    assert ("worker_doubles", logging.WARNING, "epoch 3 is over") in caplog.record_tuples


def test_all_that_has_arrived_is_heard_at_once(run: Callable[..., TrialOutcome], executor: ProcessExecutor) -> None:
    """However many messages there are, and however long each takes: a trial's end is among them before it is judged."""
    outcome = run()
    (seat, *_) = executor._seats
    event = {"kind": "event", "trial_id": "none", "event": "batch", "fields": {}}
    for message in (event, event, {"kind": "outcome", "outcome": outcome.to_json()}):
        executor._inbox.put((seat.process, message))

    executor._listen()

    assert executor.wait() == outcome


def test_the_workers_still_work_after_all_that(run: Callable[..., TrialOutcome], executor: ProcessExecutor) -> None:
    """Those that died were replaced."""
    outcomes = [run(trial_id=str(number)) for number in range(3)]

    assert {each.status for each in outcomes} == {"completed"}


def test_a_killed_trial_goes_on_from_its_checkpoint(tmp_path: Path) -> None:
    """Run once more, it trains only the epochs that its dead worker had not, and leaves what it would have left."""
    callbacks = [EpochLog(tmp_path / "epochs"), DiesOnce(tmp_path / "marker", epoch=3)]
    context = make_context(tmp_path / "cache", callbacks=callbacks, seconds_between_checkpoints=0.0)
    executor = ProcessExecutor(workers=1)
    executor.open(context, Events())
    try:
        executor.submit(make_job(tmp_path, epochs=4))
        first = executor.wait()
        executor.submit(make_job(tmp_path, epochs=4, attempt=2))
        second = executor.wait()
    finally:
        executor.close()

    assert first.failure is not None and first.failure.kind == "crash"
    assert second.status == "completed" and second.epochs == 4
    lines = EpochLog.read(tmp_path / "epochs")
    again = [line["epoch"] for line in lines if line["pid"] == lines[-1]["pid"]]
    assert lines[-1]["pid"] != lines[0]["pid"]
    assert again in ([2, 3, 4], [3, 4])  # at most 1% of the time goes into checkpoints, so not each epoch has one


def test_closing_leaves_no_process_and_no_file(tmp_path: Path) -> None:
    """Workers are killed in the middle of a trial; the files written for them go, and those of a search that was killed."""
    cache = tmp_path / "cache"
    (cache / "workers-of-a-killed-search").mkdir(parents=True)
    executor = ProcessExecutor(workers=1)
    executor.open(make_context(cache), Events())
    pids = pids_of(executor)
    executor.submit(make_job(tmp_path, "sleeps"))

    executor.close()

    assert end_soon(pids)
    assert list(cache.iterdir()) == []


def test_a_second_interruption_leaves_no_process_and_no_file_either(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ctrl-C while the first of two workers is waited for: both are gone all the same."""
    executor = ProcessExecutor(workers=2)
    executor.open(make_context(tmp_path / "cache"), Events())
    pids = pids_of(executor)
    join = WorkerProcess.join
    interruptions = [KeyboardInterrupt()]

    def interrupted(process: WorkerProcess) -> int:
        if interruptions:
            raise interruptions.pop()
        return join(process)

    monkeypatch.setattr(WorkerProcess, "join", interrupted)

    with pytest.raises(KeyboardInterrupt):
        executor.close()

    assert len(pids) == 2
    assert end_soon(pids)
    assert list((tmp_path / "cache").iterdir()) == []


def test_a_worker_that_cannot_start_is_one_clear_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is tried a few times; then the message holds what the process wrote."""
    monkeypatch.setattr(
        "autokeras_core.executors._worker_process._COMMAND", ("/bin/sh", "-c", "echo no luck today >&2; exit 3")
    )

    with pytest.raises(SearchError, match=r"No worker process can start(?s:.*)exit code 3(?s:.*)no luck today"):
        ProcessExecutor(workers=1).open(make_context(tmp_path / "cache"), Events())


def test_a_memory_limit_below_what_a_worker_takes_is_an_error(tmp_path: Path) -> None:
    """It says how much is needed."""
    with pytest.raises(SearchError, match="memory limit is too low.*more than"):
        ProcessExecutor(workers=1, memory_limit="100MB").open(make_context(tmp_path / "cache"), Events())


@pytest.mark.parametrize("options", [{"threads": 0}, {"threads": 1.5}, {"workers": 0}, {"memory_limit": "much"}])
def test_arguments_are_checked_where_they_are_written(options: dict[str, Any]) -> None:
    """No process is started for what cannot work."""
    with pytest.raises(SearchError, match=r"cannot be used\. Expected: .*Received: "):
        ProcessExecutor(**options)


def test_a_callback_that_cannot_be_copied_ends_the_search(tmp_path: Path) -> None:
    """What no other configuration would cure is raised, not recorded for each trial."""
    executor = ProcessExecutor(workers=1)
    executor.open(make_context(tmp_path / "cache", callbacks=[Uncopyable()]), Events())
    try:
        executor.submit(make_job(tmp_path))
        with pytest.raises(SearchError, match="A callback cannot be copied"):
            executor.wait()
    finally:
        executor.close()


def test_a_worker_that_dies_without_a_trial_is_replaced(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """The log says so, and the next trial has a worker."""
    executor = ProcessExecutor(workers=1)
    executor.open(make_context(tmp_path / "cache"), Events())
    try:
        (pid,) = pids_of(executor)
        os.kill(pid, signal.SIGKILL)
        while pid in pids_of(executor):  # else the next trial may be given to it
            executor._listen()
        executor.submit(make_job(tmp_path))
        outcome = executor.wait()
    finally:
        executor.close()

    assert "Worker 0 is replaced: its worker process died: SIGKILL" in caplog.text
    assert outcome.status == "completed"
