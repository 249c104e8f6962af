"""Which predefined configurations a table gets, and in which order."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from ak_tabular import StructuredDataClassifier, StructuredDataInput, StructuredDataRegressor
from autokeras_core import AutoModel, ClassificationHead, RegressionHead
from autokeras_core.engine.discovery import declared_space
from autokeras_core.search.predefined import Predefined, predefined_configurations

TASKS = pytest.mark.parametrize("task", [StructuredDataClassifier, StructuredDataRegressor])


def predefined(task: Any, *, rows: int) -> list[Predefined]:
    """Return a task's predefined configurations for a table of numbers, in the order in which they are tried."""
    rng = np.random.default_rng(0)
    x = rng.normal(size=(rows, 6))
    y = x.sum(axis=1) > 0 if task is StructuredDataClassifier else x.sum(axis=1)
    model = task(seed=0)
    profile, graph = model.analyse(x, y), model._graph
    return predefined_configurations(graph, profile, declared_space(graph, profile), task=task.task_name, given=None)


@TASKS
@pytest.mark.parametrize("rows", [100, 1_500, 8_000])
def test_the_first_model_is_no_linear_one(task: Any, rows: int) -> None:
    """A search of a single trial tries dense layers, however few the rows are."""
    assert predefined(task, rows=rows)[0].name == "mlp"


@TASKS
def test_few_rows_get_a_linear_model_early(task: Any) -> None:
    """It is the second one: quick, and often as good as any where there are few rows."""
    assert predefined(task, rows=500)[1].name == "linear"


def test_the_accuracy_of_thousands_of_rows_does_not_rule_out_a_linear_model() -> None:
    """A score that counts rows tells simple tables from others late, an error of numbers soon."""
    assert predefined(StructuredDataClassifier, rows=8_000)[1].name == "linear"


@pytest.mark.parametrize(("task", "rows"), [(StructuredDataClassifier, 15_000), (StructuredDataRegressor, 3_000)])
def test_many_rows_get_no_linear_model(task: Any, rows: int) -> None:
    """They show more than a linear model can learn."""
    assert "linear" not in [each.name for each in predefined(task, rows=rows)]


@TASKS
def test_the_expensive_ones_come_last(task: Any) -> None:
    """From the networks on that take a while, each costs more than the one before it."""
    names = [each.name for each in predefined(task, rows=8_000)]

    assert names.index("tabm-small") < names.index("tabm-periodic") < names.index("ft-transformer") == len(names) - 1


@TASKS
@pytest.mark.parametrize("columns", ["words", "501 numbers"])
def test_what_is_not_searched_leaves_them_usable(task: Any, columns: str) -> None:
    """Without numbers nothing is embedded, with very many there are no quantiles; the rest of each is tried all the same."""
    rng = np.random.default_rng(0)
    x = rng.choice(["a", "b", "c"], (8_000, 3)).astype(object) if columns == "words" else rng.normal(size=(8_000, 501))
    model = task(seed=0)
    profile, graph = model.analyse(x, np.arange(8_000) % 2), model._graph

    found = predefined_configurations(graph, profile, declared_space(graph, profile), task=task.task_name, given=None)

    assert {"tabm-periodic", "tabm-small", "real-mlp"} <= {each.name for each in found}


@TASKS
def test_networks_that_pay_go_before_a_transformer(task: Any) -> None:
    """Where time is short the preferred ones are chosen, and a transformer is none of them."""
    found = predefined(task, rows=8_000)

    preferred = {each.name for each in found if each.is_preferred}

    assert preferred == {"tabm-periodic", "tabm-small", "real-mlp-periodic"}


@pytest.mark.parametrize("name", ["churn", "structured"])
@pytest.mark.parametrize("head", [ClassificationHead, RegressionHead])
def test_a_name_of_the_head_takes_none_away(head: Any, name: str) -> None:
    """Also where the block gets another name, since the head has its own."""
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(500, 6)), np.arange(500) % 2

    def values_by_name(model: AutoModel) -> dict[str, list[Any]]:
        profile, graph = model.analyse(x, y), model._graph
        space = declared_space(graph, profile)
        found = predefined_configurations(graph, profile, space, task=model._task, given=None)
        return {each.name: list(each.configuration.values()) for each in found}

    found = values_by_name(AutoModel(StructuredDataInput(), head(name=name), seed=0))

    assert found == values_by_name(AutoModel(StructuredDataInput(), head(), seed=0))
    assert "mlp" in found
