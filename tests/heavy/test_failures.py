"""An exception in a trial becomes a failure with a kind and a reason."""

from __future__ import annotations

import pytest
import tensorflow as tf

from autokeras_core.engine.deadline import OutOfTimeError
from autokeras_core.engine.failures import describe_failure
from autokeras_core.engine.watch import LossDivergedError
from autokeras_core.errors import GraphError, UnavailableError


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (MemoryError("no room"), "oom"),
        (tf.errors.ResourceExhaustedError(None, None, "OOM when allocating"), "oom"),
        (LossDivergedError("the loss became nan"), "nan"),
        (OutOfTimeError("too slow"), "timeout"),
        (UnavailableError("no weights"), "unavailable"),
        (ValueError("a bug"), "bug"),
    ],
    ids=["memory", "device memory", "diverged", "too slow", "unavailable", "anything else"],
)
def test_the_kind_follows_from_the_exception(error: Exception, kind: str) -> None:
    """Memory and divergence are told from bugs, since they are tried again."""
    assert describe_failure(error).kind == kind


def test_a_wrapped_cause_decides_the_kind_and_is_named() -> None:
    """A block's error that was caused by memory is a memory failure."""
    error = GraphError("block 'conv' cannot be built")
    error.__cause__ = MemoryError("no room left")

    failure = describe_failure(error)

    assert failure.kind == "oom"
    assert "no room left" in failure.reason


def test_the_reason_is_one_short_line() -> None:
    """A framework's pages of text are cut."""
    failure = describe_failure(ValueError("line\n" * 1000))

    assert "\n" not in failure.reason
    assert len(failure.reason) <= 500
