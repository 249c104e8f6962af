"""Look at many picture files quickly: kind, size, colours and orientation from their headers, and whether they are whole.

No pixel is decoded. Files are read by several threads: their start, and their last bytes; a PNG is read to its end, since
it brings checksums that tell of damage anywhere in it.
"""

from __future__ import annotations

import hashlib
import os
import warnings
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO
from typing import Any, TypeAlias

import attrs
import numpy as np
from PIL import ExifTags, Image

__all__ = ["KINDS", "Headers", "read_headers"]

Array: TypeAlias = np.ndarray[Any, Any]

KINDS = ("JPEG", "PNG", "GIF", "BMP")
"""The kinds of files that can be read, as Pillow names them; `Headers.kinds` holds positions in this tuple."""

_THREADS = 8
_PATHS_AT_ONCE = 256
_START = 4096  # bytes that go into the digest
_END = 4096  # bytes at the end that go into it too, and in which a file's end mark should be
_GREY_MODES = frozenset({"1", "L", "LA", "La", "I", "I;16", "I;16B", "F"})
_END_MARKS = {"JPEG": b"\xff\xd9", "PNG": b"IEND\xaeB`\x82", "GIF": b";"}
_JPEG_SCAN = 0xDA
_PNG_DEPTH = 24  # where a PNG has its bits a value; Pillow does not tell them of colours
_BMP_LEAST_HEADER = 40  # older ones have their fields elsewhere
_BMP_DEPTHS = (8, 24, 32)
_BMP_RAW, _BMP_MASKED = 0, 3
_BMP_MASKS = bytes.fromhex("0000ff00 00ff0000 ff000000")  # of red, green and blue, in the order that is read
_UPRIGHT = 1
_LAST_ORIENTATION = 8
_FIRST_ORIENTATION_ON_ITS_SIDE = 5


@attrs.frozen(kw_only=True, eq=False)
class Headers:
    """What the headers of files say, one entry per file.

    Attributes:
        heights: Heights in pixels of the pictures as they stand upright; 0 of a broken file.
        widths: Widths in pixels, as well.
        orientations: How the pictures lie in their files, as EXIF numbers it: 1 is upright, 2 to 8 are to be mirrored,
            turned or both.
        kinds: Positions in `KINDS`.
        is_grey: Whether a picture has no colours.
        is_deep: Whether a picture has 16 bits a value.
        digests: A hash of size, start and end of each file.
        problems: Why a file cannot be used, by its position; only broken files are in it.
    """

    heights: Array
    widths: Array
    orientations: Array
    kinds: Array
    is_grey: Array
    is_deep: Array
    digests: Array
    problems: dict[int, str]

    def __len__(self) -> int:
        """Return the number of files."""
        return len(self.heights)

    def select(self, rows: Array) -> Headers:
        """Return the headers of some files, in this order."""
        numbers = np.arange(len(self))[rows]
        problems = (
            {new: self.problems[old] for new, old in enumerate(numbers.tolist()) if old in self.problems}
            if self.problems
            else {}
        )
        return Headers(
            heights=self.heights[numbers],
            widths=self.widths[numbers],
            orientations=self.orientations[numbers],
            kinds=self.kinds[numbers],
            is_grey=self.is_grey[numbers],
            is_deep=self.is_deep[numbers],
            digests=self.digests[numbers],
            problems=problems,
        )


@attrs.frozen
class _Header:
    height: int = 0
    width: int = 0
    orientation: int = _UPRIGHT
    kind: int = 0
    is_grey: bool = False
    is_deep: bool = False
    digest: int = 0
    problem: str = ""


def read_headers(paths: Sequence[str]) -> Headers:
    """Return what the headers of files say; a file that cannot be used is no error, but one of `problems`."""
    rows = len(paths)
    heights, widths, orientations = np.zeros(rows, np.int32), np.zeros(rows, np.int32), np.zeros(rows, np.int32)
    kinds, is_grey, is_deep = np.zeros(rows, np.int32), np.zeros(rows, bool), np.zeros(rows, bool)
    digests = np.zeros(rows, np.uint64)
    problems: dict[int, str] = {}
    # Around all threads, since it is not made to be used inside of them. What matters is an exception, no remark.
    with warnings.catch_warnings(), ThreadPoolExecutor(_THREADS) as threads:
        warnings.simplefilter("ignore")
        for start in range(0, rows, _PATHS_AT_ONCE):
            found = threads.map(_read_header, paths[start : start + _PATHS_AT_ONCE])
            for row, header in enumerate(found, start):
                heights[row], widths[row], kinds[row] = header.height, header.width, header.kind
                orientations[row] = header.orientation
                is_grey[row], is_deep[row], digests[row] = header.is_grey, header.is_deep, header.digest
                if header.problem:
                    problems[row] = header.problem
    return Headers(
        heights=heights,
        widths=widths,
        orientations=orientations,
        kinds=kinds,
        is_grey=is_grey,
        is_deep=is_deep,
        digests=digests,
        problems=problems,
    )


