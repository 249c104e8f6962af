"""Train each predefined configuration of ak-vision alone, each for the same time: is it worth its place?

    .venv/bin/python benchmarks/warm_starts.py --seconds 20 60 --jobs 2

Those of `ImageClassifier` on three sets of pictures; those of `ImageRegressor` on the pictures of MNIST, each turned by an
angle that is to be told. With `--jobs 2` two processes run side by side, each on one core of its own. One run a line of
benchmarks/results/warm_starts.jsonl; what is there is not run again. The tables beside it are made anew from all lines. Those
that need pretrained weights are left out: benchmarks/transfer.py measures these.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import attrs
import numpy as np
from image_sets import FASHION, SETS, Split, load
from scipy import ndimage
from side_by_side import read_records, run_side_by_side, take_own_cores

RESULTS = Path(__file__).parent / "results"
RECORDS = RESULTS / "warm_starts.jsonl"
LARGEST_ANGLE = 45.0
TURNED = "mnist-5k turned"


@attrs.frozen(kw_only=True)
class Task:
    """Whose configurations are trained, on which sets, and how what they reach is called; less of an error is better."""

    name: str
    sets: tuple[str, ...]
    score: str
    digits: int
    is_error: bool = False


CLASSIFIER = Task(name="ImageClassifier", sets=("digits", "mnist-5k", "fashion-10k"), score="test accuracy", digits=4)
REGRESSOR = Task(name="ImageRegressor", sets=(TURNED,), score="RMSE in degrees", digits=2, is_error=True)
TASKS = {task.name: task for task in (CLASSIFIER, REGRESSOR)}


def turned(folder: Path) -> Split:
    """Return the pictures of mnist-5k, each turned by a random angle, and these angles in degrees."""
    (x, _), (x_test, _) = load("mnist-5k", folder)
    rng = np.random.default_rng(0)

    def turn(pictures: np.ndarray[Any, Any]) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]:
        angles = rng.uniform(-LARGEST_ANGLE, LARGEST_ANGLE, len(pictures)).astype("float32")
        rotated = [
            ndimage.rotate(each, angle, reshape=False, order=1) for each, angle in zip(pictures, angles, strict=True)
        ]
        return np.stack(rotated), angles

    return turn(x), turn(x_test)


def run(task: Task, name: str, data: str, *, seconds: int, seed: int, folder: Path) -> dict[str, Any]:
    """Train one configuration, and return its record; it has no score if no epoch ends in that time."""
    from autokeras_core import tasks
    from autokeras_core.errors import SearchError
    from autokeras_core.registry import get_registry
    from autokeras_core.search.warm_starts import read_files

    (x, y), (x_test, y_test) = turned(folder) if data == TURNED else load(data, folder)
    files = read_files(get_registry(), f"ak_vision:{task.name}")
    (start,) = (each for file in files for each in file.starts if each.name == name)
    model = getattr(tasks, task.name)(max_trials=1, time_limit=seconds, seed=seed, warm_starts=[start.values])
    record = {"task": task.name, "name": name, "data": data, "seconds": seconds, "seed": seed}
    try:
        model.fit(x, y, verbose=0)
    except SearchError:
        return {**record, "score": None, "epochs": 0, "parameters": None}
    (best,) = model.leaderboard()
    predicted = model.predict(x_test)
    score = np.sqrt(np.mean((predicted.ravel() - y_test) ** 2)) if task.is_error else np.mean(predicted == y_test)
    return {**record, "score": round(float(score), 4), "epochs": best.epochs, "parameters": best.parameters}


def write_tables(records: Sequence[Mapping[str, Any]], names: Mapping[str, Sequence[str]], *, jobs: int) -> None:
    """Write a table for each task: one row for each configuration, one column for each set and time limit."""
    each_on = "each on one core" if jobs > 1 else "on two cores"
    lines = [
        "# Predefined configurations for pictures, each alone",
        "",
        f"Made by `benchmarks/warm_starts.py` on a machine with 2 CPU cores, {each_on}. Mean over seeds on unseen rows, and in",
        "brackets the epochs that fitted into the time limit; `none` where not even one did. The best of each column is bold.",
    ]
    for task in TASKS.values():
        own = [record for record in records if record["task"] == task.name]
        if own:
            lines += ["", f"## {task.name}: {task.score}", "", *_table(task, own, names[task.name])]
    (RESULTS / "warm_starts.md").write_text("\n".join(lines) + "\n", encoding="utf-8")


def _table(task: Task, records: Sequence[Mapping[str, Any]], names: Sequence[str]) -> list[str]:
    columns = sorted({(record["data"], record["seconds"]) for record in records})
    head = " | ".join(f"{data}, {seconds} s" for data, seconds in columns)
    lines = [f"| configuration | parameters | {head} |", "|---|---|" + "---|" * len(columns)]
    groups: dict[tuple[str, str, int], list[Mapping[str, Any]]] = {}
    for record in records:
        groups.setdefault((record["name"], record["data"], record["seconds"]), []).append(record)
    means = {
        key: float(np.mean([record["score"] for record in group]))
        for key, group in groups.items()
        if all(record["score"] is not None for record in group)
    }
    best = {
        column: (min if task.is_error else max)(value for key, value in means.items() if key[1:] == column)
        for column in columns
    }
    for name in names:
        cells, parameters = [], "-"
        for column in columns:
            group = groups.get((name, *column))
            mean = means.get((name, *column))
            if group is None or mean is None:
                cells.append("-" if group is None else "none")
                continue
            parameters = f"{group[0]['parameters']:,}"
            shown = f"{mean:.{task.digits}f}"
            epochs = ", ".join(map(str, sorted({record["epochs"] for record in group})))
            cells.append(f"{f'**{shown}**' if mean == best[column] else shown} ({epochs})")
        lines.append(f"| {name} | {parameters} | {' | '.join(cells)} |")
    return lines


def configurations(task: Task) -> list[str]:
    """Return the names of a task's predefined configurations that need no pretrained weights."""
    from autokeras_core.registry import get_registry
    from autokeras_core.search.warm_starts import read_files

    files = read_files(get_registry(), f"ak_vision:{task.name}")
    return [each.name for file in files for each in file.starts if not each.downloads]


