"""Metrics of the heads: from what a user writes to Keras metrics with stable names, suited to the kind of target."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import keras

from autokeras_core.builtin._class_means import MeanAUC, MeanF1
from autokeras_core.builtin._fine_auc import FineAUC
from autokeras_core.builtin._steady_r2 import SteadyR2
from autokeras_core.builtin.losses import values_of_rows
from autokeras_core.data.profile import TargetKind, TargetProfile
from autokeras_core.errors import GraphError, describe_error
from autokeras_core.graph.operator import Tensor
from autokeras_core.names import snake_case, suggest

__all__ = [
    "BalancedAccuracy",
    "ConvertedMetric",
    "check_metric",
    "is_short_name",
    "known_metrics",
    "make_metric",
    "make_metrics",
]


class ConvertedMetric(keras.metrics.Metric):  # type: ignore[misc]  # keras ships no types
    """A metric that sees targets and predictions in another form than the head encodes them.

    Args:
        inner: The metric.
        convert: From `(y_true, y_pred)` to what the metric takes.
        name: The name in logs.
    """

    def __init__(
        self,
        inner: keras.metrics.Metric,
        *,
        convert: Callable[[Tensor, Tensor], tuple[Tensor, Tensor]],
        name: str | None = None,
    ) -> None:
        super().__init__(name=name or inner.name)
        self.inner = inner
        self.convert = convert

    def update_state(self, y_true: Tensor, y_pred: Tensor, sample_weight: Tensor | None = None) -> None:
        """Take a batch into account."""
        y_true, y_pred = keras.ops.convert_to_tensor(y_true), keras.ops.convert_to_tensor(y_pred)
        self.inner.update_state(*self.convert(y_true, y_pred), sample_weight=sample_weight)

    def result(self) -> Tensor:
        """Return the metric's value."""
        return self.inner.result()

    def reset_state(self) -> None:
        """Forget all batches."""
        self.inner.reset_state()


class BalancedAccuracy(keras.metrics.Metric):  # type: ignore[misc]  # keras ships no types
    """The mean over the classes of the share of each class's rows that is predicted rightly.

    Classes without rows do not count.

    Args:
        classes: The number of classes.
        name: The name in logs.

    Input shape:
        One-hot targets and probabilities, both `(batch_size, classes)`.
    """

    def __init__(self, classes: int, *, name: str = "balanced_accuracy") -> None:
        super().__init__(name=name)
        self.classes = classes
        self.right = self.add_variable((classes,), initializer="zeros", name="right")
        self.rows = self.add_variable((classes,), initializer="zeros", name="rows")

    def update_state(self, y_true: Tensor, y_pred: Tensor, sample_weight: Tensor | None = None) -> None:
        """Take a batch into account."""
        y_true = keras.ops.cast(y_true, "float32")
        is_right = keras.ops.cast(keras.ops.argmax(y_true, axis=-1) == keras.ops.argmax(y_pred, axis=-1), "float32")
        if sample_weight is not None:
            weights = keras.ops.reshape(keras.ops.cast(sample_weight, "float32"), (-1, 1))
            y_true = y_true * weights
        self.rows.assign_add(keras.ops.sum(y_true, axis=0))
        self.right.assign_add(keras.ops.sum(y_true * keras.ops.expand_dims(is_right, -1), axis=0))

    def result(self) -> Tensor:
        """Return the mean recall of the classes seen."""
        seen = keras.ops.cast(self.rows > 0, "float32")
        recalls = keras.ops.divide_no_nan(self.right.value, self.rows.value)
        return keras.ops.divide_no_nan(keras.ops.sum(recalls), keras.ops.sum(seen))

    def get_config(self) -> dict[str, Any]:
        """Return the constructor's arguments."""
        return {"classes": self.classes, "name": self.name}


def known_metrics(kind: TargetKind) -> tuple[str, ...]:
    """Return the short names with a meaning of their own for a kind of target; Keras's names work besides."""
    return tuple(sorted(_SHORT_NAMES[kind]))


