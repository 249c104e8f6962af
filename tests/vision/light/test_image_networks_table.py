"""The table of published networks is complete, consistent, and explains what it does not have."""

from __future__ import annotations

import pytest

from ak_vision import spaces
from ak_vision.networks import NETWORKS, Network, PixelScaling, network
from autokeras_core.errors import GraphError


@pytest.mark.parametrize("row", NETWORKS.values(), ids=lambda row: row.name)
def test_a_row_makes_sense(row: Network) -> None:
    """A network takes what it was published for, and is searched only on pictures that it takes."""
    assert row.smallest_side <= row.suited_side <= row.imagenet_side
    assert row.features > 0
    assert row.scaling is PixelScaling.INTERNAL or not row.can_omit_scaling


@pytest.mark.parametrize(
    "values",
    [
        spaces.RESNET_NETWORKS,
        spaces.XCEPTION_NETWORKS,
        spaces.EFFICIENTNET_NETWORKS,
        spaces.MOBILENET_NETWORKS,
        {name: f"{name}_v2" for name in spaces.RESNET_NETWORKS},
    ],
    ids=["resnet", "xception", "efficientnet", "mobilenet", "resnet-v2"],
)
def test_every_network_of_a_space_is_in_the_table(values: dict[str, str]) -> None:
    """A value of a hyperparameter leads to a row."""
    assert set(values.values()) <= set(NETWORKS)


@pytest.mark.parametrize(("name", "side"), [("resnet50", 64), ("efficientnet_b7", 172), ("xception", 86)])
def test_the_suited_side_grows_with_the_published_one(name: str, side: int) -> None:
    """224 pixels count as 64, rounded up."""
    assert network(name).suited_side == side


def test_an_unknown_network_is_an_error_that_lists_the_known_ones() -> None:
    """A misspelt name is answered with the right ones."""
    with pytest.raises(GraphError, match=r"efficientnet_b0.*efficientnet_b9"):
        network("efficientnet_b9")
