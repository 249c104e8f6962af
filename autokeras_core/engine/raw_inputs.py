"""Raw inputs: what the exported model takes for each input of the graph, one tensor or a dict of columns."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Self, TypeAlias

import attrs
import keras

from autokeras_core.engine.compiler import tensor_dtype

if TYPE_CHECKING:
    from autokeras_core.engine._layer_names import LayerNames
    from autokeras_core.graph.operator import RawSpec, Tensor

__all__ = ["RawInput", "RawTensors", "as_model_input", "make_raw_tensors", "model_of_raw_inputs"]

RawTensors: TypeAlias = "Tensor | Mapping[str, Tensor]"
"""One input's tensor, or those of its columns by name."""


@attrs.frozen(kw_only=True)
class RawInput:
    """What one input's raw rows are, for the exported model.

    Attributes:
        name: The input's name.
        shape: The shape of one row; `None` where it varies.
        dtype: The dtype as NumPy names it, or `"string"`; empty where the rows have columns.
        columns: Shape and dtype of each column by name, for rows that are no single array.
    """

    name: str
    shape: tuple[int | None, ...] = ()
    dtype: str = ""
    columns: Mapping[str, tuple[tuple[int | None, ...], str]] | None = None

    @classmethod
    def from_spec(cls, name: str, spec: RawSpec) -> Self:
        """Return the raw input that `Input.raw_spec` describes."""
        if isinstance(spec, Mapping):
            return cls(name=name, columns={column: (tuple(shape), dtype) for column, (shape, dtype) in spec.items()})
        shape, dtype = spec
        return cls(name=name, shape=tuple(shape), dtype=dtype)

    def to_json(self) -> dict[str, Any]:
        """Return it as JSON data."""
        if self.columns is None:
            return {"name": self.name, "shape": list(self.shape), "dtype": self.dtype}
        # A list keeps the order of the columns, whatever reads and writes the file.
        columns = [[column, list(shape), dtype] for column, (shape, dtype) in self.columns.items()]
        return {"name": self.name, "columns": columns}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Self:
        """Return the raw input that `to_json` described."""
        if "columns" in data:
            columns = {column: (tuple(shape), dtype) for column, shape, dtype in data["columns"]}
            return cls(name=data["name"], columns=columns)
        return cls(name=data["name"], shape=tuple(data["shape"]), dtype=data["dtype"])


def make_raw_tensors(raw_inputs: Sequence[RawInput], names: LayerNames) -> dict[str, RawTensors]:
    """Return the exported model's inputs by the name of the graph's input.

    Keras wants a tensor in a dict to be called like its key, as far as a layer may be called so. Columns inside an input's
    own dict are called after both, so that two tables may have a column of the same name.

    Args:
        raw_inputs: What they are.
        names: Gives each its name. Nothing else should be reserved yet.
    """

    def tensor(shape: tuple[int | None, ...], dtype: str, name: str) -> Tensor:
        made = keras.Input(shape=shape, dtype=tensor_dtype(dtype), name=names.unique(name))
        names.know(made)
        return made

    prefix = "" if len(raw_inputs) == 1 else "{}_"
    return {
        each.name: tensor(each.shape, each.dtype, each.name)
        if each.columns is None
        else {
            column: tensor(shape, dtype, f"{prefix.format(each.name)}{column}")
            for column, (shape, dtype) in each.columns.items()
        }
        for each in raw_inputs
    }


def as_model_input(tensors: Mapping[str, RawTensors]) -> Any:
    """Return the structure that the exported model takes: a single input by itself, several in a dict by name."""
    return next(iter(tensors.values())) if len(tensors) == 1 else dict(tensors)


def model_of_raw_inputs(inputs: Any, outputs: Any, *, name: str) -> keras.Model:
    """Return a Keras model of raw inputs and outputs, without Keras's warning of a column that no layer may be called like.

    The tensor of a column such as "km/h" has another name than its key in the dict that the model takes.
    """
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="When providing `inputs` as a dict", category=UserWarning)
        return keras.Model(inputs=inputs, outputs=outputs, name=name)
