"""A trained model's outputs on validation rows: kept beside the model, so that an ensemble can be chosen without it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias
from zipfile import BadZipFile

import attrs
import keras
import numpy as np

from autokeras_core.data.rows import select_rows
from autokeras_core.engine.batches import prediction_batches
from autokeras_core.engine.evaluation_batch import evaluation_batch_size

if TYPE_CHECKING:
    from autokeras_core.data.rows import Rows
    from autokeras_core.engine.context import TrialContext
    from autokeras_core.engine.features import Feature

__all__ = ["SelectionRows", "keep_predictions", "read_predictions", "selection_rows", "write_predictions"]

Array: TypeAlias = np.ndarray[Any, Any]

_FILE = "predictions.npz"
_MOST_ROWS = 50_000
# Outputs of one model, 40 MB: those of several are in memory at once, and are summed again and again.
_MOST_VALUES = 10_000_000
_FEWEST_ROWS = 1_000
_MOST_ROWS_AT_ONCE = 256


@attrs.frozen(kw_only=True)
class SelectionRows:
    """The validation rows that an ensemble is chosen by: all of them, or 50,000 where there are more.

    With more than 200 outputs a row they are fewer, down to 1,000: as many as have ten million outputs together.

    Attributes:
        numbers: Their numbers among the validation rows, ascending; `None` if these are all.
        targets: Their encoded targets by head.
        weights: One weight per row, or `None`.
    """

    numbers: Array | None
    targets: Mapping[str, Array]
    weights: Array | None

    def __len__(self) -> int:
        return len(next(iter(self.targets.values())))

    def select(self, rows: Mapping[str, Rows]) -> dict[str, Rows]:
        """Return these rows of all validation rows."""
        return {name: each if self.numbers is None else select_rows(each, self.numbers) for name, each in rows.items()}


def selection_rows(context: TrialContext) -> SelectionRows:
    """Return the rows to choose by; the same ones for every trial of a search, also when it is continued."""
    total = len(next(iter(context.validation_targets.values())))
    outputs = sum(target.outputs for target in context.profile.targets.values())
    most = min(_MOST_ROWS, max(_FEWEST_ROWS, _MOST_VALUES // outputs))
    numbers = None
    if total > most:
        numbers = np.sort(np.random.default_rng(0).choice(total, most, replace=False))
    return SelectionRows(
        numbers=numbers,
        targets={name: _part(target, numbers) for name, target in context.validation_targets.items()},
        weights=None if context.validation_weights is None else _part(context.validation_weights, numbers),
    )


def keep_predictions(
    model: keras.Model, features: Sequence[Feature], context: TrialContext, directory: str | Path
) -> list[Array]:
    """Run a trained model on the rows to choose by, and write its outputs into its trial's directory.

    Args:
        model: The model that the trial hands over.
        features: What it takes.
        context: What all trials share.
        directory: The trial's directory.

    Returns:
        One float32 array by head, in the graph's order.
    """
    rows = selection_rows(context).select(context.store.features(features, "validation"))
    batch_size = evaluation_batch_size(rows, most=_MOST_ROWS_AT_ONCE)
    pieces: list[list[Array]] = []
    # Called as it is, not by `predict`: a function that is traced for one use costs more than it saves.
    for batch in prediction_batches(rows, batch_size=batch_size):
        outputs = model(batch, training=False)
        pieces.append([keras.ops.convert_to_numpy(outputs[head]) for head in context.graph.heads])
    arrays = [np.concatenate(parts).astype(np.float32, copy=False) for parts in zip(*pieces, strict=True)]
    write_predictions(directory, arrays)
    return arrays


def write_predictions(directory: str | Path, arrays: Sequence[Array]) -> None:
    """Write a model's outputs, one array by head in the graph's order, into its trial's directory."""
    np.savez(Path(directory) / _FILE, *arrays)


def read_predictions(directory: str | Path, *, rows: int) -> list[Array] | None:
    """Return what `write_predictions` wrote; `None` if there is nothing, or nothing that can be read and fits."""
    try:
        with np.load(Path(directory) / _FILE, allow_pickle=False) as stored:
            arrays = [stored[name] for name in stored.files]
    except (OSError, ValueError, EOFError, KeyError, BadZipFile):  # not there, or written by halves
        return None
    return arrays if arrays and all(len(array) == rows for array in arrays) else None


def _part(array: Array, numbers: Array | None) -> Array:
    return array if numbers is None else array[numbers]
