"""Measure the structured-data tasks beside scikit-learn on real tables, on rows that nobody trained on.

    .venv/bin/python benchmarks/tables.py --seconds 120 --seeds 0 1 2 3 4 --jobs 2

For each table and seed, in one process and on the same split: ours with nothing set but the time limit, then
HistGradientBoosting (categories told to it by dtype) and logistic regression or ridge (behind scaling, one-hot and
imputation) with their default settings. With `--jobs 2` two processes run side by side, each on one core of its own, so
that each search has half of the machine. One run a line of benchmarks/results/tables.jsonl; what is there is not run
again. The table beside it is made from all lines.
"""

from __future__ import annotations

import argparse
import json
import os
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from side_by_side import mean_and_error, read_records, run_side_by_side, take_own_cores
from table_sets import TABLES, Split, split

RESULTS = Path(__file__).parent / "results"
RECORDS = RESULTS / "tables.jsonl"


def baselines(data: Split, *, kind: str) -> dict[str, float]:
    """Return the test scores of scikit-learn's estimators with default settings."""
    from sklearn.compose import make_column_selector, make_column_transformer
    from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor
    from sklearn.impute import SimpleImputer
    from sklearn.linear_model import LogisticRegression, Ridge
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import OneHotEncoder, StandardScaler

    # The same categories in both parts, whichever values a part has.
    both = pd.concat([data.x, data.x_test])
    texts = [name for name, column in both.items() if not pd.api.types.is_numeric_dtype(column)]
    both[texts] = both[texts].astype(object).where(both[texts].notna(), None).astype("category")
    x, x_test = both.iloc[: len(data.x)], both.iloc[len(data.x) :]
    is_classification = kind == "classification"
    boosting = HistGradientBoostingClassifier if is_classification else HistGradientBoostingRegressor
    linear = LogisticRegression(max_iter=1_000) if is_classification else Ridge()
    columns = make_column_transformer(
        (make_pipeline(SimpleImputer(), StandardScaler()), make_column_selector(dtype_include="number")),
        (OneHotEncoder(handle_unknown="ignore"), make_column_selector(dtype_include="category")),
    )
    trees = boosting(categorical_features="from_dtype", random_state=0).fit(x, data.y)
    line = make_pipeline(columns, linear).fit(x, data.y)
    return {
        "boosting": score(data.y_test, trees.predict(x_test), kind=kind),
        "linear": score(data.y_test, line.predict(x_test), kind=kind),
    }


def score(y: pd.Series, predicted: Any, *, kind: str) -> float:
    """Return the accuracy, or the root mean squared error."""
    if kind == "classification":
        return float(np.mean(np.asarray(predicted) == y.to_numpy()))
    return float(np.sqrt(np.mean((np.asarray(predicted, dtype="float64") - y.to_numpy()) ** 2)))


def run(name: str, *, seconds: float, seed: int, verbose: int) -> dict[str, Any]:
    """Search once, and measure everything on the test rows."""
    import keras  # noqa: F401 - not part of the time
    import tensorflow as tf  # noqa: F401

    from autokeras_core.tasks import StructuredDataClassifier, StructuredDataRegressor

    data, kind = split(name, seed), TABLES[name].kind
    task = StructuredDataClassifier if kind == "classification" else StructuredDataRegressor
    start = time.monotonic()
    model = task(time_limit=seconds, seed=seed)
    history = model.fit(data.x, data.y, verbose=verbose)
    taken = time.monotonic() - start
    return {
        "data": name,
        "seconds": seconds,
        "seed": seed,
        "ours": round(score(data.y_test, model.predict(data.x_test), kind=kind), 5),
        **{who: round(value, 5) for who, value in baselines(data, kind=kind).items()},
        "taken": round(taken, 1),
        "trials": history.trials,
        "failed": history.failed,
        "first model after": round(history.best_so_far[0][0], 1),
        "winner": model.leaderboard()[0].origin,
        "cores": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count(),
    }


def verdict(ours: Sequence[float], theirs: Sequence[float], *, is_error: bool) -> str:
    """Return how ours compares over the same splits: by one standard error of the mean difference, then by 2%."""
    gain = np.asarray(theirs) - np.asarray(ours) if is_error else np.asarray(ours) - np.asarray(theirs)
    spread = float(np.std(gain, ddof=1) / np.sqrt(len(gain))) if len(gain) > 1 else 0.0
    if gain.mean() > spread:
        return "better"
    if gain.mean() >= -spread:
        return "on par"
    relative = float(-gain.mean() / np.mean(theirs))
    return f"{100 * relative:.1f}% behind"


