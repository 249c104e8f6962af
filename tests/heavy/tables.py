"""A small table of numbers, text and times: an input whose exported model takes a dict of columns, and its encoder."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from typing import Any

import keras
import numpy as np

from autokeras_core.data.profile import InputProfile
from autokeras_core.graph.operator import Input, Preprocessor, RawRows, RawSpec

Array = np.ndarray[Any, Any]

KINDS = ("red", "green", "blue")


def make_table(rows: int, *, seed: int = 0, names: tuple[str, str, str] = ("size", "kind", "seen")) -> Array:
    """Return a structured array with a column of numbers, one of text, and one of seconds; some cells are missing."""
    rng = np.random.default_rng(seed)
    table = np.empty(rows, dtype=[(names[0], "f8"), (names[1], object), (names[2], "i8")])
    table[names[0]] = np.where(rng.random(rows) < 0.1, np.nan, rng.normal(size=rows))
    table[names[1]] = [KINDS[index] if index < len(KINDS) else None for index in rng.integers(0, 4, size=rows)]
    table[names[2]] = rng.integers(0, 2_000_000_000, size=rows)
    return table


class TableInput(Input):
    """Takes a structured array."""

    base_name = "table"

    def adapt(self, data: Any) -> Array:
        """Return the table."""
        table: Array = data
        return table

    def analyse(self, data: Any, *, name: str) -> InputProfile:
        """Return the names of the columns."""
        assert data.dtype.names is not None
        return InputProfile(
            name=name,
            modality="structured",
            shape=(len(data.dtype.names),),
            dtype="str",
            rows=len(data),
            facts={"columns": list(data.dtype.names)},
        )

    def check(self, data: Any, profile: InputProfile) -> None:
        """Take any table."""

    def default_preprocessors(self, profile: InputProfile) -> Sequence[Preprocessor]:
        """Return the encoder."""
        return [TableEncoder(columns=profile.facts["columns"])]

    def raw_spec(self, profile: InputProfile) -> RawSpec:
        """Return what the columns are."""
        return {
            column: ((1,), dtype)
            for column, dtype in zip(profile.facts["columns"], ("float32", "string", "int64"), strict=True)
        }

    def raw_rows(self, data: Any, profile: InputProfile) -> RawRows:
        """Return the columns; missing text is empty."""
        columns = {name: data[name].reshape(-1, 1) for name in profile.facts["columns"]}
        return {
            name: np.array([[text or ""] for text in column[:, 0]], dtype=object) if column.dtype == object else column
            for name, column in columns.items()
        }


class TableEncoder:
    """Scales numbers and seconds, and looks text up."""

    in_model = False

    def __init__(self, *, columns: Sequence[str]) -> None:
        self.columns = list(columns)
        self.width = 1.0

    def fit(self, data: Array) -> None:
        """Learn the width of the numbers."""
        self.width = float(np.nanstd(data[self.columns[0]]))

    def transform(self, batch: Array) -> Array:
        """Return five numbers for each row."""
        number, kind, seconds = (batch[column] for column in self.columns)
        scaled = np.nan_to_num(number / self.width)
        known = [[text == each for each in KINDS] for text in kind]
        return np.column_stack([scaled, known, seconds.astype("f4") / 1e9]).astype("float32")

    def to_layer(self) -> Any:
        """Return the same as a model of a dict of columns."""
        number, kind, seconds = (
            keras.Input((1,), dtype=dtype, name=column.replace("/", "_slash_"))
            for column, dtype in zip(self.columns, ("float32", "string", "int64"), strict=True)
        )
        scaled = keras.ops.nan_to_num(number / self.width)
        known = keras.layers.StringLookup(vocabulary=list(KINDS), output_mode="one_hot", num_oov_indices=1)(kind)
        when = keras.ops.cast(seconds, "float32") / 1e9
        features = keras.ops.concatenate([scaled, known[:, 1:], when], axis=1)
        with warnings.catch_warnings():  # a tensor may not be called "km/h"
            warnings.filterwarnings("ignore", message="When providing `inputs` as a dict")
            return keras.Model(dict(zip(self.columns, (number, kind, seconds), strict=True)), features)

    def get_config(self) -> dict[str, Any]:
        """Return the columns."""
        return {"columns": self.columns}

    def get_state(self) -> dict[str, Any]:
        """Return the width."""
        return {"width": self.width}

    def set_state(self, state: Mapping[str, Any]) -> None:
        """Take the width."""
        self.width = state["width"]
