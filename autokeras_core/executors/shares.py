"""How a machine is shared out among workers: cores, memory, devices. Light: standard library only."""

from __future__ import annotations

import math
import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Literal, TypeAlias

from autokeras_core.errors import SearchError, describe_error

__all__ = [
    "Workers",
    "available_bytes",
    "available_cores",
    "control_groups",
    "parse_bytes",
    "resolve_workers",
    "threads_each",
    "worker_environment",
]

Workers: TypeAlias = int | Literal["auto"]

_BYTES_PER_WORKER = 2 * 2**30
_LEAST_SECONDS = 60.0
_UNITS: Mapping[str, int] = {"": 1, "B": 1, "KB": 2**10, "MB": 2**20, "GB": 2**30, "TB": 2**40}
_VISIBLE_GPUS = "CUDA_VISIBLE_DEVICES"
_SIZE = re.compile(r"\s*(\d+(?:\.\d+)?)\s*([KMGT]?)(i?B)?\s*", re.IGNORECASE)
_ROOT = Path("/")
_GROUPS = Path("sys/fs/cgroup")
_OWN_GROUPS = Path("proc/self/cgroup")


def resolve_workers(
    workers: Workers,
    *,
    max_trials: int | None = None,
    time_limit: float | None = None,
    gpus: int = 0,
    cores: int | None = None,
    memory: int | None = None,
    bytes_each: int = 0,
) -> int:
    """Return how many trials to run at once.

    `"auto"` stands for one worker per core, or per GPU if there are any, but no more than there is free memory for: 2 GiB for
    each, since a worker takes about 0.8 GiB before it has built a model, and its copy of the texts. With a time limit of less
    than a minute it is one, since workers take seconds to start. There are never more workers than trials.

    Args:
        workers: A number, or `"auto"`.
        max_trials: How many trials there will be at most; `None` for no limit.
        time_limit: How many seconds the search may take; `None` for no limit.
        gpus: How many GPUs there are.
        cores: How many cores may be used; by default those of this process.
        memory: How many bytes are free; by default what this machine says.
        bytes_each: How many bytes of the data each worker has a copy of, such as texts.

    Raises:
        SearchError: If `workers` is neither `"auto"` nor a whole number of at least 1.

    Example:
        ```python
        resolve_workers("auto", cores=8, memory=9 * 2**30)  # 4
        resolve_workers("auto", cores=8, memory=64 * 2**30, max_trials=3)  # 3
        resolve_workers(2)  # 2
        ```
    """
    if workers == "auto" and time_limit is not None and time_limit < _LEAST_SECONDS:
        number = 1
    elif workers == "auto":
        free = available_bytes() if memory is None else memory
        number = gpus or (available_cores() if cores is None else cores)
        if free is not None:
            number = min(number, free // (_BYTES_PER_WORKER + bytes_each))
    elif isinstance(workers, bool) or not isinstance(workers, int) or workers < 1:
        raise SearchError(
            describe_error(
                "The number of workers cannot be used.",
                expected="a whole number of at least 1, or 'auto'",
                received=f"workers={workers!r}",
            )
        )
    else:
        number = workers
    return max(1, number if max_trials is None else min(number, max_trials))


def threads_each(workers: int, *, cores: int | None = None) -> int:
    """Return how many threads each of so many workers computes with: an equal part of the cores, at least one."""
    return max(1, (available_cores() if cores is None else cores) // workers)


def worker_environment(
    environment: Mapping[str, str], *, threads: int, number: int = 0, gpus: int = 0
) -> dict[str, str]:
    """Return the environment of a worker process.

    The number of threads is said to the libraries that read it when they are loaded. Of several GPUs each worker gets one,
    in turn. Workers that share a GPU take memory as they need it, not all of it at once, if the user's environment does
    not say otherwise.

    Args:
        environment: The environment of this process.
        threads: How many threads a worker computes with.
        number: Which worker it is, from 0.
        gpus: How many GPUs this process sees.
    """
    share = str(threads)
    devices: dict[str, str] = {}
    if gpus > 1:
        visible = environment.get(_VISIBLE_GPUS, "").split(",")
        devices[_VISIBLE_GPUS] = visible[number % gpus] if len(visible) == gpus else str(number % gpus)
    return {
        "TF_FORCE_GPU_ALLOW_GROWTH": "true",
        "TF_CPP_MIN_LOG_LEVEL": "1",
        **environment,
        "MKL_NUM_THREADS": share,
        "OMP_NUM_THREADS": share,
        "OPENBLAS_NUM_THREADS": share,
        "TF_NUM_INTEROP_THREADS": share,
        "TF_NUM_INTRAOP_THREADS": share,
        **devices,
    }


def parse_bytes(size: int | str) -> int:
    """Return a number of bytes, given as such or as text.

    Args:
        size: `2_000_000_000`, `"2GB"`, `"1.5 GiB"`, `"800 MB"`; a unit is a power of 1,024.

    Raises:
        SearchError: If it is no size above zero.

    Example:
        ```python
        parse_bytes("2GB")  # 2147483648
        ```
    """
    number = 0
    if isinstance(size, str) and (match := _SIZE.fullmatch(size)):
        prefix = match[2].upper()
        number = int(float(match[1]) * _UNITS[f"{prefix}B" if prefix else ""])
    elif isinstance(size, int) and not isinstance(size, bool):
        number = size
    if number <= 0:
        raise SearchError(
            describe_error(
                "The size cannot be used.",
                expected="a number of bytes above 0, or text like '2GB' or '800 MB'",
                received=f"{size!r}",
            )
        )
    return number


def available_cores(root: Path = _ROOT) -> int:
    """Return how many cores this process may use, with its container's share of them if it is in one (`docker --cpus=2`).

    Args:
        root: Where the file system begins that tells of the container; another one is for tests.
    """
    affinity = getattr(os, "sched_getaffinity", None)  # not on macOS and Windows
    cores = len(affinity(0)) if affinity is not None else os.cpu_count() or 1
    shares = [share for group in _groups(root, controller="cpu") if (share := _share_of_group(group)) is not None]
    # A part of a core is rounded up: else it would be given to nobody.
    return min([cores, *(max(1, math.ceil(share)) for share in shares)])


def available_bytes() -> int | None:
    """Return how much memory is free, for this process's container if it is in one; `None` where that is not known."""
    known = [size for size in (_free_of_machine(), _free_of_container()) if size is not None]
    return min(known, default=None)


def control_groups() -> list[Path]:
    """Return the folders of the control groups (version 2) that this process is in, the innermost first; none elsewhere."""
    return _groups(_ROOT)


def _groups(root: Path, *, controller: str = "") -> list[Path]:
    """Return the folders of the control groups that this process is in, the innermost first.

    Args:
        root: Where the file system begins.
        controller: A controller of version 1, whose groups come too; each of these has a tree of its own.
    """
    try:
        lines = (root / _OWN_GROUPS).read_text(encoding="utf-8").splitlines()
    except OSError:
        return []
    folders: list[Path] = []
    for line in lines:
        _, controllers, path = line.split(":", 2)  # "0::/docker/1" in version 2, "4:cpu,cpuacct:/docker/1" in 1
        if not controllers or controller in controllers.split(","):
            top = root / _GROUPS / controller if controllers else root / _GROUPS
            innermost = top / path.lstrip("/")
            folders += [innermost, *(each for each in innermost.parents if each.is_relative_to(top))]
    return folders


def _share_of_group(group: Path) -> float | None:
    """Return for how many cores' time a control group is limited; `None` if it is not."""
    try:
        if (group / "cpu.max").exists():  # version 2
            quota, period = (group / "cpu.max").read_text(encoding="ascii").split()
        else:
            quota, period = ((group / f"cpu.cfs_{name}_us").read_text(encoding="ascii") for name in ("quota", "period"))
        return int(quota) / int(period) if int(quota) > 0 else None
    except (OSError, ValueError, ZeroDivisionError):  # no such group, or "max"
        return None


def _free_of_machine() -> int | None:
    try:
        lines = Path("/proc/meminfo").read_text(encoding="ascii").splitlines()
    except OSError:
        return None
    entries = dict(line.split(":", 1) for line in lines if ":" in line)
    return int(entries["MemAvailable"].split()[0]) * 2**10 if "MemAvailable" in entries else None


def _free_of_container() -> int | None:
    """Return what is left up to the lowest limit of the control groups, with what the kernel could give back."""
    left = [_free_of_group(group) for group in control_groups()]
    return min((size for size in left if size is not None), default=None)


def _free_of_group(group: Path) -> int | None:
    try:
        limit = (group / "memory.max").read_text(encoding="ascii").strip()
        used = int((group / "memory.current").read_text(encoding="ascii"))
        statistics = (group / "memory.stat").read_text(encoding="ascii").splitlines()
    except (OSError, ValueError):
        return None
    if limit == "max":
        return None
    cached = next((int(line.split()[1]) for line in statistics if line.startswith("inactive_file ")), 0)
    return max(0, int(limit) - used + cached)
