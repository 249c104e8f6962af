"""The heads: what is predicted. Classification (binary, multi-class, multi-label) and regression."""

from __future__ import annotations

import copy
from abc import abstractmethod
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar, Self, TypeAlias

import keras
import numpy as np

from autokeras_core.builtin import _keras_objects
from autokeras_core.builtin._keras_objects import UnsavedObject
from autokeras_core.builtin._tensors import dense_outputs, head_vectors
from autokeras_core.builtin.guesses import loss_of_class_shares, loss_of_mean
from autokeras_core.builtin.losses import StandardizedSquaredError, UnitFreeLoss, as_loss
from autokeras_core.builtin.metrics import check_metric, is_short_name, make_metrics
from autokeras_core.builtin.spaces import CLASSIFICATION_HEAD, REGRESSION_HEAD
from autokeras_core.data.labels import analyse_labels, class_indices, decode_labels, encode_labels
from autokeras_core.data.profile import TargetKind, TargetProfile
from autokeras_core.data.targets import analyse_targets, decode_targets, encode_targets
from autokeras_core.errors import DataError, GraphError, describe_error
from autokeras_core.graph.operator import Head, Tensor

if TYPE_CHECKING:
    from autokeras_core.data.profile import DataProfile
    from autokeras_core.graph.view import HyperparameterView
    from autokeras_core.search.domains import Choice, Float
    from autokeras_core.search.space import Space

__all__ = ["ClassificationHead", "RegressionHead"]

Array: TypeAlias = np.ndarray[Any, Any]

_SMOOTHED_LOSSES = ("categorical_crossentropy", "binary_crossentropy")


class _TrainedHead(Head):
    """What both heads share: a loss and metrics that may be Keras objects, the reduction of feature maps, dropout."""

    takes_members = True
    _kinds: ClassVar[tuple[TargetKind, ...]] = ()

    def __init__(self, *, loss: Any, metrics: Any, name: str | None, **arguments: object) -> None:
        super().__init__(name=name, **arguments)
        if metrics is not None and not isinstance(metrics, (list, tuple)):
            metrics = [metrics]
        # Beside the base class's arguments: Keras objects and functions are no JSON data until `get_config`.
        given = {"loss": loss, "metrics": metrics}
        self.arguments = {**self.arguments, **{key: value for key, value in given.items() if value is not None}}
        if loss is not None and not isinstance(loss, UnsavedObject):
            as_loss(loss, head=type(self).__name__)  # so that a wrong loss is an error where it is written
        for metric in metrics or ():
            if not isinstance(metric, UnsavedObject):
                check_metric(metric, self._kinds, head=type(self).__name__)

    @property
    def _loss(self) -> Any:
        loss = self.arguments.get("loss")
        if isinstance(loss, UnsavedObject):
            raise loss.error(type(self).__name__)
        return loss

    def get_config(self) -> dict[str, Any]:
        """Return the constructor's arguments as JSON data."""
        config = super().get_config()
        return config | {key: _keras_objects.to_json(config[key]) for key in ("loss", "metrics") if key in config}

    @classmethod
    def from_config(cls, config: Mapping[str, Any]) -> Self:
        """Return a head from what `get_config` returned."""
        restored = {key: _keras_objects.from_json(config[key]) for key in ("loss", "metrics") if key in config}
        return super().from_config({**config, **restored})

    def metrics(self, profile: TargetProfile) -> list[Any]:
        """Return new Keras metrics: those of `metrics=`, else the usual ones of the target's kind."""
        metrics = self.arguments.get("metrics", self._default_metrics(profile))
        for metric in metrics:
            if isinstance(metric, UnsavedObject):
                raise metric.error(type(self).__name__)
        return make_metrics(metrics, profile, head=type(self).__name__, is_sparse=self._is_sparse)

    def with_metric(self, name: str, profile: TargetProfile) -> Self | None:
        """Return a head with one more metric, by its short name; `None` if that suits no such target."""
        if not is_short_name(name, profile):
            return None
        head = copy.copy(self)  # not by way of its configuration, which cannot hold a user's own metrics
        metrics = self.arguments.get("metrics", self._default_metrics(profile))
        head.arguments = {**self.arguments, "metrics": [*metrics, name]}
        return head

    @property
    def _is_sparse(self) -> bool:
        return False

    @abstractmethod
    def _default_metrics(self, profile: TargetProfile) -> tuple[str, ...]:
        """Return the metrics' names where the user gave none."""

    def _target(self, hp: HyperparameterView) -> TargetProfile:
        if hp.profile is None or hp.path not in hp.profile.targets:
            known = [] if hp.profile is None else list(hp.profile.targets)
            raise GraphError(
                describe_error(
                    f"The head {hp.path!r} was built without knowing its target.",
                    expected="a data profile with a target of the head's name",
                    received=f"targets {known}",
                )
            )
        return hp.profile.targets[hp.path]

    def _features(self, hp: HyperparameterView, inputs: Tensor) -> Tensor:
        """Return one vector per row (or one for each member), after dropout."""
        inputs = head_vectors(inputs, head=hp.path, members=hp.members)
        rate = hp.get("dropout", 0.0)
        return keras.layers.Dropout(rate, seed=hp.seed, name=f"{hp.path}_dropout")(inputs) if rate > 0 else inputs


