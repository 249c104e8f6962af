"""Reading CSV and Parquet with Arrow: whole, or a batch of rows at a time; what is wrong is said by file, row and column.

The types of a CSV file's columns are found from its beginning and, in a large file, from places all over it. A cell
further on that does not fit is an error. Whole numbers are read as floats, so that a fraction that comes late is none;
but those of targets, which may be identifiers of classes, to the last digit.
"""

from __future__ import annotations

import io
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeAlias

import attrs
import pyarrow as pa
import pyarrow.csv as pc
import pyarrow.parquet as pq

from ak_tabular.cells import READ_CSV_SPELLINGS
from ak_tabular.files.arrays import ARROW_TYPES, ColumnType, as_type, exact_numbers, without, without_blanks
from ak_tabular.files.locations import TableFiles, index_columns, not_utf8, open_bytes
from autokeras_core import DataError
from autokeras_core.errors import describe_error

__all__ = ["RowBatch", "column_types", "read_batches", "read_whole"]

ArrowType: TypeAlias = Any  # Arrow's stubs are incomplete

_MISSING = (*READ_CSV_SPELLINGS, " ", "  ")
_PLACES = 8
_BYTES_PER_PLACE = 4 * 2**20
_BYTES_AT_ONCE = 8 * 2**20
_ROWS_AT_ONCE = 65_536
_FEWEST_ROWS_AT_ONCE = 256
_LINE_END = re.compile(rb"\r\n|\r|\n")


@attrs.frozen(kw_only=True)
class RowBatch:
    """Some rows of a table.

    Attributes:
        columns: Arrow arrays by name: of float64, booleans, dictionaries of text, or timestamps in microseconds; whole
            numbers of targets are integers; those that are dropped are of any type.
        path: The file that they come from.
        start: The number of the first one in that file; 0 is the row below the header.
        rows: How many there are.
    """

    columns: Mapping[str, Any]
    path: Path
    start: int
    rows: int


def read_whole(files: TableFiles, *, targets: Sequence[str] = ()) -> Any:
    """Return a table that fits into memory as a pandas DataFrame, as `pandas.read_csv` or `read_parquet` would.

    But no row may have too few or too many cells. A column has one type in all parts of a table, whatever each of them
    alone looks like. In a target column of words only blank cells are missing: a class may be called `None` or `NA`.
    Targets that are decimals are floats.

    Args:
        files: The table.
        targets: The target columns; may be none.

    Raises:
        DataError: If a file cannot be read as a table, or the parts do not fit together.
    """
    tables = _read_csv_parts(files, targets) if files.format == "csv" else _read_parquet_parts(files)
    whole = tables[0]
    for path, header, table in zip(files.paths[1:], files.headers[1:], tables[1:], strict=True):
        with _explaining(path, header):
            whole = pa.concat_tables([whole, table], promote_options="permissive")
    for name in targets:
        place = whole.schema.get_field_index(name)
        if pa.types.is_decimal(whole.schema.field(place).type):  # pandas would have objects for them
            whole = whole.set_column(place, name, whole.column(place).cast(pa.float64(), safe=False))
    return whole.to_pandas()


def column_types(files: TableFiles, *, dropped: Collection[str] = ()) -> dict[str, ColumnType]:
    """Return what each column of a table holds, as far as samples of a CSV file show.

    Args:
        files: The table.
        dropped: Columns whose cells do not matter, and may be anything.

    Raises:
        DataError: If another column holds what is neither numbers, text nor dates.
    """
    found: dict[str, ColumnType] = {}
    is_typed = files.format == "parquet"  # in a CSV file no word is a number, not even `true`
    for path, header in zip(files.paths, files.headers, strict=True):
        with _explaining(path, header):
            schema = _sampled_schema(path, files, header) if files.format == "csv" else pq.read_schema(path)
        for field in (schema.field(name) for name in header if name not in dropped):
            kind = _kind_of(field.type, field.name, path, is_csv=not is_typed)
            known = found.get(field.name, "missing")
            if known in ("missing", kind):
                found[field.name] = kind
            elif kind != "missing":
                found[field.name] = "number" if is_typed and {known, kind} == {"number", "boolean"} else "text"
    found |= dict.fromkeys(dropped, "dropped")
    return {name: "text" if found[name] == "missing" else found[name] for name in files.names}


