"""A table's best model is trained once more on all rows, however the table for validation is written."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from ak_tabular import StructuredDataClassifier
from autokeras_core.result import SearchHistory

START = {"structured/mlp/units": 32, "training/batch_size": 32}


def table(rows: int, seed: int) -> pd.DataFrame:
    """Return a table with a constant column, of which only the size tells the label."""
    rng = np.random.default_rng(seed)
    size = rng.normal(5, 2, rows)
    label = np.where(size > 5, "large", "small")
    return pd.DataFrame({"kind": rng.choice(["a", "b"], rows), "size": size, "same": 1.0, "label": label})


def refitted(validation: Any, *, train: Any = None) -> tuple[StructuredDataClassifier, SearchHistory]:
    """Return a classifier that was to be refitted on a table and on other validation data, and how that went."""
    train = table(120, 0) if train is None else train
    task = StructuredDataClassifier(max_trials=1, seed=0, warm_starts=[START], ensemble=False, refit=True)
    history = task.fit(train, "label", validation_data=validation, epochs=8, verbose=2)
    return task, history


@pytest.mark.parametrize(
    "columns",
    [["label", "same", "size", "kind"], ["size", "kind", "label"]],
    ids=["in another order", "without a constant one"],
)
def test_columns_of_validation_data_are_found_by_name(columns: list[str]) -> None:
    """The refit sees sizes as sizes, and the model is still right."""
    task, history = refitted(table(60, 1)[columns])

    others = table(60, 2)
    assert history.refitted == ("0",)
    assert np.mean(task.predict(others.drop(columns="label")) == others["label"]) > 0.8


@pytest.mark.parametrize("changes", [{"same": "one"}, {"kind": np.nan}], ids=["dropped", "all missing"])
def test_a_column_that_holds_nothing_of_use_is_stored_in_any_way(changes: dict[str, Any]) -> None:
    """Text in a constant column of numbers, or a column of text that is missing throughout."""
    _, history = refitted(table(60, 1).assign(**changes))

    assert history.refitted == ("0",)


def test_a_table_without_names_is_put_behind_the_others_where_it_is_read_column_by_column() -> None:
    """Its columns are found by their places, and called as in training once they are read."""
    other = table(60, 1)

    _, history = refitted((other.drop(columns="label").to_numpy(), other["label"].to_numpy()))

    assert history.refitted == ("0",)


def numbers(rows: int, seed: int) -> pd.DataFrame:
    """Return such a table with numbers only."""
    frame = table(rows, seed).drop(columns=["kind", "same"])
    return frame.assign(other=frame["size"].to_numpy()[::-1])


def test_a_matrix_costs_the_refit_only(capsys: pytest.CaptureFixture[str]) -> None:
    """It can be validated on, and not be put behind the others: the validated model stays, and a line says so."""
    other = numbers(60, 1)

    task, history = refitted((other.drop(columns="label").to_numpy(), other["label"].to_numpy()), train=numbers(120, 0))

    assert history.refitted == ()
    assert "cannot be put behind those for training" in capsys.readouterr().out.splitlines()[-1]
    assert set(task.predict(numbers(10, 2).drop(columns="label"))) <= {"large", "small"}
