"""The training hyperparameters of a configuration, and the optimizer made from them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Literal, TypeAlias, get_args

import attrs
import keras

from autokeras_core.engine.layerwise import LayerwiseAdam
from autokeras_core.engine.schedule import SCHEDULES, Schedule
from autokeras_core.errors import SpaceError, describe_error
from autokeras_core.names import TRAINING_PATH, join_path
from autokeras_core.search.values import Value

__all__ = ["Optimizer", "TrainingConfiguration", "make_optimizer"]

Optimizer: TypeAlias = Literal["adam", "adamw", "sgd"]

_SGD_MOMENTUM = 0.9

# Names that Keras 3 gives to the variables of biases and of normalisation layers. Other vectors (scales of any kind)
# are told by their rank; a recurrent bias is a matrix, so the rank alone would not do.
_NOT_DECAYED = ("bias", "gamma", "beta")


@attrs.frozen(kw_only=True)
class TrainingConfiguration:
    """How a model is trained.

    Attributes:
        optimizer: `"adam"`, `"adamw"` or `"sgd"` (Nesterov, momentum 0.9).
        learning_rate: The largest learning rate of the schedule, above 0.
        weight_decay: Decoupled weight decay per step, times the learning rate; 0 with plain Adam.
        schedule: `"constant"`, `"cosine"`, `"one_cycle"`, `"cyclic"` or `"linear"`.
        beta_2: How slowly Adam and AdamW forget the squares of earlier gradients; unused by SGD.
        batch_size: Rows per training step.
    """

    optimizer: Optimizer = attrs.field(default="adam", validator=attrs.validators.in_(get_args(Optimizer)))
    learning_rate: float = attrs.field(default=1e-3, validator=attrs.validators.gt(0))
    weight_decay: float = attrs.field(default=0.0, validator=attrs.validators.ge(0))
    schedule: Schedule = attrs.field(default="cosine", validator=attrs.validators.in_(SCHEDULES))
    batch_size: int = attrs.field(default=64, validator=attrs.validators.ge(1))
    beta_2: float = attrs.field(default=0.999, validator=[attrs.validators.gt(0), attrs.validators.lt(1)])

    @classmethod
    def from_configuration(cls, configuration: Mapping[str, Value]) -> TrainingConfiguration:
        """Return the part of a whole configuration that lies under `training/`; what is missing has its default.

        Raises:
            SpaceError: If a value cannot be used.

        Example:
            ```python
            TrainingConfiguration.from_configuration({"training/optimizer": "sgd", "training/learning_rate": 0.1})
            ```
        """
        values: dict[str, Any] = {
            field.name: configuration[join_path(TRAINING_PATH, field.name)]
            for field in attrs.fields(cls)
            if join_path(TRAINING_PATH, field.name) in configuration
        }
        try:
            return cls(**values)
        except (TypeError, ValueError) as error:
            raise SpaceError(
                describe_error(
                    "The training hyperparameters cannot be used.",
                    expected="an optimizer, a learning rate above 0, a weight decay of at least 0, a schedule, a batch "
                    "size of at least 1, and a beta_2 between 0 and 1",
                    received=f"{values!r}",
                    advice=str(error.args[0]) + "." if error.args else "",
                )
            ) from error


def make_optimizer(training: TrainingConfiguration, *, variables: Iterable[Any], factors: Sequence[float] = ()) -> Any:
    """Return a new Keras optimizer.

    The learning rate is a plain number, so a callback can set it per batch. Weight decay is left off biases and the
    parameters of normalisation layers, which it would only pull away from where they belong.

    Args:
        training: The training hyperparameters.
        variables: The trainable variables of the model that will be trained.
        factors: What the learning rate is multiplied by for each of them, for Adam and AdamW; nothing for the same rate.

    Returns:
        A `keras.optimizers.Optimizer` that is not built yet.
    """
    optimizer: Any
    if factors:
        optimizer = LayerwiseAdam(
            factors=factors,
            learning_rate=training.learning_rate,
            weight_decay=training.weight_decay or None,
            beta_2=training.beta_2,
        )
    elif training.optimizer == "adam":
        return keras.optimizers.Adam(learning_rate=training.learning_rate, beta_2=training.beta_2)
    elif training.optimizer == "adamw":
        optimizer = keras.optimizers.AdamW(
            learning_rate=training.learning_rate, weight_decay=training.weight_decay, beta_2=training.beta_2
        )
    else:
        optimizer = keras.optimizers.SGD(
            learning_rate=training.learning_rate,
            momentum=_SGD_MOMENTUM,
            nesterov=True,
            weight_decay=training.weight_decay or None,
        )
    if training.weight_decay:
        excluded = [variable for variable in variables if not _is_decayed(variable)]
        optimizer.exclude_from_weight_decay(var_list=excluded)
    return optimizer


def _is_decayed(variable: Any) -> bool:
    return len(variable.shape) > 1 and not any(name in variable.name for name in _NOT_DECAYED)
