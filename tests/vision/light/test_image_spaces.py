"""The search spaces of the image blocks are data: light, conditional, suited to the size of the pictures."""

from __future__ import annotations

import numpy as np
import pytest

from ak_vision import spaces
from autokeras_core.data.profile import DataProfile, InputProfile
from autokeras_core.plugin import Choice, Space


def profile_of(height: int, width: int) -> DataProfile:
    """Return the profile of RGB pictures of one size."""
    pictures = InputProfile(
        name="image",
        modality="image",
        shape=(height, width, 3),
        dtype="uint8",
        rows=100,
        facts={"height": height, "width": width, "channels": 3, "layout": "last", "low": 0.0, "high": 255.0},
    )
    return DataProfile(rows=100, inputs={"image": pictures}, targets={})


def test_only_the_chosen_candidate_is_active() -> None:
    """A configuration with the plain network has no value for the residual one, and the other way round."""
    plain = spaces.IMAGE.complete({"block_type": "conv"})
    residual = spaces.IMAGE.complete({"block_type": "resnet"})

    assert not [name for name in plain if name.startswith("resnet/")]
    assert not [name for name in residual if name.startswith("conv/")]
    assert residual["resnet/version"] == "v2"


def test_augmentation_is_active_only_where_it_is_on() -> None:
    """Without augmentation its strengths are no part of a configuration."""
    off = spaces.IMAGE.complete({"augment": False})
    on = spaces.IMAGE.complete({"augment": True})

    assert not [name for name in off if name.startswith("augmentation/")]
    assert on["augmentation/translation"] == 0.1


def test_flips_are_never_searched_by_default() -> None:
    """A mirrored digit is no digit: no sampled configuration mirrors pictures."""
    rng = np.random.default_rng(0)

    drawn = [spaces.IMAGE.sample(rng) for _ in range(200)]

    assert any(configuration.get("augment") for configuration in drawn)
    assert not any(value for configuration in drawn for name, value in configuration.items() if name.endswith("_flip"))


def test_every_sampled_configuration_is_valid() -> None:
    """What the space draws, the space accepts."""
    rng = np.random.default_rng(1)

    drawn = [spaces.IMAGE.sample(rng) for _ in range(100)]

    assert [spaces.IMAGE.validate(configuration) for configuration in drawn] == drawn


@pytest.mark.parametrize(
    ("size", "stride"),
    [((8, 8), 1), ((28, 28), 1), ((48, 48), 1), ((33, 47), 1), ((64, 64), 2), ((96, 96), 2), ((224, 224), 4)],
    ids=str,
)
def test_the_stem_is_suited_to_the_size_of_the_pictures(size: tuple[int, int], stride: int) -> None:
    """Small pictures keep every pixel; larger ones are halved or quartered by the first convolution."""
    suited = spaces.suit_stem(spaces.RESNET, profile_of(*size))

    assert suited.defaults()["stem_stride"] == stride
    assert list(suited) == list(spaces.RESNET)


@pytest.mark.parametrize(
    ("side", "patch"), [(3, 1), (8, 1), (16, 1), (28, 2), (48, 2), (64, 4), (224, 4)], ids=lambda value: str(value)
)
def test_patches_are_suited_to_the_size_of_the_pictures(side: int, patch: int) -> None:
    """A ConvNeXt widens its channels fourfold, so its patches grow earlier than other stems do."""
    suited = spaces.suit_stem(spaces.CONVNEXT, profile_of(side, side), sides=spaces.PATCH_SIDES)

    assert suited.defaults()["stem_stride"] == patch


@pytest.mark.parametrize("narrowed", [2, Choice([1, 2])], ids=["fixed", "domain"])
def test_a_stem_of_the_users_is_left_alone(narrowed: object) -> None:
    """What the user fixed or narrowed stays, whatever the size."""
    space = spaces.CONV.narrow({"stem_stride": narrowed})

    assert spaces.suit_stem(space, profile_of(224, 224)) == space


SUITED = [
    pytest.param(spaces.RESNET, "architecture", spaces.RESNET_NETWORKS, id="resnet"),
    pytest.param(spaces.XCEPTION, "architecture", spaces.XCEPTION_NETWORKS, id="xception"),
    pytest.param(spaces.EFFICIENTNET, "version", spaces.EFFICIENTNET_NETWORKS, id="efficientnet"),
    pytest.param(spaces.CONVNEXT, "version", spaces.CONVNEXT_NETWORKS, id="convnext"),
]


@pytest.mark.parametrize(("space", "name", "networks"), SUITED)
@pytest.mark.parametrize("size", [(3, 3), (28, 28), (33, 47), (63, 63)], ids=str)
def test_published_networks_are_not_searched_for_small_pictures(
    size: tuple[int, int], space: Space, name: str, networks: dict[str, str]
) -> None:
    """Below 64 pixels the small network is all that is left, with its own hyperparameters."""
    suited = spaces.suit_networks(space, profile_of(*size), hyperparameter=name, networks=networks, declared=space)

    assert list(suited[name].grid()) == ["small"]
    assert list(suited) == list(space)


@pytest.mark.parametrize(("space", "name", "networks"), SUITED)
def test_every_network_is_searched_for_photographs(space: Space, name: str, networks: dict[str, str]) -> None:
    """At 224 pixels nothing is left out, and the small network is still the default."""
    suited = spaces.suit_networks(space, profile_of(224, 224), hyperparameter=name, networks=networks, declared=space)

    assert suited == space
    assert suited.defaults()[name] == "small"


