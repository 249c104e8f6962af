"""The core's exporters: a `.keras` file and a TensorFlow SavedModel."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    import keras

__all__ = ["KerasExporter", "SavedModelExporter"]


class KerasExporter:
    """Writes a file that `keras.models.load_model` loads."""

    def export(self, model: keras.Model, path: Path) -> None:
        """Write the model to a `.keras` file."""
        model.save(path)


class SavedModelExporter:
    """Writes a folder that `tensorflow.saved_model.load` loads; its `serve` takes raw rows."""

    def export(self, model: keras.Model, path: Path) -> None:
        """Write the model to a SavedModel folder."""
        model.export(path, verbose=False)