def is_short_name(name: str, profile: TargetProfile) -> bool:
    """Return whether a name is a short name of `make_metric` that suits the target; logs call the metric so, too.

    Example:
        ```python
        is_short_name("auc", profile)  # True of classes, False of numbers
        ```
    """
    if not any(name in names for names in _SHORT_NAMES.values()):
        return False
    try:
        return bool(make_metric(name, profile, head="").name == name)
    except GraphError:
        return False


def check_metric(metric: Any, kinds: Sequence[TargetKind], *, head: str) -> None:
    """Check that a metric suits at least one of the kinds of target that a head may have.

    Raises:
        GraphError: If it suits none; whether it suits the target at hand is known later, see `make_metric`.
    """
    problems: list[GraphError] = []
    for kind in kinds:
        try:
            make_metric(metric, TargetProfile(name="", kind=kind, label_type="int", dtype="", outputs=2), head=head)
        except GraphError as error:
            problems.append(error)
        else:
            return
    raise problems[0]


def make_metrics(metrics: Any, profile: TargetProfile, *, head: str, is_sparse: bool = False) -> list[Any]:
    """Return new Keras metrics for what a user passed as `metrics=`, see `make_metric`.

    Raises:
        GraphError: If one is unknown, or two have one name.
    """
    made = [make_metric(metric, profile, head=head, is_sparse=is_sparse) for metric in metrics]
    names = [metric.name for metric in made]
    repeated = sorted({name for name in names if names.count(name) > 1})
    if repeated:
        raise GraphError(
            describe_error(
                f"{head} has several metrics of one name.",
                expected="metrics with different names",
                received=f"names {names}",
                advice="Give Keras metrics a name=.",
            )
        )
    return made


def make_metric(metric: Any, profile: TargetProfile, *, head: str, is_sparse: bool = False) -> keras.metrics.Metric:
    """Return a new Keras metric.

    Args:
        metric: A short name (`"accuracy"`, `"auc"`, `"f1"`, `"log_loss"`, `"balanced_accuracy"`, `"rmse"`, `"mae"`,
            `"r2"`), the name of a Keras metric, a Keras metric (which is copied) or its class, or a function (or Keras
            loss) of `(y_true, y_pred)`, whose mean over the rows is taken: it gets targets in the predictions' type, but
            class numbers as they are.
        profile: What the target is: `"auc"` and `"f1"` of a binary target are those of its second class.
        head: The head, for messages.
        is_sparse: Whether targets are encoded as class numbers instead of one-hot.

    Raises:
        GraphError: If the metric is unknown, does not suit the target, or is several numbers, one for each class.
    """
    if isinstance(metric, str):
        return _by_name(metric, profile, head, is_sparse)
    if isinstance(metric, type) and issubclass(metric, keras.metrics.Metric):
        return _far_from_zero(_checked(_new(metric), head), profile)
    if isinstance(metric, keras.metrics.Metric):
        return _far_from_zero(_checked(_copy(metric, head), head), profile)
    if callable(metric):
        name = getattr(metric, "__name__", type(metric).__name__)
        return keras.metrics.MeanMetricWrapper(_OfRows(metric, is_sparse=is_sparse), name=name)
    raise _unknown(metric, profile.kind, head)


def _checked(metric: keras.metrics.Metric, head: str) -> keras.metrics.Metric:
    """Return a metric, checked: of Keras's own, one suits no head, and some are one number for each class or column."""
    if type(metric) is keras.metrics.Accuracy:
        raise GraphError(
            describe_error(
                f"The metric {metric.name!r} of {head} counts numbers that are exactly equal, which predictions never are.",
                expected="a metric that compares classes with probabilities, or numbers by their distance",
                received="keras.metrics.Accuracy",
                advice="Pass 'accuracy' where classes are predicted.",
            )
        )
    wanted = ""
    if isinstance(metric, keras.metrics.FBetaScore) and metric.average is None:
        wanted = "average='macro'"
    elif isinstance(metric, keras.metrics.R2Score) and metric.class_aggregation is None:
        wanted = "class_aggregation='uniform_average'"
    if wanted:
        raise GraphError(
            describe_error(
                f"The metric {metric.name!r} of {head} is several numbers, and a trial is judged by one.",
                expected="a metric of one number",
                received=f"keras.metrics.{type(metric).__name__} with one for each class or column",
                advice=f"Pass keras.metrics.{type(metric).__name__}({wanted}).",
            )
        )
    return metric


