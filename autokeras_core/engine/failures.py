"""From an exception in a trial to a failure that can be recorded."""

from __future__ import annotations

import tensorflow as tf

from autokeras_core._causes import causes_of
from autokeras_core.engine.deadline import OutOfTimeError
from autokeras_core.engine.watch import LossDivergedError
from autokeras_core.errors import UnavailableError
from autokeras_core.search.records import Failure, FailureKind

__all__ = ["describe_failure"]

_LONGEST_REASON = 500


def describe_failure(error: BaseException) -> Failure:
    """Return kind and one-line reason of an exception that ended a trial.

    The reason names the innermost cause, since frameworks wrap what really happened.

    Example:
        ```python
        describe_failure(MemoryError("no room"))  # Failure(kind="oom", reason="MemoryError: no room")
        ```
    """
    chain = causes_of(error)
    for link in chain:  # a sentence of our own says it all; what it went through on its way adds nothing
        if isinstance(link, (UnavailableError, OutOfTimeError)):
            own: FailureKind = "unavailable" if isinstance(link, UnavailableError) else "timeout"
            return Failure(kind=own, reason=" ".join(str(link).split())[:_LONGEST_REASON])
    kind: FailureKind = "bug"
    if any(isinstance(link, (MemoryError, tf.errors.ResourceExhaustedError)) for link in chain):
        kind = "oom"
    elif any(isinstance(link, LossDivergedError) for link in chain):
        kind = "nan"
    text = " ".join(str(error).split())
    reason = f"{type(error).__name__}: {text}" if text else type(error).__name__
    root = chain[-1]
    if root is not error and str(root) and str(root) not in text:
        reason += f" (caused by {type(root).__name__}: {' '.join(str(root).split())})"
    return Failure(kind=kind, reason=reason[:_LONGEST_REASON])
