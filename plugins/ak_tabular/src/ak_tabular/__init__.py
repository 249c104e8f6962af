"""Structured data for autokeras-core: input, blocks and tasks. Light: names are imported on first use."""

from __future__ import annotations

from typing import TYPE_CHECKING

from autokeras_core.plugin import lazy_names

if TYPE_CHECKING:
    from ak_tabular.blocks.ft_transformer import FTTransformerBlock
    from ak_tabular.blocks.mlp import MLPBlock
    from ak_tabular.blocks.real_mlp import RealMLPBlock
    from ak_tabular.blocks.residual import ResidualMLPBlock
    from ak_tabular.blocks.structured_data import StructuredDataBlock
    from ak_tabular.blocks.tabm import TabMBlock
    from ak_tabular.blocks.wide_and_deep import WideAndDeepBlock
    from ak_tabular.inputs import StructuredDataInput
    from ak_tabular.preprocessors import TableEncoder
    from ak_tabular.tasks import StructuredDataClassifier, StructuredDataRegressor

_TARGETS = {
    "FTTransformerBlock": "ak_tabular.blocks.ft_transformer",
    "MLPBlock": "ak_tabular.blocks.mlp",
    "RealMLPBlock": "ak_tabular.blocks.real_mlp",
    "ResidualMLPBlock": "ak_tabular.blocks.residual",
    "StructuredDataBlock": "ak_tabular.blocks.structured_data",
    "StructuredDataClassifier": "ak_tabular.tasks",
    "StructuredDataInput": "ak_tabular.inputs",
    "StructuredDataRegressor": "ak_tabular.tasks",
    "TabMBlock": "ak_tabular.blocks.tabm",
    "TableEncoder": "ak_tabular.preprocessors",
    "WideAndDeepBlock": "ak_tabular.blocks.wide_and_deep",
}

__all__ = [
    "FTTransformerBlock",
    "MLPBlock",
    "RealMLPBlock",
    "ResidualMLPBlock",
    "StructuredDataBlock",
    "StructuredDataClassifier",
    "StructuredDataInput",
    "StructuredDataRegressor",
    "TabMBlock",
    "TableEncoder",
    "WideAndDeepBlock",
]

__getattr__, __dir__ = lazy_names(__name__, _TARGETS)