def read_batches(
    files: TableFiles, types: Mapping[str, ColumnType], names: Sequence[str], *, targets: Sequence[str] = ()
) -> Iterator[RowBatch]:
    """Yield all rows of a table in order, a few megabytes at a time.

    Args:
        files: The table.
        types: What each column holds.
        names: The columns to read.
        targets: Those that are targets: no text in them is missing, unless it is blank, and no whole number is rounded.

    Raises:
        DataError: If a file cannot be read, or a cell does not fit its column; the message names file, row and column.
    """
    for path, header in zip(files.paths, files.headers, strict=True):
        start = 0
        is_csv = files.format == "csv"
        numbers = [name for name in targets if types[name] == "number"]
        batches = _csv_batches(path, files, header, types, names, numbers) if is_csv else _parquet_batches(path, names)
        while True:
            with _explaining(path, header, rows=start):
                batch = next(batches, None)
                if batch is None:
                    break
                columns = {name: as_type(batch.column(name), types[name]) for name in names if name not in numbers}
                columns |= {name: exact_numbers(batch.column(name), place=header.index(name)) for name in numbers}
                if is_csv:
                    texts = [name for name in names if types[name] == "text" and name not in targets]
                    columns |= {name: without(columns[name], _MISSING) for name in texts}
            if batch.num_rows:
                yield RowBatch(columns=columns, path=path, start=start, rows=batch.num_rows)
            start += batch.num_rows


def _read_csv_parts(files: TableFiles, targets: Sequence[str]) -> list[Any]:
    """Return the parts of a table, each column of one type in all of them, and targets of text with all labels."""
    parts = list(zip(files.paths, files.headers, strict=True))
    tables = []
    for path, header in parts:
        with _explaining(path, header):
            tables.append(_read_csv(path, files, header, types={}))
    for (path, _), table in zip(parts, tables, strict=True):
        binary = [field.name for field in table.schema if pa.types.is_binary(field.type)]  # where it is no UTF-8
        if binary:
            raise not_utf8(path, f"other bytes in the column {binary[0]!r}")
    types = {name: _common_type([table.schema.field(name).type for table in tables]) for name in files.names}
    for name in targets:
        if all(pa.types.is_null(table.schema.field(name).type) for table in tables):
            types[name] = pa.string()  # what says nothing elsewhere may be the name of a class
    for index, (path, header) in enumerate(parts):
        if any(tables[index].schema.field(name).type != types[name] for name in header):
            with _explaining(path, header):
                tables[index] = _read_csv(path, files, header, types=types)
        names = [name for name in targets if types[name] == pa.string()]
        if names:
            labels = tables[index]
            if any(labels.column(name).null_count for name in names):
                with _explaining(path, header):
                    labels = _read_csv(path, files, header, types=types, missing=(), names=names)
            for name in names:
                place = tables[index].schema.get_field_index(name)
                tables[index] = tables[index].set_column(place, name, without_blanks(labels.column(name)))
    return tables


def _common_type(found: Sequence[ArrowType]) -> ArrowType:
    """Return the type to read a column of all parts as, from what it looks like in each; text where they disagree."""
    known = {kind for kind in found if not pa.types.is_null(kind)}
    if len(known) == 1 and not any(
        pa.types.is_temporal(kind) for kind in known
    ):  # dates stay text, as pandas reads them
        return known.pop()
    return pa.float64() if known <= {pa.int64(), pa.float64()} else pa.string()  # also where there is nothing at all


def _read_csv(
    path: Path,
    files: TableFiles,
    header: Sequence[str],
    *,
    types: Mapping[str, Any],
    missing: Sequence[str] = READ_CSV_SPELLINGS,
    names: Sequence[str] = (),
) -> Any:
    with open_bytes(path) as file:
        data = file.read()
    return pc.read_csv(
        io.BytesIO(data),
        read_options=_read_options(header, skip_rows=files.header_lines[path]),
        parse_options=_parse_options(files),
        convert_options=_convert_options(types, missing=missing, names=names),
    )


def _read_parquet_parts(files: TableFiles) -> list[Any]:
    """Return the parts of a table, with the index of the data frames if all have the same one."""
    tables = []
    for path, header in zip(files.paths, files.headers, strict=True):
        with _explaining(path, header):
            tables.append(pq.read_table(path))
    found = {tuple(index_columns(table.schema)) for table in tables}
    index = found.pop() if len(found) == 1 else ()
    return [table.select([*files.names, *index]) for table in tables]


def _read_options(header: Sequence[str], *, skip_rows: int) -> Any:
    return pc.ReadOptions(block_size=_BYTES_AT_ONCE, column_names=list(header), skip_rows=skip_rows)


def _parse_options(files: TableFiles, *, skips: bool = False) -> Any:
    return pc.ParseOptions(
        delimiter=files.delimiter,
        newlines_in_values=True,
        invalid_row_handler=(lambda row: "skip") if skips else None,
    )


def _convert_options(
    types: Mapping[str, Any], *, missing: Sequence[str], names: Sequence[str] = (), in_texts: bool = True
) -> Any:
    return pc.ConvertOptions(
        column_types=dict(types),
        null_values=list(missing),
        strings_can_be_null=in_texts,
        include_columns=list(names),
    )


