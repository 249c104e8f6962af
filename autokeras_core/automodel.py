"""AutoModel: from raw data to a trained Keras model. The facade over analysis, search and what the search found."""

from __future__ import annotations

import secrets
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Self, TypeAlias

import numpy as np

from autokeras_core._settings import check_counts, check_positive, check_warm_starts, single_model
from autokeras_core.assembly import assemble, task_of
from autokeras_core.engine.context import checked_distribution
from autokeras_core.engine.deadline import Deadline
from autokeras_core.engine.discovery import declared_space
from autokeras_core.engine.preparation import prepare
from autokeras_core.engine.watchdog import required_in_time
from autokeras_core.errors import SearchError, describe_error
from autokeras_core.executors.shares import resolve_workers
from autokeras_core.graph.loss_weights import weighted
from autokeras_core.graph.missing import MissingBlock
from autokeras_core.predictor import Predictor
from autokeras_core.progress import make_progress
from autokeras_core.registry import get_registry
from autokeras_core.result import build_history
from autokeras_core.saving import FittedModel, load_fitted, save_fitted
from autokeras_core.search.oracles import PURE
from autokeras_core.search.run import SearchRequest, run_search
from autokeras_core.search.seeds import checked_seed
from autokeras_core.search.session import stored_seed
from autokeras_core.search.space import Space
from autokeras_core.search.winner import members_of

if TYPE_CHECKING:
    from autokeras_core.data.profile import DataProfile
    from autokeras_core.engine.context import Distribution
    from autokeras_core.engine.objective import ObjectiveLike
    from autokeras_core.executors.base import Executor
    from autokeras_core.executors.shares import Workers
    from autokeras_core.graph.graph import Graph
    from autokeras_core.graph.node import Node
    from autokeras_core.graph.operator import Block, Head, Input
    from autokeras_core.result import SearchHistory

__all__ = ["AutoModel"]

PathLike: TypeAlias = str | Path


