"""Picture files that are made for a test, and what is read from them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from PIL import ExifTags, Image

from ak_vision.files import ImageFiles

__all__ = ["Array", "decisions", "exif_of", "gradient", "read", "save"]

Array = np.ndarray[Any, Any]


def save(path: Path, picture: Array, **options: Any) -> str:
    """Write a picture and return its path."""
    Image.fromarray(picture).save(path, **options)
    return str(path)


def gradient(height: int, width: int, channels: int = 3) -> Array:
    """Return a smooth picture, so that lossy files and resizing change it little."""
    rows, columns = np.mgrid[0:height, 0:width]
    picture = np.stack([rows * 200 // height, columns * 200 // width, (rows + columns) % 90 + 100], axis=-1)
    picture = np.concatenate([picture, np.full((height, width, 1), 128)], axis=-1)[..., :channels]
    return (picture[..., 0] if channels == 1 else picture).astype("uint8")


def exif_of(orientation: int) -> Image.Exif:
    """Return EXIF data that tell how a picture lies in its file."""
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = orientation
    return exif


def decisions(files: ImageFiles) -> str:
    """Return what was decided, as text."""
    return "\n".join(map(str, files.decisions))


def read(files: ImageFiles) -> Array:
    """Return all pictures."""
    return files.read(np.arange(len(files)))
