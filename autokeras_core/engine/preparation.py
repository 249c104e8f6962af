"""From the user's x and y to rows a search can use: unpack, adapt, check, analyse, split, encode, weigh."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

import attrs
import numpy as np

from autokeras_core.data.adapters import name_inputs
from autokeras_core.data.coded import CodedLabels
from autokeras_core.data.dataset import check_rows
from autokeras_core.data.fingerprint import fingerprint
from autokeras_core.data.frames import frames_of
from autokeras_core.data.head_weights import weights_of_heads, weights_of_rows
from autokeras_core.data.labels import as_labels
from autokeras_core.data.profile import DataProfile
from autokeras_core.data.rows import readable_rows, select_rows
from autokeras_core.data.split import split_rows
from autokeras_core.data.target_columns import column_names
from autokeras_core.engine.settling import settle, settled_as
from autokeras_core.errors import DataError, describe_error

if TYPE_CHECKING:
    from autokeras_core.data.profile import TargetProfile
    from autokeras_core.data.rows import Rows
    from autokeras_core.graph.graph import Graph
    from autokeras_core.graph.operator import Head

__all__ = [
    "PreparedData",
    "adapt_inputs",
    "adapt_labels",
    "default_validation_split",
    "head_of",
    "match_inputs",
    "prepare",
    "unpack",
]

Array: TypeAlias = np.ndarray[Any, Any]

_ROWS_FOR_SMALLER_SPLIT = 20_000
_MOST_VALIDATION_ROWS = 200_000
_ROWS_AT_ONCE = 1_000_000


@attrs.frozen(kw_only=True)
class PreparedData:
    """Data that a search can use.

    Attributes:
        profile: What analysis found out about the training rows.
        train_inputs: Adapted training rows by input, raw otherwise: arrays, or sources that read them when needed.
        validation_inputs: Adapted validation rows by input.
        train_targets: Encoded training targets by head.
        validation_targets: Encoded validation targets by head.
        train_weights: One weight per training row, mean 1, or one for each head, see `data.head_weights`; or `None`.
        validation_weights: The same for validation rows, or `None`.
        fingerprint: A hash of all of it, to tell whether a search is continued on the same data.
    """

    profile: DataProfile
    train_inputs: Mapping[str, Rows]
    validation_inputs: Mapping[str, Rows]
    train_targets: Mapping[str, Array]
    validation_targets: Mapping[str, Array]
    train_weights: Array | None
    validation_weights: Array | None
    fingerprint: str


def default_validation_split(rows: int) -> float:
    """Return the share of rows to validate on if the user does not say.

    0.2, or 0.1 from 20,000 rows on; and of more than two million rows what makes 200,000, which tell an accuracy to a
    tenth of a percent.
    """
    return 0.2 if rows < _ROWS_FOR_SMALLER_SPLIT else min(0.1, _MOST_VALIDATION_ROWS / rows)


def head_of(graph: Graph, name: str) -> Head:
    """Return the head block of that name."""
    head: Head = graph.block(name).operator  # type: ignore[assignment]
    return head


def unpack(graph: Graph, x: Any, y: Any) -> tuple[Any, Any]:
    """Return x and y, where the only input may find y in x: a folder per class, a table and its target column.

    Raises:
        DataError: If there are no labels.
    """
    x, y, _ = _unpack(graph, x, y)
    return x, y


def _unpack(graph: Graph, x: Any, y: Any) -> tuple[Any, Any, dict[str, list[str]]]:
    """Return x and y as `unpack` does; and by head the columns of x that were named by y, and found there."""
    columns: dict[str, list[str]] = {}
    if len(graph.inputs) == 1:
        vertex = graph.inputs[0]
        named = _named_inputs(graph, x)
        names = column_names(y, graph.heads)
        if names and len(graph.heads) > 1:
            y = {head: name for head, (name,) in names.items()}
        data, labels = vertex.operator.unpack(named[vertex.name], y)
        columns = names if labels is not y else {}
        x, y = {vertex.name: data}, labels
    if y is None:
        raise DataError(
            describe_error(
                "There are no labels.",
                expected="y, or data that holds its labels",
                received="y=None",
                advice="Pass y. A folder with one folder per class, or a table with the name of its target column, holds "
                "the labels of pictures.",
            )
        )
    return x, y, columns


def adapt_inputs(graph: Graph, x: Any) -> dict[str, Rows]:
    """Return the user's x as rows by input name.

    Raises:
        DataError: If an input is missing, of another kind than the graph's, or has another number of rows.
    """
    named = _named_inputs(graph, x)
    rows = {vertex.name: vertex.operator.adapt(named[vertex.name]) for vertex in graph.inputs}
    check_rows(rows)
    return rows


def match_inputs(graph: Graph, inputs: Mapping[str, Rows], profile: DataProfile) -> dict[str, Rows]:
    """Return adapted rows in the form of the training rows, see `Input.match`.

    Raises:
        DataError: If they do not fit those, or a row cannot be read.
    """
    return {
        vertex.name: vertex.operator.match(inputs[vertex.name], profile.inputs[vertex.name]) for vertex in graph.inputs
    }


def adapt_labels(graph: Graph, y: Any, inputs: Mapping[str, Rows]) -> dict[str, Any]:
    """Return the user's y as arrays (or `CodedLabels`) by head name, checked to have as many rows as the inputs.

    Raises:
        DataError: If a target is missing, is no array of labels, or has another number of rows.
    """
    named = name_inputs(y, list(graph.heads), what="y")
    labels = {
        name: named[name]
        if isinstance(named[name], CodedLabels)
        else as_labels(named[name], where=f"y[{name!r}]" if len(graph.heads) > 1 else "y")
        for name in graph.heads
    }
    check_rows(inputs, labels)
    return labels


def prepare(
    graph: Graph,
    x: Any,
    y: Any,
    *,
    seed: int,
    validation_split: float | None = None,
    validation_data: Any = None,
    sample_weight: Any = None,
    class_weight: Any = None,
) -> PreparedData:
    """Adapt, check, analyse, split and encode the user's data; nothing of the user's is changed.

    Inputs are analysed on training rows only; of rows that are split off they learn what to put up with, see
    `Input.widen`. Classes are taken from all labels, so that a rare one that falls into the validation part is no
    surprise; the scale of a regression target is taken from training rows. Rows that a source cannot read are left out,
    with their labels and weights.

    Args:
        graph: The graph.
        x: The user's inputs.
        y: The user's targets, or `None` if x holds them.
        seed: Decides which rows are for validation.
        validation_split: The share of rows for validation.
        validation_data: Data to validate on instead: `(x, y)`, `(x, y, sample_weight)`, or x alone if it holds its labels.
        sample_weight: A weight for each row, or a dict of such by head.
        class_weight: A weight for each class, or `"balanced"`; with several heads a dict of either by head.

    Raises:
        DataError: If anything about the data is wrong, see the functions called here.
    """
    settled = settle(graph, _named_inputs(graph, x), y)
    graph = settled_as(graph, settled)
    given_y = y
    x, y, columns = _unpack(graph, x, y)
    inputs, labels, sample_weight = _readable(graph, x, y, sample_weight)
    rows = len(next(iter(inputs.values())))
    targets = {name: head_of(graph, name).analyse(labels[name], name=name) for name in graph.heads}
    if validation_data is None:
        train, validation = _split(graph, labels, targets, rows, validation_split, seed)
        validation_inputs = {name: select_rows(each, validation) for name, each in inputs.items()}
        validation_labels = {name: array[validation] for name, array in labels.items()}
        validation_weight = weights_of_rows(sample_weight, validation, rows)
    else:
        train = None
        other_x, other_y, other_weight = _validation_parts(validation_data, given_y if columns else None)
        other_x, other_y = unpack(graph, other_x, other_y)
        validation_inputs, validation_labels, validation_weight = _readable(graph, other_x, other_y, other_weight)
    train_inputs = inputs if train is None else {name: select_rows(each, train) for name, each in inputs.items()}
    train_labels = labels if train is None else {name: array[train] for name, array in labels.items()}
    targets |= {
        name: head_of(graph, name).analyse(train_labels[name], name=name)
        for name, profile in targets.items()
        if not profile.is_classification
    }
    named_columns = {
        name: {"columns": names} for name, names in columns.items() if len(names) == _width(train_labels[name])
    }
    frames = named_columns | frames_of(name_inputs(y, list(graph.heads), what="y"))
    targets = {name: attrs.evolve(target, **frames.get(name, {})) for name, target in targets.items()}
    encoded = {name: head_of(graph, name).encode(train_labels[name], targets[name]) for name in graph.heads}
    input_profiles = {}
    for vertex in graph.inputs:
        rows_of_input = train_inputs[vertex.name]
        found = vertex.operator.analyse(rows_of_input, name=vertex.name)
        reviewed = vertex.operator.review(rows_of_input, found, targets=encoded, target_profiles=targets)
        if train is not None:
            reviewed = vertex.operator.widen(validation_inputs[vertex.name], reviewed)
        input_profiles[vertex.name] = attrs.evolve(reviewed, settled=settled[vertex.name])
    profile = DataProfile(
        rows=len(next(iter(train_inputs.values()))),
        inputs=input_profiles,
        targets=targets,
    )
    validation_inputs = match_inputs(graph, validation_inputs, profile)
    validation_encoded = {
        name: head_of(graph, name).encode(validation_labels[name], targets[name]) for name in graph.heads
    }
    train_weights = weights_of_heads(weights_of_rows(sample_weight, train, rows), class_weight, train_labels, targets)
    validation_weights = weights_of_heads(validation_weight, class_weight, validation_labels, targets)
    parts: dict[str, Mapping[str, Rows]] = {
        "train": train_inputs,
        "validation": validation_inputs,
        "train target": encoded,
        "validation target": validation_encoded,
    }
    everything = {f"{part}/{name}": each for part, by_name in parts.items() for name, each in by_name.items()}
    if train_weights is not None:
        everything["weights"] = train_weights
    if validation_weights is not None:
        everything["validation weights"] = validation_weights
    return PreparedData(
        profile=profile,
        train_inputs=train_inputs,
        validation_inputs=validation_inputs,
        train_targets=encoded,
        validation_targets=validation_encoded,
        train_weights=train_weights,
        validation_weights=validation_weights,
        fingerprint=fingerprint(everything),
    )


def _named_inputs(graph: Graph, x: Any) -> dict[str, Any]:
    """Return the user's x by input; a dict of columns is the data of the only input, if that takes columns."""
    names = [vertex.name for vertex in graph.inputs]
    if len(names) == 1 and graph.inputs[0].operator.takes_columns and isinstance(x, Mapping) and set(x) != set(names):
        return {names[0]: x}
    return name_inputs(x, names, what="x")