def main() -> None:
    """Make the runs that are missing, and write the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sets", nargs="+", choices=[*SETS, TURNED], help="by default three, and one with angles")
    parser.add_argument("--seconds", nargs="+", type=int, default=[20, 60])
    parser.add_argument("--seeds", nargs="+", type=int, default=[0])
    parser.add_argument("--jobs", type=int, default=1, help="how many run side by side, each on its own cores")
    parser.add_argument("--fashion", type=Path, default=FASHION, help="the folder with Fashion-MNIST's gz files")
    parser.add_argument("--one", nargs=2, metavar=("TASK", "NAME"), help="make one run and print its record")
    options = parser.parse_args()

    if options.one:
        take_own_cores()
        task, name = TASKS[options.one[0]], options.one[1]
        (data,), (seconds,), (seed,) = options.sets, options.seconds, options.seeds
        print(json.dumps(run(task, name, data, seconds=seconds, seed=seed, folder=options.fashion)))
        return
    names = {task.name: configurations(task) for task in TASKS.values()}
    keys = ("task", "name", "data", "seconds", "seed")
    done = {tuple(record[key] for key in keys) for record in read_records(RECORDS)}
    wanted = [
        (task.name, name, data, seconds, seed)
        for seed in options.seeds
        for seconds in options.seconds
        for task in TASKS.values()
        for data in task.sets
        for name in names[task.name]
        if options.sets is None or data in options.sets
    ]
    commands = [
        [sys.argv[0], "--one", task, name, "--sets", data, "--seconds", str(seconds), "--seeds", str(seed)]
        + ["--fashion", str(options.fashion)]
        for task, name, data, seconds, seed in wanted
        if (task, name, data, seconds, seed) not in done
    ]
    run_side_by_side(commands, jobs=options.jobs, records=RECORDS)
    write_tables(read_records(RECORDS), names, jobs=options.jobs)


if __name__ == "__main__":
    main()
