"""Switch the parts of the search off, one at a time, and see what each of them gives: on pictures, a table and texts.

    .venv/bin/python benchmarks/ablation.py --texts DATA

DATA is a folder with the wheels that `text_sets.py` names. Every search has the same rows, the same time and the same seeds;
only one part is off. A part that users have no switch for is switched off by replacing the method that does it, see
`PARTS`. One run a line of benchmarks/results/ablation.jsonl, with every setting: what is there is not run again, so the
benchmark can be made in several sittings. The table and the plot beside it are made from all lines.

KerasTuner's own algorithms are among the ways to search. They get our training, early stopping and cached preprocessing, so
what differs is the search alone; random search is the baseline.

By default 3 sets, 12 ways to search, 3 seeds and 60 seconds each: two hours on two cores, half of it with `--jobs 2`.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import attrs
import numpy as np
from side_by_side import mean_and_error, read_records, run_side_by_side, take_own_cores

RESULTS = Path(__file__).parent / "results"
RECORDS = RESULTS / "ablation.jsonl"

SETS: Mapping[str, str] = {
    "digits": "pictures",
    "mnist-5k": "pictures",
    "telco-churn": "table",
    "storms": "table",
    "concrete": "table",
    "bbc-news": "texts",
    "reuters-r8": "texts",
    "tate-years": "texts",
}
DEFAULT_SETS = ("digits", "telco-churn", "bbc-news")
REGRESSIONS = ("concrete", "tate-years")
ALL = "all parts"


# What is switched off


def without_pacing() -> None:
    """Take the predefined configurations in order and any mutation, each for its share of the time that is left."""
    from autokeras_core.search.pacing import Pacer

    Pacer.choose = lambda self, configurations: 0 if configurations else None  # type: ignore[method-assign]
    Pacer.admits = lambda self, configuration: True  # type: ignore[method-assign]
    Pacer.seconds_for = lambda self, configuration: self.budget.seconds_for_next_trial()  # type: ignore[method-assign]


def without_cache() -> None:
    """Fit and compute all preprocessing anew in each trial."""
    from autokeras_core.engine.feature_cache import FeatureCache
    from autokeras_core.engine.features import FeatureStore

    until = FeatureStore.until

    def forgetting(self: FeatureStore, deadline: Any) -> Any:
        self._cache = FeatureCache(self.directory)
        self._fitted.clear()
        self._streamed.clear()
        return until(self, deadline)

    FeatureStore.until = forgetting  # type: ignore[method-assign]


def random_after_predefined() -> None:
    """Draw what comes after the predefined configurations from the whole space."""
    from autokeras_core.search.mutation import draw_untried
    from autokeras_core.search.oracle import MutationOracle

    def draw(self: MutationOracle, space: Any, *, rng: Any, tried: Any) -> Any:
        return draw_untried(space, rng=rng, tried=tried)

    MutationOracle._mutate_best = draw  # type: ignore[method-assign]


@attrs.frozen(kw_only=True)
class Part:
    """One way to search.

    Attributes:
        says: What is different, for the table.
        options: Arguments of the task beside those that all have.
        patch: Replaces methods before the search.
    """

    says: str
    options: Mapping[str, Any] = attrs.field(factory=dict)
    patch: Callable[[], None] | None = None


PARTS: Mapping[str, Part] = {
    ALL: Part(says="predefined configurations, pacing, pruning, mutation, cache, ensemble"),
    "no predefined": Part(says="`warm_starts=[]`: begins with the defaults, then mutates", options={"warm_starts": []}),
    "no pacing": Part(says="predefined ones in order, each for a share of the time", patch=without_pacing),
    "no pruning": Part(says="`prune=False`", options={"prune": False}),
    "no ensemble": Part(says="`ensemble=False`: the best single model", options={"ensemble": False}),
    "no cache": Part(says="preprocessing anew in each trial", patch=without_cache),
    "random, not mutation": Part(
        says="what comes after the predefined ones is drawn from the whole space", patch=random_after_predefined
    ),
    "paper": Part(says='`tuner="paper"`: Algorithm 1 to the letter', options={"tuner": "paper", "ensemble": False}),
    "paper, no predefined": Part(
        says='`tuner="paper"`, `warm_starts=[]`',
        options={"tuner": "paper", "ensemble": False, "warm_starts": []},
    ),
    **{
        f"KerasTuner, {name}": Part(
            says=f"its oracle over the same space (`tuner={name!r}`), no predefined configurations, pacing, pruning, ensemble",
            options={"tuner": name, "ensemble": False, "prune": False},
            patch=without_pacing,
        )
        for name in ("random", "bayesian", "hyperband")
    },
}


# One run


@attrs.frozen(kw_only=True)
class Rows:
    """Rows to train on, and rows to test on."""

    x: Any
    y: Any
    x_test: Any
    y_test: Any


def load(name: str, *, seed: int, texts: Path | None) -> Rows:
    """Return a set, split by the seed where it has no published split."""
    if SETS[name] == "pictures":
        import image_sets

        (x, y), (x_test, y_test) = image_sets.load(name)
        return Rows(x=x, y=y, x_test=x_test, y_test=y_test)
    if SETS[name] == "table":
        import table_sets

        table = table_sets.split(name, seed)
        return Rows(x=table.x, y=table.y, x_test=table.x_test, y_test=table.y_test)
    import text_sets

    found = text_sets.split(name, texts or Path(), seed)
    return Rows(x=found.x, y=found.y, x_test=found.x_test, y_test=found.y_test)


def task_of(name: str) -> Any:
    """Return the class of the task."""
    from autokeras_core import tasks

    family = {"pictures": "Image", "table": "StructuredData", "texts": "Text"}[SETS[name]]
    return getattr(tasks, f"{family}{'Regressor' if name in REGRESSIONS else 'Classifier'}")


def score(y: Any, predicted: Any, *, name: str) -> float:
    """Return the accuracy, or minus the root mean squared error: more is better."""
    if name in REGRESSIONS:
        differences = np.asarray(predicted, dtype="float64") - np.asarray(y, dtype="float64")
        return -float(np.sqrt(np.mean(differences**2)))
    return float(np.mean(np.asarray(predicted) == np.asarray(y)))


def run(name: str, what: str, *, seed: int, seconds: float, texts: Path | None) -> dict[str, Any]:
    """Search once, and return its record."""
    import keras
    import tensorflow as tf

    part = PARTS[what]
    rows = load(name, seed=seed, texts=texts)
    if part.patch is not None:
        part.patch()
    options = {"ensemble": True, **part.options}
    task = task_of(name)
    started = time.monotonic()
    model = task(time_limit=seconds, seed=seed, **options)
    history = model.fit(rows.x, rows.y, verbose=0)
    taken = time.monotonic() - started
    sign = -1 if name in REGRESSIONS else 1
    board = model.leaderboard()
    return {
        "data": name,
        "what": what,
        "seed": seed,
        "seconds": seconds,
        "score": round(score(rows.y_test, model.predict(rows.x_test), name=name), 5),
        "objective": history.objective,
        # More is better here as well, and the seconds are those since the search began.
        "curve": [[round(when, 2), round(sign * float(value), 5)] for when, value in history.best_so_far],
        "taken": round(taken, 1),
        "trials": history.trials,
        "pruned": history.pruned,
        "failed": history.failed,
        "members": len(history.ensemble.weights) if history.ensemble is not None else 1,
        "winner": board[0].origin,
        "rows": len(rows.y),
        "test rows": len(rows.y_test),
        "options": {key: repr(value) for key, value in options.items()},
        "patched": part.patch.__name__ if part.patch is not None else None,
        "task": task.__name__,
        "cores": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count(),
        "versions": {"python": platform.python_version(), "keras": keras.__version__, "tensorflow": tf.__version__},
    }


# All runs


def at(curve: Sequence[Sequence[float]], when: float) -> float | None:
    """Return the best score until then, or `None` if there was no model yet."""
    return next((score for seconds, score in reversed(curve) if seconds <= when), None)


def seconds_to(curve: Sequence[Sequence[float]], target: float) -> float | None:
    """Return when a score was reached, or `None`."""
    return next((seconds for seconds, score in curve if score >= target), None)


def of(records: Sequence[Mapping[str, Any]], **wanted: Any) -> list[Mapping[str, Any]]:
    """Return the records with these values."""
    return [record for record in records if all(record[key] == value for key, value in wanted.items())]


def target_of(records: Sequence[Mapping[str, Any]], run: Mapping[str, Any]) -> float | None:
    """Return what the search with all parts had after half of its time, on the same rows with the same seed."""
    found = of(records, what=ALL, **{key: run[key] for key in ("data", "seed", "seconds")})
    return at(found[0]["curve"], run["seconds"] / 2) if found else None


def write_table(records: Sequence[Mapping[str, Any]]) -> None:
    """Write the Markdown table."""
    cores = " or ".join(map(str, sorted({record["cores"] for record in records})))
    lines = [
        "# Ablation: what each part of the search gives",
        "",
        f"Made by `benchmarks/ablation.py`; one run a line of `ablation.jsonl`, with every setting; CPU cores each: {cores}.",
        "All ways to search have the same training rows, the same time limit and the same seeds; test rows are never seen.",
        "",
        "* *Score*: accuracy on the test rows, or minus the root mean squared error; mean and standard error over the seeds.",
        "* *Validation*: the best validation score at the end, before an ensemble is put together. Losses have a minus.",
        "* *First*: seconds until the first model.",
        f"* *To target*: mean seconds until the validation score that the search with {ALL} has after half of the time, in as many",
        "  of the runs as got there.",
        "",
        *(f"* **{what}**: {part.says}." for what, part in PARTS.items()),
        "",
    ]
    for data in (name for name in SETS if of(records, data=name)):
        for limit in sorted({record["seconds"] for record in of(records, data=data)}):
            group = of(records, data=data, seconds=limit)
            lines += [
                f"## {data}: {SETS[data]}, {group[0]['rows']:,} rows, {limit:g} s",
                "",
                "| search | seeds | score | validation | first (s) | to target (s) | reached | trials | pruned | models |",
                "|---|---|---|---|---|---|---|---|---|---|",
                *(_line(records, of(group, what=what), what) for what in PARTS if of(group, what=what)),
                "",
            ]
    lines += ["![validation score against time](ablation.png)", ""]
    (RESULTS / "ablation.md").write_text("\n".join(lines), encoding="utf-8")


def _line(records: Sequence[Mapping[str, Any]], runs: Sequence[Mapping[str, Any]], what: str) -> str:
    targets = [(run, target_of(records, run)) for run in runs]
    reached = [seconds_to(run["curve"], target) for run, target in targets if target is not None]
    there = [seconds for seconds in reached if seconds is not None]
    digits = 2 if runs[0]["data"] in REGRESSIONS else 4

    def mean(key: str) -> str:
        return f"{np.mean([run[key] for run in runs]):.1f}"

    cells = [
        what,
        str(len(runs)),
        mean_and_error([run["score"] for run in runs], digits=digits),
        mean_and_error([run["curve"][-1][1] for run in runs], digits=4),
        f"{np.mean([run['curve'][0][0] for run in runs]):.1f}",
        f"{np.mean(there):.1f}" if there else "-",
        f"{len(there)} of {len(reached)}",
        mean("trials"),
        mean("pruned"),
        mean("members"),
    ]
    return f"| {' | '.join(cells)} |"


def draw(records: Sequence[Mapping[str, Any]]) -> None:
    """Draw the mean validation score against time, one panel for each set; a line begins where all seeds have a model."""
    import matplotlib as mpl

    mpl.use("Agg")
    import matplotlib.pyplot as plt

    panels = sorted({(record["data"], record["seconds"]) for record in records}, key=lambda key: (*SETS,).index(key[0]))
    figure, axes = plt.subplots(1, len(panels), figsize=(5 * len(panels), 4.4), squeeze=False, layout="constrained")
    colours = dict(zip(PARTS, plt.get_cmap("tab20").colors, strict=False))
    for panel, (data, limit) in zip(axes.flat, panels, strict=True):
        times = np.linspace(0.0, limit, 400)
        shown = []
        for what in PARTS:
            curves = [run["curve"] for run in of(records, data=data, seconds=limit, what=what)]
            rows = [[at(curve, when) for curve in curves] for when in times]
            means = [float(np.mean(row)) if row and None not in row else np.nan for row in rows]  # type: ignore[arg-type]
            shown += [value for value in means if np.isfinite(value)]
            width = 2.5 if what == ALL else 1.2
            panel.plot(times, means, label=what, color=colours[what], linewidth=width, drawstyle="steps-post")
        if shown:  # the first models are far below all that matters
            best, middle = max(shown), float(np.median(shown))
            lowest = max(min(shown), best - 4 * max(best - middle, 1e-3))
            panel.set_ylim(lowest - 0.05 * (best - lowest + 1e-3), best + 0.05 * (best - lowest + 1e-3))
        panel.set_title(f"{data} ({SETS[data]})")
        panel.set_xlabel("seconds of searching")
        panel.set_ylabel("best validation score so far")
        panel.grid(alpha=0.3)
    handles, labels = axes.flat[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=5, fontsize=8)
    figure.savefig(RESULTS / "ablation.png", dpi=110)


def run_all(options: argparse.Namespace) -> None:
    """Make the runs that are missing: all ways to search with the first seed before the second one."""
    keys = ("data", "what", "seed", "seconds")
    done = {tuple(record[key] for key in keys) for record in read_records(RECORDS)}
    texts = ["--texts", str(options.texts)] if options.texts else []
    commands = [
        [__file__, "--one", data, what, str(seed), "--seconds", str(options.seconds), *texts]
        for seed in options.seeds
        for data in options.sets
        for what in options.parts
        if (data, what, seed, options.seconds) not in done
    ]
    run_side_by_side(commands, jobs=options.jobs, records=RECORDS)


def main() -> None:
    """Make the runs that are missing, and write table and plot."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--texts", type=Path, help="the folder with the wheels that hold texts")
    parser.add_argument("--sets", nargs="+", choices=SETS, default=DEFAULT_SETS)
    parser.add_argument("--parts", nargs="+", choices=PARTS, default=list(PARTS))
    parser.add_argument("--seeds", nargs="+", type=int, default=[0, 1, 2])
    parser.add_argument("--seconds", type=float, default=60.0, help="the time limit of each search")
    parser.add_argument("--jobs", type=int, default=1, help="how many searches run side by side, each on its own cores")
    parser.add_argument("--table-only", action="store_true", help="run nothing, write table and plot from the records")
    parser.add_argument("--one", nargs=3, metavar=("SET", "PART", "SEED"), help="make one run, and print its record")
    options = parser.parse_args()

    if options.one:
        take_own_cores()
        data, what, seed = options.one
        print(json.dumps(run(data, what, seed=int(seed), seconds=options.seconds, texts=options.texts)))
        return
    if not options.table_only:
        run_all(options)
    records = read_records(RECORDS)
    write_table(records)
    draw(records)


if __name__ == "__main__":
    main()
