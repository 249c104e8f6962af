"""Picture files as rows: looked at once, decoded and resized by TensorFlow when they are needed, never all in memory."""

from __future__ import annotations

import hashlib
import os
import warnings
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Literal, Self, TypeAlias

import attrs
import numpy as np
import tensorflow as tf

from ak_vision._decoding import make_loader
from ak_vision._headers import KINDS, Headers, read_headers
from autokeras_core.errors import DataError, DataWarning, describe_error
from autokeras_core.plugin import Decision

__all__ = ["CHANNELS", "Color", "ImageFiles", "open_files"]

Array: TypeAlias = np.ndarray[Any, Any]
Tensor: TypeAlias = Any  # TensorFlow ships no types
Color: TypeAlias = Literal["grey", "rgb", "rgba"]

CHANNELS: dict[str, int] = {"grey": 1, "rgb": 3, "rgba": 4}
"""How many channels a picture has, by the name of its colours."""

_LARGEST_SIDE = 224
_SHOWN = 3
_ROWS_PER_PIECE = 64


@attrs.frozen(kw_only=True, eq=False)
class ImageFiles:
    """Rows that are picture files: a `RowSource`.

    Attributes:
        paths: The files, as absolute paths.
        headers: What their headers say.
        image_shape: The shape of a decoded picture: `(height, width, channels)`, or `(height, width)` for grey ones.
        broken_share: Up to which share of the files may be left out because they are broken.
        decisions: What was decided when the files were opened, with reasons.
    """

    paths: Array
    headers: Headers
    image_shape: tuple[int, ...]
    broken_share: float
    decisions: tuple[Decision, ...] = ()

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape of all pictures together."""
        return (len(self.paths), *self.image_shape)

    @property
    def dtype(self) -> np.dtype[Any]:
        """Always `uint8`."""
        return np.dtype(np.uint8)

    def __len__(self) -> int:
        """Return the number of files."""
        return len(self.paths)

    def select(self, rows: Array) -> Self:
        """Return some of the files, in this order."""
        return attrs.evolve(self, paths=self.paths[rows], headers=self.headers.select(rows))

    def read(self, rows: Array) -> Array:
        """Return pictures, decoded by several threads.

        Raises:
            DataError: If one cannot be decoded; the message names the file.
        """
        files = self.select(rows)
        pictures = np.empty(files.shape, self.dtype)
        load = files.loader()
        data = tf.data.Dataset.range(len(files)).map(load, num_parallel_calls=os.cpu_count() or 1, deterministic=True)
        options = tf.data.Options()
        options.autotune.enabled = False  # its thread may keep an iterator for seconds after its end
        start = 0
        try:
            for piece in data.batch(_ROWS_PER_PIECE).prefetch(1).with_options(options).as_numpy_iterator():
                pictures[start : start + len(piece)] = piece
                start += len(piece)
        except tf.errors.OpError as error:
            raise files._cannot_decode(start, load, error) from error
        return pictures

    def readable(self) -> Array:
        """Return the numbers of the files that are not broken, and warn of the others by name.

        Raises:
            DataError: If more files than `broken_share` are broken; the message names the first ones.
        """
        broken = self.headers.problems
        if len(broken) > self.broken_share * len(self):
            raise DataError(
                describe_error(
                    "Too many picture files cannot be read.",
                    expected=f"at most {self.broken_share:.1%} of {len(self)} files",
                    received=f"{len(broken)} broken ones: {self._named_problems()}",
                    advice="Remove or replace them, or raise ImageInput(broken_share=...).",
                )
            )
        if broken:
            message = f"{len(broken)} of {len(self)} picture files cannot be read and are left out: "
            warnings.warn(message + self._named_problems(), DataWarning, stacklevel=2)
        return np.flatnonzero(~np.isin(np.arange(len(self)), list(broken)))

    def require_whole(self, name: str) -> None:
        """Check that no file is broken.

        Raises:
            DataError: If one is; the message names it.
        """
        broken = self.headers.problems
        if broken:
            raise DataError(
                describe_error(
                    f"A picture file of the input {name!r} cannot be read.",
                    expected=f"{', '.join(KINDS)} files",
                    received=f"{len(broken)} broken of {len(self)}: {self._named_problems()}",
                    advice="Leave them out.",
                )
            )

    def resized(self, image_shape: tuple[int, ...]) -> Self:
        """Return the same files with decoded pictures of another shape, `(height, width)` or with channels."""
        return attrs.evolve(self, image_shape=image_shape)

    def warn_of_lost_bits(self, name: str) -> None:
        """Warn of files with 16 bits a value: pictures are `uint8`, so the lower half is not read."""
        deep = int(np.count_nonzero(self.headers.is_deep))
        if deep:
            message = (
                f"{deep} of {len(self)} picture files of the input {name!r} have 16 bits a value, of which the upper 8 "
                "are read. Where the others matter, decode the files yourself and pass arrays."
            )
            warnings.warn(message, DataWarning, stacklevel=2)

    def fingerprint(self) -> str:
        """Return a hash of size, start, end and orientation of every file, and of the pictures' shape; not of where."""
        content = self.headers.digests.tobytes() + self.headers.orientations.tobytes()
        return hashlib.sha256(content + repr(self.shape).encode()).hexdigest()

    def loader(self) -> Callable[[Tensor], Tensor]:
        """Return TensorFlow operations from a file's number to its picture."""
        height, width, *channels = self.image_shape
        return make_loader(
            self.paths.tolist(),
            self.headers,
            height=height,
            width=width,
            channels=channels[0] if channels else 1,
            has_channel_axis=bool(channels),
        )

    def _named_problems(self) -> str:
        named = [f"{self.paths[row]} ({problem})" for row, problem in list(self.headers.problems.items())[:_SHOWN]]
        more = len(self.headers.problems) - len(named)
        return ", ".join(named) + (f", and {more} more" if more else "")

    def _cannot_decode(self, start: int, load: Callable[[Tensor], Tensor], error: Exception) -> DataError:
        """Return an error that names the first file from `start` on that cannot be decoded."""
        for row in range(start, len(self)):
            try:
                load(tf.constant(row, tf.int64))
            except tf.errors.OpError as found:
                error, start = found, row
                break
        return DataError(
            describe_error(
                "A picture file cannot be decoded.",
                expected=f"a whole {' or '.join(KINDS)} file",
                received=f"{self.paths[start]}: {str(error).splitlines()[0]}",
                advice="Replace it or leave it out. Nothing in its header or at its end tells that it is broken, so that "
                "broken_share does not cover it.",
            )
        )


