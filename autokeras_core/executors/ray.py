"""The Ray executor: trials on the machines of a Ray cluster, or on a local Ray; each worker is an actor."""

from __future__ import annotations

import logging
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import attrs
import tensorflow as tf

from autokeras_core.errors import SearchError, describe_error
from autokeras_core.executors._deaths import count_memory_kills
from autokeras_core.executors._inside import current_settings, log_again
from autokeras_core.executors._packing import pack_folder, unpack_folder
from autokeras_core.executors._pool import SECONDS_BETWEEN_LOOKS, Seat, WorkerPool
from autokeras_core.executors._ray_cluster import (
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
from autokeras_core.executors._ray_files import SharedFiles
from autokeras_core.executors._ray_losses import describe_loss, words_of
from autokeras_core.executors.shares import Workers, available_cores, resolve_workers, worker_environment
from autokeras_core.search.records import Failure, TrialOutcome, failed_outcome

if TYPE_CHECKING:
    from autokeras_core.engine.context import TrialContext
    from autokeras_core.executors.base import TrialObserver
    from autokeras_core.executors.messages import Message

__all__ = ["RayExecutor"]

_LOGGER = logging.getLogger(__name__)

_SECONDS_TO_TIDY = 5.0
_OWN_VARIABLES = ("AUTOKERAS_", "KERAS_BACKEND", "TF_")


@attrs.define(eq=False, kw_only=True)
class _Seat(Seat):
    """An actor with what it does.

    `reply` is what Ray will have when the worker has started or its trial has ended, `news` what happens meanwhile.
    """

    actor: Any
    reply: Any = None
    news: Any = None
    node: str = ""
    is_successor: bool = False
    sees_trials: bool = True


class RayExecutor(WorkerPool[_Seat]):
    """Runs trials on a Ray cluster, as many at once as there are workers; needs `pip install 'autokeras-core[ray]'`.

    It uses the Ray that this process is connected to, or the cluster that the environment variable `RAY_ADDRESS` names; else
    it starts Ray on this machine, and ends it with the search. Workers are Ray actors: Ray finds a place for each that has
    its share of CPU cores and GPUs, and hands them back when the search ends. A worker that is lost, alone or with its
    machine, costs its trial one more attempt, one that hangs is killed, and both are replaced.

    Machines that see the search's directory (a network file system) read the training data there, and leave models and
    checkpoints there. To others the data goes once, through Ray's object store, and models come back on that way; a trial that
    is lost on one of these begins anew, since its checkpoint is lost with it. Each machine needs the same version of this
    package and of the plugins.

    Blocks, callbacks and the like must be such that pickle takes them: defined in modules, not in the script itself.

    Args:
        workers: How many trials to run at once, or `"auto"`: one per GPU of the cluster, or one per CPU core as far as there
            are 2 GiB of memory for each.
        cpus_per_worker: How many CPU cores each worker takes, and computes with; by default an equal part of the cluster's.
        gpus_per_worker: How many GPUs each worker takes; several workers may share one (`0.5`). By default one if there are
            any, or a share of one if there are more workers; with `distribution="data_parallel"` an equal part of them.
        shared_directory: Whether all machines see the search's directory; by default each worker finds out by itself.
        start_timeout: How many seconds to wait for a place in the cluster when no worker has one.

    Attributes:
        capacity: The number of workers; it falls by those that cannot be replaced, until the search ends.

    Raises:
        SearchError: If Ray is not installed, an argument cannot be used, or the cluster cannot be reached.

    Example:
        ```python
        AutoModel(inputs, outputs, executor="ray", workers=4)
        AutoModel(inputs, outputs, executor=RayExecutor(workers=8, gpus_per_worker=0.5))
        ```

    Reference:
        Moritz et al., "Ray: A Distributed Framework for Emerging AI Applications", OSDI 2018.
    """

    name = "Ray"

    def __init__(
        self,
        *,
        workers: Workers = "auto",
        cpus_per_worker: int | None = None,
        gpus_per_worker: float | None = None,
        shared_directory: bool | None = None,
        start_timeout: float = 300.0,
    ) -> None:
        check_shares(cpus_per_worker=cpus_per_worker, gpus_per_worker=gpus_per_worker, start_timeout=start_timeout)
        self._ray: Any = import_ray()
        self._is_ours = False
        if workers == "auto" and is_cluster_given(self._ray):
            self._is_ours = connect(self._ray, cpus=1)
            super().__init__(workers_for(machines_of(self._ray)))
        else:
            super().__init__(resolve_workers(workers, gpus=len(tf.config.list_physical_devices("GPU"))))
        self.cpus_per_worker = cpus_per_worker
        self.gpus_per_worker = gpus_per_worker
        self.shared_directory = shared_directory
        self.start_timeout = start_timeout
        self._files: SharedFiles | None = None
        self._node = ""
        self._make_actor: Any = None
        self._places: PlaceWatch | None = None

    def open(self, context: TrialContext, observer: TrialObserver) -> None:
        """Start the workers, and write what they need to know; return when the first one is ready.

        Raises:
            SearchError: If the context cannot be handed to other processes, or no worker can start.
        """
        self._observer = observer
        try:
            self._is_ours |= connect(self._ray, cpus=max(available_cores(), self.capacity))
            self._node = self._ray.get_runtime_context().get_node_id()
            self._files = SharedFiles(context.store.directory)
            self._make_actor = self._actor_maker(spreads=context.distribution is not None, token=self._files.token)
            # They begin with importing TensorFlow, which takes seconds; the files are written meanwhile.
            for number in range(self.capacity):
                self._seats.append(_Seat(number=number, actor=self._make_actor()))
            self._files.write(context)
            for seat in self._seats:
                self._set_up(seat)
            self._places = PlaceWatch(self._ray, timeout=self.start_timeout)
            self._wait_for_a_worker()
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """End the workers, delete the files that were written for them, and end Ray if it was started here.

        That is done also where Ctrl-C comes while workers delete what they have on other machines, which takes longest.
        """
        try:
            if self._ray.is_initialized():
                self._tidy()
        finally:
            if self._ray.is_initialized():
                for seat in self._seats:
                    self._kill(seat)
            if self._is_ours:
                self._ray.shutdown()
                self._is_ours = False
            self._empty()
            self._make_actor = None
            if self._files is not None:
                self._files.remove()
                self._files = None

    # The cluster

    def _actor_maker(self, *, spreads: bool, token: str) -> Any:
        """Return a function without arguments that makes an actor."""
        from autokeras_core.executors._ray_worker import NEWS_GROUP, TrialWorker  # needs Ray

        machines = machines_of(self._ray)
        cpus, gpus = self.cpus_per_worker, self.gpus_per_worker
        if cpus is None:
            cpus = cpus_each(machines, self.capacity)
        if gpus is None:
            gpus = gpus_each(machines, self.capacity, spreads=spreads)
        # What environment variables say to TensorFlow, Keras and this library, other machines do not know.
        own = {name: value for name, value in os.environ.items() if name.startswith(_OWN_VARIABLES)}
        options = {
            "num_cpus": cpus,
            "num_gpus": gpus,
            "max_restarts": 0,
            "scheduling_strategy": "SPREAD",
            "runtime_env": {"env_vars": worker_environment(own, threads=cpus)},
        }
        actor = self._ray.remote(concurrency_groups={NEWS_GROUP: 1})(TrialWorker).options(**options)
        settings = current_settings()
        return lambda: actor.remote(settings, threads=cpus, path=[*sys.path], token=token)

    def _tidy(self) -> None:
        """Delete what the workers have on the disks of their machines, as far as there are workers on these."""
        calls = [seat.actor.tidy.remote() for seat in self._seats if seat.is_ready or seat.is_successor]
        if calls:
            self._ray.wait(calls, num_returns=len(calls), timeout=_SECONDS_TO_TIDY)

    # Workers

    def _set_up(self, seat: _Seat) -> None:
        assert self._files is not None
        seat.sees_trials = self.shared_directory is not False
        mark = str(self._files.mark(self._files.folder)) if seat.sees_trials else None
        seat.reply = seat.actor.prepare.remote(str(self._files.folder), mark=mark, node=self._node)

    def _kill(self, seat: _Seat) -> None:
        self._ray.kill(seat.actor, no_restart=True)

    def _replace(self, seat: _Seat) -> None:
        self._kill(seat)
        fresh = _Seat(number=seat.number, actor=self._make_actor(), is_successor=True)
        self._seats[self._seats.index(seat)] = fresh
        self._set_up(fresh)

    def _run(self, seat: _Seat) -> None:
        assert seat.job is not None
        assert self._files is not None
        directory = Path(seat.job.directory).absolute()
        mark = str(self._files.mark(directory.parent)) if seat.sees_trials else None
        files = None if seat.sees_trials else pack_folder(directory)
        job = attrs.evolve(seat.job, directory=str(directory))  # the worker is somewhere else
        seat.reply = seat.actor.run.remote(job.to_json(), mark=mark, files=files)
        seat.news = seat.news or seat.actor.news.remote()

    # Messages

    def _listen(self) -> None:
        """Wait a moment for a reply or news; act on it, and on all else that is there by then."""
        # News comes first: what a reply tells is later.
        seats = {call: seat for seat in self._seats for call in (seat.news, seat.reply) if call is not None}
        if not seats:
            return
        calls = list(seats)
        self._ray.wait(calls, num_returns=1, timeout=SECONDS_BETWEEN_LOOKS)
        done, _ = self._ray.wait(calls, num_returns=len(calls), timeout=0)
        for call in done:
            seat = seats[call]
            if seat not in self._seats:
                continue  # its other call has told that it was lost
            try:
                answer = self._ray.get(call)
            except self._ray.exceptions.RayError as error:
                self._note_death(seat, error)
                continue
            if call == seat.news:
                seat.news = None if seat.job is None else seat.actor.news.remote()
                self._tell(answer)
            else:
                seat.reply = None
                self._act(seat, answer)
        assert self._places is not None
        self._places.look(has_worker=any(seat.is_ready for seat in self._seats))

    def _act(self, seat: _Seat, answer: Message) -> None:
        kind = answer["kind"]
        if kind == "blind":
            seat.sees_trials = False
            assert self._files is not None
            seat.reply = seat.actor.receive.remote(self._files.packed(self._ray))
        elif kind == "ready":
            seat.node = answer["node"]
            self._note_ready(seat)
        elif kind == "unseen":
            seat.sees_trials = False
            self._run(seat)
        elif kind == "outcome":
            self._tell(answer["news"])
            self._outcomes.append(self._brought_home(seat, answer))
            seat.job = None
        elif kind == "error":
            raise SearchError(answer["reason"])

    def _brought_home(self, seat: _Seat, answer: Message) -> TrialOutcome:
        """Return an outcome whose files are in the trial's directory."""
        assert seat.job is not None
        outcome = TrialOutcome.from_json(answer["outcome"])
        if answer["files"] is not None:
            try:
                unpack_folder(answer["files"], Path(seat.job.directory))
            except OSError as error:
                failure = Failure(kind="bug", reason=f"its model could not be kept: {type(error).__name__}: {error}")
                return failed_outcome(seat.job, failure, seconds=seat.seconds_so_far)
        return attrs.evolve(outcome, directory=seat.job.directory if outcome.directory else "")

    def _tell(self, news: list[Message]) -> None:
        assert self._observer is not None
        running = [seat.job.trial_id for seat in self._seats if seat.job is not None]
        for message in news:
            if message["kind"] == "event" and message["trial_id"] in running:
                self._observer.trial_event(message["trial_id"], message["event"], **message["fields"])
            elif message["kind"] == "log":
                log_again(message)

    def _note_death(self, seat: _Seat, error: Exception) -> None:
        is_here = seat.node == self._node
        failure = describe_loss(error, memory_kills=count_memory_kills() - seat.memory_kills if is_here else 0)
        self._note_loss(seat, failure, words=words_of(error))

    def _cannot_start(self, failure: Failure, words: str) -> SearchError:
        return SearchError(
            describe_error(
                "No worker can start in the Ray cluster.",
                expected="machines with the same autokeras_core and plugins as here",
                received=f"{failure.reason}\n{words}",
                advice="Install them on every machine; use workers= without executor= to do without Ray.",
            )
        )
