"""What holds for all tests: light ones are light (`--block-heavy`), Ctrl-C means what it means, and GPUs are not used.

A GPU adds numbers up in another order each time, and multiplies with fewer digits; many tests compare to the last bit. To run
tests on a GPU nevertheless, say which: `CUDA_VISIBLE_DEVICES=0`.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Sequence
from importlib.machinery import ModuleSpec
from types import ModuleType

import pytest

os.environ.setdefault(
    "CUDA_VISIBLE_DEVICES", "-1"
)  # before any test imports TensorFlow, and for the processes that it starts

HEAVY_PACKAGES = frozenset({"keras", "keras_tuner", "pandas", "tensorflow", "torch", "transformers"})


class HeavyImportBlocker:
    """A finder that raises where a test's own process imports a heavy package; subprocesses are not concerned."""

    @classmethod
    def find_spec(
        cls, fullname: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Raise for a heavy package, pass on everything else."""
        if fullname.partition(".")[0] in HEAVY_PACKAGES:
            message = (
                f"A light test imported {fullname!r}. Light modules never do; move the test to tests/heavy if it must."
            )
            raise ModuleNotFoundError(message, name=fullname)
        return None


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add `--block-heavy`."""
    parser.addoption(
        "--block-heavy",
        action="store_true",
        help="make importing keras, keras_tuner, pandas, tensorflow, torch and transformers an error",
    )


def pytest_configure(config: pytest.Config) -> None:
    """Block heavy packages before any test module is imported, and let Ctrl-C interrupt.

    A shell has jobs that it runs in the background ignore it, and what they start inherits that: tests that send it to a
    search, or to themselves, would wait in vain.
    """
    if signal.getsignal(signal.SIGINT) == signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    if config.getoption("--block-heavy"):
        already = sorted(HEAVY_PACKAGES & set(sys.modules))
        if already:
            message = f"--block-heavy comes too late: {already} are already imported."
            raise pytest.UsageError(message)
        sys.meta_path.insert(0, HeavyImportBlocker)


def pytest_unconfigure(config: pytest.Config) -> None:
    """Take the block away again."""
    if HeavyImportBlocker in sys.meta_path:
        sys.meta_path.remove(HeavyImportBlocker)
