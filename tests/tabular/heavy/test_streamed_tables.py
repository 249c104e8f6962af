"""Streamed tables in other processes, the numbers of their rows, and cells that are none of what training had."""

from __future__ import annotations

import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from ak_tabular import StructuredDataClassifier, StructuredDataInput, inputs
from ak_tabular.files import arrow, chunks, opening, source
from ak_tabular.files.opening import open_table
from autokeras_core import DataError

ROWS = 200


@pytest.fixture(autouse=True)
def streamed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Files of any size are streamed, a few rows at a time; a vocabulary holds ten values."""
    monkeypatch.setattr(opening, "BYTES_IN_MEMORY", 0)
    monkeypatch.setattr(arrow, "_BYTES_AT_ONCE", 4_096)
    monkeypatch.setattr(chunks, "_MOST_VALUES", 10)
    monkeypatch.setattr(source, "_ROWS_AT_ONCE", 7)


def written(frame: pd.DataFrame, path: Path) -> Path:
    """Return the path of a CSV file with a table."""
    frame.to_csv(path, index=False)
    return path


def make_frame() -> pd.DataFrame:
    """Return a table of numbers, dates, and text of few and of many values, with missing cells."""
    rng = np.random.default_rng(0)
    frame = pd.DataFrame(
        {
            "price": rng.normal(size=ROWS),
            "city": rng.choice(["Oslo", "Bergen"], ROWS),
            "note": [f"note {row} of several words" for row in range(ROWS)],
            "when": pd.date_range("2021-03-01", periods=ROWS, freq="7h"),
        }
    )
    return frame.mask(rng.random(frame.shape) < 0.1)


def test_a_pickled_table_reads_the_same_rows(tmp_path: Path) -> None:
    """In another process it stands for the same file."""
    table: Any = open_table(written(make_frame(), tmp_path / "table.csv")).select(np.arange(10, 90))

    other = pickle.loads(pickle.dumps(table))

    rows = np.array([3, 1, 79])
    assert str(other.read(rows).tolist()) == str(table.read(rows).tolist())  # as text: NaN is not equal to itself
    assert other.fingerprint() == table.fingerprint()


def test_the_rows_on_disk_stay_when_a_pickled_table_goes(tmp_path: Path) -> None:
    """They belong to the table that they were written for, and go with it."""
    table: Any = open_table(written(make_frame(), tmp_path / "table.csv"))
    file = table.store.path

    other = pickle.loads(pickle.dumps(table))
    del other
    is_kept = file.exists()
    del table

    assert is_kept
    assert not file.exists()


def test_a_pickled_table_without_its_rows_is_a_clear_error(tmp_path: Path) -> None:
    """As on another machine that does not see the folder of temporary files."""
    table: Any = open_table(written(make_frame(), tmp_path / "table.csv"))
    pickled = pickle.dumps(table)
    del table

    with pytest.raises(DataError, match=r"autokeras-table-.*No such file.*TMPDIR"):
        pickle.loads(pickled)


def test_a_streamed_table_is_searched_by_several_workers(tmp_path: Path) -> None:
    """Each reads the rows from the one file on disk."""
    frame = make_frame().assign(sold=np.where(np.arange(ROWS) % 2, "yes", "no"))
    path = written(frame, tmp_path / "table.csv")
    classifier = StructuredDataClassifier(max_trials=2, workers=2, seed=0)

    classifier.fit(path, "sold", epochs=1, verbose=0)

    assert len(classifier.leaderboard()) == 2
    assert all(np.isfinite(row.score) for row in classifier.leaderboard())
    assert len(classifier.predict(path)) == ROWS


@pytest.mark.parametrize("is_shuffled", [False, True], ids=["in order", "shuffled"])
def test_row_numbers_are_found_among_some_of_the_rows(
    is_shuffled: bool, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Of every tenth row they have gaps, but they are no amounts: some of those come back."""
    monkeypatch.setattr(inputs, "_ROWS_OF_A_SOURCE", 100)
    rng = np.random.default_rng(1)
    numbers = rng.permutation(1_000) if is_shuffled else np.arange(1_000)
    frame = pd.DataFrame({"line": numbers, "amount": rng.integers(0, 1_000, 1_000), "price": rng.normal(size=1_000)})
    table_input = StructuredDataInput()

    profile = table_input.analyse(table_input.adapt(written(frame, tmp_path / "table.csv")), name="table")

    assert [facts["kind"] for facts in profile.facts["columns"]] == ["dropped", "numerical", "numerical"]
    assert "with few gaps, as rows are numbered" in profile.decisions[1].reason