def _readable(graph: Graph, x: Any, y: Any, sample_weight: Any) -> tuple[dict[str, Rows], dict[str, Any], Any]:
    """Return inputs, labels and weights of the rows that can be read; x and y are unpacked."""
    inputs = adapt_inputs(graph, x)
    labels = adapt_labels(graph, y, inputs)
    kept = readable_rows(inputs)
    if kept is None:
        return inputs, labels, sample_weight
    total = len(next(iter(inputs.values())))
    return (
        {name: select_rows(rows, kept) for name, rows in inputs.items()},
        {name: array[kept] for name, array in labels.items()},
        weights_of_rows(sample_weight, kept, total),
    )


def _split(
    graph: Graph,
    labels: Mapping[str, Array],
    targets: Mapping[str, TargetProfile],
    rows: int,
    share: float | None,
    seed: int,
) -> tuple[Array, Array]:
    """Split rows at random, stratified by the first target that has classes."""
    strata = None
    for name in graph.heads:
        if targets[name].kind in ("binary", "multi-class"):
            encoded = head_of(graph, name).encode(labels[name], targets[name])
            strata = _class_numbers(encoded) if encoded.ndim == 2 and encoded.shape[1] > 1 else encoded.reshape(-1)
            break
    return split_rows(rows, default_validation_split(rows) if share is None else share, seed=seed, strata=strata)


