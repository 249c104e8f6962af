"""Tables in CSV and Parquet files: read whole if small, streamed if large, and the same table either way."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from ak_tabular import StructuredDataInput
from ak_tabular.files import arrow, chunks, opening
from ak_tabular.files.locations import find_files
from ak_tabular.files.opening import open_labelled_table, open_table
from ak_tabular.files.source import TableSource
from ak_tabular.preprocessors import TableEncoder
from ak_tabular.tables import as_table, read_numbers, read_texts, read_times
from autokeras_core import DataError
from autokeras_core.data.coded import CodedLabels
from autokeras_core.data.rows import RowSource

Array = np.ndarray[Any, Any]

ROWS = 240
COLUMNS = ["count", "price", "city", "note", "flag", "when"]


def make_frame(rows: int = ROWS) -> pd.DataFrame:
    """Return a table of all kinds of columns, with missing cells."""
    rng = np.random.default_rng(0)
    cities = np.array(["Oslo", "Zürich, CH", 'said "hi"', None], dtype=object)
    frame = pd.DataFrame(
        {
            "count": rng.integers(-3, 300, rows),
            "price": rng.normal(size=rows).round(3),
            "city": rng.choice(cities, rows),
            "note": [f"note {row} of several words" for row in range(rows)],
            "flag": rng.choice([True, False], rows),
            "when": pd.date_range("2021-03-01", periods=rows, freq="7h"),
            "sold": rng.choice(["yes", "no"], rows),
        }
    )
    frame.loc[::5, "price"] = np.nan
    frame.loc[3, ["note", "when"]] = None
    return frame


@pytest.fixture
def streamed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Files of any size are streamed, a few rows at a time; a vocabulary holds ten values."""
    monkeypatch.setattr(opening, "BYTES_IN_MEMORY", 0)
    monkeypatch.setattr(arrow, "_BYTES_AT_ONCE", 4_096)
    monkeypatch.setattr(arrow, "_ROWS_AT_ONCE", 50)
    monkeypatch.setattr(chunks, "_MOST_VALUES", 10)


@pytest.fixture(params=["csv", "csv.gz", "tsv", "semicolon.csv", "parquet", "parts"])
def location(request: pytest.FixtureRequest, tmp_path: Path) -> Any:
    """The table in a file of each kind, or in three."""
    return write_table(make_frame(), tmp_path, request.param)


