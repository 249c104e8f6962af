"""Which Ray is used, and how its machines are shared out among workers."""

from __future__ import annotations

import importlib
import logging
import math
import os
import time
import warnings
from collections.abc import Sequence
from types import ModuleType
from typing import Any

import attrs

from autokeras_core.errors import SearchError, describe_error
from autokeras_core.executors.shares import resolve_workers

__all__ = [
    "Machine",
    "PlaceWatch",
    "check_shares",
    "connect",
    "cpus_each",
    "gpus_each",
    "import_ray",
    "is_cluster_given",
    "machines_of",
    "workers_for",
]

_LOGGER = logging.getLogger(__name__)

_ADDRESS = "RAY_ADDRESS"
_SECONDS_BETWEEN_COMPLAINTS = 30.0


@attrs.frozen(kw_only=True)
class Machine:
    """What a machine of a cluster has for all who use it.

    Attributes:
        cpus: Its CPU cores.
        gpus: Its GPUs.
        memory: Its memory in bytes; `None` if it does not say.
    """

    cpus: float
    gpus: float = 0.0
    memory: float | None = None


def import_ray() -> ModuleType:
    """Return Ray, which is an extra.

    Raises:
        SearchError: If it is not installed.
    """
    try:
        return importlib.import_module("ray")
    except ImportError as error:
        raise SearchError(
            describe_error(
                "The Ray executor needs Ray.",
                expected="the package ray",
                received=f"{type(error).__name__}: {error}",
                advice="Install it: pip install 'autokeras-core[ray]'",
            )
        ) from error


def is_cluster_given(ray: ModuleType) -> bool:
    """Return whether there is a Ray to use: this process is connected to one, or RAY_ADDRESS names one."""
    return bool(ray.is_initialized() or os.environ.get(_ADDRESS))


def connect(ray: ModuleType, *, cpus: int) -> bool:
    """Connect to the Ray that is given, or start one on this machine.

    Args:
        ray: The module.
        cpus: How many cores a Ray that is started has to give away.

    Returns:
        Whether something was done that `ray.shutdown` is to undo: a Ray that the user is connected to stays so.

    Raises:
        SearchError: If it does not work.
    """
    if ray.is_initialized():
        return False
    address = os.environ.get(_ADDRESS)
    options: dict[str, Any] = {"address": address}
    if not address:
        options = {"address": "local", "num_cpus": cpus, "include_dashboard": False}
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", FutureWarning)  # about GPUs of tasks that ask for none; ours say how many
            # The trials' own records come with their messages.
            ray.init(log_to_driver=False, logging_level=logging.ERROR, **options)
    except Exception as error:
        raise SearchError(
            describe_error(
                "Ray cannot be reached." if address else "Ray cannot be started on this machine.",
                expected="a running cluster" if address else "room for Ray's own processes",
                received=f"{_ADDRESS}={address!r}: {type(error).__name__}: {error}"
                if address
                else f"{type(error).__name__}: {error}",
                advice=f"Start it with `ray start`, or unset {_ADDRESS}."
                if address
                else "Use workers= without executor= for several processes without Ray.",
            )
        ) from error
    return True


def machines_of(ray: ModuleType) -> list[Machine]:
    """Return the machines of the cluster that are there now."""
    resources: list[dict[str, float]] = [node["Resources"] for node in ray.nodes() if node["Alive"]]
    return [
        Machine(cpus=each.get("CPU", 0.0), gpus=each.get("GPU", 0.0), memory=each.get("memory")) for each in resources
    ]


def workers_for(machines: Sequence[Machine]) -> int:
    """Return how many workers suit a cluster: one per GPU, or per core as far as each machine has memory for them."""
    gpus = int(sum(machine.gpus for machine in machines))
    return gpus or sum(
        resolve_workers("auto", cores=int(machine.cpus), memory=None if machine.memory is None else int(machine.memory))
        for machine in machines
        if machine.cpus >= 1
    )


