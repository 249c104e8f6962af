"""From the user's x and y to rows a search can use: unpack, adapt, check, analyse, split, encode, weigh."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeAlias

import attrs
import numpy as np

from autokeras_core.data.adapters import name_inputs
from autokeras_core.data.coded import CodedLabels
from autokeras_core.data.dataset import check_rows
from autokeras_core.data.fingerprint import fingerprint
from autokeras_core.data.frames import frames_of
from autokeras_core.data.head_weights import rows_that_count, weights_of_heads, weights_of_rows
from autokeras_core.data.labels import as_labels
from autokeras_core.data.profile import DataProfile
from autokeras_core.data.rows import is_sequential, readable_rows, select_rows
from autokeras_core.data.split import default_validation_split, split_rows
from autokeras_core.data.stand_ins import known_targets, with_stand_ins
from autokeras_core.data.target_columns import column_names
from autokeras_core.data.target_order import check_names, labels_in_order, names_in_order
from autokeras_core.data.validation_parts import validation_parts
from autokeras_core.engine.known_labels import analyse_known
from autokeras_core.engine.prepared_data import PreparedData
from autokeras_core.engine.settling import settle, settled_as
from autokeras_core.errors import DataError, describe_error

if TYPE_CHECKING:
    from autokeras_core.data.profile import TargetProfile
    from autokeras_core.data.rows import Rows
    from autokeras_core.graph.graph import Graph
    from autokeras_core.graph.operator import Head

__all__ = [
    "adapt_inputs",
    "adapt_labels",
    "head_of",
    "match_inputs",
    "prepare",
    "unpack",
]

Array: TypeAlias = np.ndarray[Any, Any]

_ROWS_AT_ONCE = 1_000_000
_VALUES_AT_ONCE = 2**24


def head_of(graph: Graph, name: str) -> Head:
    """Return the head block of that name."""
    head: Head = graph.block(name).operator  # type: ignore[assignment]
    return head


def unpack(graph: Graph, x: Any, y: Any, *, trained: Mapping[str, Sequence[str]]) -> tuple[Any, Any]:
    """Return x and y, where the only input may find y in x: a folder per class, a table and its target column.

    Args:
        graph: The graph.
        x: The user's inputs.
        y: The user's targets.
        trained: The names of the target columns in training by head: several of a head are put in their order.

    Raises:
        DataError: If x are no data for the inputs, there are no labels, or several columns of them have other names than in
            training.
    """
    x, y, _ = _unpack(graph, x, y, trained)
    return x, y


def _unpack(
    graph: Graph, x: Any, y: Any, trained: Mapping[str, Sequence[str]]
) -> tuple[Any, Any, dict[str, list[str]]]:
    """Return x and y as `unpack` does; and by head the columns of x that were named by y, and found there."""
    columns: dict[str, list[str]] = {}
    named = _named_inputs(graph, x)  # first: where x is of a wrong kind, to ask for y would lead astray
    if len(graph.inputs) == 1:
        vertex = graph.inputs[0]
        names = column_names(y, graph.heads)
        if not isinstance(y, Mapping) and (ordered := names_in_order(names, trained)) != names:
            names, y = ordered, [name for each in ordered.values() for name in each]
        if names and len(graph.heads) > 1:
            y = {head: name for head, (name,) in names.items()}
        data, labels = vertex.operator.unpack(named[vertex.name], y)
        columns = names if labels is not y else {}
        for head, each in columns.items():
            check_names(each, trained.get(head, ()), head=head)
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
    return x, labels_in_order(y, graph.heads, trained), columns


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
    """Return adapted rows in the form of the training rows, see `Input.match` and `Input.parse`.

    Raises:
        DataError: If they do not fit those, or a row cannot be read.
    """
    return _parsed(graph, _matched(graph, inputs, profile), profile)


def adapt_labels(
    graph: Graph, y: Any, inputs: Mapping[str, Rows], *, counted: Mapping[str, Array | None]
) -> dict[str, Any]:
    """Return the user's y as arrays (or `CodedLabels`) by head name, checked to have as many rows as the inputs.

    Args:
        graph: The graph.
        y: The user's targets.
        inputs: Adapted inputs.
        counted: Which rows have a target, see `rows_that_count`; others need no label, see `with_stand_ins`.

    Raises:
        DataError: If a target is missing, is no array of labels, or has another number of rows.
    """
    named = name_inputs(y, list(graph.heads), what="y")
    labels: dict[str, Any] = {}
    for name in graph.heads:
        where, given, has_label = f"y[{name!r}]" if len(graph.heads) > 1 else "y", named[name], counted[name]
        given = given if has_label is None else with_stand_ins(given, has_label, where=where)
        labels[name] = given if isinstance(given, CodedLabels) else as_labels(given, where=where)
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
    surprise; the scale of a regression target is taken from training rows. A row with the weight 0 for a head is a row without
    that target: its label has no part in any of this. Rows that a source cannot read are left out, with their labels and
    weights.

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
    x, y, columns = _unpack(graph, x, y, trained={})
    whole = _readable(graph, x, y, sample_weight)
    counted = rows_that_count(whole.sample_weight, graph.heads, len(whole))
    targets = _analysed(graph, graph.heads, whole, counted)
    frames = _frames(graph, y, whole.labels, columns)
    if validation_data is None:
        train, validation = _split(graph, whole, targets, validation_split, seed, counted)
    else:
        train = whole
        other_x, other_y, other_weight = validation_parts(validation_data, given_y if columns else None)
        trained = {name: fields.get("columns", ()) for name, fields in frames.items()}
        other_x, other_y = unpack(graph, other_x, other_y, trained=trained)
        validation = _readable(graph, other_x, other_y, other_weight)
    del x, whole  # where the rows are not the user's own, they are in memory beside the parts they were split into
    counted = rows_that_count(train.sample_weight, graph.heads, len(train), part="training")
    scaled = [name for name, target in targets.items() if not target.is_classification]
    targets |= _analysed(graph, scaled, train, counted)
    targets = {name: attrs.evolve(target, **frames[name]) for name, target in targets.items()}
    encoded = _encoded(graph, train, targets)
    train_weights = weights_of_heads(train.sample_weight, class_weight, train.labels, targets, part="training")
    known = known_targets(encoded, train_weights)
    input_profiles = {}
    for vertex in graph.inputs:
        rows_of_input = train.inputs[vertex.name]
        found = vertex.operator.analyse(rows_of_input, name=vertex.name)
        reviewed = vertex.operator.review(rows_of_input, found, targets=known, target_profiles=targets)
        if validation_data is None:
            reviewed = vertex.operator.widen(validation.inputs[vertex.name], reviewed)
        input_profiles[vertex.name] = attrs.evolve(reviewed, settled=settled[vertex.name])
    profile = DataProfile(rows=len(train), inputs=input_profiles, targets=targets)
    validation = attrs.evolve(validation, inputs=_matched(graph, validation.inputs, profile))
    validation_encoded = _encoded(graph, validation, targets)
    validation_weights = weights_of_heads(
        validation.sample_weight, class_weight, validation.labels, targets, part="validation"
    )
    digest = _fingerprint(
        {
            "train": train.inputs,
            "validation": validation.inputs,
            "train target": encoded,
            "validation target": validation_encoded,
        },
        {"weights": train_weights, "validation weights": validation_weights},
    )
    return PreparedData(
        profile=profile,
        train_inputs=_parsed(graph, train.inputs, profile),
        validation_inputs=_parsed(graph, validation.inputs, profile),
        train_targets=encoded,
        validation_targets=validation_encoded,
        train_weights=train_weights,
        validation_weights=validation_weights,
        fingerprint=digest,
    )


def _matched(graph: Graph, inputs: Mapping[str, Rows], profile: DataProfile) -> dict[str, Rows]:
    return {
        vertex.name: vertex.operator.match(inputs[vertex.name], profile.inputs[vertex.name]) for vertex in graph.inputs
    }


def _parsed(graph: Graph, inputs: Mapping[str, Rows], profile: DataProfile) -> dict[str, Rows]:
    return {
        vertex.name: vertex.operator.parse(inputs[vertex.name], profile.inputs[vertex.name]) for vertex in graph.inputs
    }


def _fingerprint(parts: Mapping[str, Mapping[str, Rows]], weights: Mapping[str, Array | None]) -> str:
    """Return the fingerprint of a search's rows as they came in: in what form they are kept is no part of it."""
    everything = {f"{part}/{name}": each for part, by_name in parts.items() for name, each in by_name.items()}
    return fingerprint(everything | {name: each for name, each in weights.items() if each is not None})


