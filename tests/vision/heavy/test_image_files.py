"""Picture files as rows: sizes, channels, kinds of files, and how they lie."""

from __future__ import annotations

import struct
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import ExifTags, Image, ImageOps

from ak_vision import ImageInput
from ak_vision.files import open_files
from autokeras_core.errors import DataWarning
from tests.vision.heavy.image_folders import write_folder
from tests.vision.heavy.picture_files import Array, decisions, exif_of, gradient, read, save


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


def upright(picture: Array, orientation: int) -> Array:
    """Return a picture as Pillow turns it."""
    image = Image.fromarray(picture)
    image.getexif()[ExifTags.Base.Orientation] = orientation
    return np.asarray(ImageOps.exif_transpose(image))


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