def cpus_each(machines: Sequence[Machine], workers: int) -> int:
    """Return how many cores each worker gets: as many as possible so that all find a place, at least one.

    Example:
        ```python
        cpus_each([Machine(cpus=8), Machine(cpus=4)], 3)  # 4
        ```
    """
    most = int(sum(machine.cpus for machine in machines)) // workers
    for cpus in range(most, 1, -1):
        if sum(int(machine.cpus // cpus) for machine in machines) >= workers:
            return cpus
    return 1


def gpus_each(machines: Sequence[Machine], workers: int, *, spreads: bool) -> float:
    """Return how many GPUs each worker gets: none if there are none, else one, or a share of one if workers are more.

    Args:
        machines: The cluster's machines.
        workers: How many workers there are.
        spreads: Whether a trial uses several GPUs of its machine; then it is as many as possible.

    Example:
        ```python
        gpus_each([Machine(cpus=8, gpus=2)], 4, spreads=False)  # 0.5
        gpus_each([Machine(cpus=8, gpus=4), Machine(cpus=8, gpus=4)], 2, spreads=True)  # 4
        ```
    """
    total = sum(machine.gpus for machine in machines)
    if not total:
        return 0.0
    if spreads:
        for gpus in range(int(total) // workers, 1, -1):
            if sum(int(machine.gpus // gpus) for machine in machines) >= workers:
                return float(gpus)
    for sharing in range(1, workers + 1):
        if sum(int(machine.gpus) * sharing for machine in machines) >= workers:
            return math.floor(10_000 / sharing) / 10_000  # Ray counts in ten-thousandths
    return 0.0


def check_shares(*, cpus_per_worker: float | None, gpus_per_worker: float | None, start_timeout: float) -> None:
    """Raise if what a user wants each worker to have cannot be given.

    Raises:
        SearchError: If so; it names all that is wrong.
    """
    cpus, gpus = cpus_per_worker, gpus_per_worker
    problems = []
    if cpus is not None and (isinstance(cpus, bool) or not isinstance(cpus, int) or cpus < 1):
        problems.append(f"cpus_per_worker={cpus!r}, not a whole number of at least 1")
    if gpus is not None and (isinstance(gpus, bool) or gpus < 0 or (gpus > 1 and gpus != int(gpus))):
        problems.append(f"gpus_per_worker={gpus!r}, neither a whole number nor a share of one GPU")
    if not start_timeout > 0:
        problems.append(f"start_timeout={start_timeout!r}, not above 0")
    if problems:
        raise SearchError(
            describe_error(
                "The shares of the workers cannot be used.",
                expected="whole CPU cores, GPUs or a share of one, and seconds above 0",
                received="; ".join(problems),
            )
        )


class PlaceWatch:
    """Waits until a worker has found a place in the cluster: says so now and then, and gives up after a while.

    Args:
        ray: The module.
        timeout: After how many seconds without a worker to give up.
    """

    def __init__(self, ray: ModuleType, *, timeout: float) -> None:
        self._ray = ray
        self._timeout = timeout
        self._since = self._complained = time.monotonic()

    def look(self, *, has_worker: bool) -> None:
        """Take note of whether any worker is ready.

        Raises:
            SearchError: If none has been for too long.
        """
        now = time.monotonic()
        if has_worker:
            self._since = self._complained = now
            return
        if now - self._since > self._timeout:
            raise SearchError(
                describe_error(
                    f"No worker found a place in the Ray cluster within {self._timeout:.0f} s.",
                    expected="a machine with the CPU cores and GPUs that a worker takes",
                    received=f"free: {self._free()}",
                    advice="Ask for less with cpus_per_worker= and gpus_per_worker=, or for fewer workers.",
                )
            )
        if now - self._complained > _SECONDS_BETWEEN_COMPLAINTS:
            _LOGGER.warning("No worker has found a place in the Ray cluster yet; free there: %s", self._free())
            self._complained = now

    def _free(self) -> str:
        resources: dict[str, float] = self._ray.available_resources()
        return ", ".join(f"{resources.get(name, 0.0):g} {name}" for name in ("CPU", "GPU"))
