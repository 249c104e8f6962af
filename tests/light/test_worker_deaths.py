"""Why a worker died: what its exit code, its last words and the kernel's count say."""

from __future__ import annotations

import pytest

from autokeras_core.executors._deaths import count_memory_kills, describe_death

ABORTED = "terminate called after throwing an instance of 'std::bad_alloc'\n  what():  std::bad_alloc\n"


@pytest.mark.parametrize(
    ("code", "words", "memory_kills", "kind", "reason"),
    [
        pytest.param(-9, "", 0, "crash", "SIGKILL", id="killed-by-someone"),
        pytest.param(-9, "", 1, "oom", "the memory ran out", id="killed-by-the-kernel"),
        pytest.param(-6, ABORTED, 0, "oom", "std::bad_alloc", id="an-allocation-failed"),
        pytest.param(-11, "Segmentation fault", 1, "crash", "SIGSEGV; it wrote: Segmentation fault", id="segfault"),
        pytest.param(3, "first\nlast  line\n", 0, "crash", "exit code 3; it wrote: last line", id="exit-code"),
        pytest.param(1, "MemoryError: no room", 0, "oom", "MemoryError", id="memory-error"),
        pytest.param(-200, "", 0, "crash", "signal 200", id="unknown-signal"),
        pytest.param(1, "a room with a zoom", 0, "crash", "zoom", id="no-false-alarm"),
    ],
)
def test_a_death_has_a_kind_and_a_reason(code: int, words: str, memory_kills: int, kind: str, reason: str) -> None:
    """Only what points to memory is told as such."""
    failure = describe_death(code, words, memory_kills=memory_kills)

    assert failure.kind == kind
    assert reason in failure.reason
    assert "\n" not in failure.reason


def test_the_kernels_count_never_falls() -> None:
    """Only the difference of two counts is used."""
    assert 0 <= count_memory_kills() <= count_memory_kills()
