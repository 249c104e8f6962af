"""Picture files as rows: sizes, channels, kinds of files, and files that are broken."""

from __future__ import annotations

import os
import struct
import sys
import zlib
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from PIL import ExifTags, Image, ImageOps, PngImagePlugin

from ak_vision import ImageInput
from ak_vision.files import ImageFiles, open_files
from autokeras_core.errors import DataError, DataWarning
from tests.vision.heavy.image_folders import cut, spoil, write_folder

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


def write_deep_png(path: Path, picture: Array) -> str:
    """Write a PNG with 16 bits a value, which Pillow can only for grey pictures."""
    height, width, channels = picture.shape
    rows = b"".join(b"\0" + row.astype(">u2").tobytes() for row in picture)
    header = struct.pack(">IIBBBBB", width, height, 16, {1: 0, 3: 2}[channels], 0, 0, 0)
    chunks = [(b"IHDR", header), (b"IDAT", zlib.compress(rows)), (b"IEND", b"")]
    parts = [
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data)) for kind, data in chunks
    ]
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + b"".join(parts))
    return str(path)


def exif_of(orientation: int) -> Image.Exif:
    """Return EXIF data that tell how a picture lies in its file."""
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = orientation
    return exif


def upright(picture: Array, orientation: int) -> Array:
    """Return a picture as Pillow turns it."""
    image = Image.fromarray(picture)
    image.getexif()[ExifTags.Base.Orientation] = orientation
    return np.asarray(ImageOps.exif_transpose(image))


class Column:
    """What a column of a polars frame has of an array."""

    def __init__(self, values: list[str]) -> None:
        self._values = np.array(values, dtype=object)
        self.shape = self._values.shape
        self.dtype = "String"

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Array:
        return self._values


def decisions(files: ImageFiles) -> str:
    """Return what was decided, as text."""
    return "\n".join(map(str, files.decisions))


def read(files: ImageFiles) -> Array:
    """Return all pictures."""
    return files.read(np.arange(len(files)))


@pytest.mark.parametrize("suffix", [".png", ".bmp"])
@pytest.mark.parametrize("channels", [1, 3])
def test_files_without_loss_are_read_exactly(tmp_path: Path, suffix: str, channels: int) -> None:
    """A picture that has the right size already keeps every bit."""
    picture = gradient(6, 9, channels)

    files = open_files([save(tmp_path / f"a{suffix}", picture)], name="image")

    assert files.shape == (1, 6, 9, channels)
    np.testing.assert_array_equal(read(files)[0], picture.reshape(6, 9, channels))


@pytest.mark.parametrize(("suffix", "mode"), [(".jpg", "RGB"), (".jpg", "L"), (".jpg", "CMYK"), (".gif", "P")])
def test_lossy_files_are_read_nearly(tmp_path: Path, suffix: str, mode: str) -> None:
    """Close to what Pillow decodes."""
    path = tmp_path / f"a{suffix}"
    Image.fromarray(gradient(16, 24)).convert(mode).save(path)
    expected = np.asarray(Image.open(path).convert("L" if mode == "L" else "RGB"), dtype=int).reshape(16, 24, -1)

    picture = read(open_files([str(path)], name="image"))[0]

    assert picture.shape == expected.shape
    assert np.abs(picture - expected).mean() < 6


def test_a_jpeg_of_the_colours_of_printing_is_read_as_grey(tmp_path: Path) -> None:
    """They cannot be decoded to grey at once, as others are."""
    Image.fromarray(gradient(16, 24)).convert("CMYK").save(tmp_path / "a.jpg")
    expected = np.asarray(Image.open(tmp_path / "a.jpg").convert("RGB").convert("L"), dtype=int)

    picture = read(open_files([str(tmp_path / "a.jpg")], name="image", color="grey"))[0]

    assert np.abs(picture[..., 0] - expected).mean() < 6


def test_the_first_picture_of_a_gif_is_read(tmp_path: Path) -> None:
    """Not the other ones."""
    frames = [Image.fromarray(np.full((4, 4), value, "uint8")) for value in (10, 200)]
    frames[0].save(tmp_path / "a.gif", save_all=True, append_images=frames[1:])

    picture = read(open_files([str(tmp_path / "a.gif")], name="image"))

    assert set(picture.ravel().tolist()) == {10}


