"""Decode, turn and resize one picture file with TensorFlow's own operations, so that `tf.data` can do many at once."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, TypeAlias

import numpy as np
import tensorflow as tf

from ak_vision._headers import KINDS, Headers

__all__ = ["make_loader"]

Tensor: TypeAlias = Any  # TensorFlow ships no types

_REDUCTIONS = (1, 2, 4, 8)  # by which a JPEG can be made smaller while it is decoded, almost for free
_OPAQUE = 255

# Of each orientation from 1 on: whether rows and columns change places, and the axes that are then reversed.
_TURNS: tuple[tuple[bool, tuple[int, ...]], ...] = (
    (False, ()),
    (False, (1,)),
    (False, (0, 1)),
    (False, (0,)),
    (True, ()),
    (True, (1,)),
    (True, (0, 1)),
    (True, (0,)),
)


def make_loader(
    paths: Sequence[str], headers: Headers, *, height: int, width: int, channels: int, has_channel_axis: bool
) -> Callable[[Tensor], Tensor]:
    """Return a function of TensorFlow operations from a file's number to its picture, `uint8`.

    Args:
        paths: The files.
        headers: What their headers say.
        height: The height of the upright pictures; others are resized (bilinear, with antialiasing), whatever their aspect.
        width: Their width.
        channels: 1 for grey, 3 for RGB, 4 for RGB and alpha.
        has_channel_axis: Whether a grey picture has the shape `(height, width, 1)`, not `(height, width)`.
    """
    # As bytes, as the file system has them: a name that is no UTF-8 is no text that TensorFlow takes.
    all_paths = tf.constant([os.fsencode(path) for path in paths], dtype=tf.string)
    all_branches = tf.constant(_branches(headers, height, width))
    all_turns = tf.constant(headers.orientations - 1)
    are_upright = bool((headers.orientations == 1).all())
    decoders = [
        *(_jpeg_decoder(channels, reduction) for reduction in _REDUCTIONS),
        lambda data: tf.io.decode_png(data, channels=channels),
        lambda data: _with_channels(tf.io.decode_image(data, channels=3, expand_animations=False), channels),
        lambda data: _with_channels(_as_rgb(tf.io.decode_bmp(data)), channels),
    ]

    def load(number: Tensor) -> Tensor:
        data = tf.io.read_file(tf.gather(all_paths, number))
        branches = [lambda decoder=decoder: decoder(data) for decoder in decoders]
        picture = tf.switch_case(tf.gather(all_branches, number), branches)
        picture = tf.ensure_shape(picture, (None, None, channels))
        if not are_upright:
            picture = _upright(picture, tf.gather(all_turns, number))
        picture = _resized(picture, height, width)
        picture.set_shape((height, width, channels))
        return picture if has_channel_axis else tf.squeeze(picture, axis=-1)

    return load


def _branches(headers: Headers, height: int, width: int) -> np.ndarray[Any, Any]:
    """Return the number of each file's decoder: JPEG by reduction, then PNG, GIF, BMP."""
    room = np.minimum(headers.heights // max(1, height), headers.widths // max(1, width))
    reduction = sum((room >= each).astype(np.int32) for each in _REDUCTIONS[1:])
    others = headers.kinds - KINDS.index("PNG") + len(_REDUCTIONS)
    return np.where(headers.kinds == KINDS.index("JPEG"), reduction, others).astype(np.int32)


def _jpeg_decoder(channels: int, reduction: int) -> Callable[[Tensor], Tensor]:
    def decoded(data: Tensor, count: int) -> Tensor:
        # What is cut off in a way that the header check cannot see is filled up, instead of ending the training.
        return tf.io.decode_jpeg(data, channels=count, ratio=reduction, try_recover_truncated=True)

    def decode(data: Tensor) -> Tensor:
        if channels > 1:
            return _with_channels(decoded(data, 3), channels)
        # The four colours of printing (CMYK) cannot be decoded to grey at once.
        has_four_colors = tf.equal(tf.io.extract_jpeg_shape(data)[-1], 4)
        return tf.cond(has_four_colors, lambda: _with_channels(decoded(data, 3), 1), lambda: decoded(data, 1))

    return decode


def _as_rgb(picture: Tensor) -> Tensor:
    """Return a picture of 1, 3 or 4 channels with 3."""
    return tf.cond(
        tf.equal(tf.shape(picture)[-1], 1),
        lambda: tf.repeat(picture[..., :1], 3, axis=-1),
        lambda: picture[..., :3],
    )


def _with_channels(picture: Tensor, channels: int) -> Tensor:
    """Return an RGB picture with 1, 3 or 4 channels."""
    if channels == 1:
        return tf.image.rgb_to_grayscale(picture)
    if channels == 4:
        return tf.concat([picture, tf.fill(tf.shape(picture[..., :1]), tf.constant(_OPAQUE, tf.uint8))], axis=-1)
    return picture


def _upright(picture: Tensor, turn: Tensor) -> Tensor:
    """Return a picture mirrored and turned by the entry of `_TURNS` of this number."""

    def turned(has_swapped_axes: bool, reversed_axes: tuple[int, ...]) -> Tensor:
        swapped = tf.transpose(picture, (1, 0, 2)) if has_swapped_axes else picture
        return tf.reverse(swapped, reversed_axes) if reversed_axes else swapped

    return tf.switch_case(turn, [partial(turned, *each) for each in _TURNS])


def _resized(picture: Tensor, height: int, width: int) -> Tensor:
    """Return the picture in the wanted size; one that has it already keeps every bit."""

    def resize() -> Tensor:
        resized = tf.image.resize(picture, (height, width), antialias=True)
        return tf.cast(tf.clip_by_value(tf.round(resized), 0.0, 255.0), tf.uint8)

    shape = tf.shape(picture)
    fits = tf.logical_and(tf.equal(shape[0], height), tf.equal(shape[1], width))
    return tf.cond(fits, lambda: picture, resize)