def open_files(
    paths: Sequence[str],
    *,
    name: str,
    image_size: Sequence[int] | None = None,
    color: Color | None = None,
    broken_share: float = 0.05,
) -> ImageFiles:
    """Return picture files as rows, of one size and one number of channels that are chosen from their headers.

    Args:
        paths: The files, in the order of the rows. Relative ones start from the folder that the process is in now: they
            are read later, and in other processes.
        name: The input's name, for decisions.
        image_size: Height and width; by default the files' own size if it is one and at most 224, else the median
            height and width, made smaller together until the longer side is 224.
        color: `"grey"`, `"rgb"` or `"rgba"`; by default grey if all files are, else RGB.
        broken_share: Up to which share of the files may be left out because they are broken.

    Raises:
        DataError: If no file can be read at all.
    """
    paths = [_absolute(path) for path in paths]
    headers = read_headers(paths)
    files = ImageFiles(
        paths=np.array(paths, dtype=object),
        headers=headers,
        image_shape=(1, 1, 1),
        broken_share=broken_share,
    )
    usable = headers.heights > 0
    if not usable.any():
        raise DataError(
            describe_error(
                "No picture file can be read.",
                expected=f"{', '.join(KINDS)} files",
                received=f"{len(paths)} broken: {files._named_problems()}",
                advice=f"Relative paths start from {str(Path.cwd())!r}.",
            )
        )
    (height, width), size = _choose_size(headers.heights[usable], headers.widths[usable], image_size, name)
    chosen, colors = _choose_color(headers.is_grey[usable], color, name)
    kinds = np.bincount(headers.kinds[usable], minlength=len(KINDS))
    listed = ", ".join(f"{count} {kind}" for kind, count in zip(KINDS, kinds, strict=True) if count)
    decisions = [Decision(f"{name}: files", "streamed", f"{listed}; decoded and resized while they are used")]
    if headers.problems:
        decisions.append(
            Decision(f"{name}: broken files", f"{len(headers.problems)} of {len(paths)}", files._named_problems())
        )
    if turned := int(np.count_nonzero(headers.orientations[usable] != 1)):
        decisions.append(
            Decision(
                f"{name}: orientation",
                f"{turned} of {len(paths)} files are turned or mirrored",
                "so that pictures stand upright; their EXIF data say how the camera was held",
            )
        )
    if deep := int(np.count_nonzero(headers.is_deep)):
        decisions.append(
            Decision(
                f"{name}: values",
                f"{deep} of {len(paths)} files have 16 bits a value, of which the upper 8 are read",
                "pictures of files are uint8; arrays keep all bits",
            )
        )
    return attrs.evolve(files, image_shape=(height, width, CHANNELS[chosen]), decisions=(*decisions, size, colors))


