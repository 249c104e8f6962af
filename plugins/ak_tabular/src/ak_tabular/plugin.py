"""What ak-tabular registers: descriptors only. Light: loading this module imports no Keras, TensorFlow or pandas."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ak_tabular.spaces import FT_TRANSFORMER, MLP, REAL_MLP, RESIDUAL_MLP, STRUCTURED_DATA, TABM, WIDE_AND_DEEP
from autokeras_core.plugin import BlockSpec, InputSpec, PreprocessorSpec, TaskSpec, WarmStartSpec, hookimpl

__all__ = [
    "autokeras_match_input",
    "autokeras_register_blocks",
    "autokeras_register_inputs",
    "autokeras_register_preprocessors",
    "autokeras_register_tasks",
    "autokeras_register_warm_starts",
]

_FEATURES = "(batch, features)"
_BLOCKS = (
    "ak_tabular:mlp",
    "ak_tabular:real_mlp",
    "ak_tabular:tabm",
    "ak_tabular:residual_mlp",
    "ak_tabular:ft_transformer",
    "ak_tabular:wide_and_deep",
)


@hookimpl
def autokeras_register_blocks() -> list[BlockSpec]:
    """Return the descriptors of the structured-data blocks."""
    return [
        BlockSpec(
            name="structured_data",
            target="ak_tabular.blocks.structured_data:StructuredDataBlock",
            summary="A choice among the structured-data blocks, the plain MLP first.",
            modalities="structured",
            accepts=_FEATURES,
            returns="(batch, units)",
            space=STRUCTURED_DATA,
        ),
        BlockSpec(
            name="mlp",
            target="ak_tabular.blocks.mlp:MLPBlock",
            summary="Dense layers one behind the other.",
            modalities="structured",
            accepts=_FEATURES,
            returns="(batch, units)",
            space=MLP,
        ),
        BlockSpec(
            name="residual_mlp",
            target="ak_tabular.blocks.residual:ResidualMLPBlock",
            summary="Dense layers in residual blocks with batch normalisation.",
            modalities="structured",
            accepts=_FEATURES,
            returns="(batch, units)",
            space=RESIDUAL_MLP,
        ),
        BlockSpec(
            name="real_mlp",
            target="ak_tabular.blocks.real_mlp:RealMLPBlock",
            summary="RealMLP: scaled features, dense layers in the neural tangent parametrisation.",
            modalities="structured",
            accepts=_FEATURES,
            returns="(batch, units)",
            space=REAL_MLP,
        ),
        BlockSpec(
            name="tabm",
            target="ak_tabular.blocks.tabm:TabMBlock",
            summary="TabM: an ensemble of networks that share nearly all their weights.",
            modalities="structured",
            accepts=_FEATURES,
            returns="(batch, members, units)",
            space=TABM,
        ),
        BlockSpec(
            name="ft_transformer",
            target="ak_tabular.blocks.ft_transformer:FTTransformerBlock",
            summary="A token for each column, and attention between them.",
            modalities="structured",
            accepts=_FEATURES,
            returns="(batch, units)",
            space=FT_TRANSFORMER,
        ),
        BlockSpec(
            name="wide_and_deep",
            target="ak_tabular.blocks.wide_and_deep:WideAndDeepBlock",
            summary="A linear model beside dense layers.",
            modalities="structured",
            accepts=_FEATURES,
            returns="(batch, features + units)",
            space=WIDE_AND_DEEP,
        ),
    ]


@hookimpl
def autokeras_register_inputs() -> list[InputSpec]:
    """Return the descriptor of the structured-data input."""
    return [
        InputSpec(
            name="structured_data_input",
            target="ak_tabular.inputs:StructuredDataInput",
            summary="A table: a data frame, a dict of columns, an array, or a CSV or Parquet file.",
            modality="structured",
        )
    ]


@hookimpl
def autokeras_register_preprocessors() -> list[PreprocessorSpec]:
    """Return the descriptor of the table encoder."""
    return [
        PreprocessorSpec(
            name="table_encoder",
            target="ak_tabular.preprocessors:TableEncoder",
            summary="Turns numbers, categories, dates and text of a table into numbers.",
            modalities="structured",
        )
    ]


@hookimpl
def autokeras_register_tasks() -> list[TaskSpec]:
    """Return the descriptors of the structured-data tasks."""
    return [
        TaskSpec(
            name="StructuredDataClassifier",
            target="ak_tabular.tasks:StructuredDataClassifier",
            summary="Finds a model that tells classes of table rows apart.",
            modality="structured",
            blocks=_BLOCKS,
        ),
        TaskSpec(
            name="StructuredDataRegressor",
            target="ak_tabular.tasks:StructuredDataRegressor",
            summary="Finds a model that predicts numbers from table rows.",
            modality="structured",
            blocks=_BLOCKS,
        ),
    ]


@hookimpl
def autokeras_register_warm_starts() -> list[WarmStartSpec]:
    """Return the descriptors of the predefined configurations, in TOML files beside this module."""
    return [
        WarmStartSpec(
            name="structured_data_classifier",
            summary="Plain, wide and deep, RealMLP, TabM, residual, and a transformer, by what suits the rows.",
            task="ak_tabular:StructuredDataClassifier",
            package="ak_tabular",
            resource="warm_starts/structured_data_classifier.toml",
        ),
        WarmStartSpec(
            name="structured_data_regressor",
            summary="Plain, wide and deep, RealMLP, TabM, residual, and a transformer, by what suits the rows.",
            task="ak_tabular:StructuredDataRegressor",
            package="ak_tabular",
            resource="warm_starts/structured_data_regressor.toml",
        ),
    ]


@hookimpl
def autokeras_match_input(profile: Mapping[str, Any]) -> tuple[str, float] | None:
    """Return the structured-data input for frames and for tables of numbers or text."""
    if profile.get("type") == "DataFrame":
        return "structured_data_input", 0.95
    shape, dtype = tuple(profile.get("shape", ())), str(profile.get("dtype", ""))
    if len(shape) != 2:
        return None
    is_number = dtype.startswith(("float", "int", "uint", "bool"))
    return "structured_data_input", 0.7 if is_number else 0.8
