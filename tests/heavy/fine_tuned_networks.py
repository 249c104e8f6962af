"""A frozen network that a block wants to be trained further: small, and quick to make."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal, Self

import keras
import numpy as np

from autokeras_core import Block, FineTuning, Preprocessor
from autokeras_core.graph.fine_tuning import Depth
from autokeras_core.graph.operator import Tensor
from autokeras_core.graph.view import HyperparameterView

Array = np.ndarray[Any, Any]


class Projection(Preprocessor):
    """A frozen network of two layers with a fixed beginning, which keeps little of its input."""

    in_model = False

    def __init__(self, features: int = 2) -> None:
        self.features = features
        self.network: Any = None

    def fit(self, data: Array) -> None:
        """Make the network."""
        self.network = self._made(data.shape[1])

    def transform(self, batch: Array) -> Array:
        """Return its output."""
        return np.asarray(self.network.predict(batch, verbose=0))

    def to_layer(self) -> Any:
        """Return a copy."""
        return self._copy()

    def get_config(self) -> dict[str, Any]:
        """Return the number of features."""
        return {"features": self.features}

    def get_state(self) -> dict[str, Any]:
        """Return the weights."""
        return {"weights": {f"{index:04d}": each for index, each in enumerate(self.network.get_weights())}}

    def set_state(self, state: Mapping[str, Any]) -> None:
        """Take the weights."""
        arrays = [state["weights"][key] for key in sorted(state["weights"])]
        self.network = self._made(len(arrays[0]))
        self.network.set_weights(arrays)

    @property
    def parameters(self) -> int:
        """Count the network's parameters."""
        return int(self.network.count_params())

    def unfrozen(self, depth: Depth) -> Any:
        """Return a copy with one trainable layer or both."""
        copy = self._copy()
        copy.layers[1].trainable = depth == "all"
        return copy

    def tuned(self, network: Any) -> Self:
        """Return one with that network."""
        other = type(self)(self.features)
        other.network = network
        return other

    def _made(self, columns: int) -> Any:
        rows = keras.Input((columns,))
        hidden = keras.layers.Dense(8, activation="tanh", kernel_initializer=keras.initializers.GlorotUniform(1))(rows)
        out = keras.layers.Dense(self.features, kernel_initializer=keras.initializers.GlorotUniform(2))(hidden)
        return keras.Model(rows, out, name="projection")  # as those of one pretrained network have its name

    def _copy(self) -> Any:
        copy = self._made(self.network.input_shape[1])
        copy.set_weights(self.network.get_weights())
        return copy


class Projected(Block):
    """Stands behind a projection; normalises its features by batch."""

    def __init__(
        self,
        *,
        depth: Literal["top", "all"] | None = None,
        learning_rate: float = 0.03,
        has_network: bool = True,
        name: str | None = None,
    ) -> None:
        super().__init__(name=name, depth=depth, learning_rate=learning_rate, has_network=has_network)

    def preprocessors(self, hp: HyperparameterView) -> Sequence[Preprocessor]:
        """Return the projection."""
        return [Projection()] if self.arguments["has_network"] else []

    def build(self, hp: HyperparameterView, inputs: Tensor) -> Tensor:
        """Return the normalised features."""
        return keras.layers.BatchNormalization()(inputs)

    def fine_tuning(self, hp: HyperparameterView) -> FineTuning | None:
        """Return the plan, if there is a depth."""
        depth = self.arguments.get("depth")
        return depth and FineTuning(depth=depth, learning_rate=self.arguments["learning_rate"], epochs=6)


def points(rows: int = 400) -> tuple[Array, Array]:
    """Return points of five columns, and the sign of the first, of which the frozen network keeps little."""
    x = np.random.default_rng(0).normal(size=(rows, 5)).astype("float32")
    return x, (x[:, 0] > 0).astype(int)