BAD_CELLS = {
    "few texts": ([1.5, 2.5], ["3.0", "unknown"], r"numerical column 'a' holds no number.*Received: 'unknown'\."),
    "many texts": (
        [row * 2.5 for row in range(ROWS)],
        [*map(str, range(30)), "unknown"],
        r"numerical column 'a' holds no number.*'unknown'",
    ),
    "other dates": (["2021-03-01", "2022-05-07"], ["01.03.2021"], r"datetime column 'a' holds no date.*'01.03.2021'"),
}


@pytest.mark.parametrize(("known", "cells", "message"), BAD_CELLS.values(), ids=list(BAD_CELLS))
def test_a_cell_of_another_kind_than_in_training_is_named(
    known: Any, cells: list[str], message: str, tmp_path: Path
) -> None:
    """In a streamed file as in a small one: it says the row, and is not taken for a missing value."""
    train = pd.DataFrame({"a": [known[row % len(known)] for row in range(ROWS)], "b": np.arange(ROWS) * 1.5})
    new = pd.DataFrame({"a": [str(known[0])] * 9 + ["?", *cells], "b": 1.5})
    table_input = StructuredDataInput()
    profile = table_input.analyse(table_input.adapt(written(train, tmp_path / "train.csv")), name="table")

    rows = table_input.adapt(written(new, tmp_path / "new.csv"))

    with pytest.raises(DataError, match=f"Row {9 + len(cells)} of the {message}"):
        table_input.match(rows, profile)


def test_missing_cells_of_a_streamed_file_are_no_others(tmp_path: Path) -> None:
    """Texts that say that a value is missing are neither numbers nor wrong."""
    frame = pd.DataFrame({"a": np.arange(ROWS) * 2.5, "b": np.arange(ROWS) * 1.5})
    new = frame.astype(object).assign(a=lambda table: table["a"].where(table["a"] % 2 == 0, "?"))
    table_input = StructuredDataInput()
    profile = table_input.analyse(table_input.adapt(written(frame, tmp_path / "train.csv")), name="table")

    matched = table_input.match(table_input.adapt(written(new, tmp_path / "new.csv")), profile)

    assert len(matched) == ROWS


@pytest.fixture
def rare(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A table with a cell that is no number where every tenth row is analysed, and this is none of them."""
    monkeypatch.setattr(inputs, "_ROWS_OF_A_SOURCE", 20)
    prices = [f"${row * 7 % 90}" if row != 15 else "pending" for row in range(ROWS)]
    return written(pd.DataFrame({"price": prices, "other": np.arange(ROWS) * 1.5}), tmp_path / "table.csv")


def test_a_cell_that_was_not_analysed_is_missing_and_the_report_says_so(rare: Path) -> None:
    """So a model can be evaluated on the very file that it was trained on."""
    table_input = StructuredDataInput()
    table = table_input.adapt(rare)

    profile = table_input.analyse(table, name="table")

    assert profile.facts["columns"][0]["kind"] == "numerical"
    assert (
        "in 20 of 200 rows; cells of other rows that are none, e.g. 'pending', are taken" in profile.decisions[1].reason
    )
    assert len(table_input.match(table, profile)) == ROWS


def test_a_cell_that_is_not_what_column_types_says_is_an_error_wherever_it_is(rare: Path) -> None:
    """Also in a row that is not analysed."""
    table_input = StructuredDataInput(column_types={"price": "numerical"})

    with pytest.raises(DataError, match="A cell of the numerical column 'price' holds no number.*'pending'"):
        table_input.analyse(table_input.adapt(rare), name="table")
