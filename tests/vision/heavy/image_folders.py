"""Small folders of picture files that the tests of files share."""

from __future__ import annotations

import zlib
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image
from sklearn.datasets import load_digits

Array = np.ndarray[Any, Any]

CHEAP = {"image/block_type": "conv", "training/learning_rate": 0.01, "training/batch_size": 32}


def digit_pictures(rows: int) -> tuple[Array, Array]:
    """Return 8 by 8 pictures of the digits 0, 1 and 2, uint8, and the digit; shuffled."""
    data = load_digits(n_class=3)
    order = np.random.default_rng(0).permutation(len(data.images))[:rows]
    return (data.images[order] * 15).astype("uint8"), data.target[order]


def write_folder(root: Path, *, rows: int = 60, suffix: str = ".png", first: int = 0) -> list[Path]:
    """Write a folder per class (`zero`, `one`, `two`), and return the files in the order of their numbers."""
    pictures, digits = digit_pictures(first + rows)
    paths = []
    for number in range(first, first + rows):
        folder = root / ("zero", "one", "two")[digits[number]]
        folder.mkdir(parents=True, exist_ok=True)
        paths.append(folder / f"{number:03d}{suffix}")
        Image.fromarray(pictures[number]).save(paths[-1])
    return paths


def label_of(path: Path) -> str:
    """Return the class of a file."""
    return path.parent.name


def cut(path: Path) -> Path:
    """Cut a file off after its header."""
    path.write_bytes(path.read_bytes()[:60])
    return path


def spoil(path: Path, *, is_seen_by_checksum: bool = False) -> Path:
    """Destroy the pixels of a PNG file; its header, its end and, if not said otherwise, its checksums are right."""
    content = bytearray(path.read_bytes())
    name = content.index(b"IDAT")
    length = int.from_bytes(content[name - 4 : name], "big")
    content[name + 6 : name + 26] = b"\xff" * 20
    if not is_seen_by_checksum:
        end = name + 4 + length
        content[end : end + 4] = zlib.crc32(content[name:end]).to_bytes(4, "big")
    path.write_bytes(bytes(content))
    return path
