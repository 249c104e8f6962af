"""What several tests of networks share."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.vision.heavy.backbones import SHORT_STAGES, save_network


@pytest.fixture(scope="module")
def short_network() -> Iterator[None]:
    """Make EfficientNet-Lite0 a short network in this module: for tests that are about loading and training any network."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("ak_vision.blocks._efficientnet_lite.STAGES", SHORT_STAGES)
        yield


@pytest.fixture(scope="module")
def weights(short_network: None, tmp_path_factory: pytest.TempPathFactory) -> str:
    """Return a file with random weights of the short network."""
    return save_network(tmp_path_factory.mktemp("weights"))
