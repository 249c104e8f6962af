"""From the user's x and y to rows a search can use: unpack, adapt, check, analyse, split, encode, weigh."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
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
from autokeras_core.data.rows import is_sequential, object_bytes, readable_rows, select_rows
from autokeras_core.data.split import split_rows
from autokeras_core.data.stand_ins import known_targets, with_stand_ins
from autokeras_core.data.target_columns import column_names
from autokeras_core.data.target_order import check_names, labels_in_order, names_in_order
from autokeras_core.data.validation_parts import validation_parts
from autokeras_core.engine.known_labels import analyse_known
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
_VALUES_AT_ONCE = 2**24


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

    @property
    def known_targets(self) -> Mapping[str, Array]:
        """The training targets for those who learn from them without weights: NaN in rows without one."""
        return known_targets(self.train_targets, self.train_weights)

    @property
    def object_bytes(self) -> int:
        """About how many bytes of it are in arrays of objects, such as texts: each worker has a copy of its own of these."""
        parts = (self.train_inputs, self.validation_inputs)
        return sum(object_bytes(rows) for part in parts for rows in part.values())


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
    inputs, labels, sample_weight = _readable(graph, x, y, sample_weight)
    rows = len(next(iter(inputs.values())))
    counted = rows_that_count(sample_weight, graph.heads, rows)
    targets = {
        name: analyse_known(head_of(graph, name), labels[name], name=name, has_label=counted[name])
        for name in graph.heads
    }
    frames = _frames(graph, y, labels, columns)
    if validation_data is None:
        train, validation = _split(graph, labels, targets, rows, validation_split, seed, counted)
        if any(is_sequential(each) for each in inputs.values()):
            # Neighbours stay neighbours: in another order each piece that is read would be spread over the whole file.
            train, validation = np.sort(train), np.sort(validation)
        validation_inputs = {name: select_rows(each, validation) for name, each in inputs.items()}
        validation_labels = {name: array[validation] for name, array in labels.items()}
        validation_weight = weights_of_rows(sample_weight, validation, rows)
    else:
        train = None
        other_x, other_y, other_weight = validation_parts(validation_data, given_y if columns else None)
        trained = {name: fields.get("columns", ()) for name, fields in frames.items()}
        other_x, other_y = unpack(graph, other_x, other_y, trained=trained)
        validation_inputs, validation_labels, validation_weight = _readable(graph, other_x, other_y, other_weight)
    train_inputs = inputs if train is None else {name: select_rows(each, train) for name, each in inputs.items()}
    del x, inputs  # where they are not the user's own, they are in memory beside the parts they were split into
    train_labels = labels if train is None else {name: array[train] for name, array in labels.items()}
    train_weight = weights_of_rows(sample_weight, train, rows)
    counted = rows_that_count(train_weight, graph.heads, len(next(iter(train_labels.values()))), part="training")
    targets |= {
        name: analyse_known(head_of(graph, name), train_labels[name], name=name, has_label=counted[name])
        for name, profile in targets.items()
        if not profile.is_classification
    }
    targets = {name: attrs.evolve(target, **frames[name]) for name, target in targets.items()}
    encoded = {name: head_of(graph, name).encode(train_labels[name], targets[name]) for name in graph.heads}
    train_weights = weights_of_heads(train_weight, class_weight, train_labels, targets, part="training")
    known = known_targets(encoded, train_weights)
    input_profiles = {}
    for vertex in graph.inputs:
        rows_of_input = train_inputs[vertex.name]
        found = vertex.operator.analyse(rows_of_input, name=vertex.name)
        reviewed = vertex.operator.review(rows_of_input, found, targets=known, target_profiles=targets)
        if train is not None:
            reviewed = vertex.operator.widen(validation_inputs[vertex.name], reviewed)
        input_profiles[vertex.name] = attrs.evolve(reviewed, settled=settled[vertex.name])
    profile = DataProfile(
        rows=len(next(iter(train_inputs.values()))),
        inputs=input_profiles,
        targets=targets,
    )
    validation_inputs = _matched(graph, validation_inputs, profile)
    validation_encoded = {
        name: head_of(graph, name).encode(validation_labels[name], targets[name]) for name in graph.heads
    }
    validation_weights = weights_of_heads(
        validation_weight, class_weight, validation_labels, targets, part="validation"
    )
    digest = _fingerprint(
        {
            "train": train_inputs,
            "validation": validation_inputs,
            "train target": encoded,
            "validation target": validation_encoded,
        },
        {"weights": train_weights, "validation weights": validation_weights},
    )
    return PreparedData(
        profile=profile,
        train_inputs=_parsed(graph, train_inputs, profile),
        validation_inputs=_parsed(graph, validation_inputs, profile),
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


def _readable(graph: Graph, x: Any, y: Any, sample_weight: Any) -> tuple[dict[str, Rows], dict[str, Any], Any]:
    """Return inputs, labels and weights of the rows that can be read; x and y are unpacked."""
    inputs = adapt_inputs(graph, x)
    total = len(next(iter(inputs.values())))
    kept = readable_rows(inputs)
    counted = rows_that_count(sample_weight, graph.heads, total, among=kept)
    labels = adapt_labels(graph, y, inputs, counted=counted)
    if kept is None:
        return inputs, labels, sample_weight
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
    counted: Mapping[str, Array | None],
) -> tuple[Array, Array]:
    """Split rows at random, stratified by the first target that has classes, and by which targets a row has."""
    strata = None
    for name in graph.heads:
        if targets[name].kind in ("binary", "multi-class"):
            strata = _class_numbers(head_of(graph, name), labels[name], targets[name])
            break
    share = default_validation_split(rows) if share is None else share
    partial = [each for each in counted.values() if each is not None]
    return split_rows(rows, share, seed=seed, strata=strata, has_target=partial)


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
