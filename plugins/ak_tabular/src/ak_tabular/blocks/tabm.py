"""TabMBlock: many networks in one, which share nearly all their weights."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

import keras

from ak_tabular.blocks._periodic import count_periodic, with_periodic
from ak_tabular.blocks._tabular import FIRST_LAYER, TabularBlock, concatenated, flattened
from ak_tabular.spaces import TABM
from autokeras_core.plugin import layer_seed

if TYPE_CHECKING:
    from ak_tabular.costs import Work
    from ak_tabular.layout import Layout
    from autokeras_core import Space
    from autokeras_core.plugin import HyperparameterView, Tensor

__all__ = ["TabMBlock"]


class TabMBlock(TabularBlock):
    """An ensemble of networks that costs little more than one: TabM-mini.

    Each member scales the features by random factors of its own, which are learned; all go through the same dense
    layers; and the head predicts for each with weights of its own. Trained is the mean of the members' losses, predicted
    the mean of their predictions, see `Block.members`.

    Args:
        scaling: How numbers are scaled, `"robust"` or `"quantile"`, see `TableEncoder`; on tables of more than 500 numbers
            the latter only if it is asked for here.
        statistics: Which statistics of categories are added: `"none"`, `"frequency"` or `"target"`.
        periodic: Whether numbers get periodic embeddings.
        periodic_sigma: The standard deviation of their frequencies at the start.
        members: The number of members.
        num_layers: The number of dense layers.
        units: The width of each.
        dropout: The share of each layer's outputs that is dropped in training, the same ones for all members.
        name: The block's name in the graph.

    Input shape:
        The rows of a `StructuredDataInput`; or numbers `(batch, features)`, further axes are flattened.

    Output shape:
        `(batch, members, units)`; other blocks than heads get the mean over the members.

    Example:
        ```python
        output = RegressionHead()(TabMBlock(members=16)(StructuredDataInput()))
        ```

    Reference:
        Gorishniy, Kotelnikov, Babenko: TabM: Advancing Tabular Deep Learning with Parameter-Efficient Ensembling.
        ICLR 2025.
    """

    base_name: ClassVar[str] = "tabm"
    space: ClassVar[Space] = TABM

    def __init__(
        self,
        *,
        scaling: Any = None,
        statistics: Any = None,
        periodic: Any = None,
        periodic_sigma: Any = None,
        members: Any = None,
        num_layers: Any = None,
        units: Any = None,
        dropout: Any = None,
        name: str | None = None,
    ) -> None:
        super().__init__(
            name=name,
            scaling=scaling,
            statistics=statistics,
            periodic=periodic,
            periodic_sigma=periodic_sigma,
            members=members,
            num_layers=num_layers,
            units=units,
            dropout=dropout,
        )

    def members(self, hp: HyperparameterView) -> int:
        """Return the number of members."""
        return int(hp["members"])

    def build(self, hp: HyperparameterView, inputs: Tensor) -> Tensor:
        """Return the output tensor, shape `(batch, members, units)`."""
        features = self.features(hp, inputs)
        numbers = with_periodic(features.numbers, hp)
        embedded = None if features.embedded is None else flattened(features.embedded)
        x = concatenated([numbers, features.others, embedded])
        x = keras.layers.EinsumDense(
            "bf,mf->bmf",
            output_shape=(hp["members"], int(x.shape[1])),
            kernel_initializer=keras.initializers.RandomNormal(stddev=1.0, seed=layer_seed(hp.seed, 1)),
        )(x)
        for index in range(hp["num_layers"]):
            x = keras.layers.Dense(hp["units"], activation="relu", kernel_initializer="he_normal")(x)
            if hp["dropout"] > 0:
                # The same units are dropped in all members: to draw random numbers for each took as long as all else.
                x = keras.layers.Dropout(
                    hp["dropout"], noise_shape=(None, 1, None), seed=layer_seed(hp.seed, FIRST_LAYER + index)
                )(x)
        return x

    def count(self, hp: HyperparameterView, layout: Layout, work: Work) -> Work:
        """Count the layers, and return the work."""
        count_periodic(hp, layout, work)
        work.copies = hp["members"]
        work.values += work.copies * work.width
        for _ in range(hp["num_layers"]):
            work.dense(hp["units"])
        return work
