"""Dates and numbers that are written as text are read once; nothing that is learned or predicted depends on it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from ak_tabular import StructuredDataBlock, StructuredDataInput, StructuredDataRegressor, TableEncoder
from ak_tabular.dates import MISSING_TIME, find_dates
from ak_tabular.parsing import parsed
from autokeras_core import RegressionHead
from autokeras_core.data.profile import InputProfile
from autokeras_core.engine.preparation import match_inputs, prepare
from autokeras_core.engine.prepared_data import PreparedData
from autokeras_core.graph.graph import Graph
from autokeras_core.plugin import Rows

ROWS = 60
TYPES: dict[str, Any] = {"when": "datetime", "number": "numerical", "sure": "boolean", "kind": "categorical"}


class Unparsed(StructuredDataInput):
    """Keeps tables as they come in."""

    def parse(self, data: Rows, profile: InputProfile) -> Rows:
        """Return the same rows."""
        return data


def written(rows: int = ROWS, *, seed: int = 0) -> pd.DataFrame:
    """Return a table whose columns are all text: dates, amounts, yes or no as numbers, kinds; some cells are missing."""
    rng = np.random.default_rng(seed)
    times = pd.to_datetime(rng.integers(0, 2**30, rows), unit="s")
    frame = pd.DataFrame(
        {
            "when": times.strftime("%m/%d/%Y %H:%M"),
            "number": [f"${amount:,.2f}" for amount in rng.normal(2_000, 900, rows).clip(1)],
            "sure": rng.choice(["1", "0.0"], rows),
            "kind": rng.choice(["a", "b", "7"], rows),
        },
        dtype=object,
    )
    frame.loc[3] = None
    frame.loc[4, ["when", "number"]] = "NA"
    return frame


def prepared(table_input: StructuredDataInput, x: Any) -> tuple[Graph, PreparedData]:
    """Return a graph behind an input, and a table prepared for it."""
    graph = Graph.from_nodes([table_input], [RegressionHead()(StructuredDataBlock()(table_input))])
    return graph, prepare(graph, x, np.arange(float(len(x))), seed=0)


def test_what_is_read_as_dates_or_numbers_is_kept_as_such() -> None:
    """In the rows to train on, in those to validate on, and in later ones; words stay words."""
    graph, data = prepared(StructuredDataInput(column_types=TYPES), written())
    (later,) = match_inputs(graph, {"structured": graph.inputs[0].operator.adapt(written(5))}, data.profile).values()

    for rows in (data.train_inputs["structured"], data.validation_inputs["structured"], later):
        assert [rows.dtype[name].kind for name in TYPES] == ["M", "f", "f", "O"]


@pytest.mark.parametrize("has_names", [True, False], ids=["a frame", "an array"])
def test_a_parsed_table_is_encoded_as_the_text_was(has_names: bool) -> None:
    """To the last bit, missing cells included; in training and later."""
    data, other = (frame if has_names else frame.to_numpy() for frame in (written(), written(20, seed=1)))
    names = None if has_names else list(TYPES)
    table_input = StructuredDataInput(column_types=TYPES, column_names=names)
    table, later = table_input.adapt(data), table_input.adapt(other)
    columns = table_input.analyse(table, name="structured").facts["columns"]
    as_text, as_parsed = TableEncoder(columns=columns), TableEncoder(columns=columns)

    as_text.fit(table)
    as_parsed.fit(parsed(table, columns))

    assert as_parsed.transform(table).any()
    np.testing.assert_array_equal(as_parsed.transform(parsed(later, columns)), as_text.transform(later))


def test_cells_that_are_no_dates_are_missing_after_parsing_too() -> None:
    """Where training takes odd cells for missing ones."""
    frame = pd.DataFrame({"when": [f"{day}.3.2021" for day in range(1, 29)] + ["soon"]})
    table_input = StructuredDataInput()
    table = table_input.adapt(frame)
    profile = table_input.analyse(table, name="structured")

    rows: Any = table_input.parse(table, profile)

    assert profile.facts["columns"][0]["is_mixed"]
    assert np.isnat(rows["when"]).tolist() == [False] * 28 + [True]


def test_a_search_knows_its_data_by_the_text_that_came_in() -> None:
    """So that one can go on that was begun when tables were not parsed."""
    _, data = prepared(StructuredDataInput(column_types=TYPES), written())
    _, same = prepared(Unparsed(column_types=TYPES), written())

    assert data.train_inputs["structured"].dtype != same.train_inputs["structured"].dtype
    assert data.fingerprint == same.fingerprint


def test_a_table_without_text_to_read_is_not_copied() -> None:
    """Numbers, times and words are what they are to be already."""
    frame = pd.DataFrame({"a": np.arange(30.0), "b": pd.date_range("2020", periods=30), "c": ["x", "y", "z"] * 10})
    table_input = StructuredDataInput()
    table = table_input.adapt(frame)

    assert table_input.parse(table, table_input.analyse(table, name="structured")) is table


def test_columns_that_were_found_by_their_place_are_called_as_in_training() -> None:
    """So that rows of both can be put together."""
    table_input = StructuredDataInput()
    profile = table_input.analyse(table_input.adapt(np.arange(60.0).reshape(20, 3)), name="structured")

    rows: Any = table_input.parse(table_input.adapt(pd.DataFrame({"x": [1.0], "y": [2.0], "z": [3.0]})), profile)

    assert rows.dtype.names == ("column_0", "column_1", "column_2")
    assert rows.tolist() == [(1.0, 2.0, 3.0)]


TIMES = pd.Series(pd.date_range("2020-03-01", periods=30))
NUMBERS = pd.Series(np.arange(30) * 1.5)
NONE = pd.Series(np.full(30, np.nan))
NO_TIMES = pd.Series([pd.NaT] * 30)


@pytest.mark.parametrize(
    ("trained", "given", "types"),
    [
        (TIMES, NONE, {}),
        (TIMES.dt.strftime("%d.%m.%Y"), NONE, {}),
        (NUMBERS, NO_TIMES, {}),
        (NUMBERS.astype(str), NO_TIMES, {}),
        (NUMBERS % 2 == 0, NO_TIMES, {}),
        (pd.Series(["x", "y", "z"] * 10), NONE, {}),
        (pd.Series(["x", "y", "z"] * 10), NO_TIMES, {}),
        (NUMBERS, TIMES, {"column": "datetime"}),
        (TIMES, NUMBERS, {"column": "numerical"}),
    ],
    ids=[
        "no times",
        "no dates",
        "no numbers",
        "no numbers in text",
        "no truths",
        "no words",
        "times for words",
        "seconds as dates",
        "times as numbers",
    ],
)
def test_tables_are_stored_alike_after_parsing(trained: Any, given: Any, types: dict[str, Any]) -> None:
    """So that rows of both can be put together; and they are encoded as before."""
    table_input = StructuredDataInput(column_types=types)
    other = NUMBERS[::-1].to_numpy()
    table = table_input.adapt(pd.DataFrame({"column": trained, "other": other}))
    later = table_input.adapt(pd.DataFrame({"column": given, "other": other}))
    profile = table_input.analyse(table, name="structured")
    encoder = TableEncoder(columns=profile.facts["columns"])
    encoder.fit(table)

    rows: list[Any] = [table_input.parse(each, profile) for each in (table, table_input.match(later, profile))]

    assert rows[0].dtype["column"].kind == rows[1].dtype["column"].kind
    for parsed_rows, unparsed in zip(rows, (table, later), strict=True):
        np.testing.assert_array_equal(encoder.transform(parsed_rows), encoder.transform(unparsed))


@pytest.mark.parametrize("is_text", [False, True], ids=["nothing else to do", "text to read"])
def test_dropped_columns_are_left_out(is_text: bool) -> None:
    """They may hold anything, text in one table and numbers in another; and nobody reads them."""
    size = NUMBERS[::-1].to_numpy()
    frame = pd.DataFrame({"same": 1.0, "size": size.astype(str) if is_text else size, "none": None})
    table_input = StructuredDataInput()
    table = table_input.adapt(frame)

    rows: Any = table_input.parse(table, table_input.analyse(table, name="structured"))

    assert rows.dtype.names == ("size",)
    assert rows["size"].tolist() == size.tolist()


def test_analysis_reads_dates_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever finds their format has read them already."""
    table_input = StructuredDataInput()
    table = table_input.adapt(written()[["when"]])
    formats: list[str] = []
    read = pd.to_datetime

    def counted(texts: Any, **options: Any) -> Any:
        formats.append(options["format"])
        return read(texts, **options)

    monkeypatch.setattr(pd, "to_datetime", counted)

    table_input.analyse(table, name="structured")

    assert formats == ["%m/%d/%Y %H:%M"]


def test_the_format_of_dates_comes_with_what_they_are() -> None:
    """Texts that are not in it are missing."""
    found = find_dates(["1.1.1970", "2.1.1970", "31.1.1970", "soon"], share=0.7)

    assert found is not None
    assert found[0] == "%d.%m.%Y"
    assert found[1].tolist() == [0, 86_400, 30 * 86_400, MISSING_TIME]


def test_text_in_a_later_table_is_predicted_as_the_times_of_training() -> None:
    """And as the numbers; what a table holds them as makes no difference."""
    rng = np.random.default_rng(0)
    times = pd.Series(pd.to_datetime(rng.integers(0, 2**30, 80) // 60 * 60, unit="s"))
    frame = pd.DataFrame({"when": times, "size": rng.normal(5, 2, 80).round(2)})
    task = StructuredDataRegressor(max_trials=1, seed=0, ensemble=False)
    task.fit(frame, frame["size"] + times.dt.month, epochs=1, verbose=0)

    as_text = pd.DataFrame({"when": times.astype(str), "size": frame["size"].map("{:.2f}".format)})

    np.testing.assert_array_equal(task.predict(as_text), task.predict(frame))