def test_the_median_size_is_chosen_from_mixed_sizes_and_the_reason_given(tmp_path: Path) -> None:
    """All are resized to it; the decision says so."""
    sizes = [(10, 20), (12, 24), (30, 14)]
    paths = [save(tmp_path / f"{row}.png", gradient(*size)) for row, size in enumerate(sizes)]

    files = open_files(paths, name="image")

    assert files.shape == (3, 12, 20, 3)
    assert read(files).shape == files.shape
    assert "12 x 20 pixels, 3 of 3 files are resized to it (their aspect is not kept)" in decisions(files)
    assert "the files have 10 to 30 x 14 to 24 pixels, median 12 x 20" in decisions(files)


@pytest.mark.parametrize("suffix", [".png", ".jpg"])
def test_large_pictures_are_made_smaller_in_their_aspect(tmp_path: Path, suffix: str) -> None:
    """The longer side becomes 224, and the picture is still the same one."""
    paths = [save(tmp_path / f"{row}{suffix}", gradient(900, 1800)) for row in range(2)]

    files = open_files(paths, name="image")

    assert files.image_shape == (112, 224, 3)
    assert "at most 224 unless image_size= says otherwise" in decisions(files)
    expected = np.asarray(Image.fromarray(gradient(900, 1800)[..., :2].repeat(2, -1)[..., :3]).resize((224, 112)))
    np.testing.assert_allclose(read(files)[0, 5:-5, 5:-5, 0], expected[5:-5, 5:-5, 0], atol=6)


def test_image_size_overrides_the_chosen_size(tmp_path: Path) -> None:
    """In both directions."""
    path = save(tmp_path / "a.png", gradient(10, 20))

    files = ImageInput(image_size=(7, 40)).adapt([path])

    assert files.shape == (1, 7, 40, 3)
    assert "image_size was given" in decisions(files)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("channels", "expected", "reason"),
    [
        ((1, 1), 1, "all files are grey"),
        ((1, 3), 3, "1 of 2 files have colours"),
        ((3, 4), 3, "transparency is left out"),
    ],
)
def test_channels_are_chosen_from_all_files_with_a_reason(
    tmp_path: Path, channels: tuple[int, ...], expected: int, reason: str
) -> None:
    """Grey only if all are; otherwise grey ones become RGB, and alpha is left out."""
    paths = [save(tmp_path / f"{row}.png", gradient(5, 5, count)) for row, count in enumerate(channels)]

    files = open_files(paths, name="image")

    assert files.shape == (2, 5, 5, expected)
    assert read(files).shape == files.shape
    assert reason in decisions(files)


@pytest.mark.parametrize("channels", [1, 3])
def test_the_lost_half_of_16_bits_is_told(tmp_path: Path, channels: int) -> None:
    """Files with 16 bits a value cost a warning and a decision; others cost none."""
    shallow = save(tmp_path / "a.png", gradient(8, 8, channels))
    deep = write_deep_png(tmp_path / "b.png", gradient(8, 8, channels).reshape(8, 8, channels).astype("uint16") * 257)
    files = open_files([shallow, deep], name="image")

    with pytest.warns(DataWarning, match="1 of 2 picture files of the input 'image' have 16 bits a value"):
        profile = ImageInput().analyse(files, name="image")

    assert "1 of 2 files have 16 bits a value, of which the upper 8 are read" in "\n".join(map(str, profile.decisions))
    np.testing.assert_array_equal(*read(files))
    assert "16 bits" not in decisions(open_files([shallow], name="image"))


@pytest.mark.parametrize(("color", "channels"), [("grey", 1), ("rgb", 3), ("rgba", 4)])
def test_color_overrides_the_chosen_channels_for_every_kind_of_file(tmp_path: Path, color: Any, channels: int) -> None:
    """PNG, JPEG, BMP and GIF in one list."""
    paths = [save(tmp_path / f"a.{suffix}", gradient(8, 8)) for suffix in ("png", "jpg", "bmp", "gif")]

    pictures = read(open_files(paths, name="image", color=color))

    assert pictures.shape == (4, 8, 8, channels)
    assert np.abs(pictures.astype(int) - pictures[0].astype(int)).mean() < 12
    assert channels != 4 or (pictures[..., 3] == 255).all()


