"""AutoML for deep learning on Keras: a small core that plugins extend. Light: names are imported on first use."""

from __future__ import annotations

from typing import TYPE_CHECKING

from autokeras_core._lazy import lazy_names

if TYPE_CHECKING:
    from autokeras_core.automodel import AutoModel
    from autokeras_core.builtin.dense import DenseBlock
    from autokeras_core.builtin.heads import ClassificationHead, RegressionHead
    from autokeras_core.builtin.inputs import ArrayInput
    from autokeras_core.builtin.merge import Merge
    from autokeras_core.builtin.normalization import Normalization
    from autokeras_core.builtin.reduction import Flatten, SpatialReduction, TemporalReduction
    from autokeras_core.builtin.rnn import RNNBlock
    from autokeras_core.composition import automodel_for
    from autokeras_core.data.rows import RowSource
    from autokeras_core.errors import (
        AutoKerasError,
        DataError,
        DataWarning,
        ExportWarning,
        GraphError,
        NotFittedError,
        PluginError,
        PluginWarning,
        RegistryError,
        SearchError,
        SpaceError,
        UnavailableError,
    )
    from autokeras_core.executors.process import ProcessExecutor
    from autokeras_core.executors.ray import RayExecutor
    from autokeras_core.graph.fine_tuning import FineTuning
    from autokeras_core.graph.operator import Block, Head, Input, Preprocessor
    from autokeras_core.registry import block
    from autokeras_core.search.domains import Boolean, Choice, Fixed, Float, Int
    from autokeras_core.search.space import Space

__version__ = "0.1.0"

_TARGETS = {
    "ArrayInput": "autokeras_core.builtin.inputs",
    "AutoKerasError": "autokeras_core.errors",
    "AutoModel": "autokeras_core.automodel",
    "Block": "autokeras_core.graph.operator",
    "Boolean": "autokeras_core.search.domains",
    "Choice": "autokeras_core.search.domains",
    "ClassificationHead": "autokeras_core.builtin.heads",
    "DataError": "autokeras_core.errors",
    "DataWarning": "autokeras_core.errors",
    "DenseBlock": "autokeras_core.builtin.dense",
    "ExportWarning": "autokeras_core.errors",
    "FineTuning": "autokeras_core.graph.fine_tuning",
    "Fixed": "autokeras_core.search.domains",
    "Flatten": "autokeras_core.builtin.reduction",
    "Float": "autokeras_core.search.domains",
    "GraphError": "autokeras_core.errors",
    "Head": "autokeras_core.graph.operator",
    "Input": "autokeras_core.graph.operator",
    "Int": "autokeras_core.search.domains",
    "Merge": "autokeras_core.builtin.merge",
    "Normalization": "autokeras_core.builtin.normalization",
    "NotFittedError": "autokeras_core.errors",
    "PluginError": "autokeras_core.errors",
    "PluginWarning": "autokeras_core.errors",
    "Preprocessor": "autokeras_core.graph.operator",
    "ProcessExecutor": "autokeras_core.executors.process",
    "RNNBlock": "autokeras_core.builtin.rnn",
    "RayExecutor": "autokeras_core.executors.ray",
    "RegistryError": "autokeras_core.errors",
    "RegressionHead": "autokeras_core.builtin.heads",
    "RowSource": "autokeras_core.data.rows",
    "SearchError": "autokeras_core.errors",
    "Space": "autokeras_core.search.space",
    "SpaceError": "autokeras_core.errors",
    "SpatialReduction": "autokeras_core.builtin.reduction",
    "TemporalReduction": "autokeras_core.builtin.reduction",
    "UnavailableError": "autokeras_core.errors",
    "automodel_for": "autokeras_core.composition",
    "block": "autokeras_core.registry",
}

__all__ = [
    "ArrayInput",
    "AutoKerasError",
    "AutoModel",
    "Block",
    "Boolean",
    "Choice",
    "ClassificationHead",
    "DataError",
    "DataWarning",
    "DenseBlock",
    "ExportWarning",
    "FineTuning",
    "Fixed",
    "Flatten",
    "Float",
    "GraphError",
    "Head",
    "Input",
    "Int",
    "Merge",
    "Normalization",
    "NotFittedError",
    "PluginError",
    "PluginWarning",
    "Preprocessor",
    "ProcessExecutor",
    "RNNBlock",
    "RayExecutor",
    "RegistryError",
    "RegressionHead",
    "RowSource",
    "SearchError",
    "Space",
    "SpaceError",
    "SpatialReduction",
    "TemporalReduction",
    "UnavailableError",
    "automodel_for",
    "block",
]

__getattr__, __dir__ = lazy_names(__name__, _TARGETS)
