"""Kill searches with SIGKILL at random moments, let each go on, and check that nothing was lost: the aim is all of them.

    python benchmarks/kill_resume.py --kills 50 --write

A search of a small table runs once to its end. Then the same search is started in a directory of its own, again and again:
it is killed at a moment drawn at random between its start and when it would have ended, and started once more. It must go on
from the trial, and from the epoch, where it was, and end with the same trials and scores as the search that nobody killed.
Checkpoints are written after every epoch here, however short; otherwise a trial of a second writes none. With `--write` the
table goes into `results/kill_resume.md`.
"""

from __future__ import annotations

import argparse
import hashlib
import itertools
import json
import math
import os
import platform
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from pathlib import Path
from typing import Any

import attrs

__all__ = ["EPOCHS", "TRIALS", "Run", "problems_of", "run_search", "trials_in"]

TRIALS = 4
EPOCHS = 30
_ENDED = ("trial_completed", "trial_pruned", "trial_failed")
_SLOWEST_PROCESS = 300.0


@attrs.frozen(kw_only=True)
class Run:
    """What a process that ran a search said, and how it ended.

    Attributes:
        was_killed: Whether it was killed before the search ended.
        seconds: How long the search itself took, until it ended or was killed.
        epochs: How many epochs the process trained.
        result: The search's result, see `_search`; empty if it was killed.
    """

    was_killed: bool
    seconds: float
    epochs: int
    result: dict[str, Any]


def run_search(directory: Path, *, kill_after: float | None = None, kill_after_epochs: int | None = None) -> Run:
    """Run the search in a process of its own, or go on with the one in the directory.

    Args:
        directory: The search's directory.
        kill_after: Kill the process so many seconds after the search began.
        kill_after_epochs: Kill it as soon as it has trained so many epochs.

    Raises:
        RuntimeError: If the process ended otherwise than by being killed, or with the search's end.
    """
    command = [sys.executable, __file__, "--search", str(directory)]
    environment = {**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3"}
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment)
    assert process.stdout is not None
    assert process.stderr is not None
    timer = threading.Timer(_SLOWEST_PROCESS, process.kill)
    timer.start()
    errors: list[str] = []
    reader = threading.Thread(target=lambda: errors.extend(process.stderr or ()), daemon=True)
    reader.start()
    began, epochs, result = math.nan, 0, {}
    killer: threading.Timer | None = None
    for line in process.stdout:
        said = json.loads(line)
        if said["event"] == "began":
            began = time.monotonic()
            if kill_after is not None:
                killer = threading.Timer(kill_after, process.send_signal, (signal.SIGKILL,))
                killer.start()
        elif said["event"] == "epoch":
            epochs += 1
            if epochs == kill_after_epochs:
                process.send_signal(signal.SIGKILL)
        else:
            result = said
    code = process.wait()
    seconds = time.monotonic() - began
    timer.cancel()
    if killer is not None:
        killer.cancel()
    reader.join()
    if not result and code != -signal.SIGKILL:
        message = f"The search ended with status {code}: {''.join(errors)[-2000:]}"
        raise RuntimeError(message)
    return Run(was_killed=not result, seconds=seconds, epochs=epochs, result=result)


def trials_in(directory: Path) -> dict[str, dict[str, Any]]:
    """Return what a search's journal says of its finished trials, by id; what depends on the clock is left out."""
    kept = ("trial_id", "configuration", "status", "score", "best_epoch", "metrics", "history", "parameters")
    return {
        event["trial_id"]: {name: event[name] for name in kept}
        for event in _events(directory)
        if event["event"] in _ENDED
    }


def problems_of(directory: Path, run: Run, *, before: dict[str, dict[str, Any]], whole: Path, wanted: Run) -> list[str]:
    """Return what is wrong with a search that was killed and has gone on to its end; nothing, it is hoped.

    Args:
        directory: Its directory.
        run: The run that ended it.
        before: What `trials_in` returned after the kill, before it went on.
        whole: The directory of the same search that nobody killed.
        wanted: The run of that.
    """
    events = _events(directory)
    trials = trials_in(directory)
    started = Counter(event["trial_id"] for event in events if event["event"] == "trial_started")
    ended = Counter(event["trial_id"] for event in events if event["event"] in _ENDED)
    best = max(trials.values(), key=lambda trial: (trial["score"], -trial["metrics"]["val_loss"]))
    left = [path.name for path in directory.rglob("*") if path.name in ("checkpoint", "cache") or ".part" in path.name]
    checks = {
        "a finished trial was lost": all(trials.get(name) == trial for name, trial in before.items()),
        "a trial was started anew": set(started.values()) == {1},
        "a trial ended twice": set(ended.values()) == {1},
        f"there are not {TRIALS} trials": len(trials) == TRIALS,
        "trials or scores differ from the search that nobody killed": trials == trials_in(whole),
        "the best trial is not the journal's": run.result["best"] == [best["trial_id"], best["score"]],
        "the model predicts otherwise": run.result["predictions"] == wanted.result["predictions"],
        f"files are left: {left}": not left,
    }
    return [problem for problem, is_fine in checks.items() if not is_fine]