def _named_inputs(graph: Graph, x: Any) -> dict[str, Any]:
    """Return the user's x by input; a dict of columns is the data of the only input, if that takes columns."""
    names = [vertex.name for vertex in graph.inputs]
    if len(names) == 1 and graph.inputs[0].operator.takes_columns and isinstance(x, Mapping) and set(x) != set(names):
        return {names[0]: x}
    return name_inputs(x, names, what="x")


@attrs.frozen(kw_only=True, eq=False)
class _Part:
    """Inputs, labels and weights of the same rows.

    Attributes:
        inputs: Adapted rows by input.
        labels: Raw labels by head.
        sample_weight: One weight per row, a dict of such by head, or `None`.
    """

    inputs: Mapping[str, Rows]
    labels: Mapping[str, Any]
    sample_weight: Any

    def __len__(self) -> int:
        return len(next(iter(self.inputs.values())))

    def select(self, rows: Array) -> _Part:
        """Return some of the rows, by their numbers."""
        return _Part(
            inputs={name: select_rows(each, rows) for name, each in self.inputs.items()},
            labels={name: each[rows] for name, each in self.labels.items()},
            sample_weight=weights_of_rows(self.sample_weight, rows),
        )


def _readable(graph: Graph, x: Any, y: Any, sample_weight: Any) -> _Part:
    """Return the rows that can be read; x and y are unpacked."""
    inputs = adapt_inputs(graph, x)
    total = len(next(iter(inputs.values())))
    kept = readable_rows(inputs)
    counted = rows_that_count(sample_weight, graph.heads, total, among=kept)
    labels = adapt_labels(graph, y, inputs, counted=counted)
    part = _Part(inputs=inputs, labels=labels, sample_weight=sample_weight)
    return part if kept is None else part.select(kept)