class AutoModel(Predictor):
    """Finds, trains and hands over a Keras model for raw inputs and one or several targets.

    Args:
        inputs: One input or a list, e.g. `ImageInput()`.
        outputs: Heads, one or a list: each input gets its default block, several are merged (IO API). Or the nodes
            that heads returned when called: then the graph is yours (functional API).
        max_trials: How many configurations to try at most. Without it and without `time_limit`, 10.
        time_limit: Seconds the whole `fit` may take; the best model so far comes back. By default no limit.
        objective: The metric to optimise: a name (`"val_accuracy"`), a pair (`("val_score", "max")`) or a
            `keras_tuner.Objective`. By default the head's: validation accuracy for classes, validation loss otherwise (several labels a
            row, or `metrics=` without accuracy, too). With
            several heads the validation loss: the weighted sum of the heads' losses, each divided by what a guess costs.
            Another metric has its head's name before it: `"val_price_mae"`. A name that `metrics=` of the head knows, such as
            `"auc"` or `"rmse"`, is measured besides the head's own metrics.
        loss_weights: How much the loss of each of several heads counts in their sum, by head or in their order; by default
            all alike. Loss and metrics of a head are arguments of the head.
        tuner: `"mutation"` (Algorithm 1 of the AutoKeras paper, with an eye on the time), `"random"`, `"bayesian"`,
            `"hyperband"`, or any `keras_tuner.Oracle`, for each search a new one. `"paper"` is Algorithm 1 to the letter: every
            predefined configuration in order, then mutations of the best, nothing left out to save time, nothing pruned, and
            the best single model.
        seed: Makes a search repeatable; 0 is a seed. By default a fresh one is drawn and kept as `seed`.
        directory: Where the search is kept. A search found there on the same data and space is continued. By default
            a temporary folder that goes with this object.
        overwrite: Whether to delete a search found in `directory` instead. (This object's own search on the same data is
            continued all the same.)
        max_model_size: The largest number of parameters a model may have; larger ones are recorded as failed.
        warm_starts: Predefined configurations (mappings of hyperparameter paths to values), tried first and in
            order; an empty list for none. By default those of the task. Only `"mutation"` and `"paper"` have a place for them:
            with another tuner they are an error.
        workers: How many trials to run at once, each in a process of its own with its share of the cores; `"auto"` for one
            per core, as far as there are 2 GiB of free memory for each. By default 1: trials run in this process.
        executor: Where trials run: a registered name such as `"process"`, or an object with the `Executor` methods. By
            default it follows from `workers`.
        ensemble: Whether the best trials' models may answer together, by the weighted mean of their outputs, if that scores
            better on the validation rows than the best one alone (with fewer than 100 of them: if it is not clearly worse); a
            whole number is how many there may be at most, `True` means 8. What is handed over is then as large and as slow
            as its members together. By default what the class's `ensemble_by_default` says: `False`, but `True` for the
            structured-data tasks and 4 for the text tasks, of models that can be exported together: a pretrained
            encoder, whose tokenizer stays outside, remains alone unless you say `ensemble=`.
        refit: Whether to train the best configuration once more when the search has ended, on all rows: also those for
            validation, which training has not seen. It trains for as many epochs as its trial took to its best one. Part of
            a time limit is kept for it; where there is too little, the validated model stays, and a line says so.
        prune: Whether a trial is ended early if after a ninth or a third of its epochs it is not among the best third of the
            trials that got there. The time goes to other configurations; a pruned model is not kept. With `"hyperband"` and
            `"paper"` it changes nothing.
        distribution: `"data_parallel"` to train each trial on all GPUs that it sees, each of which takes its share of every
            batch; by default a trial trains on one. `workers` is the better use of several GPUs where one trial fits on each.
        block: The block behind a single input, instead of its default.
        task: The registered task whose predefined configurations fit; set by tasks.

    Raises:
        GraphError: If inputs and outputs make no valid graph.
        SearchError: If a setting cannot be used.

    Example:
        ```python
        model = AutoModel(
            inputs=[ImageInput(), StructuredDataInput()], outputs=[ClassificationHead(), RegressionHead()], max_trials=5
        )
        model.fit([pictures, attributes], [labels, prices])
        labels_again, prices_again = model.predict([pictures, attributes])
        ```

    Reference:
        Jin, Chollet, Song, Hu: AutoKeras: An AutoML Library for Deep Learning. JMLR 24 (2023), Figure 1.
    """

    ensemble_by_default: ClassVar[bool | int] = False
    """What `ensemble` is if the user does not say. A task whose models are small and quick may say `True`."""

    def __init__(
        self,
        inputs: Input | Sequence[Input],
        outputs: Head | Node | Sequence[Head | Node],
        *,
        max_trials: int | None = None,
        time_limit: float | None = None,
        objective: ObjectiveLike = None,
        loss_weights: Mapping[str, float] | Sequence[float] | None = None,
        tuner: Any = "mutation",
        seed: int | None = None,
        directory: PathLike | None = None,
        overwrite: bool = False,
        max_model_size: int | None = None,
        warm_starts: Sequence[Mapping[str, Any]] | None = None,
        workers: Workers | None = None,
        executor: str | Executor | None = None,
        ensemble: bool | int | None = None,
        refit: bool = False,
        prune: bool = True,
        distribution: Distribution | None = None,
        block: Block | None = None,
        task: str = "",
    ) -> None:
        check_counts(max_trials=max_trials, max_model_size=max_model_size)
        check_positive(time_limit=time_limit)
        check_warm_starts(warm_starts, tuner=tuner)
        self._graph = weighted(assemble(inputs, outputs, block=block), loss_weights)
        self._task = task or task_of(self._graph, outputs)
        self.max_trials = max_trials
        self.time_limit = time_limit
        self.objective = objective
        self.tuner = tuner
        self.seed = secrets.randbits(31) if seed is None else checked_seed(seed)
        self._seed_is_drawn = seed is None
        self.directory = Path(directory) if directory is not None else None
        self.overwrite = overwrite
        self.max_model_size = max_model_size
        self.warm_starts = None if warm_starts is None else [dict(start) for start in warm_starts]
        self.executor = executor
        self.workers = workers
        if workers is not None:
            resolve_workers(workers)  # so that a wrong value is an error where it is written
        self.ensemble = self.ensemble_by_default if ensemble is None else ensemble
        self._ensemble_is_default = ensemble is None
        if tuner == PURE:
            self.ensemble = single_model(ensemble)
        members_of(self.ensemble)  # so that a wrong value is an error where it is written
        self.refit, self.prune = bool(refit), bool(prune)
        self.distribution = checked_distribution(distribution)
        self._temporary: tempfile.TemporaryDirectory[str] | None = None
        self._own_search: Mapping[str, Any] | None = None
        self._fitted: FittedModel | None = None

    # Searching

    def fit(
        self,
        x: Any,
        y: Any = None,
        *,
        epochs: int | None = None,
        batch_size: int | None = None,
        validation_split: float | None = None,
        validation_data: Any = None,
        callbacks: Sequence[Any] = (),
        class_weight: Mapping[Any, Any] | str | None = None,
        sample_weight: Any = None,
        time_limit: float | None = None,
        verbose: int = 1,
    ) -> SearchHistory:
        """Search for the best model for the data, and keep it.

        Called again with the same data, a search goes on: one that was cut off is completed, a finished one gets
        `max_trials` (or `time_limit`) more. Called again with other data, or another `batch_size`, a new search starts. So it
        does with `tuner="hyperband"`, which cannot go on. In both cases a search in `directory=` is an error, unless
        `overwrite=True`.

        Args:
            x: The inputs' rows: an array or list; for several inputs a list in their order, or a dict by name. An
                input may take more, e.g. `ImageInput` the path of a folder with one folder of files per class.
            y: The targets, likewise for the heads; left out where x holds them. For a table it may be the name of the
                target column.
            epochs: How many epochs a trial trains at most; by default 10 to 100, fewer the more rows there are, and up to
                256 on small tables. Of more than 1,048,576 training rows an epoch is that many, and the next epoch goes
                on with the others. The second phase of a pretrained network counts apart, see `FineTuning.epochs`.
            batch_size: Rows per training step; by default tuned.
            validation_split: The share of rows to validate on, drawn at random and stratified by class; by default
                0.2, or 0.1 from 20,000 rows on.
            validation_data: `(x, y)` or `(x, y, sample_weight)` to validate on instead; or a path whose data hold their
                labels; or, where `y` names columns, another table with the same columns.
            callbacks: Keras callbacks; each trial gets its own copies.
            class_weight: A weight for each class, by the user's own label, or `"balanced"`. With several heads a dict of
                either by head; `"balanced"` alone stands for all heads with one class per row.
            sample_weight: A weight for each row; with several heads it may be a dict of such by head.
            time_limit: Seconds for this `fit`, instead of the constructor's.
            verbose: 0 for silence, 1 for a live display on a terminal and plain lines elsewhere, 2 for plain lines.

        Returns:
            The course of the search.

        Raises:
            DataError: If the data cannot be used.
            SearchError: If the search cannot start in `directory`, or trains no model.
        """
        check_counts(epochs=epochs, batch_size=batch_size)
        check_positive(time_limit=time_limit)
        limit = time_limit if time_limit is not None else self.time_limit
        deadline = Deadline.after(limit) if limit is not None else None
        self._check_graph_is_complete()
        self._adopt_seed()
        with required_in_time(deadline, doing="analysing and splitting the data"):
            data = prepare(
                self._graph,
                x,
                y,
                validation_split=validation_split,
                validation_data=validation_data,
                sample_weight=sample_weight,
                class_weight=class_weight,
                seed=self.seed,
            )
        progress = make_progress(verbose)
        result = run_search(
            SearchRequest(
                graph=self._graph,
                data=data,
                task=self._task,
                max_trials=self.max_trials,
                time_limit=limit,
                deadline=deadline,
                objective=self.objective,
                tuner=self.tuner,
                seed=self.seed,
                directory=self._search_directory(),
                overwrite=self.overwrite or self.directory is None,
                own=self._own_search,
                max_model_size=self.max_model_size,
                warm_starts=self.warm_starts,
                executor=self.executor,
                workers=self.workers,
                epochs=epochs,
                # It identifies the search, as JSON, which knows no NumPy scalars.
                batch_size=int(batch_size) if isinstance(batch_size, np.integer) else batch_size,
                callbacks=tuple(callbacks),
                container=_container_of(y),
                members=members_of(self.ensemble),
                exportable_ensemble=self._ensemble_is_default,
                refit=self.refit,
                prune=self.prune and self.tuner != PURE,
                distribution=self.distribution,
            ),
            progress,
            opened=self._remember,
        )
        self._graph = result.graph
        self._fitted = FittedModel(
            bundle=result.bundle,
            profile=data.profile,
            configuration=result.best.configuration,
            outcomes=tuple(result.outcomes),
            objective=result.objective,
            origins=result.origins,
            stop_reason=result.stop_reason,
            container=_container_of(y),
            ensemble=result.ensemble,
            refitted=result.refitted,
        )
        return build_history(
            result.outcomes,
            result.best,
            objective=result.objective.name,
            maximise=result.objective.maximise,
            stop_reason=result.stop_reason,
            ensemble=result.ensemble,
            refitted=result.refitted,
        )

    def analyse(self, x: Any, y: Any = None) -> DataProfile:
        """Return what analysis finds out about the data, without searching; `print(profile.report())` says why.

        Raises:
            DataError: If the data cannot be used.
        """
        return prepare(self._graph, x, y, seed=self.seed).profile

    @property
    def search_space(self) -> Space:
        """The declared search space: every hyperparameter's path, domain and condition.

        A define-by-run block of your own (`hp.Int(...)` in `build`) adds what it asks for when `fit` starts.
        """
        profile = self._fitted.profile if self._fitted is not None else None
        return declared_space(self._graph, profile)

    # Files

    def save(self, path: PathLike) -> None:
        """Write the model, its preprocessing and the search's record to one directory.

        Args:
            path: The directory; one that an earlier `save` wrote is replaced, any other non-empty one is an error.
        """
        save_fitted(self._require_fitted(), self._graph, Path(path), get_registry(), seed=self.seed, task=self._task)

    @classmethod
    def load(cls, path: PathLike, *, custom_blocks: Sequence[type[Any]] = ()) -> Self:
        """Return the model that `save` wrote, or the best one of a search's directory.

        Predicting, evaluating and exporting need no block's class; `fit`, which begins a new search with it, does. To go on with
        a search, make the same model with the same `directory=` instead.

        Args:
            path: A directory that `save` wrote, or the `directory=` of a search.
            custom_blocks: Classes of your own that the graph uses, blocks and preprocessors.

        Raises:
            SearchError: If the directory holds neither, or the files are damaged.
        """
        fitted, graph, settings = load_fitted(Path(path), get_registry(), custom_blocks=custom_blocks)
        model = cls.__new__(cls)
        AutoModel._restore(model, graph, fitted, settings)
        return model

    def _restore(self, graph: Graph, fitted: FittedModel, settings: Mapping[str, Any]) -> None:
        self._graph, self._fitted, self._task = graph, fitted, settings["task"]
        self.seed = settings["seed"]
        self.max_trials = self.time_limit = self.max_model_size = self.directory = self.warm_starts = None
        self.objective = (fitted.objective.name, fitted.objective.direction)
        self.tuner, self.executor, self.workers, self.overwrite = "mutation", None, None, False
        self.ensemble, self.refit, self.prune = self.ensemble_by_default, False, True
        self._ensemble_is_default = True
        self.distribution = None
        self._temporary, self._own_search, self._seed_is_drawn = None, None, False

    # Inside

    def _check_graph_is_complete(self) -> None:
        missing = [str(vertex.operator) for vertex in self._graph.blocks if isinstance(vertex.operator, MissingBlock)]
        if missing:
            raise SearchError(
                describe_error(
                    "The loaded graph has blocks that cannot be made here.",
                    expected="the class of each, as it was when the model was saved",
                    received=", ".join(missing),
                )
            )

    def _adopt_seed(self) -> None:
        """Continue a search with its own seed if the user gave none: it decides the split and what is tried next."""
        if self._seed_is_drawn and self.directory is not None and not self.overwrite:
            stored = stored_seed(self.directory)
            self.seed = self.seed if stored is None else stored

    def _remember(self, identity: Mapping[str, Any]) -> None:
        self._own_search = identity

    def _search_directory(self) -> Path:
        if self.directory is not None:
            return self.directory
        if self._temporary is None:
            self._temporary = tempfile.TemporaryDirectory(prefix="autokeras-", ignore_cleanup_errors=True)
        return Path(self._temporary.name)


def _container_of(y: Any) -> str:
    return "dict" if isinstance(y, Mapping) else "list"
