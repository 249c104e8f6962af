"""Picture files that are broken, and those that only look so."""

from __future__ import annotations

import struct
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image, PngImagePlugin

from ak_vision.files import open_files
from autokeras_core.errors import DataError, DataWarning
from tests.vision.heavy.image_folders import cut, spoil, write_folder
from tests.vision.heavy.picture_files import decisions, exif_of, gradient, read, save


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