def _analysed(
    graph: Graph, heads: Iterable[str], part: _Part, counted: Mapping[str, Array | None]
) -> dict[str, TargetProfile]:
    """Return what the targets of some heads are, by the rows that have them."""
    return {
        name: analyse_known(head_of(graph, name), part.labels[name], name=name, has_label=counted[name])
        for name in heads
    }


def _encoded(graph: Graph, part: _Part, targets: Mapping[str, TargetProfile]) -> dict[str, Array]:
    return {name: head_of(graph, name).encode(part.labels[name], targets[name]) for name in graph.heads}


def _split(
    graph: Graph,
    whole: _Part,
    targets: Mapping[str, TargetProfile],
    share: float | None,
    seed: int,
    counted: Mapping[str, Array | None],
) -> tuple[_Part, _Part]:
    """Split rows at random, stratified by the first target that has classes, and by which targets a row has."""
    strata = None
    for name in graph.heads:
        if targets[name].kind in ("binary", "multi-class"):
            strata = _class_numbers(head_of(graph, name), whole.labels[name], targets[name])
            break
    share = default_validation_split(len(whole)) if share is None else share
    partial = [each for each in counted.values() if each is not None]
    train, validation = split_rows(len(whole), share, seed=seed, strata=strata, has_target=partial)
    if any(is_sequential(each) for each in whole.inputs.values()):
        # Neighbours stay neighbours: in another order each piece that is read would be spread over the whole file.
        train, validation = np.sort(train), np.sort(validation)
    return whole.select(train), whole.select(validation)


def _class_numbers(head: Head, labels: Any, target: TargetProfile) -> Array:
    """Return the number of each row's class; in pieces, since a head may encode a row as thousands of zeros and a one."""
    step = max(1, min(_ROWS_AT_ONCE, _VALUES_AT_ONCE // target.outputs))
    pieces = []
    for start in range(0, len(labels), step):
        encoded = head.encode(labels[start : start + step], target)
        is_one_hot = encoded.ndim == 2 and encoded.shape[1] > 1
        pieces.append(encoded.argmax(axis=1).astype(np.int32) if is_one_hot else encoded.reshape(-1))
    return np.concatenate(pieces)


def _frames(
    graph: Graph, y: Any, labels: Mapping[str, Any], columns: Mapping[str, list[str]]
) -> dict[str, dict[str, Any]]:
    """Return what is known of each target as a frame, see `frames_of`; names by which y asked for columns go first."""
    found = frames_of(name_inputs(y, list(graph.heads), what="y"))
    named = {name: {"columns": names} for name, names in columns.items() if len(names) == _width(labels[name])}
    return {name: found.get(name, {}) | named.get(name, {}) for name in graph.heads}


def _width(labels: Any) -> int:
    """Return in how many columns labels are; an input may have made several of one, or one of several."""
    return int(labels.shape[1]) if labels.ndim == 2 else 1
