"""ImageInput: what pictures are, why, and what is refused."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from ak_vision import ImageClassifier, ImageInput, ImageRegressor
from autokeras_core import ClassificationHead, DataError, DenseBlock
from autokeras_core.data.profile import InputProfile
from autokeras_core.engine.preparation import prepare
from autokeras_core.engine.prepared_data import PreparedData
from autokeras_core.errors import DataWarning
from autokeras_core.graph.graph import Graph


def profile_of(data: Any, **arguments: Any) -> InputProfile:
    """Return what the input finds out about raw data."""
    pictures = ImageInput(**arguments)
    return pictures.analyse(pictures.adapt(data), name="image")


@pytest.mark.parametrize(
    ("shape", "expected"),
    [
        ((5, 28, 28), {"height": 28, "width": 28, "channels": 1, "layout": "none"}),
        ((5, 28, 30, 1), {"height": 28, "width": 30, "channels": 1, "layout": "last"}),
        ((5, 8, 9, 3), {"height": 8, "width": 9, "channels": 3, "layout": "last"}),
        ((5, 8, 9, 4), {"height": 8, "width": 9, "channels": 4, "layout": "last"}),
        ((5, 3, 32, 30), {"height": 32, "width": 30, "channels": 3, "layout": "first"}),
        ((5, 3, 3, 8), {"height": 3, "width": 3, "channels": 8, "layout": "last"}),
        ((5, 16, 16, 13), {"height": 16, "width": 16, "channels": 13, "layout": "last"}),
        ((5, 13, 16, 16), {"height": 16, "width": 16, "channels": 13, "layout": "first"}),
        ((5, 16, 20, 13), {"height": 16, "width": 20, "channels": 13, "layout": "last"}),
        ((5, 2, 16, 20), {"height": 16, "width": 20, "channels": 2, "layout": "first"}),
        ((5, 4, 16, 16), {"height": 16, "width": 16, "channels": 4, "layout": "first"}),
        ((5, 3, 3), {"height": 3, "width": 3, "channels": 1, "layout": "none"}),
    ],
    ids=str,
)
def test_the_layout_is_found_from_the_shape(
    shape: tuple[int, ...], expected: dict[str, Any], recwarn: pytest.WarningsRecorder
) -> None:
    """Height, width, channels and where the channels are follow from the shape, without a doubt."""
    facts = profile_of(np.zeros(shape, dtype="uint8")).facts

    assert {name: facts[name] for name in expected} == expected
    assert not recwarn.list


def test_channels_in_front_of_square_pictures_are_a_decision_with_a_reason() -> None:
    """However many there are, the report says what was taken, and what says otherwise."""
    text = "\n".join(map(str, profile_of(np.zeros((5, 13, 16, 16), dtype="uint8")).decisions))

    assert "16 x 16 pixels" in text
    assert "13, the first axis of a picture is moved to the end (the last two axes are equal" in text
    assert "channels='last' says otherwise" in text


UNCLEAR = [
    ((5, 4, 16, 10), "first"),
    ((5, 13, 16, 20), "last"),
    ((5, 13, 20, 16), "last"),
    ((5, 13, 7, 7), "last"),
    ((5, 9, 9, 9), "last"),
]


@pytest.mark.parametrize(("shape", "taken"), UNCLEAR, ids=str)
def test_a_shape_that_can_be_read_both_ways_is_warned_of(shape: tuple[int, ...], taken: str) -> None:
    """The warning says which axis is taken, and how to say so."""
    with pytest.warns(DataWarning, match=rf"'image'.*not clear.*the {taken} one is taken.*channels='last' or"):
        facts = profile_of(np.zeros(shape, dtype="uint8")).facts

    assert facts["layout"] == taken


@pytest.mark.parametrize("channels", ["last", "first"])
def test_where_the_layout_is_given_nothing_is_unclear(channels: Any, recwarn: pytest.WarningsRecorder) -> None:
    """That is how the warning ends."""
    for shape, _ in UNCLEAR:
        assert profile_of(np.zeros(shape, dtype="uint8"), channels=channels).facts["layout"] == channels

    assert not recwarn.list


@pytest.mark.parametrize("task", [ImageClassifier, ImageRegressor])
def test_the_tasks_pass_a_given_layout_on(task: type[ImageClassifier | ImageRegressor]) -> None:
    """Also where the shape alone says something else."""
    pictures = np.arange(20 * 13 * 16 * 16).reshape(20, 13, 16, 16).astype("uint8")

    facts = task(channels="last").analyse(pictures, np.arange(20) % 2).inputs["image"].facts

    assert (facts["height"], facts["width"], facts["channels"]) == (13, 16, 16)


def test_a_given_layout_counts() -> None:
    """`channels=` decides where the shape could be read both ways."""
    facts = profile_of(np.zeros((5, 3, 32, 30), dtype="uint8"), channels="last").facts

    assert (facts["height"], facts["width"], facts["channels"]) == (3, 32, 30)


def test_decisions_have_reasons() -> None:
    """The report names size, channels and values, each with a reason."""
    decisions = profile_of(np.arange(200, dtype="uint8").reshape(2, 10, 10)).decisions

    text = "\n".join(map(str, decisions))
    assert "1, the axis is added (the array has 3 axes)" in text
    assert "0 to 199, uint8" in text
    assert all(decision.reason for decision in decisions)


@pytest.mark.parametrize("dtype", ["uint8", "bool", "int64", "float32", "float64"])
def test_the_raw_spec_is_the_users_own(dtype: str) -> None:
    """The exported model takes pictures of the shape and dtype that were passed in."""
    pictures = ImageInput()

    profile = pictures.analyse(np.ones((2, 5, 6), dtype=dtype), name="image")

    assert pictures.raw_spec(profile) == ((5, 6), dtype)


def test_arrays_are_passed_through_without_a_copy() -> None:
    """The user's array is used as it is."""
    data = np.zeros((2, 5, 6), dtype="uint8")

    assert ImageInput().adapt(data) is data