def _sampled_schema(path: Path, files: TableFiles, header: Sequence[str]) -> Any:
    """Return the types of a CSV file's columns, from pieces of it."""
    with open_bytes(path) as file:
        pieces = [_without_lines(_whole_lines(file.read(_BYTES_PER_PLACE)), files.header_lines[path])]
        size = path.stat().st_size
        is_plain = type(file) is io.BufferedReader
        # Where there are quotes, a line may begin inside a cell: then only the beginning is sure to be read rightly.
        if is_plain and b'"' not in pieces[0]:
            for place in range(1, _PLACES):
                file.seek(max(file.tell(), size * place // _PLACES))
                file.readline()
                pieces.append(_whole_lines(file.read(_BYTES_PER_PLACE)))
    return pc.read_csv(
        io.BytesIO(b"".join(pieces)),
        read_options=_read_options(header, skip_rows=0),
        parse_options=_parse_options(files, skips=True),  # pieces may begin and end within rows
        convert_options=_convert_options({}, missing=_MISSING),
    ).schema


def _whole_lines(piece: bytes) -> bytes:
    end = piece.rfind(b"\n")
    return piece if end < 0 or len(piece) < _BYTES_PER_PLACE else piece[: end + 1]


def _without_lines(piece: bytes, count: int) -> bytes:
    """Return the bytes behind so many lines, which end as Arrow's lines do."""
    end = 0
    for _ in range(count):
        found = _LINE_END.search(piece, end)
        end = len(piece) if found is None else found.end()
    return piece[end:]


def _kind_of(kind: ArrowType, name: str, path: Path, *, is_csv: bool) -> str:
    if pa.types.is_dictionary(kind):
        kind = kind.value_type
    if pa.types.is_null(kind):
        return "missing"
    if pa.types.is_boolean(kind):
        return "boolean"
    if pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind):
        return "number"
    if pa.types.is_timestamp(kind) or pa.types.is_date(kind):
        return "time"
    if pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind):
        return "text"
    if pa.types.is_time(kind):
        return "text"
    if is_csv and pa.types.is_binary(kind):  # Arrow takes text for that where it is no UTF-8
        raise not_utf8(path, f"other bytes in the column {name!r}")
    raise DataError(
        describe_error(
            f"The column {name!r} of {str(path)!r} cannot be used.",
            expected="numbers, booleans, text in UTF-8, or dates",
            received=f"cells of type {kind}",
            advice="Leave the column out, or turn it into one of those.",
        )
    )


def _csv_batches(
    path: Path,
    files: TableFiles,
    header: Sequence[str],
    types: Mapping[str, ColumnType],
    names: Sequence[str],
    exact: Sequence[str],
) -> Iterator[Any]:
    """Yield the rows of a CSV file; numbers that are to be read exactly as text, see `exact_numbers`."""
    wanted = {name: pa.string() if name in exact else ARROW_TYPES[types[name]] for name in names}
    if any(types[name] == "time" for name in names):
        schema = _sampled_schema(path, files, header)
        wanted |= {name: _time_type(schema.field(name).type) for name in names if types[name] == "time"}
    reader = pc.open_csv(
        path,
        read_options=_read_options(header, skip_rows=files.header_lines[path]),
        parse_options=_parse_options(files),
        # What is missing among texts depends on the column, see `without`.
        convert_options=_convert_options(wanted, missing=_MISSING, names=names, in_texts=False),
    )
    with reader:
        yield from reader


def _time_type(sampled: ArrowType) -> ArrowType:
    """Return the type to read dates of a file as: Arrow takes zones, and nine digits, only where it expects them."""
    if not pa.types.is_timestamp(sampled):
        return ARROW_TYPES["time"]
    return pa.timestamp("ns" if sampled.unit == "ns" else "us", tz=sampled.tz)


def _parquet_batches(path: Path, names: Sequence[str]) -> Iterator[Any]:
    with pq.ParquetFile(path) as file:
        rows = max(_FEWEST_ROWS_AT_ONCE, _BYTES_AT_ONCE // (8 * len(names)))
        yield from file.iter_batches(batch_size=min(_ROWS_AT_ONCE, rows), columns=list(names))


@contextmanager
def _explaining(path: Path, names: Sequence[str], *, rows: int | None = None) -> Iterator[None]:
    """Turn Arrow's errors into ours."""
    try:
        yield
    except (pa.ArrowException, UnicodeDecodeError, EOFError, OSError) as error:
        message = str(error)
        place = re.search(r"In CSV column #(\d+)", message)
        column = f", column {names[int(place[1])]!r}" if place and int(place[1]) < len(names) else ""
        after = f" (after {rows:,} rows that could be read)" if rows else ""
        advice = ""
        if "invalid UTF8" in message:
            raise not_utf8(path, f"other bytes{column or ' in a cell'}{after}") from error
        if place:
            advice = (
                "The types of the columns were found from other rows: correct the cell; or say what the column is, with "
                "column_types=, so that it is read as text."
            )
        elif "Expected" in message and "columns" in message:
            advice = "Each row needs as many cells as the header; text with the delimiter in it needs quotes."
        raise DataError(
            describe_error(
                f"The file {str(path)!r} cannot be read as a table{after}{column}.",
                expected="rows of as many cells as the header has, numbers where the column has numbers",
                received=message.splitlines()[0] if message else type(error).__name__,
                advice=advice,
            )
        ) from error