def _by_name(name: str, profile: TargetProfile, head: str, is_sparse: bool) -> keras.metrics.Metric:
    short = _SHORT_NAMES[profile.kind].get(_ALIASES.get(name, name))
    if short is not None:
        made = short(profile)
        wants_sparse = False
    else:
        if name in _ALL_SHORT_NAMES:
            raise _unknown(name, profile.kind, head)
        try:
            made = keras.metrics.get(name)
        except ValueError:
            raise _unknown(name, profile.kind, head) from None
        if isinstance(made, keras.metrics.Metric):
            made = _checked(_new(type(made)), head)
        else:
            made = keras.metrics.MeanMetricWrapper(made, name=name)
        wants_sparse = name.lower().startswith("sparse")
    if profile.is_classification and wants_sparse != is_sparse:
        made = ConvertedMetric(made, convert=_to_indices if wants_sparse else _OneHot(profile.outputs))
    return made


def _new(kind: type[Any]) -> keras.metrics.Metric:
    """Make a metric; Keras's own get their name here, since by themselves they count: `auc`, `auc_1`, ..."""
    if kind is keras.metrics.AUC:  # as a class it says nothing of thresholds
        return FineAUC()
    is_own = getattr(keras.metrics, kind.__name__, None) is kind
    return kind(name=snake_case(kind.__name__)) if is_own else kind()


def _copy(metric: keras.metrics.Metric, head: str) -> keras.metrics.Metric:
    try:
        return type(metric).from_config(metric.get_config())
    except Exception as error:  # a user's own get_config runs here
        raise GraphError(
            describe_error(
                f"The metric {metric.name!r} of {head} cannot be copied, and each model needs its own.",
                expected="a metric whose get_config() holds its constructor's arguments",
                received=f"{type(error).__name__}: {error}",
                advice="Pass a function or the metric's class instead.",
            )
        ) from error


def _unknown(metric: Any, kind: TargetKind, head: str) -> GraphError:
    known = known_metrics(kind)
    keras_names = [name for name in vars(keras.metrics) if name.islower() and not name.startswith("_")]
    return GraphError(
        describe_error(
            f"{head} has a metric that is unknown or does not suit a {kind} target.",
            expected=f"one of {list(known)}, the name of a Keras metric, a function, or a keras.metrics.Metric",
            received=f"{metric!r}",
            advice=suggest(metric, [*known, *keras_names]) if isinstance(metric, str) else "",
        )
    )


def _to_indices(y_true: Tensor, y_pred: Tensor) -> tuple[Tensor, Tensor]:
    return keras.ops.argmax(y_true, axis=-1), y_pred


def _second_column(y_true: Tensor, y_pred: Tensor) -> tuple[Tensor, Tensor]:
    return y_true[:, 1:2], y_pred[:, 1:2]


class _OneHot:
    """Turns class numbers into one-hot rows."""

    def __init__(self, classes: int) -> None:
        self.classes = classes

    def __call__(self, y_true: Tensor, y_pred: Tensor) -> tuple[Tensor, Tensor]:
        numbers = keras.ops.cast(keras.ops.reshape(y_true, (-1,)), "int32")
        return keras.ops.one_hot(numbers, self.classes), y_pred