def test_a_network_is_searched_from_its_own_size_on() -> None:
    """Those published for larger pictures need larger ones: at 64 pixels B0, at 100 pixels B3, but not B7."""

    def versions(side: int) -> set[object]:
        suited = spaces.suit_networks(
            spaces.EFFICIENTNET,
            profile_of(side, side),
            hyperparameter="version",
            networks=spaces.EFFICIENTNET_NETWORKS,
            declared=spaces.EFFICIENTNET,
        )
        return set(suited["version"].grid())

    assert versions(64) == {"small", "lite0", "b0", "v2_b0"}
    assert {"b3", "v2_b3"} <= versions(100)
    assert not {"b7", "v2_l"} & versions(100)


@pytest.mark.parametrize("narrowed", ["resnet152", Choice(["resnet50", "resnet101"])], ids=["fixed", "domain"])
def test_an_architecture_of_the_users_is_left_alone(narrowed: object) -> None:
    """Who asks for a large network on small pictures gets it."""
    space = spaces.RESNET.narrow({"architecture": narrowed})

    suited = spaces.suit_networks(
        space,
        profile_of(28, 28),
        hyperparameter="architecture",
        networks=spaces.RESNET_NETWORKS,
        declared=spaces.RESNET,
    )

    assert suited == space


@pytest.mark.parametrize("profile", [None, profile_of(28, 28), profile_of(224, 224)], ids=["any", "small", "large"])
def test_with_pretrained_weights_only_published_networks_are_searched(profile: DataProfile | None) -> None:
    """Whatever the size, no small network and nothing without weights to download is left, and something always is."""
    for space, name, networks in (parameters.values for parameters in SUITED):
        suited = spaces.suit_pretrained(space, profile, hyperparameter=name, networks=networks, declared=space)

        assert set(suited[name].grid()) <= {value for value in networks if value != "lite0"}
        assert set(suited) <= {name, "version"}
        assert suited.defaults()[name] == next(value for value in networks if value != "lite0")


def test_a_network_of_the_users_is_left_alone_with_pretrained_weights() -> None:
    """Who names a large network for small pictures gets it."""
    space = spaces.EFFICIENTNET.narrow({"version": "b7"})

    suited = spaces.suit_pretrained(
        space,
        profile_of(28, 28),
        hyperparameter="version",
        networks=spaces.EFFICIENTNET_NETWORKS,
        declared=spaces.EFFICIENTNET,
    )

    assert suited == space


def test_a_candidate_that_scales_pictures_may_be_augmented() -> None:
    """It has no choice of scaling, and its pictures may still be changed while training."""
    space = spaces.image_space(
        augmentation=spaces.AUGMENTATION,
        candidates={"mobilenet": spaces.MOBILENET, "conv": spaces.CONV},
        scaling=["mobilenet"],
    )

    assert "normalize" not in space.complete({"block_type": "mobilenet"})
    assert space.complete({"block_type": "mobilenet", "augment": True})["augmentation/translation"] == 0.1
    assert space.complete({"block_type": "conv"})["normalize"] is True


@pytest.mark.parametrize(("side", "is_tried"), [(28, False), (63, False), (64, True), (224, True)])
def test_mobilenet_is_a_candidate_for_large_pictures(side: int, is_tried: bool) -> None:
    """The other candidates are for pictures of any size."""
    names = ("conv", "resnet", "xception", "efficientnet", "mobilenet")

    suited = spaces.suited_candidates(names, profile_of(side, side))

    assert suited == (names if is_tried else names[:-1])


def test_without_data_every_candidate_and_network_is_listed() -> None:
    """What `autokeras blocks show` prints is the whole space."""
    suited = spaces.suit_networks(
        spaces.RESNET,
        None,
        hyperparameter="architecture",
        networks=spaces.RESNET_NETWORKS,
        declared=spaces.RESNET,
    )

    assert suited is spaces.RESNET
    assert spaces.suited_candidates(("conv", "mobilenet"), None) == ("conv", "mobilenet")


def test_a_published_network_has_no_hyperparameters_of_the_small_one() -> None:
    """Only the version counts for a ResNet50."""
    large = spaces.RESNET.complete({"architecture": "resnet50"})

    assert large == {"architecture": "resnet50", "version": "v2"}


def test_new_kinds_of_augmentation_are_off_by_default() -> None:
    """Whatever could hide or recolour what a label depends on is for the search, or the user, to switch on."""
    defaults = spaces.AUGMENTATION.defaults()

    assert (defaults["brightness"], defaults["erasing"], defaults["policy"]) == (0.0, 0.0, "none")
    assert "magnitude" not in defaults


def test_without_data_the_declared_space_is_the_space() -> None:
    """Listing a space needs no profile."""
    assert spaces.suit_stem(spaces.CONV, None) is spaces.CONV


def test_the_first_candidate_is_the_default() -> None:
    """The order of candidates says which one is tried where nothing else is known."""
    space = spaces.image_space(
        augmentation=spaces.AUGMENTATION, candidates={"resnet": spaces.RESNET, "tiny": Space({"units": Choice([1, 2])})}
    )

    assert space.defaults()["block_type"] == "resnet"
    assert space.validate({"block_type": "tiny"})["tiny/units"] == 1
