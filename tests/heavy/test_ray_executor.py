"""The Ray executor on two machines, which are processes here: where trials run, what comes back, and what survives a lost worker."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from autokeras_core.executors.base import Executor
from autokeras_core.executors.ray import RayExecutor
from autokeras_core.search.journal import read_events
from tests.heavy.executor_doubles import Events, make_context, make_job, opened
from tests.heavy.worker_doubles import EpochLog

ray = pytest.importorskip("ray", reason="Ray is an extra")
Cluster = pytest.importorskip("ray.cluster_utils").Cluster

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="the tests look for processes in /proc")


@pytest.fixture(scope="module", autouse=True)
def machines() -> Iterator[Any]:
    """Start a cluster of two machines with a core each, and connect to it, as a user may have done.

    The machines are processes here. They have a secret of their own: Ray would write one to the home directory.
    """
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RAY_AUTH_TOKEN", uuid.uuid4().hex * 2)
        patch.delenv("RAY_ADDRESS", raising=False)
        cluster = Cluster(initialize_head=True, head_node_args={"num_cpus": 0, "include_dashboard": False})
        try:
            for _ in range(2):
                cluster.add_node(num_cpus=1)
            ray.init(address=cluster.address, log_to_driver=False, logging_level="ERROR")
            yield cluster
        finally:
            ray.shutdown()
            cluster.shutdown()


@pytest.fixture(scope="module")
def executor(cache: Path, events: Events) -> Iterator[RayExecutor]:
    """Return an executor of as many workers as the cluster has cores."""
    with opened(RayExecutor(), cache, events) as executor:
        yield executor


def scratch_folder(executor: RayExecutor) -> Path:
    """Return where workers that are not on the search's machine keep what they need on their own disks."""
    assert executor._files is not None
    return Path(tempfile.gettempdir()) / f"autokeras-ray-{executor._files.token}"