def _absolute(path: str) -> str:
    """Return a path from the root on; links and `..` in it stay, which may lead elsewhere than they look."""
    return path if os.path.isabs(path) else os.path.join(os.getcwd(), path)  # noqa: PTH109, PTH117, PTH118 - many


def _choose_size(
    heights: Array, widths: Array, given: Sequence[int] | None, name: str
) -> tuple[tuple[int, int], Decision]:
    """Return height and width for all pictures, and why."""
    sizes = (
        f"all files have {heights[0]} x {widths[0]} pixels"
        if (heights == heights[0]).all() and (widths == widths[0]).all()
        else f"the files have {heights.min()} to {heights.max()} x {widths.min()} to {widths.max()} pixels, "
        f"median {np.median(heights):.0f} x {np.median(widths):.0f}"
    )
    if given is not None:
        height, width = (int(side) for side in given)
        reason = f"image_size was given; {sizes}"
    else:
        middle = np.array([np.median(heights), np.median(widths)])
        factor = min(1.0, _LARGEST_SIDE / middle.max())
        height, width = (max(1, int(side)) for side in np.round(middle * factor))
        reason = sizes + (f"; at most {_LARGEST_SIDE} unless image_size= says otherwise" if factor < 1 else "")
    resized = int(np.count_nonzero((heights != height) | (widths != width)))
    value = f"{height} x {width} pixels"
    value += f", {resized} of {len(heights)} files are resized to it (their aspect is not kept)" if resized else ""
    return (height, width), Decision(f"{name}: size", value, reason)


def _choose_color(is_grey: Array, given: Color | None, name: str) -> tuple[Color, Decision]:
    """Return the colours for all pictures, and why."""
    grey = int(np.count_nonzero(is_grey))
    seen = (
        "all files are grey" if grey == len(is_grey) else f"{len(is_grey) - grey} of {len(is_grey)} files have colours"
    )
    if given is not None:
        return given, Decision(f"{name}: channels", f"{CHANNELS[given]}, {given}", f"color={given!r} was given; {seen}")
    chosen: Color = "grey" if grey == len(is_grey) else "rgb"
    reason = seen + ("; transparency is left out unless color='rgba'" if chosen == "rgb" else "")
    return chosen, Decision(f"{name}: channels", f"{CHANNELS[chosen]}, {chosen}", reason)