def write_table(frame: pd.DataFrame, folder: Path, kind: str) -> Any:
    """Write a table to one or three files, and return where."""
    path = folder / f"table.{kind}"
    if kind == "parquet":
        frame.to_parquet(path)
    elif kind == "parts":
        paths = [folder / f"part{part}.csv" for part in range(3)]
        for part, each in enumerate(paths):
            columns = list(frame.columns) if part != 1 else list(frame.columns)[::-1]
            frame.iloc[part * ROWS // 3 : (part + 1) * ROWS // 3][columns].to_csv(each, index=False)
        return paths
    else:
        frame.to_csv(path, index=False, sep={"tsv": "\t", "semicolon.csv": ";"}.get(kind, ","))
    return path


def read_all(table: Any) -> Array:
    """Return all rows of a table or a source."""
    return table.read(np.arange(len(table))) if isinstance(table, TableSource) else as_table(table)


@pytest.mark.usefixtures("streamed")
def test_a_streamed_table_holds_what_the_file_holds(location: Any) -> None:
    """Numbers, text of few and of many values, booleans and dates, in any format, in parts too."""
    frame = make_frame()

    source, labels = open_labelled_table(location, "sold")

    assert isinstance(source, TableSource)
    assert isinstance(source, RowSource)
    table = read_all(source)
    assert source.names == COLUMNS
    for name in ("count", "price", "flag"):
        read = read_numbers(table, COLUMNS.index(name), column=name)
        assert np.array_equal(read, frame[name].to_numpy(np.float32), equal_nan=True)
    for name in ("city", "note"):
        texts = read_texts(table, COLUMNS.index(name), column=name)
        assert texts.tolist() == frame[name].astype(object).where(frame[name].notna(), None).tolist()
    times = read_times(table, COLUMNS.index("when"), column="when")
    assert np.array_equal(times, frame["when"].to_numpy("M8[s]").astype(np.int64))
    assert isinstance(labels, CodedLabels)
    assert np.asarray(labels).tolist() == frame["sold"].tolist()


@pytest.mark.usefixtures("streamed")
@pytest.mark.parametrize("ending", ["", "Z", "+02:00", ".123456789", ".123456789Z", ".5-03:30"])
@pytest.mark.parametrize("kind", [None, "datetime"])
def test_dates_with_zones_and_fractions_are_streamed(ending: str, kind: str | None, tmp_path: Path) -> None:
    """They are the seconds that pandas reads, also where column_types names the column."""
    texts = [f"{year}-03-0{day}T23:59:58{ending}" for year in (1969, 2021) for day in range(1, 10)]
    path = tmp_path / "table.csv"
    pd.DataFrame({"when": [*texts, None], "number": np.arange(19)}).to_csv(path, index=False)
    expected = pd.to_datetime(pd.Series(texts), utc=True).dt.tz_localize(None).to_numpy().astype("M8[s]")

    table = read_all(open_table(path, kinds={"when": kind} if kind else None))

    times = read_times(table, 0, column="when")
    assert times[:-1].tolist() == expected.astype(np.int64).tolist()
    assert times[-1] == np.iinfo(np.int64).min


@pytest.mark.usefixtures("streamed")
@pytest.mark.parametrize("kind", ["csv", "parquet"])
@pytest.mark.parametrize("mixed", [[], ["2021-03-01T10:00:00Z", "1.5", "x"]], ids=["identifiers", "anything"])
def test_nothing_is_kept_of_a_column_that_is_dropped(kind: str, mixed: list[str], tmp_path: Path) -> None:
    """Whatever its cells are: its rows cost a byte, the other columns are there, and the report says who dropped it."""
    cells = [*(f"id-{n}" for n in range(300 - len(mixed))), *mixed]
    path = write_table(pd.DataFrame({"row_id": cells, "price": np.arange(300) * 1.5}), tmp_path, kind)
    table_input = StructuredDataInput(column_types={"row_id": "dropped"})

    source: Any = table_input.adapt(path)

    assert source.store.columns[0].is_coded
    assert source.store.columns[0].values.tolist() == [None]
    assert source.read(np.arange(300))["price"].tolist() == (np.arange(300) * 1.5).tolist()
    assert table_input.analyse(source, name="table").decisions[1].reason == "as column_types says"


@pytest.mark.usefixtures("streamed")
def test_a_column_that_is_dropped_may_be_of_any_type(tmp_path: Path) -> None:
    """Also of one that a table cannot have, such as lists."""
    path = tmp_path / "table.parquet"
    pd.DataFrame({"tags": [["a"], ["b", "c"]] * 120, "price": np.arange(ROWS) * 1.5}).to_parquet(path)

    table = read_all(open_table(path, kinds={"tags": "dropped"}))

    assert table["price"].tolist() == (np.arange(ROWS) * 1.5).tolist()


@pytest.mark.usefixtures("streamed")
def test_a_column_that_is_dropped_may_be_in_another_encoding(tmp_path: Path) -> None:
    """The other columns are read, where a letter that is not UTF-8 comes late in the file."""
    path = tmp_path / "table.csv"
    path.write_bytes("\n".join(["town,price", *["Oslo,1.5"] * 20_000, "Tromsø,2.5", ""]).encode("latin-1"))

    table = read_all(open_table(path, kinds={"town": "dropped"}))

    assert table["price"][-2:].tolist() == [1.5, 2.5]


def test_wide_rows_are_read_fewer_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As many as a few megabytes are, of a Parquet file too; none is lost between two batches."""
    monkeypatch.setattr(arrow, "_BYTES_AT_ONCE", 8 * 10 * 300)
    pd.DataFrame(np.arange(10_000.0).reshape(1_000, 10)).rename(columns=str).to_parquet(tmp_path / "table.parquet")
    files = find_files(tmp_path / "table.parquet")

    batches = list(arrow.read_batches(files, arrow.column_types(files), files.names))

    assert [(batch.start, batch.rows) for batch in batches] == [(0, 300), (300, 300), (600, 300), (900, 100)]
    assert [number for batch in batches for number in batch.columns["0"].to_pylist()] == list(range(0, 10_000, 10))


@pytest.mark.usefixtures("streamed")
def test_a_target_is_kept_though_column_types_drops_it(tmp_path: Path) -> None:
    """It is no column of the table that is learned from."""
    path = write_table(make_frame(), tmp_path, "csv")

    _, labels = open_labelled_table(path, "sold", kinds={"sold": "dropped"})

    assert np.asarray(labels).tolist() == make_frame()["sold"].tolist()


@pytest.mark.usefixtures("streamed")
def test_rows_can_be_read_in_any_order(location: Any) -> None:
    """Scattered, repeated, and of a selection of a selection."""
    source: Any = open_table(location)
    everything = read_all(source)
    some = np.random.default_rng(1).integers(0, ROWS, 100)

    scattered = source.read(some)
    selected = source.select(np.arange(10, 200)).select(np.array([3, 1, 150]))
    narrow = selected.with_columns(["city", "count"])

    assert str(scattered.tolist()) == str(everything[some].tolist())  # as text: NaN is not equal to itself
    assert str(selected.read(np.array([2, 0])).tolist()) == str(everything[[160, 13]].tolist())
    assert narrow.read(np.array([1]))["count"].tolist() == everything["count"][[11]].tolist()
    assert narrow.shape == (3,)
    assert narrow.dtype.names == ("city", "count")


def test_a_small_file_is_the_data_frame_that_pandas_reads(tmp_path: Path) -> None:
    """The same analysis follows from both."""
    path = write_table(make_frame(), tmp_path, "csv")
    table = StructuredDataInput()

    profiles = [table.analyse(table.adapt(data), name="table") for data in (path, pd.read_csv(path))]

    assert profiles[0] == profiles[1]


def test_streaming_gives_the_same_analysis_and_encoding_as_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A Parquet file, which says the types itself."""
    path = write_table(make_frame(), tmp_path, "parquet")
    table = StructuredDataInput()
    in_memory = table.adapt(path)
    monkeypatch.setattr(opening, "BYTES_IN_MEMORY", 0)

    source: Any = table.adapt(path)

    profiles = [table.analyse(rows, name="table") for rows in (in_memory, source)]
    encoders = [TableEncoder(columns=profile.facts["columns"]) for profile in profiles]
    encoders[0].fit(in_memory)
    encoders[1].fit(read_all(source))
    assert profiles[0].facts == profiles[1].facts
    assert profiles[0].decisions == profiles[1].decisions[1:]
    assert profiles[1].decisions[0].value == "read from disk while they are used"
    assert np.array_equal(encoders[0].transform(in_memory), encoders[1].transform(read_all(source)))


@pytest.mark.usefixtures("streamed")
def test_equal_files_have_equal_fingerprints(tmp_path: Path) -> None:
    """A changed cell, other rows or other columns have another one."""
    frame = make_frame()
    changed = frame.copy()
    changed.loc[7, "count"] = 301
    (tmp_path / "again").mkdir()
    (tmp_path / "changed").mkdir()
    source: Any = open_table(write_table(frame, tmp_path, "csv"))
    again: Any = open_table(write_table(frame, tmp_path / "again", "csv"))
    other: Any = open_table(write_table(changed, tmp_path / "changed", "csv"))

    assert source.fingerprint() == again.fingerprint()
    others = {
        each.fingerprint() for each in (source, other, source.select(np.arange(9)), source.with_columns(["city"]))
    }
    assert len(others) == 4


@pytest.mark.usefixtures("streamed")
def test_the_rows_on_disk_go_with_the_source(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is left in the temporary folder."""
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    path = write_table(make_frame(), tmp_path, "csv")

    source: Any = open_table(path)
    kept = list(tmp_path.glob("autokeras-table-*"))
    del source

    assert len(kept) == 1
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.usefixtures("streamed")
@pytest.mark.parametrize(
    ("target", "expected"),
    [
        ("count", "coded"),
        ("price", "numbers"),
        (["count", "price"], "matrix"),
        ({"a": "city", "b": "count"}, "dict"),
    ],
)
def test_targets_of_any_type(target: Any, expected: str, tmp_path: Path) -> None:
    """Few different integers are coded, fractions keep their precision, several columns make a matrix or a dict."""
    frame = make_frame().fillna({"price": 0.1, "city": "none"})
    path = write_table(frame, tmp_path, "csv")

    source, labels = open_labelled_table(path, target)

    if expected == "dict":
        assert set(labels) == {"a", "b"}
        assert np.asarray(labels["a"]).tolist() == frame["city"].tolist()
        assert source.names == [name for name in frame.columns if name not in ("city", "count")]
        return
    assert isinstance(labels, CodedLabels) == (expected == "coded")
    assert np.asarray(labels).tolist() == frame[target].to_numpy().tolist()


CSV = "a,b,label\n1,x,0\n2,y,1\n3,x,0\n"


def _text(content: str) -> Callable[[Path], Path]:
    def write(folder: Path) -> Path:
        path = folder / "table.csv"
        path.write_text(content, encoding="utf-8")
        return path

    return write


def _broken_gzip(folder: Path) -> Path:
    path = folder / "table.csv.gz"
    path.write_bytes(gzip.compress(CSV.encode() * 100)[:-20])
    return path


def _broken_parquet(folder: Path) -> Path:
    path = folder / "table.parquet"
    path.write_bytes(b"PAR1 and nothing more")
    return path


def _latin(folder: Path) -> Path:
    path = folder / "table.csv"
    path.write_bytes("name,label\nZürich,1\n".encode("latin-1"))
    return path


@pytest.mark.usefixtures("in_either_way")
@pytest.mark.parametrize(
    ("write", "target", "message"),
    [
        (lambda folder: folder / "none.csv", "label", "does not exist"),
        (lambda folder: folder, "label", "is a folder"),
        (_text(""), "label", "an empty file"),
        (_text("a,label\n"), "label", "no row"),
        (_text("1,2\n3,4\n"), "2", "has no header"),
        (_text("a,a,label\n1,2,3\n"), "label", r"repeated \['a'\]"),
        (_text(CSV), "lable", "label"),
        (_text("label\n1\n2\n"), "label", "no other columns"),
        (_text(CSV + "4,z\n"), "label", "Expected 3 columns, got 2"),
        (_text(CSV + "4,z,1,2\n"), "label", "Expected 3 columns, got 4"),
        (_broken_gzip, "label", "cannot be read"),
        (_broken_parquet, "label", "no Parquet file"),
        (_latin, "label", "is not UTF-8"),
    ],
)
def test_what_is_wrong_with_a_file_is_one_clear_error(write: Any, target: str, message: str, tmp_path: Path) -> None:
    """It names the file, and what was found there."""
    path = write(tmp_path)

    with pytest.raises(DataError, match=message) as caught:
        open_labelled_table(path, target)

    assert path.name in str(caught.value)


@pytest.mark.usefixtures("streamed")
@pytest.mark.parametrize(
    ("late", "message"),
    [
        ("oops,x,yes", "column 'number'.*oops"),
        ("inf,x,yes", "Row 60,000 .*infinite.*'number'"),
        ("1,x,", "target column 'label' .*missing values.*row 60,000"),
    ],
)
def test_a_cell_that_does_not_fit_late_in_a_file_is_named(
    late: str, message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The types were found from the beginning."""
    monkeypatch.setattr(arrow, "_PLACES", 1)
    monkeypatch.setattr(arrow, "_BYTES_PER_PLACE", 10_000)
    path = tmp_path / "table.csv"
    path.write_text("number,text,label\n" + "1.5,x,no\n" * 60_000 + late + "\n")

    with pytest.raises(DataError, match=message) as caught:
        open_labelled_table(path, "label")

    assert "table.csv" in str(caught.value)


@pytest.mark.usefixtures("streamed")
def test_a_word_late_among_the_numbers_of_a_target_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With its column, and what to do."""
    monkeypatch.setattr(arrow, "_PLACES", 1)
    monkeypatch.setattr(arrow, "_BYTES_PER_PLACE", 10_000)
    path = tmp_path / "table.csv"
    path.write_text("number,label\n" + "1.5,7\n" * 9_000 + "1.5,oops\n")

    with pytest.raises(DataError, match=r"table.csv'.*rows that could be read.*column 'label'.*oops.*column_types="):
        open_labelled_table(path, "label")


@pytest.mark.usefixtures("streamed")
def test_a_number_that_turns_into_text_later_is_found_by_samples(tmp_path: Path) -> None:
    """Pieces from all over a large file are looked at, and column_types reads a column as text in any case."""
    path = tmp_path / "table.csv"
    path.write_text("code,label\n" + "17,no\n" * 1_000 + "17A,yes\n")

    source: Any = open_labelled_table(path, "label", kinds={"code": "categorical"})[0]

    assert read_texts(read_all(source), 0, column="code")[-2:].tolist() == ["17", "17A"]


@pytest.mark.usefixtures("in_either_way")
def test_what_pandas_and_spreadsheets_write_is_read(tmp_path: Path) -> None:
    """A column without a name, a byte order mark, lines that end with a carriage return, a line break in quotes."""
    path = tmp_path / "table.csv"
    path.write_bytes(b'\xef\xbb\xbf,"a, b",label\r\n0,"x\r\ny",1\r\n1,"z",0\r\n')

    table, labels = open_labelled_table(path, "label")

    read = read_all(table)
    assert read.dtype.names == ("Unnamed: 0", "a, b")
    assert read_texts(read, 1, column="a, b").tolist() == ["x\r\ny", "z"]
    assert np.asarray(labels).tolist() == [1, 0]


def test_parts_with_other_columns_are_an_error(tmp_path: Path) -> None:
    """It says which part and which columns."""
    (tmp_path / "a.csv").write_text("x,y\n1,2\n")
    (tmp_path / "b.csv").write_text("x,z\n1,2\n")

    with pytest.raises(DataError, match=r"b.csv.*other columns.*missing \['y'\], unknown \['z'\]"):
        open_table([tmp_path / "a.csv", tmp_path / "b.csv"])


def test_without_the_targets_name_the_columns_are_listed(tmp_path: Path) -> None:
    """`fit("table.csv")` cannot know which column to predict."""
    path = tmp_path / "table.csv"
    path.write_text(CSV)

    with pytest.raises(DataError, match="its name as y: one of 'a', 'b', 'label'"):
        StructuredDataInput().unpack(path, None)


@pytest.mark.parametrize("labels", [["x", "y", "x"], ["a", "b", "a"]])
def test_labels_of_ones_own_go_with_a_path(labels: list[str], tmp_path: Path) -> None:
    """A list of labels is no list of columns, though all of them be names of columns."""
    path = tmp_path / "table.csv"
    path.write_text(CSV)

    assert StructuredDataInput().unpack(str(path), labels) == (str(path), labels)
