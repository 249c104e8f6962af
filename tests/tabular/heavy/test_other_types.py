"""Numbers where training had dates, and dates where it had numbers: an error, not a number that nobody meant."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from ak_tabular import StructuredDataInput, StructuredDataRegressor, TableEncoder
from ak_tabular.dates import MISSING_TIME
from ak_tabular.files import opening
from autokeras_core import DataError

ROWS = 40
TIMES = pd.date_range("2021-03-01", periods=ROWS, freq="D")
DATES = [f"{time:%d.%m.%Y}" for time in TIMES]
MILLISECONDS = (1_600_000_000 + np.arange(ROWS)) * 1000
NUMBERS = np.arange(ROWS) * 1.5
MISSING = np.full(ROWS, np.nan)
WITH_ZEROS: Any = [*DATES[2:], 0, 0]


def table_of(cells: Any) -> pd.DataFrame:
    """Return a table with this column and one of numbers."""
    return pd.DataFrame({"column": cells, "other": NUMBERS})


def matched(trained: Any, given: Any, **arguments: Any) -> Any:
    """Return rows in the form of those of training; of files if they are paths."""
    table_input = StructuredDataInput(**arguments)
    profile = table_input.analyse(table_input.adapt(trained), name="table")
    return table_input.match(table_input.adapt(given), profile)


@pytest.mark.parametrize(
    "trained", [TIMES, DATES, ["soon", *DATES[1:]]], ids=["times", "text", "text with an odd cell"]
)
def test_numbers_are_no_dates(trained: Any) -> None:
    """Nothing tells milliseconds since 1970 from days since 1900: they were read as seconds."""
    with pytest.raises(DataError, match=r"Row 0 of the datetime column 'column' holds no date.*1600000000000.*40 such"):
        matched(table_of(trained), table_of(MILLISECONDS))


@pytest.mark.parametrize("trained", [NUMBERS, [f"{number}" for number in NUMBERS]], ids=["numbers", "text"])
def test_times_are_no_numbers(trained: Any) -> None:
    """They were read as seconds since 1970; the first one that is there is named."""
    times = TIMES.to_series(index=range(ROWS)).where(np.arange(ROWS) > 0)

    with pytest.raises(DataError, match="Row 1 of the numerical column 'column' holds no number.*2021-03-02"):
        matched(table_of(trained), table_of(times))


@pytest.mark.parametrize(
    ("trained", "given", "types"),
    [
        (TIMES, MISSING, {}),
        (DATES, MISSING, {}),
        (NUMBERS, pd.Series([pd.NaT] * ROWS), {}),
        (NUMBERS, NUMBERS, {"column": "datetime"}),
        (TIMES, TIMES, {"column": "numerical"}),
        (DATES, TIMES, {}),
    ],
    ids=["no time", "no date", "no number", "seconds as dates", "times as numbers", "times for dates"],
)
def test_columns_that_can_be_read_as_in_training_are_taken(trained: Any, given: Any, types: dict[str, Any]) -> None:
    """A column that is all missing has no type, and `column_types` says what is meant."""
    assert len(matched(table_of(trained), table_of(given), column_types=types)) == ROWS


@pytest.mark.parametrize(("trained", "given", "word"), [(TIMES, MILLISECONDS, "date"), (NUMBERS, TIMES, "number")])
def test_a_streamed_table_holds_what_training_held(
    trained: Any, given: Any, word: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Parquet files have types, too."""
    monkeypatch.setattr(opening, "BYTES_IN_MEMORY", 0)
    paths = [tmp_path / "train.parquet", tmp_path / "new.parquet"]
    for path, cells in zip(paths, (trained, given), strict=True):
        table_of(cells).to_parquet(path)

    with pytest.raises(DataError, match=f"column 'column' holds no {word}"):
        matched(*paths)


# Numbers that stand for missing dates


@pytest.mark.parametrize("given", [np.zeros(ROWS), np.where(np.arange(ROWS) % 2, 0, np.nan), [False] * ROWS])
def test_a_number_that_stood_for_a_missing_date_does_so_in_rows_without_any_date(given: Any) -> None:
    """A frame holds such rows as numbers, where it held those of training as objects."""
    table_input = StructuredDataInput()
    trained = table_input.adapt(table_of(WITH_ZEROS))
    profile = table_input.analyse(trained, name="table")
    encoder = TableEncoder(columns=profile.facts["columns"])
    encoder.fit(trained)

    rows = table_input.match(table_input.adapt(table_of(given)), profile)

    missing = table_input.adapt(table_of(MISSING))
    np.testing.assert_array_equal(encoder.transform(rows), encoder.transform(missing))
    raw: Any = table_input.raw_rows(rows, profile)
    assert (raw["column"] == MISSING_TIME).all()


def test_a_training_row_with_a_number_for_a_date_is_predicted_alone_as_among_others() -> None:
    """Whoever serves a model asks for one row at a time."""
    frame = table_of(WITH_ZEROS)
    regressor = StructuredDataRegressor(max_trials=1, seed=0, ensemble=False)
    prices = np.arange(ROWS) % 7 * 2.5
    regressor.fit(frame, prices, validation_data=(frame, prices), epochs=1, verbose=0)

    alone = regressor.predict(frame.tail(1))

    np.testing.assert_allclose(np.ravel(alone), np.ravel(regressor.predict(frame))[-1:], rtol=1e-5)


def test_other_numbers_are_no_dates_where_one_stood_for_a_missing_one() -> None:
    """Only what training took for missing is."""
    with pytest.raises(DataError, match="Row 1 of the datetime column 'column' holds no date.*'5'"):
        matched(table_of(WITH_ZEROS), table_of(np.where(np.arange(ROWS) == 1, 5, 0)))


def test_many_different_numbers_among_dates_stand_for_nothing() -> None:
    """They are times in some unit."""
    cells: Any = [*(f"{n % 28 + 1}.3.{1900 + n}" for n in range(200)), *range(70_000, 70_011)]
    trained = pd.DataFrame({"column": cells, "other": np.arange(len(cells)) * 1.5})

    with pytest.raises(DataError, match="Row 0 of the datetime column 'column' holds no date.*'70000'"):
        matched(trained, table_of(np.full(ROWS, 70_000)))


def test_a_number_for_a_date_in_rows_that_were_held_out_stands_for_a_missing_one() -> None:
    """As one in the rows to train on does."""
    table_input = StructuredDataInput()
    profile = table_input.analyse(table_input.adapt(table_of(DATES)), name="table")

    widened = table_input.widen(table_input.adapt(table_of(WITH_ZEROS)), profile)

    assert len(table_input.match(table_input.adapt(table_of(np.zeros(ROWS))), widened)) == ROWS


def test_a_streamed_table_may_hold_numbers_for_all_dates(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its cells are looked at as those of a frame."""
    monkeypatch.setattr(opening, "BYTES_IN_MEMORY", 0)
    table_of(np.zeros(ROWS)).to_parquet(tmp_path / "new.parquet")

    assert len(matched(table_of(WITH_ZEROS), tmp_path / "new.parquet")) == ROWS
