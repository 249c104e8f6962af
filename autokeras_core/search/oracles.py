"""Search algorithms by name, set up so that KerasTuner's habits do not get in a search's way."""

from __future__ import annotations

import logging
import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Literal

import attrs
import keras_tuner
import numpy as np
from keras_tuner.engine.trial import Trial, TrialStatus
from keras_tuner.oracles import BayesianOptimizationOracle, GridSearchOracle, HyperbandOracle, RandomSearchOracle
from keras_tuner.src.engine import oracle as kt_oracle

from autokeras_core.errors import SearchError, describe_error
from autokeras_core.names import suggest
from autokeras_core.search.kt_adapter import to_hyperparameters
from autokeras_core.search.oracle import MutationOracle, SupportsPacing
from autokeras_core.search.place import ORACLE_FOLDER
from autokeras_core.search.records import VALIDATION_LOSS, TrialJob, TrialOutcome
from autokeras_core.search.space import Space
from autokeras_core.search.values import Value

__all__ = [
    "PURE",
    "TUNERS",
    "WARM_STARTED",
    "can_be_replayed",
    "finish_trial",
    "forget",
    "make_oracle",
    "replay",
    "write_no_files",
]

_LOGGER = logging.getLogger(__name__)

TUNERS = ("mutation", "paper", "random", "bayesian", "hyperband")
"""The names that `make_oracle` knows."""

PURE = "paper"
"""The tuner that is the paper's algorithm and nothing else: no pacing, no pruning, no ensemble."""

WARM_STARTED = ("mutation", PURE)
"""The tuners that begin with predefined configurations; the others have no place for them."""

_COLLISIONS = 1_000
_NOT_REPLAYABLE = (HyperbandOracle, GridSearchOracle)


@attrs.frozen(kw_only=True)
class _Request:
    space: Space
    objective: keras_tuner.Objective
    max_trials: int | None
    max_epochs: int
    seed: int
    predefined: tuple[Mapping[str, Value], ...]
    pacer: SupportsPacing | None
    score_error: Callable[[float], float] | None

    @property
    def keras_tuner_seed(self) -> int:
        # KerasTuner takes 0 for "no seed", and NumPy's old generator nothing above 32 bits. It draws each value with the
        # next seed, so seeds that are neighbours would draw the same values, one place further on: they are spread out.
        return 1 + int(np.random.SeedSequence(self.seed).generate_state(1)[0]) % (2**31 - 1)


def make_oracle(
    tuner: str | keras_tuner.Oracle,
    *,
    space: Space,
    objective: tuple[str, Literal["min", "max"]],
    max_trials: int | None,
    seed: int,
    directory: Path,
    predefined: Sequence[Mapping[str, Value]] = (),
    pacer: SupportsPacing | None = None,
    score_error: Callable[[float], float] | None = None,
    max_epochs: int = 100,
) -> keras_tuner.Oracle:
    """Return the oracle that proposes a search's configurations.

    It never stops because trials fail, prints nothing, and takes any seed, 0 too.

    Args:
        tuner: `"mutation"` (Algorithm 1 of the paper), `"paper"` (the same, whatever the pacer says, and however uncertain
            the best score is), `"random"`, `"bayesian"`, `"hyperband"`, or an oracle of the caller's: then its own settings
            stay, and what it lacks (hyperparameters, objective) is added. But it hands out no trial twice: its
            `max_retries_per_trial` becomes 0, since the search itself tries once more what may succeed then.
        space: The search space.
        objective: The metric to optimise, and which way.
        max_trials: How many trials to propose at most; `None` for no limit. An oracle of the caller's keeps its own limit,
            or none: it would be the caller's from then on, and end the next search.
        seed: A number of at least 0.
        directory: The search's directory; KerasTuner keeps its files in a folder of it.
        predefined: The configurations that `"mutation"` and `"paper"` begin with; the others have no place for them.
        pacer: Tells `"mutation"` what there is time for.
        score_error: Returns the standard error of a score, for `"mutation"`: see `MutationOracle`.
        max_epochs: How long `"hyperband"` trains its finalists.

    Returns:
        The oracle, ready for `create_trial`.

    Raises:
        SearchError: If the name is unknown, an oracle optimises another objective, or a package is missing.
        SpaceError: If a predefined configuration does not fit the space.

    Example:
        ```python
        oracle = make_oracle(
            "mutation", space=space, objective=("val_accuracy", "max"), max_trials=10, seed=0, directory=Path("search")
        )
        trial = oracle.create_trial("driver")
        ```
    """
    name, direction = objective
    request = _Request(
        space=space,
        objective=keras_tuner.Objective(name, direction=direction),
        max_trials=max_trials,
        max_epochs=max_epochs,
        seed=seed,
        predefined=tuple(predefined),
        pacer=pacer,
        score_error=score_error,
    )
    if isinstance(tuner, keras_tuner.Oracle):
        oracle = _complete_oracle(tuner, request)
    elif isinstance(tuner, str) and tuner in _MAKERS:
        oracle = _MAKERS[tuner](request)
    else:
        raise SearchError(
            describe_error(
                "The tuner is unknown.",
                expected=f"one of {list(TUNERS)}, or a keras_tuner.Oracle",
                received=f"tuner={tuner!r}",
                advice=suggest(str(tuner), TUNERS),
            )
        )
    oracle.verbose = 0
    # `None` equals no number of failures, so KerasTuner never raises because of them.
    oracle.max_consecutive_failed_trials = None
    if oracle.max_retries_per_trial:
        _LOGGER.warning(
            "max_retries_per_trial=%s of the %s is not used: the search itself tries once more what may succeed then.",
            oracle.max_retries_per_trial,
            type(oracle).__name__,
        )
        oracle.max_retries_per_trial = 0
    oracle._set_project_dir(str(directory), ORACLE_FOLDER)
    return oracle


