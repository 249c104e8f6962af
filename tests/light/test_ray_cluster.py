"""The Ray executor's plain parts: shares of a cluster, why a worker was lost, files that are sent. No Ray is started."""

from __future__ import annotations

import logging
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from autokeras_core.errors import SearchError
from autokeras_core.executors._packing import pack_folder, unpack_folder
from autokeras_core.executors._ray_cluster import (
    Machine,
    PlaceWatch,
    check_shares,
    connect,
    cpus_each,
    gpus_each,
    import_ray,
    is_cluster_given,
    machines_of,
    workers_for,
)
from autokeras_core.executors._ray_losses import describe_loss, words_of


class FakeRay(ModuleType):
    """What is asked of Ray, without Ray."""

    def __init__(self, *, is_initialized: bool = False, failure: Exception | None = None) -> None:
        super().__init__("ray")
        self.connected = is_initialized
        self.failure = failure
        self.options: dict[str, Any] = {}

    def is_initialized(self) -> bool:
        """Return whether there is a connection."""
        return self.connected

    def init(self, **options: Any) -> None:
        """Connect, or fail."""
        self.options = options
        if self.failure is not None:
            raise self.failure
        self.connected = True

    def nodes(self) -> list[dict[str, Any]]:
        """Return a machine that is there and one that is gone."""
        return [
            {"Alive": True, "Resources": {"CPU": 8.0, "GPU": 2.0, "memory": 2.0**35}},
            {"Alive": False, "Resources": {"CPU": 64.0}},
        ]

    def available_resources(self) -> dict[str, float]:
        """Return what nobody uses."""
        return {"CPU": 1.0}


@pytest.mark.parametrize(
    ("cores", "workers", "expected"),
    [([8, 4], 3, 4), ([2], 2, 1), ([5, 3], 2, 3), ([1], 4, 1), ([16], 1, 16)],
    ids=["all find a place", "equal parts", "the smaller machine counts", "never less than one", "all for one"],
)
def test_each_worker_gets_as_many_cores_as_leave_room_for_all(cores: list[int], workers: int, expected: int) -> None:
    """A share that is too large for a machine would leave a worker waiting for ever."""
    assert cpus_each([Machine(cpus=each) for each in cores], workers) == expected


@pytest.mark.parametrize(
    ("gpus", "workers", "spreads", "expected"),
    [([0], 2, False, 0.0), ([4], 2, False, 1.0), ([1], 3, False, 0.3333), ([4, 4], 2, True, 4.0), ([1], 2, True, 0.5)],
    ids=["none", "one each", "shared", "several each", "shared all the same"],
)
def test_each_worker_gets_a_gpu_or_a_share_of_one(
    gpus: list[int], workers: int, spreads: bool, expected: float
) -> None:
    """Several only where a trial uses several."""
    assert gpus_each([Machine(cpus=8, gpus=each) for each in gpus], workers, spreads=spreads) == expected


@pytest.mark.parametrize(
    ("machines", "expected"),
    [
        ([Machine(cpus=8, memory=9 * 2**30), Machine(cpus=2, memory=64 * 2**30), Machine(cpus=0)], 4 + 2),
        ([Machine(cpus=8, gpus=2), Machine(cpus=8, gpus=1)], 3),
    ],
    ids=["cores with 2 GiB of memory", "GPUs"],
)
def test_the_number_of_workers_follows_from_the_cluster(machines: list[Machine], expected: int) -> None:
    """Each machine counts by itself: memory of one is of no use to the other."""
    assert workers_for(machines) == expected


def test_only_machines_that_are_there_count() -> None:
    """Ray remembers those that are gone."""
    assert machines_of(FakeRay()) == [Machine(cpus=8.0, gpus=2.0, memory=2.0**35)]


def test_all_shares_that_cannot_be_given_are_named_at_once() -> None:
    """So that one correction suffices."""
    with pytest.raises(SearchError, match=r"cpus_per_worker=0.*gpus_per_worker=1\.5.*start_timeout=0"):
        check_shares(cpus_per_worker=0, gpus_per_worker=1.5, start_timeout=0)


def test_without_ray_the_error_says_how_to_install_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ray is an extra."""
    monkeypatch.setitem(sys.modules, "ray", None)

    with pytest.raises(SearchError, match=r"pip install 'autokeras-core\[ray\]'"):
        import_ray()


def test_a_ray_that_the_user_is_connected_to_is_used_and_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    """There is nothing to be undone."""
    monkeypatch.delenv("RAY_ADDRESS", raising=False)
    ray = FakeRay(is_initialized=True)

    assert is_cluster_given(ray)
    assert connect(ray, cpus=2) is False
    assert ray.options == {}


def test_the_cluster_that_the_environment_names_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its cores are its own affair."""
    monkeypatch.setenv("RAY_ADDRESS", "head:6379")
    ray = FakeRay()

    assert is_cluster_given(ray)
    assert connect(ray, cpus=2) is True
    assert ray.options["address"] == "head:6379"
    assert "num_cpus" not in ray.options


def test_otherwise_ray_is_started_here(monkeypatch: pytest.MonkeyPatch) -> None:
    """Never another one that happens to run on this machine."""
    monkeypatch.delenv("RAY_ADDRESS", raising=False)
    ray = FakeRay()

    assert not is_cluster_given(ray)
    assert connect(ray, cpus=2) is True
    assert (ray.options["address"], ray.options["num_cpus"]) == ("local", 2)