class ClassificationHead(_TrainedHead):
    """Predicts one of two or more classes per row, or any number of labels per row.

    Which of these, and the classes, is taken from the training labels: ints, floats, booleans or strings of shape
    `(rows,)` or `(rows, 1)`, one-hot or multi-hot numbers of shape `(rows, columns)`. Predictions come back in the
    same type, dtype and shape. The model's output is one probability per class, in sorted order of the labels; with
    two classes it has two columns.

    Args:
        num_classes: How many classes there are, checked against the labels; with integer labels `0 ... n - 1` more
            classes are allowed than the training labels show. By default as many as the labels show.
        multi_label: Whether labels with several columns are multi-hot (several labels per row) or one-hot; by
            default what they look like.
        loss: A Keras loss: a name, an object, or a function of `(y_true, y_pred)`. By default crossentropy. With one
            whose name starts with `sparse` targets are class numbers, else one-hot.
        metrics: A list of metrics: names (also `"auc"`, `"f1"`, `"log_loss"`, `"balanced_accuracy"`), Keras metrics
            or functions. By default accuracy, or binary accuracy and AUC for several labels per row.
        dropout: Dropout before the output; tuned by default.
        label_smoothing: Label smoothing of the default loss; tuned by default. Other losses have none.
        name: The head's name in the graph.

    Input shape:
        `(batch_size, features)`; of feature maps `(batch_size, ..., features)` the global average is taken.

    Output shape:
        `(batch_size, classes)`

    Example:
        ```python
        output = ClassificationHead(dropout=0.25, metrics=["accuracy", "f1"])(node)
        ```
    """

    base_name = "classification"
    space = CLASSIFICATION_HEAD
    _kinds = ("binary", "multi-class", "multi-label")

    def __init__(
        self,
        *,
        num_classes: int | None = None,
        multi_label: bool | None = None,
        loss: Any = None,
        metrics: Any = None,
        dropout: float | Choice | Float | None = None,
        label_smoothing: float | Choice | Float | None = None,
        name: str | None = None,
    ) -> None:
        _check_count("ClassificationHead", "num_classes", num_classes, least=1 if multi_label else 2)
        super().__init__(
            name=name,
            loss=loss,
            metrics=metrics,
            num_classes=num_classes,
            multi_label=multi_label,
            dropout=dropout,
            label_smoothing=label_smoothing,
        )
        if label_smoothing and not self._can_smooth:
            raise GraphError(
                describe_error(
                    "ClassificationHead has a label_smoothing that nothing would use.",
                    expected="the default loss, or no label_smoothing",
                    received=f"loss={loss!r}, label_smoothing={label_smoothing!r}",
                    advice="Give the loss object its own label_smoothing.",
                )
            )

    def search_space(self, profile: DataProfile | None = None) -> Space:
        """Return the space; without label smoothing where the user's loss has none to set."""
        space = super().search_space(profile)
        return space if self._can_smooth else space.narrow({"label_smoothing": 0.0})

    def build(self, hp: HyperparameterView, inputs: Tensor) -> Tensor:
        """Return one probability per class: softmax, or sigmoid for several labels per row."""
        target = self._target(hp)
        activation = "sigmoid" if target.kind == "multi-label" else "softmax"
        # float32 whatever the rest computes in: probabilities near 0 and 1 do not survive half precision.
        return dense_outputs(
            self._features(hp, inputs), target.outputs, hp.members, activation=activation, name=_last_name(hp)
        )

    def analyse(self, labels: Any, *, name: str) -> TargetProfile:
        """Find out the kind of labels and the classes, see `analyse_labels`."""
        profile = analyse_labels(
            labels,
            name=name,
            multi_label=self.arguments.get("multi_label"),
            num_classes=self.arguments.get("num_classes"),
        )
        if self._is_sparse and profile.kind == "multi-label":
            raise DataError(
                describe_error(
                    f"The target {name!r} does not suit the loss.",
                    expected="one class per row with a sparse loss",
                    received=f"several labels per row and loss={self.arguments['loss']!r}",
                    advice="Use loss='binary_crossentropy'.",
                )
            )
        return profile

    def encode(self, labels: Any, profile: TargetProfile) -> Array:
        """Return labels one-hot (or multi-hot), uint8 `(rows, classes)`; int32 `(rows,)` for a sparse loss."""
        return class_indices(labels, profile) if self._is_sparse else encode_labels(labels, profile)

    def decode(self, outputs: Array, profile: TargetProfile) -> Array:
        """Return the likeliest labels in the user's own type, dtype and shape."""
        return decode_labels(outputs, profile)

    def loss(self, hp: HyperparameterView, profile: TargetProfile) -> Any:
        """Return the user's loss, else crossentropy with the configuration's label smoothing."""
        return self._loss_with(profile, smoothing=float(hp.get("label_smoothing", 0.0)))

    def evaluation_loss(self, hp: HyperparameterView, profile: TargetProfile) -> Any:
        """Return the loss without label smoothing, if the configuration has some."""
        return self._loss_with(profile, smoothing=0.0) if self._can_smooth and hp.get("label_smoothing", 0.0) else None

    def guess_loss(self, profile: TargetProfile) -> float:
        """Return what predicting the training rows' class shares costs; 1 where these are not known."""
        if not profile.balance:
            return 1.0
        return loss_of_class_shares(
            self._loss_with(profile, smoothing=0.0),
            profile.balance,
            is_multi_label=profile.kind == "multi-label",
            is_sparse=self._is_sparse,
        )

    def _loss_with(self, profile: TargetProfile, *, smoothing: float) -> keras.losses.Loss:
        loss = self._loss
        if loss is not None and not self._can_smooth:
            return as_loss(loss, head=type(self).__name__)
        if loss == "binary_crossentropy" or (loss is None and profile.kind == "multi-label"):
            return keras.losses.BinaryCrossentropy(label_smoothing=smoothing)
        return keras.losses.CategoricalCrossentropy(label_smoothing=smoothing)

    def default_objective(self, profile: TargetProfile) -> tuple[str, str]:
        """Return the accuracy to maximise where there is one, else the loss to minimise."""
        names = [metric.name for metric in self.metrics(profile)]
        if profile.kind != "multi-label" and "accuracy" in names:
            return "val_accuracy", "max"
        return "val_loss", "min"

    @property
    def _can_smooth(self) -> bool:
        loss = self.arguments.get("loss")
        return loss is None or (isinstance(loss, str) and loss in _SMOOTHED_LOSSES)

    @property
    def _is_sparse(self) -> bool:
        loss = self.arguments.get("loss")
        name = loss if isinstance(loss, str) else getattr(loss, "__name__", None) or getattr(loss, "name", "")
        return str(name).lower().startswith("sparse") or type(loss).__name__.lower().startswith("sparse")

    def _default_metrics(self, profile: TargetProfile) -> tuple[str, ...]:
        return ("binary_accuracy", "auc") if profile.kind == "multi-label" else ("accuracy",)