@pytest.mark.parametrize("dtype", [">u2", ">f4", "<i4"])
def test_bytes_in_another_order_are_turned(dtype: str) -> None:
    """Pictures from TIFF and FITS files come back with the same values, in the order of this machine."""
    pictures = np.arange(32).reshape(2, 4, 4).astype(dtype)

    adapted = ImageInput().adapt(pictures)

    assert adapted.dtype.isnative
    np.testing.assert_array_equal(adapted, pictures)


def test_a_list_of_pictures_is_taken() -> None:
    """Pictures of one size may come as a list."""
    assert ImageInput().adapt([np.zeros((5, 6, 3), dtype="uint8")] * 4).shape == (4, 5, 6, 3)


@pytest.mark.parametrize(
    ("shape", "layer", "result"),
    [((2, 5, 6), "Reshape", (2, 5, 6, 1)), ((2, 3, 5, 6), "Permute", (2, 5, 6, 3))],
    ids=["no-channels", "channels-first"],
)
def test_preprocessors_bring_pictures_into_one_layout(
    shape: tuple[int, ...], layer: str, result: tuple[int, ...]
) -> None:
    """Blocks always see the channels last."""
    data = np.random.default_rng(0).integers(0, 256, shape).astype("uint8")

    (preprocessor,) = ImageInput().preprocessors(profile_of(data))
    preprocessor.fit(data)

    assert preprocessor.transform(data).shape == result
    assert type(preprocessor.to_layer()).__name__ == layer


def test_pictures_with_channels_last_need_nothing() -> None:
    """What is right already is left alone."""
    assert ImageInput().preprocessors(profile_of(np.zeros((2, 5, 6, 3), dtype="uint8"))) == ()


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (np.zeros((10, 784), dtype="uint8"), r"shape=\(10, 784\).*reshape\(-1, 28, 28\)"),
        (np.zeros((10, 3072)), r"reshape\(-1, 32, 32, 3\)"),
        (np.zeros(10), r"shape=\(10,\)"),
        (np.zeros((2, 4, 8, 8, 3)), "Videos"),
        (np.zeros((2, 0, 8)), r"shape=\(2, 0, 8\)"),
        (np.array([[["a"]]]), "numbers"),
        (np.array([[[1j]]]), "complex"),
        ([np.zeros((4, 4)), np.zeros((5, 5))], "one size"),
        (object(), "type object"),
        (np.array([[[0.0]], [[np.nan]]]), "NaN or infinity, first in row 1"),
        (np.array([[[np.inf]]]), "NaN or infinity"),
    ],
    ids=["flat", "flat-rgb", "vector", "video", "no-pixels", "text", "complex", "ragged", "object", "nan", "infinity"],
)
def test_what_is_no_picture_is_one_clear_error(data: Any, message: str) -> None:
    """The error says what was received and what to do."""
    with pytest.raises(DataError, match=message):
        ImageInput().adapt(data)


@pytest.mark.parametrize(
    "data",
    [
        np.array([[["a"]]]),
        np.zeros((10, 784)),
        [np.zeros((4, 4)), np.zeros((5, 5))],
        object(),
        np.full((1, 2, 2), np.nan),
    ],
    ids=["text", "flat", "ragged", "object", "nan"],
)
def test_errors_name_an_input_that_has_a_name(data: Any) -> None:
    """Of two inputs of pictures it must be seen which one is meant."""
    with pytest.raises(DataError, match="The pictures of the input 'front' "):
        ImageInput(name="front").adapt(data)


