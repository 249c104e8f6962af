"""Structured data for autokeras-core: input, blocks and tasks. Light: names are imported on first use."""

from __future__ import annotations

from typing import TYPE_CHECKING

from autokeras_core._lazy import lazy_names

if TYPE_CHECKING:
    from ak_tabular.blocks.mlp import MLPBlock
    from ak_tabular.blocks.residual import ResidualMLPBlock
    from ak_tabular.blocks.structured_data import StructuredDataBlock
    from ak_tabular.inputs import StructuredDataInput
    from ak_tabular.preprocessors import TableEncoder
    from ak_tabular.tasks import StructuredDataClassifier, StructuredDataRegressor

_TARGETS = {
    "MLPBlock": "ak_tabular.blocks.mlp",
    "ResidualMLPBlock": "ak_tabular.blocks.residual",
    "StructuredDataBlock": "ak_tabular.blocks.structured_data",
    "StructuredDataClassifier": "ak_tabular.tasks",
    "StructuredDataInput": "ak_tabular.inputs",
    "StructuredDataRegressor": "ak_tabular.tasks",
    "TableEncoder": "ak_tabular.preprocessors",
}

__all__ = [
    "MLPBlock",
    "ResidualMLPBlock",
    "StructuredDataBlock",
    "StructuredDataClassifier",
    "StructuredDataInput",
    "StructuredDataRegressor",
    "TableEncoder",
]

__getattr__, __dir__ = lazy_names(__name__, _TARGETS)