def test_a_cluster_that_cannot_be_reached_is_one_clear_error(monkeypatch: pytest.MonkeyPatch) -> None:
    """It names the variable that named it."""
    monkeypatch.setenv("RAY_ADDRESS", "nowhere:1")

    with pytest.raises(SearchError, match="RAY_ADDRESS='nowhere:1': ConnectionError: no answer"):
        connect(FakeRay(failure=ConnectionError("no answer")), cpus=2)


def test_waiting_for_a_place_ends_with_an_error_that_says_what_is_free(monkeypatch: pytest.MonkeyPatch) -> None:
    """Before that a line in the log says now and then what it waits for; a worker that is there ends the wait."""
    now = [0.0]
    monkeypatch.setattr("time.monotonic", lambda: now[0])
    places = PlaceWatch(FakeRay(), timeout=100.0)
    now[0] = 99.0
    places.look(has_worker=True)
    now[0] = 198.0
    places.look(has_worker=False)
    now[0] = 200.0

    with pytest.raises(SearchError, match="within 100 s.*free: 1 CPU, 0 GPU"):
        places.look(has_worker=False)


def test_the_log_says_what_a_search_waits_for(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Every half minute."""
    now = [0.0]
    monkeypatch.setattr("time.monotonic", lambda: now[0])
    places = PlaceWatch(FakeRay(), timeout=100.0)

    with caplog.at_level(logging.WARNING):
        for now[0] in (10.0, 31.0, 40.0):
            places.look(has_worker=False)

    assert caplog.messages == ["No worker has found a place in the Ray cluster yet; free there: 1 CPU, 0 GPU"]


class OutOfMemoryError(Exception):
    """Ray's has the same name."""


DIED = (
    "The actor died unexpectedly before finishing this task.\n\tpid: 12\nThe actor is dead because its worker process "
    "has died. Some common causes include: (1) the process was killed by the OOM killer due to high memory usage"
)


@pytest.mark.parametrize(
    ("error", "memory_kills", "kind"),
    [
        (RuntimeError(DIED), 0, "crash"),
        (RuntimeError(DIED), 1, "oom"),
        (OutOfMemoryError("1 worker(s) were killed"), 0, "oom"),
        (RuntimeError("killed due to the node running low on memory"), 0, "oom"),
        (RuntimeError(""), 0, "crash"),
    ],
    ids=["died", "killed by the kernel", "killed by Ray", "Ray's words", "without words"],
)
def test_the_loss_of_a_worker_has_a_kind(error: Exception, memory_kills: int, kind: str) -> None:
    """Ray says of any process that died that it may have been for its memory; that alone says nothing."""
    failure = describe_loss(error, memory_kills=memory_kills)

    assert failure.kind == kind
    assert failure.reason and "\n" not in failure.reason


def test_what_ray_says_has_no_colours() -> None:
    """They would be letters in a journal."""
    assert words_of(RuntimeError("\x1b[36mray::TrialWorker.run()\x1b[39m failed")) == "ray::TrialWorker.run() failed"


def test_a_folder_arrives_as_it_was_sent(tmp_path: Path) -> None:
    """Folders in it too; what was there before is gone."""
    (tmp_path / "sent" / "bundle").mkdir(parents=True)
    (tmp_path / "sent" / "bundle" / "model").write_bytes(b"\x00\xff")
    (tmp_path / "sent" / "note").write_text("a")
    (tmp_path / "kept").mkdir()
    (tmp_path / "kept" / "old").touch()

    unpack_folder(pack_folder(tmp_path / "sent"), tmp_path / "kept")

    assert pack_folder(tmp_path / "kept") == [("bundle/model", b"\x00\xff"), ("note", b"a")]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["kept", "sent"]


def test_a_folder_that_is_not_there_has_no_files(tmp_path: Path) -> None:
    """A trial that starts has left nothing."""
    assert pack_folder(tmp_path / "nothing") == []


def test_a_folder_without_files_is_no_folder_where_it_arrives(tmp_path: Path) -> None:
    """What an earlier attempt of the trial has left goes, too."""
    (tmp_path / "kept").mkdir()
    (tmp_path / "kept" / "old").touch()

    unpack_folder([], tmp_path / "kept")

    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("method", ["write_bytes", "replace"], ids=["written", "put in place"])
def test_a_folder_that_cannot_be_replaced_stays_as_it_was(
    method: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing is lost, and nothing is left beside it."""
    (tmp_path / "kept").mkdir()
    (tmp_path / "kept" / "old").write_text("a")
    original = getattr(Path, method)

    def fail_for_the_new(path: Path, *arguments: Any) -> Any:
        if "kept.part" in path.parts:
            message = "no room"
            raise OSError(message)
        return original(path, *arguments)

    monkeypatch.setattr(Path, method, fail_for_the_new)

    with pytest.raises(OSError, match="no room"):
        unpack_folder([("new", b"b")], tmp_path / "kept")

    assert [path.relative_to(tmp_path).as_posix() for path in sorted(tmp_path.rglob("*"))] == ["kept", "kept/old"]


@pytest.mark.parametrize("name", ["../outside", "/outside", "bundle/../../outside", "C:outside", "..\\outside", ""])
def test_no_file_is_written_outside_of_the_folder(name: str, tmp_path: Path) -> None:
    """Whatever another machine calls it."""
    with pytest.raises(SearchError, match="cannot be kept"):
        unpack_folder([("good", b""), (name, b"")], tmp_path / "kept")

    assert list(tmp_path.iterdir()) == []