def can_be_replayed(tuner: str | keras_tuner.Oracle) -> bool:
    """Return whether a tuner can go on after the trials of an earlier run, as `replay` has it do.

    Hyperband cannot, nor can KerasTuner's grid search: their brackets, and their place in the grid, cannot be rebuilt from
    results. An oracle object that has seen the trials itself need not be told.

    Args:
        tuner: As for `make_oracle`.
    """
    if isinstance(tuner, keras_tuner.Oracle):
        return bool(tuner.trials) or not isinstance(tuner, _NOT_REPLAYABLE)
    return tuner != "hyperband"


def replay(oracle: keras_tuner.Oracle, records: Iterable[TrialOutcome], *, unfinished: Iterable[TrialJob] = ()) -> None:
    """Tell a fresh oracle about the trials of an earlier run, so that it goes on where that one stopped.

    Afterwards `"mutation"` proposes exactly what it would have proposed without the interruption. `"random"` goes on
    in its sequence, unless it had to repeat a draw since that was tried already; like `"mutation"` it proposes nothing
    that was tried. `"bayesian"` goes on in its sequence of random configurations, too, and knows all results, but does not
    draw the same random numbers afterwards.

    Args:
        oracle: What `make_oracle` returned, before its first trial.
        records: The finished trials in any order: with several at once they end in another one than they start in.
        unfinished: The trials that were started and not finished; they are running ones for the oracle afterwards.

    Raises:
        SearchError: If the oracle is one of those that cannot go on, see `can_be_replayed`, or if a trial between the
            others is missing.
    """
    if isinstance(oracle, _NOT_REPLAYABLE):
        raise SearchError(
            describe_error(
                f"A search with the tuner {type(oracle).__name__} cannot be continued.",
                expected="tuner='mutation', 'random' or 'bayesian' to continue a search",
                received=f"tuner={type(oracle).__name__}, after {len([*records])} trials",
                advice="Use another tuner and directory=, or overwrite=True to start anew.",
            )
        )
    started: list[TrialOutcome | TrialJob] = [*records, *unfinished]
    _check_ids(oracle, started)
    for record in sorted(started, key=lambda each: int(each.trial_id)):
        hyperparameters = oracle.get_space()
        hyperparameters.values = dict(record.configuration)
        trial = Trial(hyperparameters, trial_id=record.trial_id, status=TrialStatus.RUNNING)
        oracle.trials[record.trial_id] = trial
        oracle.start_order.append(record.trial_id)
        if isinstance(oracle, (RandomSearchOracle, BayesianOptimizationOracle)):
            oracle._seed_state += len(record.configuration)  # it draws each value with the next seed
        if isinstance(record, TrialOutcome):
            finish_trial(oracle, trial, record)
        else:
            oracle._record_values(trial)
            oracle.ongoing_trials[f"trial-{record.trial_id}"] = trial


def finish_trial(oracle: keras_tuner.Oracle, trial: Trial, outcome: TrialOutcome) -> None:
    """Tell an oracle how one of its trials ended.

    Args:
        oracle: What `make_oracle` returned.
        trial: The trial that its `create_trial` returned.
        outcome: What came out of it; without a score the trial is marked as invalid. The validation loss is told with
            the score: between equal scores it decides.
    """
    if outcome.score is None:
        trial.status = TrialStatus.INVALID
        trial.message = outcome.failure.reason if outcome.failure is not None else ""
    else:
        step = max(outcome.best_epoch - 1, 0)
        loss = outcome.metrics.get(VALIDATION_LOSS, math.nan)
        told = {} if math.isnan(loss) else {VALIDATION_LOSS: loss}
        oracle.update_trial(trial.trial_id, {**told, oracle.objective.name: outcome.score}, step=step)
        trial.status = TrialStatus.COMPLETED
    oracle.end_trial(trial)


