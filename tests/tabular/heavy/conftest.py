"""What several tests of tables in files share."""

from __future__ import annotations

import pytest

from ak_tabular.files import opening


@pytest.fixture(params=[False, True], ids=["whole", "streamed"])
def in_either_way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Files are read whole first, then streamed."""
    if request.param:
        monkeypatch.setattr(opening, "BYTES_IN_MEMORY", 0)
