"""Pictures as arrays or as files: what they are, and whether later ones are of the same kind."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, TypeAlias

import attrs
import numpy as np

from ak_vision._layout import LAYOUTS, find_layout
from ak_vision._locations import class_folders, file_paths, is_folder, is_location, open_table
from ak_vision._scale import check_scale, scale_of, widened_scale
from ak_vision.channels import AddChannel, ChannelsLast
from ak_vision.files import CHANNELS, Color, ImageFiles, open_files
from autokeras_core import Input
from autokeras_core.errors import DataError, describe_error
from autokeras_core.plugin import Decision, InputProfile

if TYPE_CHECKING:
    from ak_vision._layout import Layout
    from autokeras_core.plugin import Preprocessor

__all__ = ["ImageInput"]

Pictures: TypeAlias = np.ndarray[Any, Any]


class ImageInput(Input):
    """Pictures: arrays of shape `(rows, height, width)` or `(rows, height, width, channels)`, or files.

    Whole numbers, floats and bools of any range are taken as they are; scaling is the business of the blocks, and
    `uint8` pictures stay `uint8` until they are inside the model. Pictures with the channels in front, such as
    `(rows, 3, height, width)` or squares with more channels, are recognised and turned.

    Files (JPEG, PNG, BMP, and the first picture of a GIF) are given as

    * a folder with one folder per class, named after it: `fit("photos/")`;
    * a table with a path column, as a CSV file or a data frame, and the name of the target column:
      `fit("table.csv", "label")`; relative paths start from the CSV file's folder;
    * a list, array or column of paths, and labels: `fit(paths, labels)`.

    They are decoded and resized while they are used, never all in memory. The rows of the model, the exported one too, are
    then `uint8` of shape `(height, width, channels)`; of files with 16 bits a value the upper 8 are read, with a warning.
    Pictures whose EXIF data say that the camera was held another way (`Orientation`) are turned upright.

    Args:
        channels: Where the channel axis of arrays is: `"last"`, `"first"` or `"none"`; by default found out from the
            shape, with a warning where that could be read both ways.
        image_size: Height and width that files are resized to (their aspect is not kept); by default the size that all
            files have, else their median size, at most 224.
        color: The colours that files are decoded to: `"grey"`, `"rgb"` or `"rgba"`; by default grey if all are, else
            RGB.
        path_column: The column of a table that holds the paths; by default found by its name (`path`, `file`,
            `filename`, `image` and the like).
        broken_share: Up to which share of the training files may be broken: they are left out with a warning that names
            them. By default 0.05. When predicting a broken file is an error.
        name: The input's name in the graph, by default `image`.

    Example:
        ```python
        AutoModel(inputs=ImageInput(), outputs=ClassificationHead()).fit(pictures, labels)
        AutoModel(inputs=ImageInput(image_size=(96, 128)), outputs=ClassificationHead()).fit("photos/")
        ```
    """

    base_name = "image"
    modality = "image"
    default_block = "ak_vision:image"
    tasks: ClassVar[Mapping[str, str]] = {
        "classification": "ak_vision:ImageClassifier",
        "regression": "ak_vision:ImageRegressor",
    }

    def __init__(
        self,
        *,
        channels: Layout | None = None,
        image_size: Sequence[int] | None = None,
        color: Color | None = None,
        path_column: str | None = None,
        broken_share: float | None = None,
        name: str | None = None,
    ) -> None:
        checks = (
            ("channels", channels, f"one of {list(LAYOUTS)}", channels in LAYOUTS),
            ("image_size", image_size, "(height, width), at least 1 each", _is_size(image_size)),
            ("color", color, f"one of {list(CHANNELS)}", color in CHANNELS),
            ("path_column", path_column, "the name of a column", isinstance(path_column, str)),
            ("broken_share", broken_share, "a number from 0 to 1", _is_share(broken_share)),
        )
        for argument, value, expected, is_right in checks:
            if value is not None and not is_right:
                raise DataError(
                    describe_error(
                        "ImageInput has a malformed argument.",
                        expected=f"{argument} as {expected}, or None",
                        received=f"{argument}={value!r}",
                    )
                )
        super().__init__(
            name=name,
            channels=channels,
            image_size=image_size,
            color=color,
            path_column=path_column,
            broken_share=broken_share,
        )

    def unpack(self, x: Any, y: Any) -> tuple[Any, Any]:
        """Return paths and labels of a folder per class, or of a table and its target column; else x and y themselves.

        Raises:
            DataError: If x names pictures, but there are no labels for them.
        """
        if not is_location(x):
            return x, y
        if is_folder(x):
            return class_folders(x) if y is None else (x, y)
        if (table := open_table(x)) is not None:
            return table.paths(self.arguments.get("path_column")), table.labels(y)
        if y is None or isinstance(y, str):
            raise DataError(
                describe_error(
                    "The labels of the picture files are missing.",
                    expected="y with a label for each path",
                    received=f"y={y!r}",
                    advice="A folder with one folder per class needs no y, and a table its target column's name.",
                )
            )
        return x, y

    def row_names(self, data: Any) -> Sequence[str] | None:
        """Return the paths of picture files, in the order of the rows; `None` for pictures in arrays."""
        return self._paths(data) if is_location(data) else None

    def adapt(self, data: Any) -> Pictures | ImageFiles:
        """Return pictures as rows: an array as it is, without a copy; files as `ImageFiles`, which reads none yet.

        Only an array whose bytes are in the order of another machine (of some TIFF and FITS files) is copied.

        Raises:
            DataError: If they are no numbers, have a wrong rank, differ in size, or hold NaN or infinity; if no file can
                be read. The message names the input if it has a name.
        """
        if isinstance(data, ImageFiles):
            return data
        if is_location(data):
            return self._open(data)
        where = "Pictures" if self.name is None else f"The pictures of the input {self.name!r}"
        pictures = _as_array(data, where)
        if pictures.dtype.kind not in "buif":
            raise DataError(
                describe_error(
                    f"{where} must be numbers.",
                    expected="an array of a whole-number, float or bool dtype",
                    received=f"dtype={pictures.dtype}",
                    advice="Read or decode the pictures first, e.g. numpy.asarray(PIL.Image.open(path)).",
                )
            )
        ranks = {"none": (3,), "last": (4,), "first": (4,)}.get(self.arguments.get("channels", ""), (3, 4))
        if pictures.ndim not in ranks or 0 in pictures.shape[1:]:
            raise DataError(
                describe_error(
                    f"{where} have a wrong shape.",
                    expected=_expected_shape(ranks),
                    received=f"shape={pictures.shape}",
                    advice=_shape_advice(pictures.shape),
                )
            )
        if pictures.dtype.kind == "f" and pictures.size and not _is_finite(pictures):
            bad = int(np.flatnonzero(~np.isfinite(pictures.reshape(len(pictures), -1)).all(axis=1))[0])
            raise DataError(
                describe_error(
                    f"{where} hold values that are no numbers.",
                    expected="finite values only",
                    received=f"NaN or infinity, first in row {bad}",
                    advice="Replace them, e.g. with numpy.nan_to_num(pictures), or leave those rows out.",
                )
            )
        return pictures if pictures.dtype.isnative else pictures.astype(pictures.dtype.newbyteorder("="))

    def _paths(self, data: Any) -> list[str]:
        table = None if is_folder(data) else open_table(data)
        return file_paths(data) if table is None else table.paths(self.arguments.get("path_column"))

    def _open(self, data: Any) -> ImageFiles:
        paths, name = self._paths(data), self.name or self.default_name()
        if not paths:
            raise DataError(
                describe_error(
                    f"The input {name!r} got no picture files.", expected="at least one path", received=f"{data!r}"
                )
            )
        options = {key: self.arguments[key] for key in ("image_size", "color", "broken_share") if key in self.arguments}
        return open_files(paths, name=name, **options)

    def analyse(self, data: Pictures | ImageFiles, *, name: str) -> InputProfile:
        """Find out size, channels and value range of the training pictures."""
        if isinstance(data, ImageFiles):
            return self._analyse_files(data, name=name)
        if not len(data):
            raise DataError(
                describe_error(
                    f"The input {name!r} is empty.", expected="at least one picture", received=f"shape={data.shape}"
                )
            )
        layout, channels = find_layout(data.shape, given=self.arguments.get("channels"), name=name)
        height, width = data.shape[2:4] if layout == "first" else data.shape[1:3]
        count = {"none": 1, "last": data.shape[-1], "first": data.shape[1]}[layout]
        scale = scale_of(data)
        return InputProfile(
            name=name,
            modality=self.modality,
            shape=tuple(int(side) for side in data.shape[1:]),
            dtype=str(data.dtype),
            rows=len(data),
            facts={
                "height": int(height),
                "width": int(width),
                "channels": int(count),
                "layout": layout,
                **scale,
            },
            decisions=(
                Decision(f"{name}: size", f"{height} x {width} pixels", "kept as it is, nothing is resized"),
                channels,
                Decision(
                    f"{name}: values",
                    f"{scale['low']:g} to {scale['high']:g}, {data.dtype}",
                    "the range of the training pictures; scaled inside the model",
                ),
            ),
        )

    def _analyse_files(self, files: ImageFiles, *, name: str) -> InputProfile:
        files.warn_of_lost_bits(name)
        height, width, channels = files.image_shape
        return InputProfile(
            name=name,
            modality=self.modality,
            shape=files.image_shape,
            dtype=str(files.dtype),
            rows=len(files),
            facts={"height": height, "width": width, "channels": channels, "layout": "last", "low": 0.0, "high": 255.0},
            decisions=files.decisions,
        )

    def widen(self, data: Pictures | ImageFiles, profile: InputProfile) -> InputProfile:
        """Return the profile with the extremes of these pictures, too: a rare bright one is of the same scale.

        Files stay as they are: all are decoded to bytes.
        """
        if isinstance(data, ImageFiles):
            return profile
        return attrs.evolve(profile, facts=widened_scale(profile.facts, data))

    def match(self, data: Pictures | ImageFiles, profile: InputProfile) -> Pictures | ImageFiles:
        """Return arrays checked; files as they will be decoded: in the size and the channels of the training pictures.

        Raises:
            DataError: If a file is broken; if the training pictures were arrays of a kind that files are not decoded to;
                otherwise as `check`.
        """
        if not isinstance(data, ImageFiles):
            self.check(data, profile)
            return data
        data.require_whole(profile.name)
        facts = profile.facts
        if profile.dtype != "uint8" or facts["layout"] == "first" or facts["channels"] not in CHANNELS.values():
            raise DataError(
                describe_error(
                    f"Picture files do not fit the input {profile.name!r}: it was trained on other arrays than they are "
                    "decoded to.",
                    expected=f"{profile.dtype} arrays of shape (rows, {', '.join(map(str, profile.shape))})",
                    received=f"{len(data)} files",
                    advice="Decode them as the training pictures were, or train on files.",
                )
            )
        return data.resized(tuple(int(side or 1) for side in profile.shape))

    def check(self, data: Pictures | ImageFiles, profile: InputProfile) -> None:
        """Check that pictures have the size and the kind of values of the training pictures.

        Warns where they may be on another scale, but may be dark pictures as well.

        Raises:
            DataError: If they have another shape, or values on another scale.
        """
        if data.shape[1:] != tuple(profile.shape):
            advice = ""
            if data.shape == tuple(profile.shape):
                advice = "This is one picture: pass picture[numpy.newaxis]."
            raise DataError(
                describe_error(
                    f"The pictures of the input {profile.name!r} have another shape than in training.",
                    expected=f"shape=(rows, {', '.join(map(str, profile.shape))})",
                    received=f"shape={data.shape}",
                    advice=advice,
                )
            )
        if isinstance(data, ImageFiles) or not data.size:
            return
        check_scale(data, profile=profile)

    def preprocessors(self, profile: InputProfile) -> Sequence[Preprocessor]:
        """Return what brings the pictures into the layout `(rows, height, width, channels)`."""
        layout = profile.facts["layout"]
        if layout == "none":
            return (AddChannel(),)
        return (ChannelsLast(),) if layout == "first" else ()


def _is_size(value: Any) -> bool:
    return (
        isinstance(value, Sequence)
        and len(value) == 2
        and all(isinstance(side, (int, np.integer)) and side >= 1 for side in value)
    )


def _is_share(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and 0 <= value <= 1


def _as_array(data: Any, where: str) -> Pictures:
    """Return data as an array; what cannot become one is a `DataError`."""
    if isinstance(data, np.ndarray):
        return data
    if not isinstance(data, (list, tuple)) and not hasattr(data, "__array__"):
        raise DataError(
            describe_error(
                f"{where} are of a kind that cannot be used.",
                expected="a NumPy array, a list of arrays of one size, or anything with __array__",
                received=f"an object of type {type(data).__name__}",
            )
        )
    try:
        return np.asarray(data)
    except (TypeError, ValueError) as exc:
        raise DataError(
            describe_error(
                f"{where} could not be put into one array.",
                expected="pictures of one size and one number of channels",
                received=f"{exc}",
                advice="Bring them to one size first, e.g. with PIL.Image.Image.resize.",
            )
        ) from exc


def _is_finite(pictures: Pictures) -> bool:
    # Extremes propagate NaN and need no array of flags as large as the data.
    return math.isfinite(float(pictures.min())) and math.isfinite(float(pictures.max()))


def _expected_shape(ranks: tuple[int, ...]) -> str:
    shapes = {3: "(rows, height, width)", 4: "(rows, height, width, channels)"}
    return " or ".join(shapes[rank] for rank in ranks) + ", all at least 1"


def _shape_advice(shape: tuple[int, ...]) -> str:
    """Return how to get from a wrong shape to a right one, where that can be guessed."""
    if len(shape) == 2:
        for channels in (1, 3):
            side = math.isqrt(shape[1] // channels)
            if side > 1 and side * side * channels == shape[1]:
                tail = "" if channels == 1 else f", {channels}"
                return f"If each row is a flat picture: pictures.reshape(-1, {side}, {side}{tail})."
        return "If each row is a flat picture: pictures.reshape(-1, height, width)."
    if len(shape) == 5:
        return "Videos and volumes are not supported; pass one frame or slice a row."
    return ""
