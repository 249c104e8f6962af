"""Failed downloads are remembered, and for no longer than some minutes."""

from __future__ import annotations

import pytest

from autokeras_core.plugin import FailedDownloads
from tests.clocks import Clock


def test_a_failure_is_remembered_for_its_own_name() -> None:
    """What was not there says nothing of others."""
    failed = FailedDownloads()

    noted = failed.note("one", "HTTPError: HTTP Error 404: Not Found")

    assert failed.recent("one") is noted
    assert failed.recent("another") is None


def test_a_failed_connection_is_remembered_for_every_name() -> None:
    """All downloads need it."""
    failed = FailedDownloads()

    noted = failed.note(None, "URLError: Network is unreachable")

    assert failed.recent("one") is failed.recent("another") is noted


@pytest.mark.parametrize("name", ["one", None])
def test_a_failure_is_forgotten_after_five_minutes(name: str | None) -> None:
    """In a notebook whose user has connected again a search finds its networks."""
    clock = Clock()
    failed = FailedDownloads(clock)
    noted = failed.note(name, "down")

    clock.now = 299.0
    before = failed.recent("one")
    clock.now = 301.0

    assert (before, failed.recent("one")) == (noted, None)


def test_the_later_failure_counts() -> None:
    """Its reason, and five minutes from then."""
    clock = Clock()
    failed = FailedDownloads(clock)
    failed.note("one", "first")
    clock.now = 200.0

    failed.note("one", "second")

    clock.now = 400.0
    assert (failed.recent("one") or pytest.fail("forgotten")).reason == "second"


def test_forgetting_lets_all_be_tried_again() -> None:
    """The connection's failure and those of single downloads."""
    failed = FailedDownloads()
    for name in ("one", None):
        failed.note(name, "down")

    failed.forget()

    assert failed.recent("one") is None
