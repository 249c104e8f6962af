"""Which feature of an encoded table is what, as a pure function of what analysis found. Light: no Keras here.

A `TableEncoder` makes one float32 matrix of a table. A block that wants to embed numbers or categories must know where
they stand, before anything was fitted. So the widths of all parts follow from the facts about the columns alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

import attrs

from autokeras_core.errors import DataError, describe_error

if TYPE_CHECKING:
    from autokeras_core.plugin import DataProfile, TargetProfile

__all__ = [
    "EncoderSettings",
    "Layout",
    "category_columns",
    "has_others",
    "has_statistics",
    "is_coded",
    "is_text",
    "kept_categories",
    "layout_of",
    "numbers_with_missing",
    "raw_columns",
    "takes_columns",
    "target_widths_of",
]

Facts: TypeAlias = Mapping[str, Any]

_DATE_NUMBERS = 6  # what a date becomes: day since 1970, year, month, day, weekday, hour
_DATE_CYCLES = 8  # and sine and cosine of month, day, weekday and hour
_CATEGORICAL = ("categorical", "boolean")
_FEW_CATEGORIES = 8  # up to here one-hot features say all that statistics could
_MOST_OUTPUTS = 16  # each is one more feature of every column with statistics


def _as_widths(widths: Iterable[int]) -> tuple[int, ...]:
    return tuple(int(width) for width in widths)


@attrs.frozen(kw_only=True)
class EncoderSettings:
    """How a table is turned into numbers.

    Attributes:
        scaling: How numbers are scaled: `"robust"` (median and interquartile range, clipped smoothly), or `"quantile"`
            (to a normal distribution).
        one_hot_limit: How many values of a categorical column become features of their own.
        codes: Whether a column with more values than `one_hot_limit` becomes one feature, the number of its value, for
            a block that learns an embedding of it; otherwise its most frequent values become features.
        max_codes: How many values of such a column are told apart, the most frequent ones.
        statistics: What is added for columns with more than 8 values: `"none"`, `"frequency"` (how frequent the value
            is), or `"target"` (that, and the mean target of the rows that have it).
        target_widths: How many target statistics of each head a column has: of a regression one for each number, of two
            classes one, of more one for each class; none of more than 16 numbers or classes.
        text_features: How many features a text column becomes.
    """

    scaling: Literal["robust", "quantile"] = attrs.field(
        default="robust", validator=attrs.validators.in_(("robust", "quantile"))
    )
    one_hot_limit: int = attrs.field(default=100, validator=attrs.validators.ge(0))
    codes: bool = False
    max_codes: int = attrs.field(default=5_000, validator=attrs.validators.ge(1))
    statistics: Literal["none", "frequency", "target"] = attrs.field(
        default="none", validator=attrs.validators.in_(("none", "frequency", "target"))
    )
    target_widths: tuple[int, ...] = attrs.field(default=(), converter=_as_widths)
    text_features: int = attrs.field(default=128, validator=attrs.validators.ge(1))

    @property
    def needs_targets(self) -> bool:
        """Whether the targets of the training rows take part."""
        return self.statistics == "target" and sum(self.target_widths) > 0


@attrs.frozen(kw_only=True)
class Layout:
    """What stands where in an encoded table: scaled numbers, other features, codes.

    Attributes:
        numbers: How many features at the start are scaled numbers.
        others: How many features follow them that may be used as they are: indicators, one-hot features, statistics.
        codes: For each code at the end, how many different ones there are; 0 stands for unseen and missing values.
        trained_zeros: For each code, whether the training rows have a 0; otherwise nothing is learned about it.
    """

    numbers: int
    others: int = 0
    codes: tuple[int, ...] = ()
    trained_zeros: tuple[bool, ...] = ()

    @property
    def width(self) -> int:
        """How many features a row has."""
        return self.numbers + self.others + len(self.codes)


def layout_of(columns: Sequence[Facts], settings: EncoderSettings) -> Layout:
    """Return the layout of the features of a table.

    Args:
        columns: Facts about each column, as analysis wrote them into the profile of a structured-data input.
        settings: How they are encoded.

    Raises:
        DataError: If the facts say of a categorical column that it has no values.

    Example:
        ```python
        layout = layout_of(profile.inputs["structured"].facts["columns"], EncoderSettings(codes=True))
        layout.width
        ```
    """
    kinds = [column["kind"] for column in columns]
    categories = category_columns(columns)
    coded = [column for column in categories if is_coded(column, settings)]
    plain = [column for column in categories if not is_coded(column, settings)]
    others = len(numbers_with_missing(columns)) + kinds.count("datetime") * _DATE_CYCLES
    others += sum(_plain_width(column, settings) for column in plain)
    others += _statistics_width(columns, settings) + kinds.count("text") * settings.text_features
    return Layout(
        numbers=kinds.count("numerical") + kinds.count("datetime") * _DATE_NUMBERS,
        others=others,
        codes=tuple(kept_categories(column, settings) + 1 for column in coded),
        trained_zeros=tuple(has_others(column, settings) for column in coded),
    )


def category_columns(columns: Sequence[Facts]) -> list[Facts]:
    """Return the categorical and boolean columns.

    Raises:
        DataError: If the facts say of one that it has no values.
    """
    found = [column for column in columns if column["kind"] in _CATEGORICAL]
    for column in found:
        if column.get("categories", 0) < 1:
            raise DataError(
                describe_error(
                    f"The facts about the categorical column {column['name']!r} do not say how many values it has.",
                    expected="categories=1 or more",
                    received=f"{dict(column)!r}",
                    advice="Take the facts that StructuredDataInput.analyse() returns.",
                )
            )
    return found


def is_coded(column: Facts, settings: EncoderSettings) -> bool:
    """Return whether a categorical column becomes a code instead of features of its own."""
    return bool(settings.codes and column["categories"] > settings.one_hot_limit)


def kept_categories(column: Facts, settings: EncoderSettings) -> int:
    """Return how many values of a categorical column are told apart."""
    limit = settings.max_codes if is_coded(column, settings) else max(1, settings.one_hot_limit)
    return int(min(column["categories"], limit))


def has_others(column: Facts, settings: EncoderSettings) -> bool:
    """Return whether training rows have missing values in a categorical column, or values that are not told apart."""
    return bool(column.get("missing", 0) > 0 or column["categories"] > kept_categories(column, settings))


def has_statistics(column: Facts, settings: EncoderSettings) -> bool:
    """Return whether statistics of a categorical column are added."""
    return bool(settings.statistics != "none" and column["categories"] > _FEW_CATEGORIES)


def _statistics_width(columns: Sequence[Facts], settings: EncoderSettings) -> int:
    """Return how many statistics of categorical columns are added."""
    each = 1 + (sum(settings.target_widths) if settings.needs_targets else 0)
    return each * sum(has_statistics(column, settings) for column in category_columns(columns))


def numbers_with_missing(columns: Sequence[Facts]) -> list[int]:
    """Return which of the scaled numbers have an indicator of missing values: of a date, its first one."""
    found, place = [], 0
    for column in columns:
        if column["kind"] in ("numerical", "datetime"):
            found += [place] * (column.get("missing", 0) > 0)
            place += 1 if column["kind"] == "numerical" else _DATE_NUMBERS
    return found


def is_text(column: Facts) -> bool:
    """Return whether a column's cells are text, as far as categories or words are told apart in it."""
    return bool(column["kind"] == "text" or (column["kind"] in _CATEGORICAL and column["storage"] != "number"))


