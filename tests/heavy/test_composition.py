"""From raw data to a model whose inputs and heads fit them."""

from __future__ import annotations

import inspect
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from ak_tabular import StructuredDataInput
from ak_text import TextInput
from ak_vision import ImageInput
from autokeras_core import (
    ArrayInput,
    AutoModel,
    ClassificationHead,
    DataError,
    Head,
    Input,
    RegressionHead,
    automodel_for,
)
from autokeras_core.composition import ModelOptions
from autokeras_core.engine.discovery import declared_space
from autokeras_core.engine.preparation import head_of
from autokeras_core.manager import load_plugins, set_manager
from autokeras_core.search.predefined import predefined_configurations

ROWS = 24
PICTURES = np.random.default_rng(0).integers(0, 256, (ROWS, 8, 8), dtype="uint8")
FRAME = pd.DataFrame({"size": np.arange(ROWS) / 7, "colour": ["red", "blue"] * (ROWS // 2)})
TEXTS = [f"text number {row}" for row in range(ROWS)]
LABELS = ["cat", "dog"] * (ROWS // 2)
PRICES = np.linspace(0, 1, ROWS)


def parts_of(model: AutoModel) -> tuple[dict[str, type[Input]], dict[str, type[Head]]]:
    """Return the classes of a model's inputs and heads by name."""
    graph = model._graph
    inputs = {vertex.name: type(vertex.operator) for vertex in graph.inputs}
    return inputs, {name: type(head_of(graph, name)) for name in graph.heads}


@pytest.mark.parametrize(
    ("x", "y", "expected", "head", "task"),
    [
        (PICTURES, LABELS, ImageInput, ClassificationHead, "ak_vision:ImageClassifier"),
        (PICTURES[..., None], PRICES, ImageInput, RegressionHead, "ak_vision:ImageRegressor"),
        (list(PICTURES), LABELS, ImageInput, ClassificationHead, "ak_vision:ImageClassifier"),
        (FRAME, PRICES, StructuredDataInput, RegressionHead, "ak_tabular:StructuredDataRegressor"),
        (FRAME, "colour", StructuredDataInput, ClassificationHead, "ak_tabular:StructuredDataClassifier"),
        (FRAME, "size", StructuredDataInput, RegressionHead, "ak_tabular:StructuredDataRegressor"),
        (
            FRAME.to_dict("records"),
            LABELS,
            StructuredDataInput,
            ClassificationHead,
            "ak_tabular:StructuredDataClassifier",
        ),
        (
            FRAME.to_records(index=False),
            PRICES,
            StructuredDataInput,
            RegressionHead,
            "ak_tabular:StructuredDataRegressor",
        ),
        (TEXTS, LABELS, TextInput, ClassificationHead, "ak_text:TextClassifier"),
        (pd.Series(TEXTS), PRICES, TextInput, RegressionHead, "ak_text:TextRegressor"),
        (np.zeros((ROWS, 2, 2, 2, 2)), LABELS, ArrayInput, ClassificationHead, ""),
        (np.zeros((ROWS, 2, 2, 2, 2), dtype=">f4"), LABELS, ArrayInput, ClassificationHead, ""),
    ],
    ids=[
        *("pictures", "pictures-with-channels", "list-of-pictures", "frame", "frame-with-labels", "frame-with-numbers"),
        *("dicts", "records", "texts", "series", "any-array", "big-endian"),
    ],
)
def test_one_input_and_head_are_those_of_a_task(
    x: Any, y: Any, expected: type[Input], head: type[Head], task: str
) -> None:
    """The plugin that knows the data gives the input, the labels the head; the task's configurations are tried first."""
    model = automodel_for(x, y, max_trials=1)

    inputs, heads = parts_of(model)
    assert ([*inputs.values()], [*heads.values()]) == ([expected], [head])
    assert model._task == task


def predefined_names(x: Any, y: Any) -> list[str]:
    """Return which predefined configurations are tried on data."""
    model = automodel_for(x, y, seed=0)
    profile, graph = model.analyse(x, y), model._graph
    space = declared_space(graph, profile)
    return [each.name for each in predefined_configurations(graph, profile, space, task=model._task, given=None)]


@pytest.mark.parametrize("x", [PICTURES, FRAME, TEXTS], ids=["pictures", "frame", "texts"])
def test_names_take_no_predefined_configuration_away(x: Any) -> None:
    """One input and one head are searched like the task, whatever they are called."""
    found = predefined_names({"review": x}, {"sentiment": LABELS})

    assert found == predefined_names(x, LABELS) != []


def test_dict_gives_an_input_and_a_head_for_each_name() -> None:
    """What is passed by name to `fit` fits."""
    x, y = {"photo": PICTURES, "form": FRAME}, {"animal": LABELS, "price": PRICES}

    model = automodel_for(x, y, max_trials=1)

    assert parts_of(model) == (
        {"photo": ImageInput, "form": StructuredDataInput},
        {"animal": ClassificationHead, "price": RegressionHead},
    )
    assert list(model.analyse(x, y).inputs) == ["photo", "form"]


@pytest.mark.parametrize(
    ("y", "heads"),
    [(LABELS, [ClassificationHead]), ([LABELS, PRICES], [ClassificationHead, RegressionHead])],
    ids=["one-head", "two-heads"],
)
def test_list_of_arrays_gives_several_inputs(y: Any, heads: list[type[Head]]) -> None:
    """A list is of several inputs where its parts, and not the list, have a row for each label."""
    inputs, found = parts_of(automodel_for([PICTURES, FRAME], y, max_trials=1))

    assert [*inputs.values()] == [ImageInput, StructuredDataInput]
    assert [*found.values()] == heads


def test_list_of_rows_stays_one_input() -> None:
    """Rows that are lists, and one-hot labels that are lists, are no inputs and heads."""
    rows, labels = [[float(row), 1.0] for row in range(ROWS)], [[row % 2, 1 - row % 2] for row in range(ROWS)]

    inputs, heads = parts_of(automodel_for(rows, labels, max_trials=1))

    assert [*inputs.values()] == [StructuredDataInput]
    assert [*heads.values()] == [ClassificationHead]


def test_options_are_those_of_automodel(tmp_path: Path) -> None:
    """They are passed on."""
    model = automodel_for(PICTURES, LABELS, max_trials=7, seed=3, directory=tmp_path)

    assert (model.max_trials, model.seed, model.directory) == (7, 3, tmp_path)


def test_every_option_has_a_type() -> None:
    """They are all that AutoModel takes by keyword, but for what says how the graph is made."""
    arguments = set(inspect.signature(AutoModel).parameters) - {"inputs", "outputs", "block", "task"}

    assert set(ModelOptions.__annotations__) == arguments


@pytest.mark.parametrize(
    ("x", "received"),
    [(PRICES, r"float64, shape \(24,\)"), (tuple(map(Path, TEXTS)), "dtype path"), ("photos/", "str, dtype unknown")],
    ids=["one-number-a-row", "paths", "folder"],
)
def test_data_that_no_input_fits_is_an_error(x: Any, received: str) -> None:
    """It says what came, and what is installed."""
    with pytest.raises(DataError, match="No installed input fits x") as error:
        automodel_for(x, LABELS)

    assert error.match(received)
    assert error.match("'core:array', .*'ak_vision:image_input'")


def test_input_of_a_dict_that_fits_nothing_is_named() -> None:
    """The message says which."""
    with pytest.raises(DataError, match=r"No installed input fits x\['when'\]"):
        automodel_for({"photo": PICTURES, "when": PRICES}, LABELS)


def test_only_installed_plugins_are_asked() -> None:
    """Without the plugins for pictures, texts and tables an array is an array, and a text fits nothing."""
    set_manager(load_plugins(disabled=["ak_vision", "ak_text", "ak_tabular"]))
    try:
        inputs, _ = parts_of(automodel_for(PICTURES, LABELS))

        assert [*inputs.values()] == [ArrayInput]
        with pytest.raises(DataError, match="one of \\['core:array'\\]"):
            automodel_for(TEXTS, LABELS)
    finally:
        set_manager(None)


def test_missing_labels_are_an_error() -> None:
    """An array holds none."""
    with pytest.raises(DataError, match="no labels"):
        automodel_for(PICTURES)


def test_composed_model_learns() -> None:
    """What comes out can be trained and asked."""
    model = automodel_for(FRAME, LABELS, max_trials=1, seed=0, ensemble=False)

    model.fit(FRAME, LABELS, epochs=1, verbose=0)

    assert set(model.predict(FRAME)) <= set(LABELS)
