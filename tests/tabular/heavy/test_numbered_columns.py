"""CSV files whose header holds nothing but numbers, such as years: known as one by the columns of the training data."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from ak_tabular import StructuredDataInput, StructuredDataRegressor
from autokeras_core import DataError

ROWS = 40
FRAME = pd.DataFrame(
    {"2019": np.arange(ROWS) * 1.5, "2020": np.arange(ROWS) % 7 * 0.5, "price": np.arange(ROWS) % 9 * 2.5}
)


def written(frame: pd.DataFrame, path: Path) -> Path:
    """Write a CSV file, and return where."""
    frame.to_csv(path, index=False)
    return path


@pytest.mark.usefixtures("in_either_way")
def test_a_file_without_the_target_has_a_header(tmp_path: Path) -> None:
    """The target's name was all that told the header of the training file from a row."""
    regressor = StructuredDataRegressor(max_trials=1, seed=0, ensemble=False)
    regressor.fit(written(FRAME, tmp_path / "train.csv"), "price", epochs=1, verbose=0)
    new = FRAME[["2020", "2019"]]

    predicted = regressor.predict(written(new, tmp_path / "new.csv"))

    assert np.asarray(predicted).tolist() == pytest.approx(np.asarray(regressor.predict(new)).tolist(), abs=1e-5)


@pytest.mark.parametrize(
    "x",
    [
        FRAME,
        FRAME.set_axis([2019, 2020, "price"], axis=1),
        {name: FRAME[name].to_numpy() for name in FRAME},
        FRAME.to_records(index=False).view(np.ndarray),
    ],
    ids=["frame", "numbers as names", "dict", "structured array"],
)
def test_the_columns_are_those_of_any_training_data(x: Any) -> None:
    """They need not come from a file."""
    assert StructuredDataInput().settle(x, "price") == {"numbered_columns": ["2019", "2020"]}


@pytest.mark.parametrize("x", [FRAME[["price"]], FRAME.to_numpy()], ids=["names", "no names"])
def test_other_columns_are_not_kept(x: Any) -> None:
    """A header of words is one anyhow."""
    assert StructuredDataInput().settle(x, None) == {}


def test_the_user_may_say_that_a_file_has_a_header(tmp_path: Path) -> None:
    """Then one may also train on it."""
    path = written(FRAME[["2019", "2020"]], tmp_path / "table.csv")

    table = StructuredDataInput(numbered_columns=["2019", "2020"]).adapt(path)

    assert table.dtype.names == ("2019", "2020")


@pytest.mark.parametrize("numbered", [None, ["2019"]], ids=["none", "others"])
def test_a_first_line_of_other_numbers_is_an_error(tmp_path: Path, numbered: list[str] | None) -> None:
    """It is most likely a row; the message says what to do if it is none."""
    path = written(FRAME[["2019", "2020"]], tmp_path / "table.csv")

    with pytest.raises(DataError, match="has no header.*numbered_columns"):
        StructuredDataInput(numbered_columns=numbered).adapt(path)


@pytest.mark.parametrize("row", ["3,1,2,0", "1,1,2,0"], ids=["different", "repeated"])
def test_a_row_of_small_numbers_is_no_header(tmp_path: Path, row: str) -> None:
    """Columns that pandas has counted are called 0 to 4: the row was lost, and the columns were taken for others."""
    path = tmp_path / "new.csv"
    path.write_text(f"{row}\n2,2,1,0\n")
    numbered = StructuredDataInput().settle(pd.DataFrame(np.ones((3, 5))), 4)["numbered_columns"]

    with pytest.raises(DataError, match="has no header"):
        StructuredDataInput(numbered_columns=numbered).adapt(path)


def test_a_repeated_number_is_no_name(tmp_path: Path) -> None:
    """Columns have names of their own, so the line is a row."""
    path = tmp_path / "new.csv"
    path.write_text("2019,2019\n1.5,2.5\n")

    with pytest.raises(DataError, match="has no header"):
        StructuredDataInput(numbered_columns=["2019", "2020"]).adapt(path)


@pytest.mark.parametrize("header", ["0,1,2,3,4", "0,1,2,3", "1,2,3,4"], ids=["all", "no target", "target first"])
def test_columns_that_are_counted_are_a_header_in_their_order(tmp_path: Path, header: str) -> None:
    """The target's column, wherever it is, may be gone."""
    path = tmp_path / "new.csv"
    names = tuple(header.split(","))
    path.write_text(f"{header}\n{','.join('7' * len(names))}\n")

    table = StructuredDataInput(numbered_columns=["0", "1", "2", "3", "4"]).adapt(path)

    assert table.dtype.names == names