class _OfRows:
    """Has one value per row of what a user's function returns, so that rows can be weighted.

    Targets come in the predictions' type, as for a loss: of one-hot bytes nothing could be subtracted. Class numbers stay
    whole, since they are there to look something up.
    """

    def __init__(self, function: Callable[[Tensor, Tensor], Any], *, is_sparse: bool) -> None:
        # Called itself, a loss would return the mean over the rows.
        self.function = function.call if isinstance(function, keras.losses.Loss) else function
        self.is_sparse = is_sparse

    def __call__(self, y_true: Tensor, y_pred: Tensor) -> Tensor:
        y_true, y_pred = keras.ops.convert_to_tensor(y_true), keras.ops.convert_to_tensor(y_pred)
        y_true = y_true if self.is_sparse else keras.ops.cast(y_true, y_pred.dtype)
        return values_of_rows(self.function(y_true, y_pred), y_pred)


def _far_from_zero(metric: keras.metrics.Metric, profile: TargetProfile) -> keras.metrics.Metric:
    """Return a metric that is right for numbers far from 0, too: Keras's own R2 is not."""
    if type(metric) is not keras.metrics.R2Score or profile.is_classification or metric.num_regressors:
        return metric
    return _steady_r2(profile, class_aggregation=metric.class_aggregation, name=metric.name)


def _steady_r2(profile: TargetProfile, *, name: str = "r2", **options: Any) -> SteadyR2:
    return SteadyR2(mean=profile.mean, scale=max(profile.scale, default=1.0), name=name, **options)


def _of_second_class(metric: keras.metrics.Metric) -> keras.metrics.Metric:
    """Apply a metric of a yes-or-no question to the second of two classes, as scikit-learn does."""
    return ConvertedMetric(metric, convert=_second_column)


_Maker = Callable[[TargetProfile], Any]

_ALIASES = {
    "AUC": "auc",
    "Accuracy": "accuracy",
    "F1Score": "f1",
    "Precision": "precision",
    "R2Score": "r2",
    "Recall": "recall",
    "RootMeanSquaredError": "rmse",
    "acc": "accuracy",
    "f1_score": "f1",
    "r2_score": "r2",
    "root_mean_squared_error": "rmse",
}

_ONE_CLASS_PER_ROW: dict[str, _Maker] = {
    "accuracy": lambda _: keras.metrics.CategoricalAccuracy(name="accuracy"),
    "balanced_accuracy": lambda profile: BalancedAccuracy(profile.outputs),
    "log_loss": lambda _: keras.metrics.CategoricalCrossentropy(name="log_loss"),
}

_SHORT_NAMES: dict[TargetKind, dict[str, _Maker]] = {
    "binary": {
        **_ONE_CLASS_PER_ROW,
        "auc": lambda _: _of_second_class(FineAUC()),
        "f1": lambda _: _of_second_class(keras.metrics.F1Score(average="macro", threshold=0.5, name="f1")),
        "precision": lambda _: _of_second_class(keras.metrics.Precision(name="precision")),
        "recall": lambda _: _of_second_class(keras.metrics.Recall(name="recall")),
    },
    "multi-class": {
        **_ONE_CLASS_PER_ROW,
        "auc": lambda profile: MeanAUC(profile.outputs),
        "f1": lambda _: MeanF1(),
    },
    "multi-label": {
        "accuracy": lambda _: keras.metrics.BinaryAccuracy(name="accuracy"),
        "auc": lambda profile: MeanAUC(profile.outputs),
        "f1": lambda _: MeanF1(threshold=0.5),
        "log_loss": lambda _: keras.metrics.BinaryCrossentropy(name="log_loss"),
    },
    "regression": {
        "mae": lambda _: keras.metrics.MeanAbsoluteError(name="mae"),
        "mse": lambda _: keras.metrics.MeanSquaredError(name="mse"),
        "r2": _steady_r2,
        "rmse": lambda _: keras.metrics.RootMeanSquaredError(name="rmse"),
    },
}

_ALL_SHORT_NAMES = frozenset(name for names in _SHORT_NAMES.values() for name in names) - {
    # Keras has metrics of these names too, with a meaning of their own for every kind of target.
    "mae",
    "mse",
    "precision",
    "recall",
}
