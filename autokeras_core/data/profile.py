"""What analysis found out about the data, as plain facts with reasons. Light: standard library and attrs only.

Blocks may read a profile to suit their space or their layers to the data; they never see the data themselves.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Literal, TypeAlias

import attrs

__all__ = ["DataProfile", "Decision", "InputProfile", "LabelType", "TargetKind", "TargetProfile"]

TargetKind: TypeAlias = Literal["binary", "multi-class", "multi-label", "regression"]
LabelType: TypeAlias = Literal["int", "float", "bool", "str", "one-hot", "multi-hot", "number"]


def _as_dict(values: Mapping[str, Any]) -> dict[str, Any]:
    # Not `dict` itself: a type checker cannot tell which of its overloads attrs would call.
    return dict(values)


def _as_tuple(values: Iterable[Any]) -> tuple[Any, ...]:
    return tuple(values)


@attrs.frozen
class Decision:
    """One thing that analysis decided, and why.

    Attributes:
        subject: What was decided, e.g. `"image channels"`.
        value: The decision, e.g. `"1, added"`.
        reason: The observation behind it, e.g. `"the pictures have two dimensions"`.
    """

    subject: str
    value: str
    reason: str

    def __str__(self) -> str:
        return f"{self.subject}: {self.value} ({self.reason})"


@attrs.frozen(kw_only=True)
class InputProfile:
    """Facts about one input.

    Attributes:
        name: The input's name in the graph.
        modality: `"image"`, `"text"`, `"structured"` or `"array"`.
        shape: The shape of one raw row, without the row axis, e.g. `(28, 28)`; `None` where it varies.
        dtype: The raw dtype as NumPy names it, e.g. `"uint8"`; `"str"` for text.
        rows: How many training rows were analysed.
        facts: What the modality adds, e.g. `{"height": 28, "width": 28, "channels": 1}`; JSON data.
        decisions: What was decided, with reasons.
        settled: Arguments of the input that the training data settled, see `Input.settle`; JSON data.
    """

    name: str
    modality: str
    shape: tuple[int | None, ...]
    dtype: str
    rows: int
    facts: Mapping[str, Any] = attrs.field(factory=dict, converter=_as_dict)
    decisions: tuple[Decision, ...] = attrs.field(default=(), converter=_as_tuple)
    settled: Mapping[str, Any] = attrs.field(factory=dict, converter=_as_dict)


@attrs.frozen(kw_only=True)
class TargetProfile:
    """Facts about one target.

    Attributes:
        name: The head's name in the graph.
        kind: `"binary"`, `"multi-class"`, `"multi-label"` or `"regression"`.
        label_type: The user's own kind of label, in which predictions come back.
        dtype: The user's NumPy dtype, e.g. `"int64"` or `"<U5"`.
        classes: The class labels in order; empty for regression. For one-hot and multi-hot the column numbers.
        outputs: How many numbers the head predicts per row: classes, labels, or regression targets.
        is_column: Whether the user's labels had the shape `(rows, 1)` (predictions then have it too).
        balance: The share of rows of each class (or of each positive label).
        mean: Mean of each regression target on the training rows, for scaling.
        scale: Standard deviation of each regression target, 1 where it is 0.
        frame: `"series"` or `"frame"` if the labels were a pandas one; then predictions for a pandas frame are one, too.
        columns: The names of the labels' columns, where they have names.
        decisions: What was decided, with reasons.
    """

    name: str
    kind: TargetKind
    label_type: LabelType
    dtype: str
    outputs: int
    classes: tuple[Any, ...] = attrs.field(default=(), converter=_as_tuple)
    is_column: bool = False
    balance: tuple[float, ...] = attrs.field(default=(), converter=_as_tuple)
    mean: tuple[float, ...] = attrs.field(default=(), converter=_as_tuple)
    scale: tuple[float, ...] = attrs.field(default=(), converter=_as_tuple)
    frame: Literal["", "series", "frame"] = ""
    columns: tuple[str, ...] = attrs.field(default=(), converter=_as_tuple)
    decisions: tuple[Decision, ...] = attrs.field(default=(), converter=_as_tuple)

    @property
    def is_classification(self) -> bool:
        """Whether the target is one of classes or labels."""
        return self.kind != "regression"


@attrs.frozen(kw_only=True)
class DataProfile:
    """Facts about all inputs and targets of a data set.

    Attributes:
        rows: The number of training rows.
        inputs: The profile of each input, by name.
        targets: The profile of each target, by the name of its head.
    """

    rows: int
    inputs: Mapping[str, InputProfile] = attrs.field(converter=_as_dict)
    targets: Mapping[str, TargetProfile] = attrs.field(converter=_as_dict)

    @property
    def decisions(self) -> tuple[Decision, ...]:
        """All decisions, inputs first."""
        parts: list[InputProfile | TargetProfile] = [*self.inputs.values(), *self.targets.values()]
        return tuple(decision for part in parts for decision in part.decisions)

    def report(self) -> str:
        """Return the decisions as text, one a line."""
        return "\n".join(str(decision) for decision in self.decisions)

    def to_json(self) -> dict[str, Any]:
        """Return the profile as JSON data."""
        return attrs.asdict(self)

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> DataProfile:
        """Return the profile that `to_json` described."""
        inputs = {name: _restore(InputProfile, part) for name, part in data["inputs"].items()}
        targets = {name: _restore(TargetProfile, part) for name, part in data["targets"].items()}
        return cls(rows=data["rows"], inputs=inputs, targets=targets)


def _restore(kind: type[Any], data: Mapping[str, Any]) -> Any:
    fields = {name: tuple(value) if isinstance(value, list) else value for name, value in data.items()}
    fields["decisions"] = tuple(Decision(**decision) for decision in data["decisions"])
    return kind(**fields)
