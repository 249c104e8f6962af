"""What all structured-data blocks share: the encoder of their table, and the parts of its features."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

import attrs
import keras
import numpy as np

from ak_tabular.costs import Work, batch_size_of
from ak_tabular.layout import EncoderSettings, Layout, category_columns, has_statistics, layout_of, target_widths_of
from ak_tabular.preprocessors import TableEncoder
from autokeras_core import Block, Choice, Fixed, Space
from autokeras_core.plugin import layer_seed

if TYPE_CHECKING:
    from autokeras_core import Preprocessor
    from autokeras_core.plugin import DataProfile, HyperparameterView, Tensor

__all__ = [
    "FIRST_LAYER",
    "Features",
    "TabularBlock",
    "concatenated",
    "flattened",
    "most_tokens",
]

FIRST_LAYER = 10
"""The index of the seed of a block's first layer with dropout; what is drawn before has the indices below."""

_MOST_QUANTILE_NUMBERS = 500  # each has 256 quantiles, which the exported model carries


@attrs.frozen(kw_only=True)
class Features:
    """The parts of an encoded table.

    Attributes:
        numbers: Scaled numbers `(batch, numbers)`, or `None`.
        others: Features to use as they are, `(batch, others)`, or `None`.
        embedded: Learned embeddings of categories, `(batch, columns, units)`, or `None`.
    """

    numbers: Tensor | None
    others: Tensor | None
    embedded: Tensor | None

    def side_by_side(self) -> Tensor:
        """Return all features of a row as one vector."""
        return concatenated([self.numbers, self.others, None if self.embedded is None else flattened(self.embedded)])


class TabularBlock(Block):
    """Base class of the blocks for tables: each brings an encoder that is tuned with it.

    Right behind a `StructuredDataInput` a block gets the features that its own `TableEncoder` makes. Anywhere else it
    takes numbers of any shape, flattened.
    """

    one_hot_limit: ClassVar[int] = 16
    embedding_units: ClassVar[int] = 8
    embedding_deviation: ClassVar[float] = 0.3

    def search_space(self, profile: DataProfile | None = None) -> Space:
        """Return the space; without choices between encodings that are the same for these columns."""
        space = super().search_space(profile)
        if profile is None:
            return space
        tables = [_columns_of(profile, name) for name in profile.inputs]
        columns = [column for table in tables for column in table or ()]
        numbers = [_numbers_of(table) for table in tables if table is not None]
        any_statistics = EncoderSettings(statistics="frequency")
        same = {
            "scaling": not any(numbers),
            "statistics": not any(has_statistics(column, any_statistics) for column in category_columns(columns)),
        }
        narrowed: dict[str, Any] = {name: space[name].default for name, is_same in same.items() if is_same}
        if "scaling" not in self.arguments and not any(0 < count <= _MOST_QUANTILE_NUMBERS for count in numbers):
            narrowed["scaling"] = "robust"
        if not same["statistics"] and not any(target_widths_of(profile)):
            narrowed["statistics"] = _without(space["statistics"], "target")
        narrowed_space = space.narrow(narrowed)
        # Numbers of other inputs are embedded, too.
        return narrowed_space if None in tables or any(numbers) else _without_periodic(narrowed_space)

    def preprocessors(self, hp: HyperparameterView) -> Sequence[Preprocessor]:
        """Return the encoder of the table, right behind one."""
        columns = _columns_behind(hp)
        if columns is None:
            return ()
        return (TableEncoder(columns=columns, **attrs.asdict(self._settings(hp, columns))),)

    def cost(self, hp: HyperparameterView) -> float | None:
        """Return what training on one row costs; `None` where the width of the block's input is not known."""
        columns = _columns_behind(hp)
        if columns is None:
            return None
        layout = layout_of(columns, self._settings(hp, columns))
        work = Work(layout.numbers + layout.others)
        if layout.codes:
            work.embed(len(layout.codes), sizes=sum(layout.codes), units=self._embedding_units(hp))
        return self.count(hp, layout, work).cost(batch_size_of(hp))

    @abstractmethod
    def count(self, hp: HyperparameterView, layout: Layout, work: Work) -> Work:
        """Count the network behind the encoder, and return the work."""

    def features(self, hp: HyperparameterView, inputs: Tensor) -> Features:
        """Return the parts of the block's input, categories embedded."""
        columns = _columns_behind(hp)
        if columns is None:
            return Features(numbers=flattened(inputs), others=None, embedded=None)
        layout = layout_of(columns, self._settings(hp, columns))
        first_code = layout.numbers + layout.others
        return Features(
            numbers=inputs[:, : layout.numbers] if layout.numbers else None,
            others=inputs[:, layout.numbers : first_code] if layout.others else None,
            embedded=self._embedded(inputs[:, first_code:], layout, hp) if layout.codes else None,
        )

    def _embedded(self, codes: Tensor, layout: Layout, hp: HyperparameterView) -> Tensor:
        """Return an embedding of each code, `(batch, codes, units)`; 0 for one that says nothing."""
        starts = np.cumsum([0, *layout.codes[:-1]]).astype(np.int32)
        embedding = keras.layers.Embedding(
            sum(layout.codes),
            self._embedding_units(hp),
            embeddings_initializer=keras.initializers.RandomNormal(
                stddev=self.embedding_deviation, seed=layer_seed(hp.seed, 0)
            ),
        )
        embedded = embedding(keras.ops.cast(codes, "int32") + starts)
        is_learned = np.array(layout.trained_zeros, dtype=bool)
        if is_learned.all():
            return embedded
        is_known = keras.ops.logical_or(codes > 0, is_learned)
        return embedded * keras.ops.expand_dims(keras.ops.cast(is_known, embedded.dtype), axis=-1)

    def _embedding_units(self, hp: HyperparameterView) -> int:
        return self.embedding_units

    def _settings(self, hp: HyperparameterView, columns: Sequence[Mapping[str, Any]]) -> EncoderSettings:
        statistics = hp.get("statistics", "none")
        # A configuration from elsewhere may ask for more quantiles than are good; the user's own argument is obeyed.
        is_scaled_as_said = "scaling" in self.arguments or _numbers_of(columns) <= _MOST_QUANTILE_NUMBERS
        return EncoderSettings(
            scaling=hp.get("scaling", "robust") if is_scaled_as_said else "robust",
            one_hot_limit=self.one_hot_limit,
            codes=True,
            statistics=statistics,
            target_widths=target_widths_of(hp.profile) if statistics == "target" else (),
        )


