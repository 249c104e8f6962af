"""Adam with a learning rate of its own for each variable."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import keras

__all__ = ["LayerwiseAdam"]


class LayerwiseAdam(keras.optimizers.Adam):  # type: ignore[misc]  # Keras ships no types
    """Adam whose learning rate is multiplied by a factor for each variable.

    Layers of a pretrained network near the rows have learned what all tasks need, and should change little; those near
    the output much.

    Args:
        factors: A factor for each trainable variable, in the order of the model's.
        options: The arguments of `keras.optimizers.Adam`. Weight decay is decoupled, and not multiplied.
    """

    def __init__(self, *, factors: Sequence[float], **options: Any) -> None:
        super().__init__(**options)
        self._factors = tuple(float(factor) for factor in factors)

    def build(self, variables: Sequence[Any]) -> None:
        """Make the optimizer's own variables.

        Raises:
            ValueError: If there is not one factor for each variable.
        """
        if len(variables) != len(self._factors):
            message = f"{len(self._factors)} factors were given for {len(variables)} variables"
            raise ValueError(message)
        super().build(variables)

    def update_step(self, gradient: Any, variable: Any, learning_rate: Any) -> None:
        """Change one variable."""
        factor = self._factors[self._get_variable_index(variable)]
        super().update_step(gradient, variable, learning_rate * factor)

    def get_config(self) -> dict[str, Any]:
        """Return the constructor's arguments."""
        return {**super().get_config(), "factors": list(self._factors)}