def forget(oracle: keras_tuner.Oracle) -> None:
    """Have KerasTuner let go of an oracle whose search is over.

    It keeps the lock of each oracle under the oracle itself, as long as the process lives. So the oracle would live on, and
    all that it refers to. One that is asked again all the same gets a new lock.

    Args:
        oracle: What `make_oracle` returned.
    """
    kt_oracle.LOCKS.pop(oracle, None)
    kt_oracle.THREADS.pop(oracle, None)


def write_no_files(oracle: keras_tuner.Oracle) -> None:
    """Keep an oracle from writing files, one for each trial, where a journal holds all that `replay` tells it."""
    oracle.save = oracle._save_trial = _write_nothing


def _write_nothing(*arguments: object) -> None:
    """Stand in for KerasTuner's saving."""


def _check_ids(oracle: keras_tuner.Oracle, records: Sequence[TrialOutcome | TrialJob]) -> None:
    """KerasTuner numbers trials by how many there are: with one missing, it would use an id twice."""
    numbers = [int(record.trial_id) if record.trial_id.isdecimal() else -1 for record in records]
    if oracle.trials or sorted(numbers) != list(range(len(numbers))):
        raise SearchError(
            describe_error(
                "The trials of the earlier run are not complete.",
                expected="a new oracle, and trials numbered from 0 without a gap",
                received=f"{len(oracle.trials)} trials in the oracle, trials {[each.trial_id for each in records]}",
                advice="Pass a trial that was started and lost as an unfinished one.",
            )
        )


def _make_mutation(request: _Request) -> keras_tuner.Oracle:
    return MutationOracle(
        request.objective,
        request.max_trials,
        predefined=request.predefined,
        pacer=request.pacer,
        score_error=request.score_error,
        space=request.space,
        seed=request.seed,
    )


def _make_random(request: _Request) -> keras_tuner.Oracle:
    oracle = RandomSearchOracle(
        request.objective,
        max_trials=request.max_trials,
        seed=request.keras_tuner_seed,
        hyperparameters=to_hyperparameters(request.space),
    )
    oracle._max_collisions = _COLLISIONS  # 20 would end the search long before a small space is exhausted
    return oracle


def _make_bayesian(request: _Request) -> keras_tuner.Oracle:
    try:
        oracle = BayesianOptimizationOracle(
            request.objective,
            max_trials=request.max_trials,
            seed=request.keras_tuner_seed,
            hyperparameters=to_hyperparameters(request.space),
        )
    except ImportError as error:
        raise SearchError(
            describe_error(
                "The tuner 'bayesian' needs a package that is not installed.",
                expected="scikit-learn and scipy",
                received=str(error),
                advice="pip install scikit-learn scipy",
            )
        ) from error
    oracle._max_collisions = _COLLISIONS
    return oracle


def _make_hyperband(request: _Request) -> keras_tuner.Oracle:
    oracle = HyperbandOracle(
        request.objective,
        max_epochs=request.max_epochs,
        hyperband_iterations=None,  # as many as `max_trials` allows
        seed=request.keras_tuner_seed,
        hyperparameters=to_hyperparameters(request.space),
    )
    oracle.max_trials = request.max_trials
    oracle._max_collisions = _COLLISIONS
    return oracle


_MAKERS: Mapping[str, Callable[[_Request], keras_tuner.Oracle]] = {
    "mutation": _make_mutation,
    "paper": lambda request: _make_mutation(attrs.evolve(request, pacer=None, score_error=None)),
    "random": _make_random,
    "bayesian": _make_bayesian,
    "hyperband": _make_hyperband,
}


def _complete_oracle(oracle: keras_tuner.Oracle, request: _Request) -> keras_tuner.Oracle:
    wanted = request.objective
    if oracle.objective.name == "default_objective":
        oracle.objective = wanted
    elif (oracle.objective.name, oracle.objective.direction) != (wanted.name, wanted.direction):
        raise SearchError(
            describe_error(
                "The oracle optimises something else than the search.",
                expected=f"objective=({wanted.name!r}, {wanted.direction!r}), or none",
                received=f"objective=({oracle.objective.name!r}, {oracle.objective.direction!r})",
                advice="Give the same objective= to both, or none to the oracle.",
            )
        )
    if not oracle.hyperparameters.space:
        oracle.update_space(to_hyperparameters(request.space))
    return oracle