def write_table(records: Sequence[Mapping[str, Any]]) -> None:
    """Write the Markdown table."""
    lines = [
        "# Tables: beside scikit-learn within a time limit",
        "",
        "Made by `benchmarks/tables.py`, one run a line of `tables.jsonl`: random splits into 80% to train on and 20% to test",
        "on, stratified by class; `StructuredDataClassifier` or `StructuredDataRegressor` with `time_limit=...` and `seed=...`",
        "and nothing else set, on the cores that the table says; scikit-learn's estimators with default settings.",
        "Accuracy for classes (higher is better), root mean squared error for numbers (lower is better); mean over the",
        "seeds and its standard error. *On par*: the mean difference over the same splits is within its standard error.",
        "Runs on one core were made two at a time, each on a core of its own. Those on two had the machine to themselves, an",
        "older one with cores of about a third of the speed.",
        "",
        "| table | rows | limit (s) | cores | seeds | ours | boosting | linear | against boosting | against linear | first (s) | longest (s) |",
        "|---|---|---|---|---|---|---|---|---|---|---|---|",
    ]
    for name in (name for name in TABLES if any(record["data"] == name for record in records)):
        of_table = [record for record in records if record["data"] == name]
        for seconds, cores in sorted({(record["seconds"], record["cores"]) for record in of_table}):
            group = [record for record in of_table if (record["seconds"], record["cores"]) == (seconds, cores)]
            values = {who: [record[who] for record in group] for who in ("ours", "boosting", "linear")}
            is_error = TABLES[name].kind == "regression"
            shown = [mean_and_error(values[who], digits=2 if is_error else 4) for who in values]
            rows = len(TABLES[name].load()[0])
            lines.append(
                f"| {name} | {rows:,} | {seconds:g} | {cores} | {len(group)} | {' | '.join(shown)} "
                f"| {verdict(values['ours'], values['boosting'], is_error=is_error)} "
                f"| {verdict(values['ours'], values['linear'], is_error=is_error)} "
                f"| {np.mean([record['first model after'] for record in group]):.1f} "
                f"| {max(record['taken'] for record in group):.1f} |"
            )
    (RESULTS / "tables.md").write_text("\n".join(lines) + "\n", encoding="utf-8")


def run_all(options: argparse.Namespace) -> None:
    """Make the runs that are missing."""
    done = {(record["data"], record["seconds"], record["seed"]) for record in read_records(RECORDS)}
    commands = [
        [__file__, "--one", name, "--seconds", str(options.seconds), "--seeds", str(seed)]
        for seed in options.seeds
        for name in options.sets
        if (name, options.seconds, seed) not in done
    ]
    run_side_by_side(commands, jobs=options.jobs, records=RECORDS)


def main() -> None:
    """Make the runs that are missing, and write the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sets", nargs="+", choices=TABLES, default=list(TABLES))
    parser.add_argument("--seeds", nargs="+", type=int, default=[0, 1, 2, 3, 4])
    parser.add_argument("--seconds", type=float, default=120.0, help="the time limit of each search")
    parser.add_argument("--jobs", type=int, default=1, help="how many searches run side by side, each on its own cores")
    parser.add_argument("--table-only", action="store_true", help="run nothing, write the table from the records")
    parser.add_argument("--one", choices=TABLES, help="run this table in this process, and print its record")
    parser.add_argument(
        "--print-only", action="store_true", help="with --one: print only what against_autokeras.py reads"
    )
    parser.add_argument("--verbose", type=int, default=0)
    options = parser.parse_args()

    if options.one:
        take_own_cores()
        record = run(options.one, seconds=options.seconds, seed=options.seeds[0], verbose=options.verbose)
        sign = -1 if TABLES[options.one].kind == "regression" else 1
        short = {"seconds": record["taken"], "score": sign * record["ours"]}
        print(json.dumps(short if options.print_only else record))
        return
    if not options.table_only:
        run_all(options)
    write_table(read_records(RECORDS))


if __name__ == "__main__":
    main()
