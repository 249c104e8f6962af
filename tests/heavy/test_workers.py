"""Searches with several workers: what they find, and that nothing a trial does ends them or outlives them."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import attrs
import pytest

from autokeras_core import ArrayInput, AutoModel, ClassificationHead, SearchError
from autokeras_core.executors.process import ProcessExecutor
from autokeras_core.search.journal import read_events
from autokeras_core.search.records import TrialJob, TrialOutcome, rank_outcomes
from tests.heavy.automodels import BUSY, QUICK, dense_classifier, wine
from tests.heavy.worker_doubles import DiesOnce, EpochLog, TroublesomeBlock
from tests.processes import end_soon, wait_until

pytestmark = pytest.mark.skipif(os.name != "posix", reason="signals kill the workers of these tests")


class HastyExecutor(ProcessExecutor):
    """Gives a trial that is going to hang only a second, so that the test need not wait for a time limit."""

    def submit(self, job: TrialJob) -> None:
        """Submit the job with less time."""
        hangs = job.configuration["troublesome/trouble"] == "hangs"
        super().submit(attrs.evolve(job, seconds=1.0, grace=1.0) if hangs else job)


def outcomes_in(directory: Path) -> list[TrialOutcome]:
    """Return the trials that a search's journal tells of, as they ended."""
    names = ("trial_completed", "trial_failed", "trial_pruned")
    return [
        TrialOutcome.from_json(event) for event in read_events(directory / "journal.jsonl") if event["event"] in names
    ]


def jobs_in(directory: Path) -> list[TrialJob]:
    """Return the trials that a search has started."""
    events = read_events(directory / "journal.jsonl")
    return [TrialJob.from_json(event) for event in events if event["event"] == "trial_started"]


def worker_pids(parent: int) -> set[int]:
    """Return the ids of the worker processes that a process has started."""
    listed = subprocess.run(["ps", "-ww", "-eo", "pid=,ppid=,args="], capture_output=True, text=True, check=True).stdout
    rows = [line.split(None, 2) for line in listed.splitlines()]
    return {int(pid) for pid, ppid, args in rows if int(ppid) == parent and "autokeras_core.executors.worker" in args}


def test_a_search_survives_whatever_its_configurations_do(tmp_path: Path) -> None:
    """Some raise, diverge, take all memory, hang or die: the best of the others is found, and each reason is told."""
    x, y = wine()
    start = ArrayInput()
    troubles = ["none", "raises", "nan", "memory", "hangs", "dies", "none"]
    starts = [
        {**QUICK, "troublesome/trouble": trouble, "troublesome/units": units}
        for trouble, units in zip(troubles, [8, 8, 8, 8, 8, 8, 16], strict=True)
    ]
    model = AutoModel(
        start,
        ClassificationHead()(TroublesomeBlock()(start)),
        max_trials=len(starts),
        warm_starts=starts,
        seed=0,
        directory=tmp_path,
        executor=HastyExecutor(workers=2, memory_limit="2GB"),
    )

    model.fit(x, y, epochs=3, verbose=0)

    expected = {
        "raises": ("failed (bug)", "this block always raises", 1),
        "nan": ("failed (nan)", "the loss became nan", 2),
        "memory": ("failed (oom)", "MemoryError", 2),
        "hangs": ("failed (timeout)", "it hung: its worker was killed", 1),
        "dies": ("failed (crash)", "its worker process died: SIGKILL", 2),
    }
    attempts = {outcome.trial_id: outcome.attempts for outcome in outcomes_in(tmp_path)}
    failed = {row.configuration["troublesome/trouble"]: row for row in model.leaderboard() if row.rank == 0}
    assert failed.keys() == expected.keys()
    for trouble, (status, reason, tries) in expected.items():
        assert failed[trouble].status == status
        assert reason in failed[trouble].reason
        assert attempts[failed[trouble].trial_id] == tries
    assert model.best_configuration["troublesome/trouble"] == "none"
    assert model.predict(x).shape == y.shape
    assert worker_pids(os.getpid()) == set()


