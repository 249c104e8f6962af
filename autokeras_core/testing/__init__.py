"""Checks for the tests of plugin authors; imported on first use, so importing the package costs nothing. Light."""

from __future__ import annotations

from typing import TYPE_CHECKING

from autokeras_core._lazy import lazy_names

if TYPE_CHECKING:
    from autokeras_core.testing.checks import CheckError, check_block, check_head, check_preprocessor

__all__ = ["CheckError", "check_block", "check_head", "check_preprocessor"]

__getattr__, __dir__ = lazy_names(__name__, dict.fromkeys(__all__, "autokeras_core.testing.checks"))