@pytest.mark.parametrize("suffix", [".jpg", ".png"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_picture_is_read_as_it_stands_upright(tmp_path: Path, suffix: str, orientation: int) -> None:
    """Turned and mirrored as its EXIF data say, which is how Pillow does it; its size is that of the upright picture."""
    plain = read(open_files([save(tmp_path / f"plain{suffix}", gradient(16, 24))], name="image"))[0]
    expected = upright(plain, orientation)

    path = save(tmp_path / f"a{suffix}", gradient(16, 24), exif=exif_of(orientation))
    files = open_files([path], name="image")

    assert files.image_shape == expected.shape == ((24, 16, 3) if orientation > 4 else (16, 24, 3))
    np.testing.assert_array_equal(read(files)[0], expected)


def test_a_large_photograph_is_turned_before_it_is_made_smaller(tmp_path: Path) -> None:
    """Height and width are chosen, and the decoder's own reduction too, as for a file that lies upright."""
    sideways = save(tmp_path / "a.jpg", gradient(900, 1800), exif=exif_of(6))
    twin = save(tmp_path / "b.jpg", upright(gradient(900, 1800), 6))

    files = open_files([sideways], name="image")

    assert files.image_shape == (224, 112, 3)
    difference = read(files).astype(int) - read(open_files([twin], name="image"))
    assert np.abs(difference[..., :2]).mean() < 2


def test_grey_pictures_without_a_channel_axis_are_turned(tmp_path: Path) -> None:
    """A model of arrays of the rank 3 takes files too."""
    files = open_files([save(tmp_path / "a.png", gradient(6, 9, 1), exif=exif_of(8))], name="image").resized((9, 6))

    np.testing.assert_array_equal(read(files)[0], upright(gradient(6, 9, 1), 8))


def test_the_report_says_how_many_pictures_are_turned(tmp_path: Path) -> None:
    """Pictures that stand upright are no other size than the ones that lie in their files, and are left as they are."""
    paths = [save(tmp_path / f"{row}.png", gradient(24, 16)) for row in range(2)]
    paths += [save(tmp_path / "2.png", gradient(16, 24), exif=exif_of(6))]

    files = open_files(paths, name="image")

    assert "1 of 3 files are turned or mirrored" in decisions(files)
    assert "all files have 24 x 16 pixels" in decisions(files)
    np.testing.assert_array_equal(read(files)[:2], [gradient(24, 16)] * 2)
    np.testing.assert_array_equal(
        read(files.select(np.array([2, 0]))), [upright(gradient(16, 24), 6), gradient(24, 16)]
    )
    assert "orientation" not in decisions(open_files(paths[:2], name="image"))


@pytest.mark.parametrize(
    "exif",
    [None, exif_of(0), exif_of(9), b"Exif\0\0no directory of tags", b"Exif\0\0II*\0\xff\xff\0\0"],
    ids=["none", "0", "9", "garbage", "cut off"],
)
def test_a_picture_without_an_orientation_that_can_be_understood_is_not_turned(tmp_path: Path, exif: Any) -> None:
    """Nor is it broken: its pixels are what counts."""
    options = {} if exif is None else {"exif": exif}

    files = open_files([save(tmp_path / "a.jpg", gradient(16, 24), **options)], name="image", broken_share=0.0)

    assert files.readable().tolist() == [0]
    assert files.image_shape == (16, 24, 3)
    np.testing.assert_array_equal(files.headers.orientations, [1])


def test_files_are_selected_without_being_read(tmp_path: Path) -> None:
    """Even after they are gone."""
    paths = write_folder(tmp_path, rows=6)
    files = open_files([str(path) for path in paths], name="image")
    for path in paths:
        path.unlink()

    selected = files.select(np.array([4, 1]))

    assert selected.paths.tolist() == [str(paths[4]), str(paths[1])]
    assert len(selected) == 2


def test_the_fingerprint_follows_the_content_and_not_the_place(tmp_path: Path) -> None:
    """Moved files are the same data; a changed or resized one is not."""
    first = open_files([save(tmp_path / "a.png", gradient(5, 5))], name="image")
    moved = open_files([save(tmp_path / "b.png", gradient(5, 5))], name="image")
    changed = open_files([save(tmp_path / "c.png", gradient(5, 5)[::-1])], name="image")

    assert first.fingerprint() == moved.fingerprint()
    assert first.fingerprint() != changed.fingerprint()
    assert first.fingerprint() != first.resized((4, 4, 3)).fingerprint()
    turned = save(tmp_path / "d.png", gradient(5, 5), exif=exif_of(6))
    mirrored = save(tmp_path / "e.png", gradient(5, 5), exif=exif_of(5))
    assert open_files([turned], name="image").fingerprint() != open_files([mirrored], name="image").fingerprint()


def broken_file(path: Path, kind: str) -> str:
    """Write a file that is broken in one way."""
    buffer = BytesIO()
    if kind == "empty":
        path.write_bytes(b"")
    elif kind == "text":
        path.write_text("this is no picture", encoding="utf-8")
    elif kind == "tiff":
        Image.fromarray(gradient(4, 4)).save(path, format="TIFF")
    elif kind == "bmp with palette":
        Image.fromarray(gradient(4, 4)).convert("P").save(path, format="BMP")
    elif kind == "bmp of OS/2":
        path.write_bytes(b"BM" + struct.pack("<IIIIHHHH", 26 + 48, 0, 26, 12, 4, 4, 1, 24) + bytes(48))
    elif kind.startswith("bmp "):
        Image.fromarray(gradient(4, 4, 1 if kind == "bmp compressed" else 3)).save(buffer, format="BMP")
        content = bytearray(buffer.getvalue())
        at, value = {"bmp of 16 bits": (28, 16), "bmp compressed": (30, 1), "bmp of other colours": (30, 3)}[kind]
        content[at] = value
        if kind == "bmp of other colours":  # of 32 bits, of which the first 8 are unused
            content[28] = 32
            content[54:66] = struct.pack("<III", 0xFF000000, 0xFF0000, 0xFF00)
        path.write_bytes(bytes(content))
    elif kind == "damaged PNG":
        spoil(Path(save(path, gradient(64, 64))), is_seen_by_checksum=True)
    elif kind != "missing":
        Image.fromarray(gradient(64, 64)).save(buffer, format=kind.removeprefix("cut "))
        path.write_bytes(buffer.getvalue()[:-100])
    return str(path)


@pytest.mark.parametrize(
    ("kind", "reason"),
    [
        ("empty", "the file is empty"),
        ("text", "cannot identify image file"),
        ("missing", "No such file"),
        ("tiff", "TIFF files are not read, only JPEG, PNG, GIF, BMP"),
        ("bmp with palette", "BMP files with a palette are not read"),
        ("bmp of OS/2", "BMP files of OS/2 are not read"),
        ("bmp of 16 bits", "BMP files of 16 bits a pixel are not read"),
        ("bmp compressed", "compressed BMP files are not read"),
        ("bmp of other colours", "BMP files with colours in another order"),
        ("cut JPEG", "the file is cut off"),
        ("cut PNG", "the file is cut off"),
        ("cut GIF", "the file is cut off"),
        ("cut BMP", "the file is cut off"),
        ("damaged PNG", r"the file is damaged: broken PNG file \(bad header checksum in b'IDAT'\)"),
    ],
)
def test_a_broken_file_is_named_with_the_reason(tmp_path: Path, kind: str, reason: str) -> None:
    """Found without decoding any file."""
    good = save(tmp_path / "good.png", gradient(4, 4))
    bad = broken_file(tmp_path / "bad.png", kind)
    files = open_files([good, bad], name="image", broken_share=0.5)

    with pytest.warns(DataWarning, match=reason) as warned:
        readable = files.readable()

    assert readable.tolist() == [0]
    assert "1 of 2 picture files" in str(warned[0].message) and bad in str(warned[0].message)
    assert f"broken files: 1 of 2 ({bad}" in decisions(files)


def test_a_png_of_any_kind_passes_its_checksums(tmp_path: Path) -> None:
    """Animated, with a palette and a transparent colour, with EXIF data and text, of one pixel."""
    still = Image.fromarray(gradient(6, 5))
    turned = still.transpose(Image.Transpose.ROTATE_180)
    text = PngImagePlugin.PngInfo()
    text.add_itxt("title", "gradient", zip=True)
    still.save(tmp_path / "animated.png", save_all=True, append_images=[turned], default_image=True)
    still.convert("P").save(tmp_path / "palette.png", transparency=3)
    still.save(tmp_path / "remarks.png", exif=exif_of(6), pnginfo=text)
    Image.new("RGBA", (1, 1)).save(tmp_path / "pixel.png")
    paths = sorted(str(path) for path in tmp_path.glob("*.png"))

    assert open_files(paths, name="image").readable().tolist() == [0, 1, 2, 3]


def test_what_a_camera_leaves_behind_a_picture_does_not_make_it_broken(tmp_path: Path) -> None:
    """A film behind a JPEG, zeros behind a GIF."""
    paths = [save(tmp_path / f"a.{suffix}", gradient(9, 9)) for suffix in ("jpg", "png", "gif")]
    for path, tail in zip(paths, [bytes(range(200)) * 50, b"zip" * 3000, b"\0" * 9], strict=True):
        with Path(path).open("ab") as file:
            file.write(tail)

    files = open_files(paths, name="image")

    assert files.headers.problems == {}
    assert read(files).shape == (3, 9, 9, 3)


@pytest.mark.parametrize("kept", [0.5, 0.95])
def test_the_small_picture_inside_a_cut_jpeg_does_not_pass_for_its_end(tmp_path: Path, kept: float) -> None:
    """Cameras put one in front of the pixels, with an end of its own."""
    small = BytesIO()
    Image.fromarray(gradient(8, 8)).save(small, format="JPEG")
    path = tmp_path / "a.jpg"
    Image.fromarray(gradient(64, 64)).save(path, exif=b"Exif\0\0" + small.getvalue())
    assert open_files([str(path)], name="image").headers.problems == {}
    content = path.read_bytes()
    path.write_bytes(
        content[: content.rindex(b"\xff\xda") + round(kept * (len(content) - content.rindex(b"\xff\xda")))]
    )

    with pytest.raises(DataError, match="cut off"):
        open_files([str(path)], name="image")


def test_too_many_broken_files_are_one_error_that_names_the_first_ones(tmp_path: Path) -> None:
    """Above the stated share nothing is left out."""
    paths = write_folder(tmp_path, rows=20)
    for path in paths[:5]:
        cut(path)
    files = open_files([str(path) for path in paths], name="image", broken_share=0.2)

    with pytest.raises(DataError, match=r"at most 20.0% of 20 files.*5 broken ones: .*, and 2 more") as error:
        files.readable()

    assert str(paths[0]) in str(error.value) and "broken_share" in str(error.value)


def test_files_of_which_none_can_be_read_are_an_error(tmp_path: Path) -> None:
    """It says what was wrong with the first ones, and where relative paths start."""
    with pytest.raises(DataError, match=r"No picture file can be read.*nowhere.png \(No such file.*Relative paths"):
        open_files(["nowhere.png"], name="image")


def test_a_file_that_breaks_only_when_it_is_decoded_is_named(tmp_path: Path) -> None:
    """The header check cannot see everything."""
    paths = write_folder(tmp_path, rows=8)
    spoil(paths[5])
    files = open_files([str(path) for path in paths], name="image")

    with pytest.raises(DataError, match=r"cannot be decoded") as error:
        read(files)

    assert str(paths[5]) in str(error.value)


@pytest.mark.parametrize(
    "arguments",
    [
        {"image_size": (0, 5)},
        {"image_size": 5},
        {"color": "green"},
        {"broken_share": 1.5},
        {"path_column": 3},
    ],
)
def test_arguments_that_cannot_be_used_are_an_error(arguments: dict[str, Any]) -> None:
    """The message names the argument."""
    with pytest.raises(DataError, match=next(iter(arguments))):
        ImageInput(**arguments)


def test_an_input_with_all_arguments_can_be_saved() -> None:
    """Its configuration gives an equal input."""
    made = ImageInput(image_size=(8, 9), color="grey", path_column="p", broken_share=0.1)

    assert ImageInput.from_config(made.get_config()).arguments == made.arguments


@pytest.mark.parametrize(
    "column",
    [
        np.array,
        lambda paths: np.array([Path(path) for path in paths], dtype=object),
        pd.Series,
        lambda paths: pd.Series(paths, dtype="string", index=[7.5, 8.5]),
        lambda paths: pd.Series(paths, dtype="category"),
        pa.array,
        lambda paths: pa.chunked_array([paths[:1], paths[1:]]),
        Column,
    ],
    ids=["array", "objects", "pandas", "string", "category", "Arrow", "chunked Arrow", "polars"],
)
def test_a_column_of_paths_of_any_kind_is_read(tmp_path: Path, column: Any) -> None:
    """As a list of them is, in its order."""
    paths = [save(tmp_path / f"{row}.png", gradient(5, 6)[:, :: 1 - 2 * row]) for row in range(2)]

    files = ImageInput().adapt(column(paths))

    assert ImageInput().row_names(column(paths)) == paths
    np.testing.assert_array_equal(files.read(np.arange(2)), read(open_files(paths, name="image")))  # type: ignore[union-attr]


@pytest.mark.skipif(sys.platform != "linux", reason="other systems have no such names")
def test_a_file_whose_name_is_no_utf8_is_read(tmp_path: Path) -> None:
    """Archives from elsewhere bring such names."""
    path = os.fsdecode(os.fsencode(tmp_path) + b"/caf\xe9.png")
    Image.fromarray(gradient(5, 6)).save(path)

    np.testing.assert_array_equal(read(open_files([path], name="image"))[0], gradient(5, 6))


def test_files_of_relative_paths_are_read_after_the_process_has_changed_its_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Their paths start from where it was when they were opened; so may workers read them, wherever those are."""
    (tmp_path / "elsewhere").mkdir()
    save(tmp_path / "a.png", gradient(5, 6))
    monkeypatch.chdir(tmp_path)
    files = ImageInput().adapt(["a.png"])

    monkeypatch.chdir("elsewhere")

    np.testing.assert_array_equal(read(files)[0], gradient(5, 6))  # type: ignore[arg-type]


def test_relative_paths_lead_through_links_as_they_are_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """On another machine the link may lead elsewhere, and `..` behind it is the folder above its target."""
    (tmp_path / "disk" / "photos").mkdir(parents=True)
    (tmp_path / "link").symlink_to(tmp_path / "disk" / "photos")
    save(tmp_path / "disk" / "a.png", gradient(5, 6))
    monkeypatch.chdir(tmp_path)

    files = open_files(["link/../a.png"], name="image")

    assert files.paths.tolist() == [f"{tmp_path}/link/../a.png"]
    assert not files.headers.problems


def test_files_fit_a_model_of_uint8_arrays(tmp_path: Path) -> None:
    """They are decoded to the size and the channels that the arrays had, with or without a channel axis."""
    path = save(tmp_path / "a.png", gradient(5, 6))
    image = ImageInput()
    for shape in [(3, 4, 7), (3, 4, 7, 3)]:
        profile = image.analyse(image.adapt(np.full(shape, 9, "uint8")), name="image")

        matched = image.match(image.adapt([path]), profile)

        assert matched.shape == (1, *shape[1:])
        assert matched.read(np.array([0])).shape == matched.shape  # type: ignore[union-attr]


def test_files_do_not_fit_a_model_of_float_arrays(tmp_path: Path) -> None:
    """Nobody can know how those were scaled."""
    path = save(tmp_path / "a.png", gradient(5, 6))
    image = ImageInput()
    profile = image.analyse(image.adapt(np.full((3, 4, 7, 3), 0.5, "float32")), name="image")

    with pytest.raises(DataError, match="trained on other arrays"):
        image.match(image.adapt([path]), profile)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"file,label\na.png,x\nb.png,\n", r"'label' of the table .* no label in 1 row.*row 2 of 2"),
        ("file,label\na.png,schön\n".encode("latin-1"), r"table\.csv.*UnicodeDecodeError"),
        (b"file,label\na.png\n", r"table\.csv.*row 1 has 1 values"),
    ],
    ids=["missing label", "another encoding", "short row"],
)
def test_a_table_that_cannot_be_used_is_named(tmp_path: Path, content: bytes, message: str) -> None:
    """A label that is missing is no class; a file that cannot be read is named."""
    path = tmp_path / "table.csv"
    path.write_bytes(content)

    with pytest.raises(DataError, match=message):
        ImageInput().unpack(path, "label")


def test_a_folder_is_predicted_on_as_it_was_trained_on(tmp_path: Path) -> None:
    """A picture beside its class folders is a row of neither, which costs a warning."""
    write_folder(tmp_path, rows=6)
    save(tmp_path / "overview.png", gradient(8, 8))
    trained_on, _ = ImageInput().unpack(tmp_path, None)

    with pytest.warns(DataWarning, match=r"not read, as its class folders hold pictures: .*overview\.png"):
        predicted_on = ImageInput().row_names(tmp_path)

    assert predicted_on == trained_on


def test_pictures_right_in_a_folder_are_read_where_no_other_folder_holds_any(tmp_path: Path) -> None:
    """A folder of other files beside them makes no class."""
    (tmp_path / "notes").mkdir()
    (tmp_path / "notes" / "a.txt").write_text("about the picture", encoding="utf-8")
    path = save(tmp_path / "a.png", gradient(8, 8))

    assert ImageInput().row_names(tmp_path) == [path]


def test_labels_that_are_called_as_columns_are_no_names_of_them() -> None:
    """A table may hold the classes one-hot, and y for each row its class: labels repeat, names do not."""
    frame = pd.DataFrame({"path": ["a.png", "b.png", "c.png"], "cat": [1, 0, 1], "dog": [0, 1, 0]})

    assert ImageInput().unpack(frame, ["cat", "dog", "cat"])[1] == ["cat", "dog", "cat"]
    np.testing.assert_array_equal(ImageInput().unpack(frame, ["cat", "dog"])[1], [[1, 0], [0, 1], [1, 0]])


@pytest.mark.parametrize("y", [0, np.int64(0), "0"], ids=["int", "numpy", "text"])
def test_a_target_column_may_be_called_by_its_number(y: Any) -> None:
    """As `pandas.read_csv(path, header=None)` calls the columns."""
    frame = pd.DataFrame({0: ["cat", "dog"], 1: ["a.png", "b.png"]})

    paths, labels = ImageInput(path_column="1").unpack(frame, y)

    assert [Path(path).name for path in paths] == ["a.png", "b.png"]
    assert np.asarray(labels).tolist() == ["cat", "dog"]


def test_a_number_that_calls_no_column_is_an_error() -> None:
    """It lists the columns there are."""
    with pytest.raises(DataError, match=r"labels .* are missing.*'path', 'cat'.*y=7"):
        ImageInput().unpack(pd.DataFrame({"path": ["a.png"], "cat": [1]}), 7)


def test_an_arrow_table_of_pictures_is_a_table() -> None:
    """Its `columns` are the columns, not their names."""
    paths, labels = ImageInput().unpack(pa.table({"file": ["a.png", "b.png"], "code": ["x", "y"]}), "code")

    assert [Path(path) for path in paths] == [Path("a.png"), Path("b.png")]
    assert np.asarray(labels).tolist() == ["x", "y"]


def test_labels_of_a_frame_of_pictures_keep_their_type() -> None:
    """Strings of digits are strings where the table has types."""
    frame = pd.DataFrame({"file": ["a.png", "b.png"], "code": ["01", "1"]})

    assert np.asarray(ImageInput().unpack(frame, "code")[1]).tolist() == ["01", "1"]