def test_a_killed_worker_costs_its_trial_one_attempt(tmp_path: Path) -> None:
    """The search ends normally, with all trials, by two processes at once, and the best that the journal tells of."""
    x, y = wine()
    model = dense_classifier(max_trials=4, workers=2, directory=tmp_path / "search")

    history = model.fit(
        x, y, epochs=4, verbose=0, callbacks=[EpochLog(tmp_path / "epochs"), DiesOnce(tmp_path / "marker", epoch=3)]
    )

    outcomes = outcomes_in(tmp_path / "search")
    best = rank_outcomes(outcomes, maximise=True)[0]
    assert sorted(outcome.attempts for outcome in outcomes) == [1, 1, 1, 2]
    assert len({outcome.trial_id for outcome in outcomes}) == 4
    assert best.score == history.best_score
    assert model.best_configuration == best.configuration
    assert len({line["pid"] for line in EpochLog.read(tmp_path / "epochs")}) >= 2
    events = [event["event"] for event in read_events(tmp_path / "search" / "journal.jsonl")]
    assert events.count("trial_retried") == 1
    assert events[-2:] == ["search_ended", "handed_over"]
    assert list((tmp_path / "search" / "cache").iterdir()) == []


def test_a_time_limit_holds_while_workers_start(tmp_path: Path) -> None:
    """Where no worker is ready in time the error says so, soon after the limit, and none is left."""
    x, y = wine()
    model = dense_classifier(max_trials=None, workers=2, time_limit=0.5, directory=tmp_path)
    began = time.monotonic()

    with pytest.raises(SearchError, match="starting the workers"):
        model.fit(x, y, verbose=0)

    assert time.monotonic() - began < 0.5 + BUSY
    assert worker_pids(os.getpid()) == set()


def test_a_time_limit_is_kept_with_several_workers(tmp_path: Path) -> None:
    """All trials that run at once end in time, and the best so far comes back."""
    x, y = wine()
    model = dense_classifier(max_trials=None, workers=2, time_limit=30.0, directory=tmp_path)
    began = time.monotonic()

    history = model.fit(x, y, verbose=0)

    assert time.monotonic() - began < 30.0 + BUSY
    assert history.stop_reason == "time_limit reached"
    assert history.trials >= 2


SCRIPT = """
import sys
from tests.heavy.automodels import dense_classifier, wine
from tests.heavy.worker_doubles import EpochLog
from pathlib import Path

folder = Path(sys.argv[1])
model = dense_classifier(max_trials=1000, workers=2, directory=folder / "search")
x, y = wine()
print(model.fit(x, y, epochs=30, verbose=0, callbacks=[EpochLog(folder / "epochs")]).stop_reason)
"""


@pytest.mark.parametrize(
    ("sent", "code", "said"),
    [
        pytest.param(signal.SIGINT, 0, "interrupted", id="Ctrl-C"),
        pytest.param(signal.SIGKILL, -signal.SIGKILL, "", id="killed"),
    ],
)
def test_no_worker_outlives_its_search(sent: signal.Signals, code: int, said: str, tmp_path: Path) -> None:
    """Ctrl-C ends the search with its best model, a kill ends it with nothing. The workers are gone, and `fit` resumes it.

    Then the trials that were running come first, those that had ended are not run again.
    """
    # Only what it needs: other tests of this process, and what they start, may have left variables of their own.
    kept = {
        name: os.environ[name] for name in ("PATH", "HOME", "KERAS_HOME", "TF_CPP_MIN_LOG_LEVEL") if name in os.environ
    }
    environment = {**kept, "PYTHONPATH": str(Path(__file__).parents[2])}
    search = subprocess.Popen(
        [sys.executable, "-c", SCRIPT, str(tmp_path)],
        stdout=subprocess.PIPE,
        text=True,
        env=environment,
        start_new_session=True,
    )
    try:
        journal = tmp_path / "search" / "journal.jsonl"
        is_under_way = wait_until(lambda: journal.exists() and "trial_completed" in journal.read_text(), seconds=240)
        assert is_under_way, f"the search ended with {search.poll()}"
        workers = worker_pids(search.pid)

        os.killpg(search.pid, sent)  # as a terminal does
        output, _ = search.communicate(timeout=60)
    finally:
        search.kill()

    assert len(workers) == 2
    assert search.returncode == code
    assert output.strip() == said
    assert end_soon(workers)
    before = outcomes_in(tmp_path / "search")
    cut_off = {job.trial_id for job in jobs_in(tmp_path / "search")} - {outcome.trial_id for outcome in before}
    assert cut_off
    x, y = wine()
    dense_classifier(max_trials=len(before) + 3, directory=tmp_path / "search").fit(x, y, epochs=30, verbose=0)
    after = outcomes_in(tmp_path / "search")
    assert after[: len(before)] == before
    assert {outcome.trial_id for outcome in after[len(before) : len(before) + len(cut_off)]} == cut_off
    assert len(after) == len(before) + 3
