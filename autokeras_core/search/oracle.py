"""The mutation tuner: Algorithm 1 of the paper as a KerasTuner oracle."""

from __future__ import annotations

import logging
import math
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Protocol

import keras_tuner
import numpy as np
from keras_tuner.engine.trial import Trial, TrialStatus
from keras_tuner.src.engine import oracle as kt_oracle

from autokeras_core.errors import SpaceError
from autokeras_core.search.kt_adapter import to_hyperparameters, to_space
from autokeras_core.search.mutation import draw_untried, mutate
from autokeras_core.search.records import VALIDATION_LOSS, rank
from autokeras_core.search.seeds import checked_seed
from autokeras_core.search.space import Configuration, ConfigurationKey, Space, configuration_key
from autokeras_core.search.values import Value

__all__ = ["MutationOracle", "SupportsPacing"]

_LOGGER = logging.getLogger(__name__)

_DRAWS_TO_PACE = 32


class SupportsPacing(Protocol):
    """Knows what there is time for."""

    def choose(self, configurations: Sequence[Configuration]) -> int | None:
        """Return which of the untried predefined configurations comes next, or `None` for none of them."""
        ...

    def admits(self, configuration: Configuration) -> bool:
        """Return whether there is time for a configuration."""
        ...


class MutationOracle(keras_tuner.Oracle):  # type: ignore[misc]  # KerasTuner ships no types
    """Evaluates the predefined configurations in order, then mutates the best one so far, again and again.

    This is Algorithm 1 of the paper. A mutation resamples one sub-module (one hyperparameter, a layer, ..., the entire
    model), selected by equations (1) and (2). No configuration comes twice; when all were tried, the search stops. As
    long as none has completed there is nothing to mutate, and untried configurations are drawn from the whole space.

    A proposal depends on the seed, the number of trials before it and their results, and (but for what a `pacer` says of
    the time) on nothing else: equal seeds give equal searches, and a search that was stopped and reloaded goes on as if it
    had not been.

    Args:
        objective: What to optimise, as for any KerasTuner oracle.
        max_trials: How many configurations to evaluate at most; `None` for no limit.
        predefined: The configurations to begin with; missing values get their defaults. By default one, of all
            defaults. One that equals an earlier one is left out.
        pacer: Says what there is time for; by default there is time for all. Predefined configurations that it does not
            choose are left out, and mutations that it does not admit are drawn again.
        score_error: Returns the standard error of a score. Of the trials within one of the best score, the one of the lowest
            validation loss counts as the best, since the score does not tell them apart. By default the score decides, and
            the loss between equal ones.
        space: The search space. By default `hyperparameters`, and what the hypermodel asks for while it is built.
        hyperparameters: KerasTuner's own kind of search space, instead of `space` or added to it.
        seed: A number of at least 0; by default a random one, to be found in `seed`.
        allow_new_entries: Whether a hypermodel may ask for hyperparameters that are in neither space.
        tune_new_entries: Whether such hyperparameters are searched; otherwise they keep their defaults.
        max_retries_per_trial: How often a trial that failed is run again.
        max_consecutive_failed_trials: After how many failed trials in a row KerasTuner raises; by default never.

    Raises:
        SpaceError: If a predefined configuration does not fit the space.
        SearchError: If the seed is no number of at least 0.

    Example:
        ```python
        oracle = MutationOracle("val_accuracy", max_trials=20, space=space, predefined=[{"units": 64}], seed=0)
        tuner = keras_tuner.Tuner(oracle=oracle, hypermodel=build_model)
        ```
    """

    def __init__(
        self,
        objective: Any = None,
        max_trials: int | None = 10,
        *,
        predefined: Sequence[Mapping[str, Value]] = (),
        pacer: SupportsPacing | None = None,
        score_error: Callable[[float], float] | None = None,
        space: Space | None = None,
        hyperparameters: keras_tuner.HyperParameters | None = None,
        seed: int | None = None,
        allow_new_entries: bool = True,
        tune_new_entries: bool = True,
        max_retries_per_trial: int = 0,
        max_consecutive_failed_trials: int | None = None,
    ) -> None:
        self._declared = Space() if space is None else space
        self._predefined = tuple(dict(configuration) for configuration in predefined)
        self._pacer = pacer
        self._score_error = score_error
        if space is not None:
            declared = to_hyperparameters(space)
            if hyperparameters is None:
                hyperparameters = declared
            else:
                hyperparameters = hyperparameters.copy()
                hyperparameters.merge(declared, overwrite=False)
        super().__init__(
            objective=objective,
            max_trials=max_trials,
            hyperparameters=hyperparameters,
            allow_new_entries=allow_new_entries,
            tune_new_entries=tune_new_entries,
            max_retries_per_trial=max_retries_per_trial,
            max_consecutive_failed_trials=max_consecutive_failed_trials,
        )
        # Set here, not handed on: KerasTuner would take the seed 0 for none.
        self.seed = self._seed_state = _drawn_seed() if seed is None else checked_seed(seed)
        if hyperparameters is not None:
            self._predefined_in(self.search_space)

    @property
    def search_space(self) -> Space:
        """The space that is searched: the declared one, and what the hypermodel asked for so far."""
        # The declared domains are kept as they are, since KerasTuner's copies of them are not quite as exact.
        return Space({**to_space(self.hyperparameters), **self._declared})

    def populate_space(self, trial_id: str) -> dict[str, Any]:
        """Return the next configuration to evaluate, in the form KerasTuner asks for.

        Args:
            trial_id: The id of the trial it is for.

        Returns:
            `{"status": "RUNNING", "values": configuration}`, or `{"status": "STOPPED"}` when everything was tried.
        """
        configuration = self._propose()
        if configuration is None:
            return {"status": TrialStatus.STOPPED}
        return {"status": TrialStatus.RUNNING, "values": configuration}

    def _propose(self) -> Configuration | None:
        space = self.search_space
        tried = {configuration_key(self._configuration_of(trial, space)) for trial in self.trials.values()}
        untried = [each for each in self._predefined_in(space) if configuration_key(each) not in tried]
        if untried:
            chosen = 0 if self._pacer is None else self._pacer.choose(untried)
            if chosen is not None:
                return untried[chosen]
        # Made anew from the seed and the number of the trial, so that nothing has to be restored on reloading.
        rng = np.random.default_rng([self.seed, len(self.trials)])
        for _ in range(_DRAWS_TO_PACE):
            configuration = self._mutate_best(space, rng=rng, tried=tried)
            if configuration is None or self._pacer is None or self._pacer.admits(configuration):
                return configuration
            tried.add(configuration_key(configuration))
        return None

    def _mutate_best(
        self, space: Space, *, rng: np.random.Generator, tried: set[ConfigurationKey]
    ) -> Configuration | None:
        best = self._best_trial()
        if best is None:
            return draw_untried(space, rng=rng, tried=tried)
        mutation = mutate(self._configuration_of(best, space), space=space, rng=rng, tried=tried)
        if mutation is None:
            return None
        _LOGGER.debug("Trial %s was mutated at %r.", best.trial_id, mutation.path)
        return mutation.configuration

    def _best_trial(self) -> Trial | None:
        """Return the completed trial to go on from, and the earliest of equals.

        It ranks first, as a search's trials do, or has the lowest loss of those that the score does not tell from the first.
        Not `get_best_trials`: it fills up with failed trials, whose score is `None`.
        """
        completed = [
            trial
            for trial in map(self.trials.__getitem__, self.start_order)
            if trial.status == TrialStatus.COMPLETED and trial.score is not None
        ]
        best = min(completed, key=self._rank, default=None)
        if best is None or self._score_error is None:
            return best
        error = self._score_error(float(best.score))
        equals = [trial for trial in completed if abs(float(best.score) - float(trial.score)) <= error]
        return min(equals, key=lambda trial: self._rank(trial)[::-1])

    def _rank(self, trial: Trial) -> tuple[float, float]:
        """Return by what a completed trial is ordered: its score, then its loss; less is better."""
        return rank(float(trial.score), _validation_loss(trial), maximise=self.objective.direction == "max")

    def _predefined_in(self, space: Space) -> list[Configuration]:
        if not self._predefined:
            return [space.defaults()]
        configurations: list[Configuration] = []
        problems: list[str] = []
        for number, given in enumerate(self._predefined, start=1):
            try:
                configurations.append(space.validate(given))
            except SpaceError as error:
                problems.append(f"number {number}: {error}")
        if problems:
            raise SpaceError("Predefined configurations do not fit the search space: " + "; ".join(problems))
        return configurations

    @staticmethod
    def _configuration_of(trial: Trial, space: Space) -> Configuration:
        """Return a trial's values as a configuration, in our own types where they are in their domains."""
        values: Mapping[str, Any] = trial.hyperparameters.values
        return space.complete(
            {
                name: space[name].coerce(value) if space[name].contains(value) else value
                for name, value in values.items()
                if name in space
            }
        )

    def reload(self) -> None:
        """Restore what `save` wrote; a trial that was running then is run again."""
        super().reload()
        # KerasTuner saves before it takes a finished trial off its list of running ones, and would run it again.
        finished = (TrialStatus.COMPLETED, TrialStatus.FAILED)
        self._retry_queue: list[str] = [each for each in self._retry_queue if self.trials[each].status not in finished]

    # KerasTuner locks each of these, and an exception inside leaves the lock locked: the next call would wait forever.

    def create_trial(self, tuner_id: str) -> Trial:
        """Return a new trial to run; its status is `"STOPPED"` when the search has ended."""
        with _unlocked_on_error(self):
            return super().create_trial(tuner_id)

    def update_trial(self, trial_id: str, metrics: Mapping[str, float], step: int = 0) -> Trial:
        """Note metrics of a trial, at least the objective."""
        with _unlocked_on_error(self):
            return super().update_trial(trial_id, metrics, step)

    def end_trial(self, trial: Trial) -> None:
        """Note that a trial ended, as its `status` says: `"COMPLETED"`, `"INVALID"` or `"FAILED"`."""
        with _unlocked_on_error(self):
            super().end_trial(trial)


def _drawn_seed() -> int:
    return int(np.random.SeedSequence().generate_state(1)[0])


def _validation_loss(trial: Trial) -> float:
    """Return the validation loss at a trial's best step; infinite where it was not told."""
    if not trial.metrics.exists(VALIDATION_LOSS):
        return math.inf
    told = trial.metrics.get_history(VALIDATION_LOSS)
    return next((float(each.mean()) for each in told if each.step == trial.best_step), math.inf)


@contextmanager
def _unlocked_on_error(oracle: keras_tuner.Oracle) -> Iterator[None]:
    """Let go of KerasTuner's lock if an exception comes out of a call that took it."""
    thread = threading.current_thread().name
    held_before = kt_oracle.THREADS[oracle] == thread
    try:
        yield
    except BaseException:
        if not held_before and kt_oracle.THREADS[oracle] == thread:
            kt_oracle.THREADS[oracle] = None
            kt_oracle.LOCKS[oracle].release()
        raise