class RegressionHead(_TrainedHead):
    """Predicts one or more numbers per row.

    Targets are standardised inside the model: the network's last layer predicts in standard deviations, and a
    rescaling layer behind it turns that into the targets' own units. So targets of any size train alike, and the
    exported model gives real units. Metrics are in real units too, and so is a loss of the user's; the default loss is
    the squared error in units of each target's variance.

    Args:
        output_dim: How many numbers to predict per row, checked against the targets; by default as many as they show.
        loss: A Keras loss: a name, an object, or a function of `(y_true, y_pred)` in real units. By default the mean
            squared error, each target divided by its standard deviation.
        metrics: A list of metrics: names (also `"rmse"`, `"mae"`, `"r2"`), Keras metrics or functions. By default
            `mse` and `mae`.
        dropout: Dropout before the output; tuned by default.
        name: The head's name in the graph.

    Input shape:
        `(batch_size, features)`; of feature maps `(batch_size, ..., features)` the global average is taken.

    Output shape:
        `(batch_size, targets)` in the targets' own units.

    Example:
        ```python
        output = RegressionHead(metrics=["rmse", "r2"])(node)
        ```
    """

    base_name = "regression"
    space = REGRESSION_HEAD
    _kinds = ("regression",)

    def __init__(
        self,
        *,
        output_dim: int | None = None,
        loss: Any = None,
        metrics: Any = None,
        dropout: float | Choice | Float | None = None,
        name: str | None = None,
    ) -> None:
        _check_count("RegressionHead", "output_dim", output_dim, least=1)
        super().__init__(name=name, loss=loss, metrics=metrics, output_dim=output_dim, dropout=dropout)

    def build(self, hp: HyperparameterView, inputs: Tensor) -> Tensor:
        """Return the predicted numbers in the targets' own units."""
        target = self._target(hp)
        features, name = self._features(hp, inputs), f"{hp.path}_standardized"
        standardized = dense_outputs(features, target.outputs, hp.members, activation=None, name=name)
        scale, mean = list(target.scale), list(target.mean)
        return keras.layers.Rescaling(scale, offset=mean, dtype="float32", name=_last_name(hp))(standardized)

    def analyse(self, labels: Any, *, name: str) -> TargetProfile:
        """Find out shape, mean and scale of the targets, see `analyse_targets`."""
        return analyse_targets(labels, name=name, output_dim=self.arguments.get("output_dim"))

    def encode(self, labels: Any, profile: TargetProfile) -> Array:
        """Return targets in real units, float32 `(rows, targets)`."""
        return encode_targets(labels, profile)

    def decode(self, outputs: Array, profile: TargetProfile) -> Array:
        """Return outputs in the shape of the training targets; float64 if those were, else float32."""
        return decode_targets(outputs, profile)

    def loss(self, hp: HyperparameterView, profile: TargetProfile) -> Any:
        """Return the standardised squared error, or the user's loss in real units with well-scaled gradients."""
        if self._loss is None:
            return StandardizedSquaredError(profile.scale)
        loss = as_loss(self._loss, head=type(self).__name__)
        return UnitFreeLoss.for_targets(loss, mean=profile.mean, scale=profile.scale)

    def guess_loss(self, profile: TargetProfile) -> float:
        """Return what predicting the mean costs: 1 for the default loss."""
        if self._loss is None:
            return 1.0
        return loss_of_mean(as_loss(self._loss, head=type(self).__name__), mean=profile.mean, scale=profile.scale)

    def default_objective(self, profile: TargetProfile) -> tuple[str, str]:
        """Return the validation loss, to minimise."""
        return "val_loss", "min"

    def _default_metrics(self, profile: TargetProfile) -> tuple[str, ...]:
        return ("mse", "mae")


def _last_name(hp: HyperparameterView) -> str:
    """Return the name of a head's last layer: the head's own, unless the mean over its members comes behind."""
    return hp.path if hp.members is None else f"{hp.path}_members"


def _check_count(head: str, argument: str, value: int | None, *, least: int) -> None:
    """Raise `GraphError` if a count is given and is no whole number of `least` or more."""
    is_whole = isinstance(value, (int, np.integer)) and not isinstance(value, bool)
    if value is not None and not (is_whole and value >= least):
        raise GraphError(
            describe_error(
                f"{head} has an impossible {argument}.",
                expected=f"an integer of {least} or more, or None",
                received=f"{argument}={value!r}",
            )
        )