def test_trials_run_at_once_in_two_workers(
    executor: RayExecutor, events: Events, cache: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Each computes with its share of the cores, leaves its model in the search's directory, and is heard of."""
    executor.submit(make_job(tmp_path, trial_id="a"))
    executor.submit(make_job(tmp_path, trial_id="b"))
    outcomes = {each.trial_id: each for each in (executor.wait(), executor.wait())}

    lines = EpochLog.read(cache.parent / "epochs")
    assert isinstance(executor, Executor)
    assert executor.capacity == 2
    assert len({seat.node for seat in executor._seats}) == 2
    assert {each.status for each in outcomes.values()} == {"completed"}
    assert {each.directory for each in outcomes.values()} == {str(tmp_path / name) for name in "ab"}
    assert all((tmp_path / name / "bundle").is_dir() for name in "ab")
    assert len({line["pid"] for line in lines} - {os.getpid()}) == 2
    assert {line["threads"] for line in lines} == {1}
    for name in "ab":
        told = [event for trial, event, _ in events.seen if trial == name]
        assert told[0] == "built" and told.count("epoch") == 3
    assert "epoch 3 is over" in caplog.text


def test_a_lost_worker_is_a_crash_and_is_replaced(executor: RayExecutor, tmp_path: Path) -> None:
    """Its trial has an outcome that says so, and the next trials find two workers."""
    executor.submit(make_job(tmp_path, "dies"))
    outcome = executor.wait()
    for name in "cd":
        executor.submit(make_job(tmp_path, trial_id=name))
    others = [executor.wait(), executor.wait()]

    assert outcome.failure is not None
    assert (outcome.failure.kind, outcome.trial_id) == ("crash", "dies")
    assert "its worker was lost" in outcome.failure.reason
    assert [each.status for each in others] == ["completed"] * 2


def test_a_trial_that_hangs_is_ended(executor: RayExecutor, tmp_path: Path) -> None:
    """It cannot be interrupted from within, so its worker is killed."""
    executor.submit(make_job(tmp_path, "hangs", seconds=1.0, grace=0.5))

    outcome = executor.wait()

    assert outcome.failure is not None
    assert outcome.failure.kind == "timeout"
    assert "it hung" in outcome.failure.reason


def test_the_loss_of_a_machine_costs_its_trial_one_attempt(
    executor: RayExecutor, machines: Any, tmp_path: Path
) -> None:
    """There is no place for a worker in its stead, so the other one runs what is to be run."""
    executor.submit(make_job(tmp_path, trial_id="first"))
    executor.wait()  # so that a worker is there
    executor.submit(make_job(tmp_path, "sleeps"))
    (seat,) = [seat for seat in executor._seats if seat.job is not None]
    machines.remove_node(
        next(each for each in machines.worker_nodes if each.node_id == seat.node), allow_graceful=False
    )
    outcome = executor.wait()
    for name in "ef":
        executor.submit(make_job(tmp_path, trial_id=name, attempt=2))
    others = [executor.wait(), executor.wait()]

    assert outcome.failure is not None
    assert (outcome.failure.kind, outcome.trial_id) == ("crash", "sleeps")
    assert [each.status for each in others] == ["completed"] * 2


def test_closing_leaves_the_ray_of_the_user_and_no_files(executor: RayExecutor, cache: Path, tmp_path: Path) -> None:
    """Only the workers end."""
    executor.submit(make_job(tmp_path, "sleeps"))
    scratch = scratch_folder(executor)
    assert scratch.is_dir()

    executor.close()

    assert not scratch.exists()
    assert ray.is_initialized()
    assert list(cache.iterdir()) == []
    assert [path.name for path in tmp_path.iterdir() if path.name != "sleeps"] == []


def test_an_interruption_while_workers_tidy_up_leaves_none_of_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ctrl-C a second time: what takes longest is cut short, nothing else."""
    executor = RayExecutor(workers=1)
    executor.open(make_context(tmp_path / "cache"), Events())
    (seat,) = executor._seats

    def interrupted() -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(executor, "_tidy", interrupted)

    with pytest.raises(KeyboardInterrupt):
        executor.close()

    with pytest.raises(ray.exceptions.RayActorError):
        ray.get(seat.actor.news.remote(), timeout=60)
    assert list((tmp_path / "cache").iterdir()) == []


def test_models_come_back_from_machines_without_the_directory(tmp_path: Path) -> None:
    """Data goes and models come by way of Ray's object store; nothing stays on the worker's own disk."""
    events = Events()
    executor = RayExecutor(workers=1, shared_directory=False)
    executor.open(make_context(tmp_path / "cache"), events)
    try:
        scratch = scratch_folder(executor)
        assert (scratch / "context").is_dir()
        executor.submit(make_job(tmp_path / "trials", trial_id="a"))
        outcome = executor.wait()
    finally:
        executor.close()

    assert outcome.status == "completed"
    assert outcome.directory == str(tmp_path / "trials" / "a")
    assert (tmp_path / "trials" / "a" / "bundle" / "model.keras").is_file()
    assert not scratch.exists()
    assert [event for _, event, _ in events.seen].count("epoch") == 3


SEARCH = """
import json, sys
from pathlib import Path
from tests.heavy.automodels import dense_classifier, wine
from tests.heavy.worker_doubles import DiesOnce, EpochLog

folder = Path(sys.argv[1])
model = dense_classifier(max_trials=4, executor="ray", workers=2, directory=folder / "search")
x, y = wine()
callbacks = [EpochLog(folder / "epochs"), DiesOnce(folder / "marker", epoch=3)]
history = model.fit(x, y, epochs=4, verbose=0, callbacks=callbacks)
report = {"stopped": history.stop_reason, "best": history.best_score, "accuracy": model.evaluate(x, y)["accuracy"]}
print(json.dumps(report))
"""


def processes_with(variable: str) -> list[int]:
    """Return the ids of processes that have inherited an environment variable."""
    found = []
    for folder in Path("/proc").iterdir():
        try:
            if folder.name.isdigit() and variable.encode() in (folder / "environ").read_bytes():
                found.append(int(folder.name))
        except OSError:  # it has ended, or is not ours
            continue
    return found


def test_a_search_with_a_ray_of_its_own_survives_a_killed_worker(tmp_path: Path) -> None:
    """Both workers train, the killed one's trial is run once more, and no process of Ray is left behind."""
    mark = uuid.uuid4().hex
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2]), "AUTOKERAS_TEST_MARK": mark}

    done = subprocess.run(
        [sys.executable, "-c", SEARCH, str(tmp_path)], capture_output=True, text=True, env=environment, check=False
    )

    assert done.returncode == 0, done.stderr[-4000:]
    report: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    journal = read_events(tmp_path / "search" / "journal.jsonl")
    events = [event["event"] for event in journal]
    scores = [event["score"] for event in journal if event["event"] in ("trial_completed", "trial_pruned")]
    assert report["stopped"] == "max_trials=4 reached"
    assert report["accuracy"] > 0.5
    assert max(scores) >= report["best"]
    assert len(scores) == 4
    assert events.count("trial_retried") == 1
    assert len({line["pid"] for line in EpochLog.read(tmp_path / "epochs")}) >= 2
    assert processes_with(mark) == []
