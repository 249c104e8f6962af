"""Recurrent layers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import keras

from autokeras_core.builtin._tensors import as_numbers
from autokeras_core.builtin.spaces import RNN
from autokeras_core.errors import GraphError, describe_error
from autokeras_core.graph.operator import Block

if TYPE_CHECKING:
    from autokeras_core.graph.operator import Tensor
    from autokeras_core.graph.view import HyperparameterView
    from autokeras_core.search.domains import Domain

__all__ = ["RNNBlock"]

_LAYERS = {"gru": keras.layers.GRU, "lstm": keras.layers.LSTM}


class RNNBlock(Block):
    """Recurrent layers over a sequence.

    Every argument but `return_sequences` is tuned if left out.

    Args:
        layer_type: `"gru"` or `"lstm"`.
        bidirectional: Whether each layer also reads the sequence backwards; both results are concatenated.
        num_layers: How many layers.
        units: How many units each layer has, in each direction.
        return_sequences: Whether to return the output at every time instead of the last one.
        name: The block's name in the graph, by default `rnn`.

    Input shape:
        `(batch, time, features)`.

    Output shape:
        `(batch, width)`, or `(batch, time, width)` with `return_sequences`; the width is `units`, twice that if
        bidirectional.

    Example:
        ```python
        output = RNNBlock(layer_type="lstm", num_layers=2)(ArrayInput())
        ```

    Reference:
        Hochreiter, Schmidhuber, "Long Short-Term Memory", 1997.
        Cho et al., "Learning Phrase Representations using RNN Encoder-Decoder", 2014 (GRU).
    """

    base_name = "rnn"
    space = RNN

    def __init__(
        self,
        *,
        layer_type: str | Domain | None = None,
        bidirectional: bool | Domain | None = None,
        num_layers: int | Domain | None = None,
        units: int | Domain | None = None,
        return_sequences: bool = False,
        name: str | None = None,
    ) -> None:
        if not isinstance(return_sequences, bool):
            raise GraphError(
                describe_error(
                    "RNNBlock has a malformed argument: it is a setting, not tuned.",
                    expected="return_sequences as True or False",
                    received=f"return_sequences={return_sequences!r}",
                )
            )
        super().__init__(
            name=name,
            layer_type=layer_type,
            bidirectional=bidirectional,
            num_layers=num_layers,
            units=units,
            return_sequences=return_sequences,
        )

    def build(self, hp: HyperparameterView, inputs: Tensor) -> Tensor:
        """Return the last layer's output, at the last time or at every one."""
        x = as_numbers(self, inputs)
        if len(x.shape) != 3:
            raise GraphError(
                describe_error(
                    f"{self!r} was built on something that is no batch of sequences.",
                    expected="a tensor of shape (batch, time, features)",
                    received=f"shape {tuple(x.shape)}",
                    advice="Pass data with a time axis: a single series of shape (rows, time, 1).",
                )
            )
        for index in range(hp["num_layers"]):
            is_last = index == hp["num_layers"] - 1
            layer = _LAYERS[hp["layer_type"]](
                hp["units"], return_sequences=not is_last or self.arguments["return_sequences"]
            )
            x = (keras.layers.Bidirectional(layer) if hp["bidirectional"] else layer)(x)
        return x