def takes_columns(columns: Sequence[Facts]) -> bool:
    """Return whether the exported model must take a dict of columns: some hold text or times, not only numbers."""
    return any(is_text(column) or column["kind"] == "datetime" for column in columns)


def raw_columns(columns: Sequence[Facts]) -> dict[str, str]:
    """Return the dtype of each column that an exported model needs: `"float32"`, `"string"`, or `"int64"` for times."""
    return {
        column["name"]: "int64" if column["kind"] == "datetime" else "string" if is_text(column) else "float32"
        for column in columns
        if column["kind"] != "dropped"
    }


def _plain_width(column: Facts, settings: EncoderSettings) -> int:
    """Return the features of a column that is not coded: of two values one, -1 or 1; and one for all other values."""
    kept = kept_categories(column, settings)
    return (1 if kept <= 2 else kept) + has_others(column, settings)


def target_widths_of(profile: DataProfile | None) -> tuple[int, ...]:
    """Return how many target statistics a column has of each head: of two classes one, of more than 16 outputs none."""
    return () if profile is None else tuple(_target_width(target) for target in profile.targets.values())


def _target_width(target: TargetProfile) -> int:
    if target.kind == "binary":
        return 1
    return target.outputs if target.outputs <= _MOST_OUTPUTS else 0