def _read_header(path: str) -> _Header:
    try:
        with open(path, "rb") as file:  # noqa: PTH123 - 20,000 Path objects would cost as much as the reading
            size = os.fstat(file.fileno()).st_size
            if not size:
                return _Header(problem="the file is empty")
            start = file.read(_START)
            file.seek(max(0, size - _END))
            end = file.read(_END)
            file.seek(0)
            return _parse(file, start, end, size)
    except OSError as error:
        return _Header(problem=error.strerror or str(error))


def _parse(file: Any, start: bytes, end: bytes, size: int) -> _Header:
    digest = int.from_bytes(hashlib.blake2b(start + end + str(size).encode(), digest_size=8).digest(), "little")
    try:
        # A file that fits is parsed from memory: Pillow reads in many small steps.
        picture = Image.open(BytesIO(start) if size <= _START else file)
        kind, mode, (width, height) = picture.format or "", picture.mode, picture.size
        orientation = _orientation(picture)
    except Exception as error:  # noqa: BLE001 - whatever a parser trips over means that this is no picture
        return _Header(digest=digest, problem=_without_object(error))
    if kind == "MPO":  # a JPEG with further pictures behind the first
        kind = "JPEG"
    if kind not in KINDS:
        return _Header(digest=digest, problem=f"{kind} files are not read, only {', '.join(KINDS)}")
    if kind == "BMP" and (problem := _bmp_problem(start, mode)):
        return _Header(digest=digest, problem=problem)
    if not _is_whole(kind, start, end, file):
        return _Header(digest=digest, problem="the file is cut off: its end is missing")
    if kind == "PNG" and (problem := _png_damage(picture)):
        return _Header(digest=digest, problem=problem)
    is_deep = kind == "PNG" and start[_PNG_DEPTH] == 16
    if orientation >= _FIRST_ORIENTATION_ON_ITS_SIDE:
        height, width = width, height
    return _Header(height, width, orientation, KINDS.index(kind), mode in _GREY_MODES, is_deep, digest)


def _orientation(picture: Image.Image) -> int:
    """Return how a picture lies in its file, as EXIF numbers it; 1 where nothing is said that can be understood."""
    if picture.format not in ("JPEG", "MPO") and "exif" not in picture.info:  # else Pillow decodes a PNG to look behind
        return _UPRIGHT
    try:
        orientation = picture.getexif().get(ExifTags.Base.Orientation, _UPRIGHT)
    except Exception:  # noqa: BLE001 - the pixels can be read whatever a camera wrote beside them
        return _UPRIGHT
    return int(orientation) if orientation in range(_UPRIGHT, _LAST_ORIENTATION + 1) else _UPRIGHT


def _png_damage(picture: Image.Image) -> str:
    """Return what is wrong with the content of a PNG file by its checksums, or an empty string."""
    try:
        picture.verify()
    except Exception as error:  # noqa: BLE001 - as for the header
        return f"the file is damaged: {_without_object(error)}"
    return ""


def _bmp_problem(start: bytes, mode: str) -> str:
    """Return why TensorFlow cannot read a BMP file that Pillow can, or an empty string."""
    if mode in ("1", "P"):
        return "BMP files with a palette are not read"
    if int.from_bytes(start[14:18], "little") < _BMP_LEAST_HEADER:
        return "BMP files of OS/2 are not read"
    if (depth := int.from_bytes(start[28:30], "little")) not in _BMP_DEPTHS:
        return f"BMP files of {depth} bits a pixel are not read, only {', '.join(map(str, _BMP_DEPTHS))}"
    packing = int.from_bytes(start[30:34], "little")
    if packing not in (_BMP_RAW, _BMP_MASKED):
        return "compressed BMP files are not read"
    if packing == _BMP_MASKED and start[54:66] != _BMP_MASKS:
        return "BMP files with colours in another order than blue, green, red are not read"
    return ""


def _is_whole(kind: str, start: bytes, end: bytes, file: Any) -> bool:
    """Return whether a file has its end. Cameras and programs may leave a film or zeros behind it."""
    if kind == "BMP":
        return int.from_bytes(start[2:6], "little") <= os.fstat(file.fileno()).st_size
    mark = _END_MARKS[kind]
    ends_with_mark = end.rstrip(b"\0").endswith(mark)
    if ends_with_mark or kind == "GIF":  # whose mark is one byte, and may be anywhere
        return ends_with_mark
    file.seek(0)
    content: bytes = file.read()
    return content.find(mark, _start_of_scan(content) if kind == "JPEG" else 0) >= 0


def _start_of_scan(content: bytes) -> int:
    """Return where the pixels of a JPEG start: before them may be a whole smaller picture, with an end of its own."""
    position = 2
    while position + 4 <= len(content) and content[position] == 0xFF and content[position + 1] != _JPEG_SCAN:
        position += 2 + int.from_bytes(content[position + 2 : position + 4], "big")
    return position


def _without_object(error: Exception) -> str:
    text = str(error).partition(" <_io.")[0].partition(" '")[0]
    return text or type(error).__name__
