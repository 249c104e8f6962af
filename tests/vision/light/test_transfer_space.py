"""The space of the pretrained networks suits the pictures, and takes no part where they cannot be used."""

from __future__ import annotations

import pytest

from ak_vision import spaces
from autokeras_core.data.profile import DataProfile, InputProfile
from autokeras_core.plugin import Choice


def profile_of(height: int, width: int, channels: int = 3) -> DataProfile:
    """Return the profile of pictures of one size."""
    pictures = InputProfile(
        name="image",
        modality="image",
        shape=(height, width, channels),
        dtype="uint8",
        rows=100,
        facts={"height": height, "width": width, "channels": channels, "layout": "last", "low": 0.0, "high": 255.0},
    )
    return DataProfile(rows=100, inputs={"image": pictures}, targets={})


@pytest.mark.parametrize(
    ("side", "image_size"),
    [(3, 64), (8, 64), (28, 64), (32, 64), (48, 96), (64, 96), (96, 96), (100, 128), (224, 224), (1000, 224)],
)
def test_the_image_size_suits_the_pictures(side: int, image_size: int) -> None:
    """Small pictures are enlarged a little, large ones cut down to what the networks were trained for."""
    space = spaces.suit_image_size(spaces.TRANSFER, profile_of(side, side))

    assert space["image_size"].default == image_size
    assert set(spaces.TRANSFER) == set(space)


def test_a_narrowed_image_size_is_left_alone() -> None:
    """What the user wrote stands."""
    narrowed = spaces.TRANSFER.narrow({"image_size": Choice([32, 64])})

    assert spaces.suit_image_size(narrowed, profile_of(500, 500)) == narrowed


@pytest.mark.parametrize(
    ("profile", "expected"),
    [
        (profile_of(64, 64), True),
        (profile_of(64, 300, channels=1), True),
        (profile_of(63, 300), False),
        (profile_of(28, 28, channels=1), False),
        (profile_of(96, 96, channels=4), False),
        (profile_of(96, 96, channels=2), False),
        (DataProfile(rows=1, inputs={}, targets={}), False),
        (None, True),
    ],
    ids=["colour", "grey", "narrow", "small", "four channels", "two channels", "no pictures", "not known"],
)
def test_who_can_use_a_pretrained_network(profile: DataProfile | None, *, expected: bool) -> None:
    """Grey and colour pictures of at least 64 pixels can; without data the question is open."""
    assert spaces.can_transfer(profile) is expected


def test_a_pretrained_network_gets_raw_pictures() -> None:
    """Its configurations hold no scaling and no augmentation, which would have no effect."""
    configuration = spaces.IMAGE.complete({"block_type": "transfer"})

    assert not {"normalize", "augment"} & set(configuration)
    assert spaces.IMAGE.complete({"block_type": "resnet"})["normalize"] is True


def test_alone_it_leaves_nothing_else_to_tune() -> None:
    """A space of raw candidates only has no preparation at all."""
    space = spaces.image_space(
        augmentation=spaces.AUGMENTATION, candidates={"transfer": spaces.TRANSFER}, raw=["transfer"]
    )

    assert {name.partition("/")[0] for name in space} == {"block_type", "transfer"}


def test_the_learning_rate_of_fine_tuning_belongs_to_fine_tuning() -> None:
    """A frozen configuration has none."""
    frozen = spaces.TRANSFER.complete({"fine_tune": "none"})
    tuned = spaces.TRANSFER.complete({"fine_tune": "all"})

    assert "fine_tune_learning_rate" not in frozen
    assert tuned["fine_tune_learning_rate"] == pytest.approx(1e-4)
