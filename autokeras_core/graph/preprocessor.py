"""The protocols of preprocessors: from raw rows to what a network takes. Light: no Keras here."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

if TYPE_CHECKING:
    import numpy as np

__all__ = ["Preprocessor", "SupervisedPreprocessor"]


@runtime_checkable
class Preprocessor(Protocol):
    """Turns raw rows into what a network takes: fitted on training rows only, once per distinct configuration.

    It has two faces that must agree: `transform` is fast and works on NumPy arrays while searching; `to_layer` is the
    same mapping as a Keras layer, in the exported model. `in_model=True` says that the layer is cheap enough to run
    inside the model while searching too (scaling a picture); the core then uses `transform` only to fit what follows.

    More attributes may be there; a preprocessor without them is treated as most are:

    * `after_defaults = True` says that it takes what the input's default preprocessors make (numbers), not the input's
      raw rows (a table with text): then those come first, see `Input.default_preprocessors`.
    * `needs_targets = True` says that it learns from targets: it is fitted with `fit(data, targets)`, encoded targets by
      head, and maps training rows with `transform_training(data)`, each without its own target. See
      `SupervisedPreprocessor`.
    * `rows_at_once`, a number: `transform` gets no more rows than that, so that a slow one (a network) can be stopped in
      time.
    * `outside_the_model`, a sentence: it cannot be a Keras layer (a tokenizer), so the exported model takes what comes
      out of it, and `export_model` warns with this sentence. `output_spec` says what that is, as `Input.raw_spec` does.
    * `state_files`, names: these entries of its state are texts, and lie in files of these names where a model is saved.

    Attributes:
        in_model: Whether the layer runs inside the model during the search.
    """

    in_model: bool

    def fit(self, data: np.ndarray[Any, Any]) -> None:
        """Learn from training rows. `data` must not be changed."""
        ...

    def transform(self, batch: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
        """Map rows to a new array; called after `fit`. `batch` must not be changed."""
        ...

    def to_layer(self) -> Any:
        """Return the same mapping as a built-in Keras layer (or a `keras.Sequential` of such)."""
        ...

    def get_config(self) -> dict[str, Any]:
        """Return the constructor's arguments as JSON data: equal configurations share one cached result."""
        ...

    def get_state(self) -> dict[str, Any]:
        """Return what `fit` learned: JSON data and NumPy arrays by name."""
        ...

    def set_state(self, state: Mapping[str, Any]) -> None:
        """Restore what `get_state` returned."""
        ...


@runtime_checkable
class SupervisedPreprocessor(Protocol):
    """What a preprocessor with `needs_targets = True` has besides the methods of `Preprocessor`.

    Attributes:
        needs_targets: Whether `fit` takes targets.
    """

    needs_targets: bool

    def fit(self, data: np.ndarray[Any, Any], targets: Mapping[str, np.ndarray[Any, Any]]) -> None:
        """Learn from training rows and their encoded targets by head. Neither must be changed.

        A row with the weight 0 for a head has no target there: it is NaN, and the head's other targets are float32, too.
        """
        ...

    def transform_training(self, data: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
        """Map the very rows that `fit` was called with, in their order: each without its own target."""
        ...
