"""What a found model is good for: predicting, evaluating, exporting. The half of `AutoModel` that needs no search."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from autokeras_core.data.frames import in_frame, index_of
from autokeras_core.data.head_weights import rows_that_count, weights_of_heads
from autokeras_core.data.rows import is_sequential
from autokeras_core.engine.evaluation_batch import evaluation_batch_size
from autokeras_core.engine.preparation import adapt_inputs, adapt_labels, head_of, match_inputs, unpack
from autokeras_core.engine.scoring import score_outputs
from autokeras_core.engine.settling import settled_by
from autokeras_core.errors import DataError, NotFittedError, describe_error
from autokeras_core.exporting import check_place, choose_exporter, exporter_spec, write_exported
from autokeras_core.leaderboard import build_leaderboard
from autokeras_core.registry import get_registry

if TYPE_CHECKING:
    import keras

    from autokeras_core.data.profile import DataProfile
    from autokeras_core.data.rows import Rows
    from autokeras_core.graph.graph import Graph
    from autokeras_core.leaderboard import Leaderboard
    from autokeras_core.saving import FittedModel

__all__ = ["Predictor"]

Array: TypeAlias = np.ndarray[Any, Any]

_MOST_PREDICTED_AT_ONCE = 256
_MOST_PREDICTED_AT_ONCE_FROM_DISK = 2048  # rows that are quick to read are narrow, and many


class Predictor:
    """Uses a model that was found: predicts labels of raw rows, scores them, exports it.

    `AutoModel` builds on it and adds the search; it is not made by itself.
    """

    _graph: Graph
    _fitted: FittedModel | None

    @property
    def analysis(self) -> DataProfile:
        """What analysis found out about the training data, with reasons: `print(model.analysis.report())`."""
        return self._require_fitted().profile

    @property
    def best_configuration(self) -> dict[str, Any]:
        """The hyperparameter values of the model that was found, by path; of an ensemble, those of the best trial."""
        return dict(self._require_fitted().configuration)

    def predict(self, x: Any) -> Any:
        """Return predicted labels or values, in the type that `y` had in `fit`.

        Args:
            x: Rows as for `fit`.

        Returns:
            An array of shape `(rows,)` (or as `y` was); for several heads a list or a dict, as `y` was. Where x is a pandas
            object and `y` was one, it is one, too, with the index of x.

        Raises:
            DataError: If the rows do not fit those the model was trained on.
            NotFittedError: If there is no model yet.
        """
        fitted = self._require_fitted()
        targets = fitted.profile.targets
        matched, batch_size = self._matched(adapt_inputs(self._settled_graph(), x))
        # Decoded as they come: labels take a few bytes a row, the outputs of thousands of classes as many thousands.
        pieces = [
            {name: head_of(self._graph, name).decode(outputs[name], targets[name]) for name in self._graph.heads}
            for outputs in fitted.bundle.output_pieces(matched, batch_size=batch_size)
        ]
        values = pieces[0]
        if len(pieces) > 1:
            values = {name: np.concatenate([piece[name] for piece in pieces]) for name in self._graph.heads}
        index = index_of(x, len(next(iter(values.values()))), inputs=len(self._graph.inputs))
        return self._as_given({name: in_frame(values[name], index, targets[name]) for name in self._graph.heads})

    def predict_proba(self, x: Any) -> Any:
        """Return probabilities of shape `(rows, classes)`, float32; columns in the order of `classes`.

        For multi-label targets each column is a label's own probability. They are what the exported model returns.

        Raises:
            DataError: If no head predicts classes, or the rows do not fit.
            NotFittedError: If there is no model yet.
        """
        names = self._heads_of_classes("There are no probabilities to predict.")
        outputs = self._outputs(x)
        return self._as_given({name: outputs[name] for name in names})

    def row_names(self, x: Any) -> Sequence[str] | None:
        """Return what the rows of x are called, e.g. the paths of picture files; `None` where they have no names."""
        inputs = self._settled_graph().inputs
        return inputs[0].operator.row_names(x) if len(inputs) == 1 else None

    @property
    def classes(self) -> Any:
        """The class labels in the order of `predict_proba`'s columns; for several heads by head, as `predict_proba`.

        Raises:
            DataError: If no head predicts classes.
            NotFittedError: If there is no model yet.
        """
        names = self._heads_of_classes("There are no classes.")
        return self._as_given({name: self._require_fitted().profile.targets[name].classes for name in names})

    def evaluate(self, x: Any, y: Any = None, *, sample_weight: Any = None) -> dict[str, float]:
        """Return loss and metrics on other data.

        A row with an integer weight counts exactly as that many equal rows.

        Args:
            x: Rows as for `fit`.
            y: Their targets; left out where x holds them.
            sample_weight: A weight for each row, or a dict of such by head. A row with the weight 0 needs no label.

        Returns:
            `{"loss": ..., "accuracy": ...}`; with several heads a metric's name has its head's before it, and `loss` is the
            weighted sum of their losses, each divided by what a guess costs.

        Raises:
            DataError: If the data do not fit, or hold a class unseen in training.
            NotFittedError: If there is no model yet.
        """
        fitted = self._require_fitted()
        graph = self._settled_graph()
        trained = {name: target.columns for name, target in fitted.profile.targets.items()}
        x, y = unpack(graph, x, y, trained=trained)
        inputs = adapt_inputs(graph, x)
        counted = rows_that_count(sample_weight, self._graph.heads, len(next(iter(inputs.values()))))
        labels = adapt_labels(self._graph, y, inputs, counted=counted)
        targets = {
            name: head_of(self._graph, name).encode(labels[name], fitted.profile.targets[name])
            for name in self._graph.heads
        }
        profiles = {name: fitted.profile.targets[name] for name in self._graph.heads}
        weights = weights_of_heads(sample_weight, None, labels, profiles)
        return score_outputs(
            self._graph,
            fitted.profile,
            fitted.configuration,
            outputs=self._model_outputs(inputs),
            targets=targets,
            weights=weights,
        )

    def leaderboard(self) -> Leaderboard:
        """Return all trials, the best first, with scores, times and the reasons of failures.

        If an ensemble was put together, it is the board's `ensemble`, and each trial has its weight in it.
        """
        fitted = self._require_fitted()
        return build_leaderboard(
            fitted.outcomes,
            objective=fitted.objective.name,
            maximise=fitted.objective.maximise,
            origins=fitted.origins,
            ensemble=fitted.ensemble,
        )

    def export_model(self) -> keras.Model:
        """Return the model as a plain Keras model that takes raw rows, preprocessing inside.

        It is made of Keras's own layers, so `keras.models.load_model` loads it where only Keras and TensorFlow are.
        """
        return self._require_fitted().bundle.to_keras_model()

    def export(self, path: str | Path, kind: str | None = None, *, overwrite: bool = False) -> None:
        """Write the model that `export_model` returns as a file or a folder for use without this library.

        It appears under its name only when it is complete.

        Args:
            path: Where: `"model.keras"`, or a name without a suffix for a TensorFlow SavedModel folder. Plugins may bring
                further formats.
            kind: The exporter's name, `"keras"`, `"savedmodel"` or one of a plugin; by default the path's suffix tells.
            overwrite: Whether to replace a model that is there. A folder that holds anything else is never replaced.

        Raises:
            NotFittedError: If there is no model yet.
            RegistryError: If there is no exporter of that name.
            SearchError: If the path does not suit the exporter, or something is there that may not be replaced.
            PluginError: If the exporter of a plugin fails.

        Example:
            ```python
            model.export("model.keras")
            keras.models.load_model("model.keras").predict(rows)
            ```
        """
        bundle = self._require_fitted().bundle
        place, registry = Path(path), get_registry()
        exporter = choose_exporter(registry, place, kind=kind)
        check_place(place, exporter_spec(exporter), overwrite=overwrite)
        write_exported(bundle.to_keras_model(), place, exporter=exporter, registry=registry, overwrite=overwrite)

    # Inside

    def _require_fitted(self) -> FittedModel:
        if self._fitted is None:
            raise NotFittedError(
                describe_error(
                    "There is no model yet.",
                    expected="a call of fit(), or a model from load()",
                    received=f"a {type(self).__name__} that was not fitted",
                )
            )
        return self._fitted

    def _heads_of_classes(self, problem: str) -> list[str]:
        """Return the heads that predict classes, in the graph's order; `problem` is what is wrong if there are none."""
        targets = self._require_fitted().profile.targets
        names = [name for name in self._graph.heads if targets[name].is_classification]
        if not names:
            raise DataError(
                describe_error(
                    problem,
                    expected="a head that predicts classes",
                    received=f"heads {list(self._graph.heads)} for regression",
                    advice="Use predict().",
                )
            )
        return names

    def _settled_graph(self) -> Graph:
        """Return the graph with inputs that take data as they took the training data."""
        return self._graph if self._fitted is None else settled_by(self._graph, self._fitted.profile)

    def _outputs(self, x: Any) -> dict[str, Array]:
        self._require_fitted()
        return self._model_outputs(adapt_inputs(self._settled_graph(), x))

    def _model_outputs(self, inputs: Mapping[str, Rows]) -> dict[str, Array]:
        matched, batch_size = self._matched(inputs)
        return self._require_fitted().bundle.predict_outputs(matched, batch_size=batch_size)

    def _matched(self, inputs: Mapping[str, Rows]) -> tuple[dict[str, Rows], int]:
        """Return adapted rows in the form of the training rows, and how many of them to put through the model at once."""
        matched = match_inputs(self._graph, inputs, self._require_fitted().profile)
        is_from_disk = any(is_sequential(rows) for rows in matched.values())
        most = _MOST_PREDICTED_AT_ONCE_FROM_DISK if is_from_disk else _MOST_PREDICTED_AT_ONCE
        return matched, evaluation_batch_size(matched, most=most)

    def _as_given(self, values: dict[str, Any]) -> Any:
        """Return one value for one head, else a list or a dict by head, as `y` was given."""
        if len(self._graph.heads) == 1:
            return next(iter(values.values()))
        return values if self._require_fitted().container == "dict" else list(values.values())
