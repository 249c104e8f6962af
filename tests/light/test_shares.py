"""A machine is shared out among workers: how many there are, and what each gets."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from autokeras_core.errors import SearchError
from autokeras_core.executors.shares import (
    available_bytes,
    available_cores,
    parse_bytes,
    resolve_workers,
    threads_each,
    worker_environment,
)

GB = 2**30


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        pytest.param({"cores": 8, "memory": 64 * GB}, 8, id="one-per-core"),
        pytest.param({"cores": 8, "memory": 9 * GB}, 4, id="2-GiB-each"),
        pytest.param({"cores": 8, "memory": 9 * GB, "bytes_each": GB}, 3, id="and-a-copy-of-the-texts"),
        pytest.param({"cores": 8, "memory": GB}, 1, id="at-least-one"),
        pytest.param({"cores": 8, "memory": 64 * GB, "max_trials": 3}, 3, id="no-more-than-trials"),
        pytest.param({"cores": 16, "memory": 64 * GB, "gpus": 2}, 2, id="one-per-GPU"),
        pytest.param({"cores": 8, "memory": 64 * GB, "time_limit": 59.0}, 1, id="no-time-to-start-more"),
        pytest.param({"cores": 8, "memory": 64 * GB, "time_limit": 60.0}, 8, id="time-enough"),
    ],
)
def test_auto_goes_by_cores_memory_trials_and_time(arguments: dict[str, Any], expected: int) -> None:
    """The documented rule."""
    assert resolve_workers("auto", **arguments) == expected


def test_a_number_is_taken_as_it_is() -> None:
    """More workers than cores are the user's choice; more than trials would have nothing to do."""
    assert resolve_workers(5, cores=2, memory=GB) == 5
    assert resolve_workers(5, max_trials=2) == 2


@pytest.mark.parametrize("workers", [0, -1, 1.5, "many", True])
def test_what_is_no_number_of_workers_is_an_error(workers: Any) -> None:
    """The message says what is one."""
    with pytest.raises(SearchError, match=r"whole number of at least 1, or 'auto'.*workers="):
        resolve_workers(workers)


def test_threads_are_shared_out_evenly() -> None:
    """Everyone gets one at least."""
    assert [threads_each(workers, cores=8) for workers in (1, 2, 3, 20)] == [8, 4, 2, 1]


def test_the_environment_of_a_worker_limits_its_threads() -> None:
    """The libraries' variables are set, whatever the user's environment says; the rest of that stays."""
    environment = worker_environment({"OMP_NUM_THREADS": "64", "HOME": "here"}, threads=2)

    assert environment["OMP_NUM_THREADS"] == environment["TF_NUM_INTRAOP_THREADS"] == "2"
    assert environment["HOME"] == "here"
    assert "CUDA_VISIBLE_DEVICES" not in environment


def test_several_gpus_are_dealt_out_in_turn() -> None:
    """Those that the user's environment names, if it does."""
    named = {"CUDA_VISIBLE_DEVICES": "3,5"}

    any_of_two = [worker_environment({}, threads=1, number=number, gpus=2) for number in range(3)]
    of_the_named = [worker_environment(named, threads=1, number=number, gpus=2) for number in range(3)]

    assert [each["CUDA_VISIBLE_DEVICES"] for each in any_of_two] == ["0", "1", "0"]
    assert [each["CUDA_VISIBLE_DEVICES"] for each in of_the_named] == ["3", "5", "3"]


@pytest.mark.parametrize(
    ("size", "expected"),
    [(1000, 1000), ("2GB", 2 * GB), ("1.5 GiB", 3 * GB // 2), ("800 mb", 800 * 2**20), ("64k", 2**16), ("7", 7)],
)
def test_sizes_are_numbers_or_text(size: int | str, expected: int) -> None:
    """A unit is a power of 1,024."""
    assert parse_bytes(size) == expected


@pytest.mark.parametrize("size", [0, -5, "lots", "2 gibs", "", True, "0GB"])
def test_what_is_no_size_is_an_error(size: Any) -> None:
    """The message shows how one looks."""
    with pytest.raises(SearchError, match="'2GB'"):
        parse_bytes(size)


def test_this_machine_has_cores_and_memory() -> None:
    """What is asked of the system is at least plausible."""
    memory = available_bytes()

    assert available_cores() >= 1
    assert memory is None or memory > 2**20


def file_tree(root: Path, files: dict[str, str]) -> Path:
    """Write files under a folder that stands for the root of a file system."""
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    return root


V1 = "5:memory:/docker/1\n4:cpu,cpuacct:/docker/1\n"


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        pytest.param({}, 64, id="no-control-groups"),
        pytest.param({"proc/self/cgroup": "0::/a\n", "sys/fs/cgroup/a/cpu.max": "max 100000\n"}, 64, id="no-limit"),
        pytest.param({"proc/self/cgroup": "0::/a\n", "sys/fs/cgroup/a/cpu.max": "200000 100000\n"}, 2, id="own-group"),
        pytest.param({"proc/self/cgroup": "0::/\n", "sys/fs/cgroup/cpu.max": "250000 100000\n"}, 3, id="rounded-up"),
        pytest.param({"proc/self/cgroup": "0::/\n", "sys/fs/cgroup/cpu.max": "20000 100000\n"}, 1, id="at-least-one"),
        pytest.param({"proc/self/cgroup": "0::/\n", "sys/fs/cgroup/cpu.max": "9900000 100000\n"}, 64, id="above-all"),
        pytest.param(
            {
                "proc/self/cgroup": "0::/a/b\n",
                "sys/fs/cgroup/a/b/cpu.max": "max 100000\n",
                "sys/fs/cgroup/a/cpu.max": "400000 100000\n",
            },
            4,
            id="outer-group",
        ),
        pytest.param(
            {
                "proc/self/cgroup": V1,
                "sys/fs/cgroup/cpu/docker/1/cpu.cfs_quota_us": "150000\n",
                "sys/fs/cgroup/cpu/docker/1/cpu.cfs_period_us": "50000\n",
            },
            3,
            id="version-1",
        ),
        pytest.param(
            {
                "proc/self/cgroup": V1,
                "sys/fs/cgroup/cpu/cpu.cfs_quota_us": "200000\n",
                "sys/fs/cgroup/cpu/cpu.cfs_period_us": "100000\n",
            },
            2,
            id="version-1-seen-from-inside",
        ),
        pytest.param(
            {
                "proc/self/cgroup": V1,
                "sys/fs/cgroup/cpu/cpu.cfs_quota_us": "-1\n",
                "sys/fs/cgroup/cpu/cpu.cfs_period_us": "100000\n",
            },
            64,
            id="version-1-without-limit",
        ),
    ],
)
def test_a_container_has_its_share_of_the_cores(
    files: dict[str, str], expected: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On a machine of 64: else two cores' time would be shared by workers of 64 threads."""
    monkeypatch.setattr("os.sched_getaffinity", lambda process: set(range(64)), raising=False)

    assert available_cores(file_tree(tmp_path, files)) == expected