def concatenated(tensors: Sequence[Tensor | None]) -> Tensor:
    """Return tensors side by side, those that are `None` left out."""
    known = [tensor for tensor in tensors if tensor is not None]
    return keras.layers.Concatenate()(known) if len(known) > 1 else known[0]


def flattened(tensor: Tensor) -> Tensor:
    """Return a tensor with one axis besides that of the batch."""
    return keras.layers.Flatten()(tensor) if len(tensor.shape) > 2 else tensor


def most_tokens(profile: DataProfile) -> int:
    """Return how many columns of numbers and categories the widest table has, the parts of dates among them."""
    tables = [_columns_of(profile, name) for name in profile.inputs]
    layouts = [layout_of(table, EncoderSettings(codes=True, one_hot_limit=0)) for table in tables if table is not None]
    return max((layout.numbers + len(layout.codes) for layout in layouts), default=0)


def _without(domain: Any, value: str) -> Any:
    """Return a domain without one of several values; as it is if it has no others."""
    if not isinstance(domain, Choice) or value not in domain.values or domain.size < 2:
        return domain
    kept = [each for each in domain.values if each != value]
    return Choice(kept, default=kept[0] if domain.default == value else domain.default)


def _without_periodic(space: Space) -> Space:
    """Return a space in which embeddings of numbers are not searched.

    Their names stay, so that predefined configurations that have them remain usable.
    """
    fixed = {name: Fixed(space[name].default) for name in ("periodic", "periodic_sigma") if name in space}
    return Space({**space, **fixed})


def _numbers_of(columns: Sequence[Mapping[str, Any]]) -> int:
    return layout_of(columns, EncoderSettings()).numbers


def _columns_behind(hp: HyperparameterView) -> Sequence[Mapping[str, Any]] | None:
    """Return the facts about the columns of the table that the block stands right behind, if it does."""
    if hp.profile is None or hp.input_name is None:
        return None
    return _columns_of(hp.profile, hp.input_name)


def _columns_of(profile: DataProfile, name: str) -> Sequence[Mapping[str, Any]] | None:
    part = profile.inputs[name]
    columns: Sequence[Mapping[str, Any]] | None = part.facts.get("columns") if part.modality == "structured" else None
    return columns
