"""What blocks and preprocessors offer so that a frozen network can be trained further. Light: no Keras here.

A pretrained network is used in two phases. In the first it is a preprocessor that is fitted and computed once: only what
stands behind it is trained, on its features. In the second the network is put in front of the trained layers again, some
of its layers are set free, and the whole is trained a little further. The core does the second phase for whatever
follows these protocols; it knows nothing of pictures or texts.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Literal, Protocol, TypeAlias, get_args, runtime_checkable

import attrs

from autokeras_core.graph.operator import Preprocessor

if TYPE_CHECKING:
    from autokeras_core.graph.view import HyperparameterView

__all__ = ["DEPTHS", "Depth", "FineTunable", "FineTuning", "HasLayerGroups", "OffersFineTuning", "WarmSchedule"]

Depth: TypeAlias = Literal["top", "all"]

DEPTHS: tuple[str, ...] = get_args(Depth)
"""Which layers of a network can be set free: the last ones, or all."""

WarmSchedule: TypeAlias = Literal["cosine", "linear", "one_cycle"]
"""The learning-rate schedules that begin with a warm-up."""


@attrs.frozen(kw_only=True)
class FineTuning:
    """How a network that was frozen is to be trained further.

    Attributes:
        depth: Which of its layers are set free, `"top"` or `"all"`. Batch normalization never is: a few small batches
            would spoil the statistics that were learned from millions of rows.
        learning_rate: The largest learning rate, above 0; low, or what was learned before is lost.
        epochs: How many epochs at most.
        batch_size: Rows per training step at most: a whole network takes more memory than a few layers behind it.
        schedule: How the learning rate rises and falls, `"cosine"`, `"linear"` or `"one_cycle"`: those with a warm-up.
        weight_decay: Decoupled weight decay, times the learning rate.
        layer_decay: By which factor the learning rate falls from one group of layers to the one below it, in `(0, 1]`,
            where the network tells its groups, see `HasLayerGroups`. What lies behind the network has the whole rate.
    """

    depth: Depth = attrs.field(default="top", validator=attrs.validators.in_(DEPTHS))
    learning_rate: float = attrs.field(default=1e-4, validator=attrs.validators.gt(0))
    epochs: int = attrs.field(default=10, validator=attrs.validators.ge(1))
    batch_size: int = attrs.field(default=32, validator=attrs.validators.ge(1))
    schedule: WarmSchedule = attrs.field(default="cosine", validator=attrs.validators.in_(get_args(WarmSchedule)))
    weight_decay: float = attrs.field(default=0.0, validator=attrs.validators.ge(0))
    layer_decay: float = attrs.field(default=1.0, validator=[attrs.validators.gt(0), attrs.validators.le(1)])


@runtime_checkable
class OffersFineTuning(Protocol):
    """A block one of whose preprocessors is a network that can be trained further."""

    def fine_tuning(self, hp: HyperparameterView) -> FineTuning | None:
        """Return how this configuration wants it to be done; `None` if the network stays as it is."""
        ...


@runtime_checkable
class FineTunable(Preprocessor, Protocol):
    """A preprocessor that is a Keras network, computed outside the model until it is trained further.

    It is the last preprocessor of its block that has `in_model=False`.
    """

    @property
    def parameters(self) -> int:
        """The number of the network's parameters, once it is fitted."""
        ...

    def unfrozen(self, depth: Depth) -> Any:
        """Return a copy of the network as a `keras.Model`, with the layers of that depth trainable and no others.

        It takes what `transform` takes and returns what `transform` returns.
        """
        ...

    def tuned(self, network: Any) -> Preprocessor:
        """Return a new preprocessor like this one with the weights of what `unfrozen` returned; this one stays."""
        ...


@runtime_checkable
class HasLayerGroups(Protocol):
    """A `FineTunable` whose layers may learn at different rates: those near the rows the slowest.

    Reference:
        Howard, Ruder: [Universal Language Model Fine-tuning for Text Classification](https://arxiv.org/abs/1801.06146)
        (ACL 2018), where this is called discriminative fine-tuning.
    """

    def layer_groups(self, network: Any) -> Sequence[Sequence[Any]]:
        """Return the trainable variables of what `unfrozen` returned, in groups from the rows to the output."""
        ...
