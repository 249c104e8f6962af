"""The contract as runnable checks, for the tests of plugin authors.

Each check builds, trains, saves and loads on a few small rows, the way a search does, and raises `CheckError` (an
`AssertionError`) that says which part of the contract is broken.

Example:
    ```python
    from autokeras_core.testing import check_block, check_preprocessor


    def test_my_block():
        check_block(MyBlock(), input_shape=(8, 8, 1))


    def test_my_preprocessor():
        check_preprocessor(MyScaler(), numpy.random.rand(20, 3))
    ```
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

import keras
import numpy as np

from autokeras_core.graph.operator import Block, Head, Input, Preprocessor
from autokeras_core.search.space import Configuration
from autokeras_core.testing._builds import Bench, canonical
from autokeras_core.testing._compare import is_close, is_equal, random_rows, random_targets
from autokeras_core.testing._faces import (
    check_faces,
    check_json,
    check_training_rows,
    check_transform,
    fit,
    restored,
    stored,
    unchanged,
)
from autokeras_core.testing._failures import CheckError, require
from autokeras_core.testing._operators import (
    check_builds,
    check_config,
    check_decodes,
    check_effects,
    check_files,
    check_trains,
)

__all__ = ["CheckError", "check_block", "check_head", "check_preprocessor"]

Array: TypeAlias = np.ndarray[Any, Any]
Shape: TypeAlias = tuple[int, ...]

_TOLERANCE = 1e-5


def check_block(
    block: Block,
    *,
    input_shape: Shape | Sequence[Shape] | None = None,
    dtype: str = "float32",
    data: Any = None,
    start: Input | None = None,
    tolerance: float = _TOLERANCE,
) -> None:
    """Check that a block keeps the contract.

    * `get_config` is JSON data, but for blocks in it, from which `from_config` makes an equal block;
    * it builds with all defaults, the same way twice, and trains: the loss is finite, every trainable weight gets a
      gradient;
    * every hyperparameter of its space has an effect: two of its values give different layers, weights,
      preprocessing, or plans for fine-tuning;
    * the model survives `.keras` (saved, loaded in safe mode, same predictions), and the exported model with the
      block's preprocessors inside predicts the same.

    Args:
        block: The block; leave its arguments open, so that all hyperparameters are checked.
        input_shape: The shape of one row, e.g. `(28, 28, 1)`; a list of shapes for a block that takes a list. Not
            needed with `start`.
        dtype: The dtype of the rows.
        data: Rows to use instead of random ones, shape `(rows, *input_shape)`, e.g. texts; a list for several. With
            `start`, what a user would pass to `fit`, some 16 rows or more.
        start: The input that the block is made for, where it reads more from the data's profile than the shape: a table's
            columns. By default one that hands rows on as they are.
        tolerance: The largest allowed difference between predictions.

    Raises:
        CheckError: If it does not.

    Example:
        ```python
        check_block(ConvBlock(), input_shape=(8, 8, 1))
        check_block(Merge(), input_shape=[(4,), (6,)])
        check_block(MLPBlock(), start=StructuredDataInput(), data=frame)
        ```
    """
    where = type(block).__name__
    check_config(block, where)
    shapes = [] if input_shape is None else list(input_shape)
    is_list = any(not isinstance(size, int) for size in shapes)
    if start is not None:
        rows = [data]
    else:
        each_shape: list[Any] = [tuple(shape) for shape in shapes] if is_list else [tuple(shapes)]  # type: ignore[arg-type]
        given: list[Any] = [None] * len(each_shape) if data is None else list(data) if is_list else [data]
        rows = [
            random_rows(shape, dtype) if each is None else np.asarray(each)
            for shape, each in zip(each_shape, given, strict=True)
        ]
    bench = Bench.of_block(block, rows, is_list=is_list, start=start)
    compiled = check_builds(bench, where)
    check_trains(bench, compiled, random_targets(bench.profile.rows), where)
    check_effects(
        bench,
        where,
        lambda configuration: f"{canonical(bench.build(configuration))} {bench.fine_tuning(configuration)!r}",
    )
    check_files(bench, compiled, where, tolerance)


def check_head(head: Head, labels: Any, *, input_shape: Shape = (8,), tolerance: float = _TOLERANCE) -> None:
    """Check that a head keeps the contract.

    * `get_config` is JSON data from which `from_config` makes an equal head;
    * `decode` undoes `encode`: perfect outputs give back the labels, in their type, dtype and shape;
    * the labels are not changed;
    * it builds as many outputs as the profile says, the same way twice, and trains with its own loss and metrics,
      whose names differ;
    * every hyperparameter has an effect, on layers or loss;
    * the model survives `.keras`.

    Args:
        head: The head; leave its arguments open, so that all hyperparameters are checked.
        labels: Raw labels as a user has them, some 16 or more.
        input_shape: The shape of one row of what stands before the head.
        tolerance: The largest allowed difference between predictions.

    Raises:
        CheckError: If it does not.

    Example:
        ```python
        check_head(ClassificationHead(), ["no", "yes"] * 10)
        ```
    """
    where = type(head).__name__
    check_config(head, where)
    raw = np.asarray(labels)
    before = raw.copy()
    target = head.analyse(raw, name="head")
    targets = head.encode(raw, target)
    require(
        is_equal(raw, before),
        f"{where} changed the labels it was given.",
        expected="analyse() and encode() to leave them alone",
        received="other labels afterwards",
        advice="Copy before changing.",
    )
    require(
        len(targets) == len(raw),
        f"{where} encodes another number of rows.",
        expected=f"{len(raw)} rows",
        received=f"shape {np.shape(targets)}",
    )
    check_decodes(head, target, raw, targets, where)
    bench = Bench.of_head(head, random_rows(input_shape, "float32", rows=len(raw)), target)
    compiled = check_builds(bench, where)
    width = compiled.model.output["head"].shape[-1]
    require(
        width == target.outputs,
        f"{where} builds another number of outputs than its profile says.",
        expected=f"{target.outputs} outputs",
        received=f"{width}",
    )
    names = [metric.name for metric in head.metrics(target)]
    require(
        len(set(names)) == len(names),
        f"{where} has two metrics of one name.",
        expected="a different name for each metric",
        received=f"{names}",
    )
    objective = head.default_objective(target)
    require(
        len(objective) == 2
        and objective[1] in ("min", "max")
        and objective[0] in {f"val_{name}" for name in (*names, "loss")},
        f"{where} has no usable default objective.",
        expected=f"'val_' and one of {[*names, 'loss']}, with 'min' or 'max'",
        received=f"{objective!r}",
    )
    check_trains(bench, compiled, targets, where)

    def signature(configuration: Configuration) -> str:
        loss = head.loss(bench.view(configuration), target)
        described = loss.get_config() if isinstance(loss, keras.losses.Loss) else repr(loss)
        return canonical(bench.build(configuration)) + json.dumps(described, sort_keys=True, default=str)

    check_effects(bench, where, signature)
    check_files(bench, compiled, where, tolerance)


def check_preprocessor(
    preprocessor: Preprocessor,
    data: Any,
    *,
    raw: Mapping[str, Array] | None = None,
    targets: Mapping[str, Any] | None = None,
    tolerance: float = _TOLERANCE,
) -> None:
    """Check that a preprocessor keeps the contract.

    * `get_config` is JSON data from which the class makes an equal one;
    * `fit` and `transform` do not change their input;
    * `transform` learns nothing, gives one row for each row, and a row's result does not depend on the others;
    * one that learns from targets maps training rows to what other rows become, and tells none its own target;
    * two that were fitted on the same rows do the same;
    * what `get_state` returns can be stored (JSON data, whose keys are texts, and arrays), and `set_state` restores it;
    * its two faces agree: `to_layer()` maps rows as `transform` does, is made of Keras's own layers, a new one at
      each call, and survives `.keras`.

    Args:
        preprocessor: The preprocessor, not fitted yet.
        data: Raw rows, some 16 or more.
        raw: The same rows as the exported model takes them, where that is a dict of columns: see `Input.raw_rows`.
        targets: Encoded targets of the rows by head, for one that `needs_targets`; by default a random number for each
            row, of one head.
        tolerance: The largest allowed difference between the two faces.

    Raises:
        CheckError: If it does not.

    Example:
        ```python
        check_preprocessor(Normalizer(), numpy.random.rand(20, 3).astype("float32"))
        check_preprocessor(MeanOfCategory(), rows, targets={"price": prices})
        ```
    """
    where = type(preprocessor).__name__
    require(
        isinstance(preprocessor, Preprocessor) and isinstance(preprocessor.in_model, bool),
        f"{where} is no preprocessor.",
        expected="in_model (a bool), fit, transform, to_layer, get_config, get_state and set_state",
        received=f"{sorted(name for name in dir(preprocessor) if not name.startswith('_'))}",
    )
    rows = np.array(data)
    config = preprocessor.get_config()
    check_json(config, where)
    again = type(preprocessor)(**config)
    require(
        again.get_config() == config,
        f"{where} does not come back from its configuration.",
        expected=f"{config!r}",
        received=f"{again.get_config()!r}",
        advice="Return every constructor argument from get_config().",
    )
    train, unseen = rows[: max(1, len(rows) // 2)], rows[max(1, len(rows) // 2) :]
    given = {"head": random_targets(len(rows))} if targets is None else targets
    known = {name: np.asarray(target)[: len(train)] for name, target in given.items()}
    mapped = fit(preprocessor, train, known, where)
    state = stored(preprocessor, where)
    expected = unchanged(where, "transform", preprocessor.transform, rows)
    check_transform(preprocessor, rows, unseen, expected, where)
    require(
        stored(preprocessor, where) == state,
        f"{where} learns in transform().",
        expected="the state that fit() left, from training rows only",
        received="another state after transform()",
    )
    if mapped is not None:
        plain = expected[: len(train)]
        check_training_rows(preprocessor, train, known, mapped=mapped, plain=plain, where=where)
    mapped_again = fit(again, train, known, where)
    require(
        is_close(again.transform(rows), expected, tolerance)
        and (mapped is None or is_close(mapped_again, mapped, tolerance)),
        f"{where} is not repeatable.",
        expected="the same result after fitting on the same rows",
        received="another result",
        advice="Draw random numbers from a generator with a fixed seed.",
    )
    copy = restored(preprocessor)
    require(
        is_close(copy.transform(rows), expected, tolerance),
        f"{where} does not come back from its state.",
        expected="the same result after set_state(get_state())",
        received="another result",
        advice="Return all that fit() learned from get_state().",
    )
    check_faces(preprocessor, rows if raw is None else raw, expected, where, tolerance)