def main() -> None:
    """Kill searches and print what became of them; exit with 1 if one of them did not go on as it should."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=50, help="how many searches to kill")
    parser.add_argument("--seed", type=int, default=0, help="decides the moments")
    parser.add_argument("--write", action="store_true", help="write results/kill_resume.md")
    parser.add_argument("--search", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.search:
        _search(Path(options.search))
        return
    with tempfile.TemporaryDirectory() as folder:
        lines, failed = _kill_all(Path(folder), kills=options.kills, seed=options.seed)
    lines += ["", f"Made by `python benchmarks/kill_resume.py --kills {options.kills} --seed {options.seed} --write`."]
    print("\n".join(lines))
    if options.write:
        target = Path(__file__).parent / "results" / "kill_resume.md"
        target.write_text("\n".join(lines) + "\n", encoding="utf-8")
    sys.exit(1 if failed else 0)


def _kill_all(folder: Path, *, kills: int, seed: int) -> tuple[list[str], int]:
    """Kill searches; return the lines of a table, and how many did not go on as they should."""
    import numpy as np

    wanted = run_search(folder / "whole")
    rng = np.random.default_rng(seed)
    rows: list[str] = []
    failed = resumed = 0
    for number in itertools.count():
        if len(rows) == kills:
            break
        directory = folder / f"search-{number}"
        moment = float(rng.uniform(0.0, wanted.seconds))
        killed = run_search(directory, kill_after=moment)
        if not killed.was_killed or _is_over(directory):  # it was quicker than the one that nobody killed
            continue
        before = trials_in(directory)
        run = run_search(directory)
        problems = problems_of(directory, run, before=before, whole=folder / "whole", wanted=wanted)
        failed += bool(problems)
        after = [event["epoch"] for event in _events(directory) if event["event"] == "trial_resumed"]
        resumed += bool(after)
        again = killed.epochs + run.epochs - wanted.epochs
        where = f"after epoch {after[0]}" if after else "between trials"
        row = (
            f"| {len(rows) + 1} | {moment:.1f} | {len(before)} | {where} | {again} | {'; '.join(problems) or 'same'} |"
        )
        print(row, file=sys.stderr, flush=True)
        rows.append(row)
    about = (
        f"{kills} searches of {TRIALS} trials of at most {EPOCHS} epochs on the wine table, each killed once with SIGKILL and "
        f"started again; {platform.machine()}, {os.cpu_count()} cores. {kills - failed} of {kills} ended as the search that "
        f"nobody killed: no finished trial lost, the same trials, scores and histories, the same best, the same predictions. "
        f"{resumed} were killed within a trial. The search takes {wanted.seconds:.1f} s."
    )
    return [
        "# Searches killed at random moments",
        "",
        about,
        "",
        "| search | killed after s | trials done | went on | epochs trained twice | outcome |",
        "|---|---|---|---|---|---|",
        *rows,
    ], failed


def _is_over(directory: Path) -> bool:
    """Return whether the search itself had ended: what was killed then is the prediction after it."""
    from autokeras_core.search.events import read_end

    return read_end(_events(directory))[0]


def _events(directory: Path) -> list[dict[str, Any]]:
    """Return a journal's events; none if the search was killed before its first."""
    from autokeras_core.search.journal import read_events
    from autokeras_core.search.place import JOURNAL_FILE

    journal = directory / JOURNAL_FILE
    return read_events(journal) if journal.exists() and journal.stat().st_size else []


def _search(directory: Path) -> None:
    """Run the search in this process, and say on standard output how it goes."""
    import keras
    import numpy as np
    from sklearn.datasets import load_wine

    from autokeras_core import ArrayInput, AutoModel, ClassificationHead, DenseBlock, Normalization
    from autokeras_core.engine import checkpoint
    from autokeras_core.search import run

    class Tells(keras.callbacks.Callback):  # type: ignore[misc]  # Keras ships no types
        """Says when an epoch has ended."""

        def on_epoch_end(self, epoch: int, logs: dict[str, float] | None = None) -> None:
            """Say it."""
            _say("epoch")

    # However short the epochs are, and whatever share of them a checkpoint takes.
    checkpoint._SHARE_OF_TRAINING = math.inf
    context = run.TrialContext

    def with_checkpoints(**values: Any) -> Any:
        return context(seconds_between_checkpoints=0.0, **values)

    run.TrialContext = with_checkpoints  # type: ignore[assignment,misc]

    x, y = load_wine(return_X_y=True)
    start = ArrayInput()
    node = DenseBlock(num_layers=1)(Normalization()(start))
    model = AutoModel(start, ClassificationHead()(node), max_trials=TRIALS, seed=0, directory=directory)
    _say("began")
    model.fit(x.astype("float32"), y, epochs=EPOCHS, callbacks=[Tells()], verbose=0)
    predictions = np.ascontiguousarray(model.predict_proba(x.astype("float32")))
    best = model.leaderboard()[0]
    _say("ended", best=[best.trial_id, best.score], predictions=hashlib.sha256(predictions.tobytes()).hexdigest())


def _say(event: str, **fields: Any) -> None:
    print(json.dumps({"event": event, **fields}), flush=True)


if __name__ == "__main__":
    main()
