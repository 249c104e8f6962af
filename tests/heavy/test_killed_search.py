"""A search that is killed with SIGKILL goes on, loses nothing, and ends as it would have ended.

`benchmarks/kill_resume.py` does the same fifty times, at moments drawn at random from the whole time of a search.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest

from benchmarks.kill_resume import TRIALS, problems_of, run_search, trials_in

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGKILL")


def test_a_search_that_is_killed_again_and_again_ends_as_if_it_had_not_been(tmp_path: Path) -> None:
    """Killed after a random number of epochs, three times: no finished trial is lost, all else is the same."""
    whole = run_search(tmp_path / "whole")
    rng = np.random.default_rng(20)
    directory = tmp_path / "killed"
    before: dict[str, dict[str, object]] = {}
    epochs = 0

    for _ in range(3):
        run = run_search(directory, kill_after_epochs=int(rng.integers(5, 20)))
        assert run.was_killed
        assert before.items() <= trials_in(directory).items()
        before = trials_in(directory)
        epochs += run.epochs
    run = run_search(directory)

    assert len(before) < TRIALS
    assert problems_of(directory, run, before=before, whole=tmp_path / "whole", wanted=whole) == []
    assert 0 <= epochs + run.epochs - whole.epochs <= 6  # at most two epochs are trained again after a kill
