"""The README's numbers are those of the benchmarks' records."""

from __future__ import annotations

import json
import re
from collections import defaultdict
from pathlib import Path

import pytest

from tests.docs.pages import REPOSITORY

RESULTS = REPOSITORY / "benchmarks" / "results"
PICTURES = {
    "Fashion-MNIST, 60,000": "fashion",
    "Fashion-MNIST, 10,000 of them": "fashion-10k",
    "MNIST, 4,000": "mnist-5k",
}
_SECONDS = {"minute": 60, "minutes": 60, "seconds": 1, "hour": 3600}


def picture_records() -> dict[tuple[str, float], list[float]]:
    """Return the test accuracies of all runs, by data set and seconds."""
    groups = defaultdict(list)
    for line in (RESULTS / "images.jsonl").read_text(encoding="utf-8").splitlines():
        record = json.loads(line)
        groups[record["data"], float(record["seconds"])].append(record["test accuracy"])
    return dict(groups)


def table_rows(path: Path, *, header: str) -> list[list[str]]:
    """Return the cells of the rows of the Markdown table whose header begins with `header`."""
    _, _, table = path.read_text(encoding="utf-8").partition(f"\n| {header} |")
    rows = re.match(r"[^\n]*\n\|[-| ]+\|\n((?:\|.*\n?)*)", table)
    assert rows is not None, f"{path.name} has no table of {header}"
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in rows[1].splitlines()]


README_ROWS = table_rows(REPOSITORY / "README.md", header="pictures")


@pytest.mark.parametrize("row", README_ROWS, ids=lambda row: f"{row[0]} in {row[1]}")
def test_readme_shows_the_mean_of_all_runs(row: list[str]) -> None:
    """A row about pictures has a record, counts all of its runs, and shows their mean."""
    pictures, limit, runs, accuracy = row
    number, unit = limit.split()

    accuracies = picture_records()[PICTURES[pictures], float(number) * _SECONDS[unit]]

    assert int(runs) == len(accuracies)
    assert float(accuracy) == pytest.approx(sum(accuracies) / len(accuracies), abs=0.00051)


def test_results_page_shows_the_mean_of_all_runs() -> None:
    """The page that the README links to is made of these records, all of them."""
    shown = {
        (data, float(seconds)): (int(runs), float(mean), float(lowest))
        for data, seconds, runs, mean, lowest, *_ in table_rows(RESULTS / "images.md", header="data")
    }

    assert shown == {
        group: (len(accuracies), pytest.approx(sum(accuracies) / len(accuracies), abs=0.000051), min(accuracies))
        for group, accuracies in picture_records().items()
    }
