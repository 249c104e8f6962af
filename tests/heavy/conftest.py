"""Fixtures of the tests of executors with workers, which start once for all tests of a module."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.heavy.executor_doubles import Events


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of a search's cache."""
    return tmp_path_factory.mktemp("search") / "cache"


@pytest.fixture(scope="module")
def events() -> Events:
    """Return what the workers of this module's executor told."""
    return Events()