def test_no_files_are_an_error_that_names_the_input() -> None:
    """A table without rows has no paths."""
    with pytest.raises(DataError, match="The input 'front' got no picture files"):
        ImageInput(name="front").adapt(pd.DataFrame({"path": []}))


def test_empty_data_is_an_error() -> None:
    """There is nothing to find out about no pictures."""
    with pytest.raises(DataError, match="empty"):
        profile_of(np.zeros((0, 8, 8)))


def test_a_wrong_layout_argument_is_an_error() -> None:
    """The error lists what `channels` can be."""
    with pytest.raises(DataError, match="'first'"):
        ImageInput(channels="middle")  # type: ignore[arg-type]


BYTES = np.random.default_rng(0).integers(0, 256, (8, 6, 6)).astype("uint8")
RADAR = (BYTES / 255 * 80).astype("float32")
RADAR[3] /= 160  # a calm day
MASKS = (BYTES > 100).astype("uint8")
NIGHTS = BYTES.copy()
NIGHTS[3] //= 64
OVERSHOOTING = (BYTES / 255 * 260 - 2).astype("float32")
FLASHED = (BYTES / 255).astype("float32")
FLASHED[3] *= 200


@pytest.mark.parametrize(
    ("trained", "given", "message"),
    [
        (BYTES, BYTES[:, :5], r"shape=\(rows, 6, 6\).*\(8, 5, 6\)"),
        (BYTES[..., None], BYTES[0][..., None], "numpy.newaxis"),
        (BYTES, BYTES / 255, "fractions"),
        (BYTES, BYTES.astype("int32") + 200, "cannot hold"),
        ((BYTES / 255).astype("float32"), BYTES, "values above 1"),
        (BYTES > 100, BYTES, "cannot hold"),
        (BYTES.astype("float32"), (BYTES / 255).astype("float32"), "fractions of at most 1.*up to 255"),
        (BYTES.astype("float32"), (BYTES / 127.5 - 1).astype("float32"), "fractions of at most 1.*up to 255"),
        ((BYTES / 127.5 - 1).astype("float32"), BYTES, "values above 1"),
        (OVERSHOOTING, (BYTES / 255).astype("float32"), "fractions of at most 1.*up to 258"),
        ((BYTES / 255 * 1.03 - 0.02).astype("float32"), BYTES, "values above 1"),
    ],
    ids=[
        "size",
        "one-picture",
        "scaled",
        "too-large",
        "unscaled",
        "bool",
        "scaled-floats",
        "scaled-around-zero",
        "unscaled-around-zero",
        "scaled-after-overshoot",
        "unscaled-after-overshoot",
    ],
)
def test_later_pictures_must_be_of_the_same_kind(trained: Any, given: Any, message: str) -> None:
    """Another size or another scale of values is refused, not silently predicted on."""
    with pytest.raises(DataError, match=message):
        ImageInput().check(given, profile_of(trained))


