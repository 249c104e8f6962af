"""What networks for tables cost, counted from their hyperparameters. Light: no layer is built for it.

The time of a training step on a CPU is told well by three numbers: the multiply-adds of dense layers, the values that
layers write (each is read and written again by activation and dropout, forward and backward), and the parameters, which
the optimizer goes through once a step whatever the size of the batch. The weights of the latter two against the first
were fitted to measured steps.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs

if TYPE_CHECKING:
    from autokeras_core.plugin import HyperparameterView

__all__ = ["Work", "batch_size_of"]

# In the core's unit, the time of a multiply-add of a convolution in the forward pass. Steps of all blocks, of 32 and of 256
# rows, were measured on a core of a server; what the three numbers say of each is right within 45%, in most within 20%.
_MULTIPLY_ADD = 1.7
_VALUE = 440.0
_PARAMETER = 280.0


@attrs.define
class Work:
    """The work of a network on one row, added up layer by layer while it is walked through.

    Attributes:
        width: How many features a row has at this point.
        copies: How many times a row goes through each layer: the members of an ensemble, or the tokens of a row.
        multiply_adds: Multiply-adds of dense layers so far.
        values: Numbers that layers wrote so far.
        parameters: Weights so far.

    Example:
        ```python
        work = Work(20)
        work.dense(128)
        work.multiply_adds  # 20 * 128
        ```
    """

    width: int
    copies: int = 1
    multiply_adds: int = 0
    values: int = 0
    parameters: int = 0

    def dense(self, units: int) -> None:
        """Go through a dense layer and an activation."""
        self.multiply_adds += self.copies * self.width * units
        self.values += self.copies * units
        self.parameters += (self.width + 1) * units
        self.width = units

    def embed(self, count: int, *, sizes: int, units: int) -> None:
        """Read embeddings of several categories, which a row has besides its features.

        Args:
            count: How many categories a row has.
            sizes: How many different ones there are in all columns together.
            units: The width of an embedding.
        """
        self.values += count * units
        self.parameters += sizes * units
        self.width += count * units

    def attend(self) -> None:
        """Go through attention between the copies of a row, without the dense layers around it."""
        self.multiply_adds += 2 * self.copies * self.copies * self.width
        self.values += 4 * self.copies * self.copies

    def cost(self, batch_size: int) -> float:
        """Return the cost of the work on one row of a batch, in the time of a multiply-add of a convolution."""
        return _MULTIPLY_ADD * self.multiply_adds + _VALUE * self.values + _PARAMETER * self.parameters / batch_size


def batch_size_of(hp: HyperparameterView) -> int:
    """Return how many rows a training batch of the configuration has."""
    size = int(hp.values.get("training/batch_size", 64))
    return size if hp.profile is None else max(1, min(size, hp.profile.rows))