def _class_numbers(encoded: Array) -> Array:
    """Return the column of each row's 1; in pieces, since `argmax` needs eight bytes a row."""
    numbers = np.empty(len(encoded), dtype=np.int32)
    for start in range(0, len(encoded), _ROWS_AT_ONCE):
        numbers[start : start + _ROWS_AT_ONCE] = encoded[start : start + _ROWS_AT_ONCE].argmax(axis=1)
    return numbers


def _width(labels: Any) -> int:
    """Return in how many columns labels are; an input may have made several of one, or one of several."""
    return int(labels.shape[1]) if labels.ndim == 2 else 1


def _validation_parts(validation_data: Any, named_target: Any) -> tuple[Any, Any, Any]:
    """Return x, y and weights to validate on; `named_target` is y where it names columns of the training data."""
    if isinstance(validation_data, (tuple, list)) and len(validation_data) in (2, 3):
        x, y, *rest = validation_data
        return x, y, rest[0] if rest else None
    if named_target is not None:  # the columns of the same names
        return validation_data, named_target, None
    if isinstance(validation_data, (str, Path)):
        return validation_data, None, None
    raise DataError(
        describe_error(
            "validation_data cannot be used.",
            expected="(x, y), (x, y, sample_weight), a table if y names its column, or the path of data that hold their "
            "labels",
            received=f"validation_data of type {type(validation_data).__name__}",
        )
    )