@pytest.mark.parametrize(
    ("trained", "given"),
    [
        (BYTES, BYTES),
        (BYTES, BYTES.astype("float32")),
        (BYTES, np.zeros_like(BYTES)),
        (BYTES, BYTES[:0]),
        ((BYTES / 255).astype("float32"), (BYTES / 300).astype("float64")),
        ((BYTES / 100).astype("float32"), BYTES / 50),
        (BYTES.astype("float32"), BYTES.astype("float32") // 255),
        (BYTES * 100.0, BYTES / 300),
        (RADAR, RADAR[3:4]),
        ((BYTES / 150 - 0.9).astype("float32"), BYTES / 85),
        (BYTES // 7, BYTES),
        (BYTES[:7] // 16, BYTES),
        (BYTES, BYTES[:7] // 255),
        (NIGHTS, BYTES // 255),
        (BYTES.astype("int16") - 100, BYTES.astype("int16") // 20 - 5),
        (FLASHED, (BYTES / 300).astype("float32")),
    ],
    ids=[
        "same",
        "whole-floats",
        "black",
        "no-rows",
        "darker",
        "other-range",
        "nearly-black",
        "faint",
        "calm",
        "brighter",
        "days-after-evenings",
        "days-after-few-nights",
        "few-nights",
        "nights-after-nights",
        "below-zero",
        "usual-after-a-flash",
    ],
)
def test_pictures_of_the_same_kind_pass(trained: Any, given: Any, recwarn: pytest.WarningsRecorder) -> None:
    """Black pictures, some as dark as in training, some brighter, another float type or no rows at all are no mistake."""
    ImageInput().check(given, profile_of(trained))

    assert not recwarn.list


@pytest.mark.parametrize(
    ("trained", "given"),
    [
        (BYTES.astype("float32"), RADAR[3:4]),
        (RADAR, RADAR / 80),
        (RADAR, RADAR[3:4] / 2),
        (np.concatenate([np.zeros_like(BYTES), np.zeros_like(BYTES), BYTES]).astype("float32"), BYTES / 255),
    ],
    ids=["one-dark-picture", "many-where-one-was-dark", "darker-than-the-darkest", "most-were-black"],
)
def test_pictures_that_may_be_dark_or_scaled_are_warned_of(trained: Any, given: Any) -> None:
    """They are taken: nothing says for sure that they have another scale."""
    with pytest.warns(DataWarning, match="'image' may have been scaled: fractions of at most 1, where training had"):
        ImageInput().check(given, profile_of(trained))


@pytest.mark.parametrize(
    ("trained", "given", "message"),
    [
        (MASKS, MASKS[:1] * np.uint8(255), "up to 255, where training had none above 1.*only brighter"),
        (BYTES // 16, BYTES, "up to 255, where training had none above 15.*only brighter"),
        (
            BYTES * np.uint16(16),
            BYTES * np.uint16(257),
            "up to 65535, where training had none above 4080.*only brighter",
        ),
        (MASKS * np.uint8(255), MASKS, "up to 1, where each picture in training had some from 255 on.*only dark"),
        (
            BYTES * np.uint16(257),
            BYTES * np.uint16(16),
            "up to 4080, where each picture in training had some from 6.*only dark",
        ),
    ],
    ids=["masks-as-bytes", "days-after-nights", "more-bits", "bytes-as-masks", "fewer-bits"],
)
def test_whole_numbers_that_may_have_another_scale_are_warned_of(trained: Any, given: Any, message: str) -> None:
    """The type holds both, so nothing says for sure that they have; nights and days differ so, too."""
    with pytest.warns(DataWarning, match=f"'image' may have been scaled: values {message}, all is well"):
        ImageInput().check(given, profile_of(trained))


def prepared(pictures: Any, *, seed: int, **arguments: Any) -> PreparedData:
    """Return pictures of two classes, split as `fit` does."""
    image = ImageInput()
    graph = Graph.from_nodes([image], [ClassificationHead()(DenseBlock()(image))])
    return prepare(graph, pictures, np.arange(len(pictures)) % 2, seed=seed, **arguments)


@pytest.mark.parametrize(
    ("seed", "part"), [(0, "train_inputs"), (2, "validation_inputs")], ids=["training", "validation"]
)
@pytest.mark.parametrize(("dtype", "flash"), [("float32", 200), ("uint8", 255)], ids=["fractions", "whole-numbers"])
def test_a_rare_bright_picture_is_used_whichever_part_it_is_drawn_for(
    seed: int, part: str, dtype: str, flash: int, recwarn: pytest.WarningsRecorder
) -> None:
    """Neither an error nor a warning, since all pictures were passed as one; and later ones may be as bright."""
    pictures = np.random.default_rng(0).integers(0, 2, (50, 6, 6)).astype(dtype)
    pictures = pictures / np.float32(2) if dtype == "float32" else pictures
    pictures[7] *= flash

    data = prepared(pictures, seed=seed)

    assert np.asarray(getattr(data, part)["image"]).max() == pictures[7].max()
    ImageInput().check(pictures[7:8], data.profile.inputs["image"])
    assert not recwarn.list


def test_the_extremes_of_both_parts_are_kept_for_later_pictures() -> None:
    """The smallest and the largest value, and the largest of the darkest picture."""
    pictures, rows = ImageInput(), np.arange(4.0)[:, None, None] + np.zeros((4, 3, 3))

    facts = pictures.widen(rows[[0, 3]], pictures.analyse(rows[[1, 2]], name="image")).facts

    assert (facts["low"], facts["high"], facts["dimmest"]) == (0.0, 3.0, 0.0)


def test_pictures_that_the_user_passes_for_validation_must_be_on_the_scale_of_training() -> None:
    """They may have been read in another way."""
    fractions = (np.tile(BYTES, (3, 1, 1)) / 255).astype("float32")

    with pytest.raises(DataError, match="values above 1, where training had none"):
        prepared(fractions, seed=0, validation_data=(BYTES, np.arange(8) % 2))


def test_data_are_never_changed() -> None:
    """Analysing and checking leave the user's array as it was."""
    data = BYTES.copy()

    ImageInput().check(data, profile_of(data))

    np.testing.assert_array_equal(data, BYTES)
