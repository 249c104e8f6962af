"""What the core itself registers, through the same hooks as every plugin: descriptors only. Light."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from autokeras_core.builtin.spaces import CLASSIFICATION_HEAD, DENSE, MERGE, REDUCTION, REGRESSION_HEAD, RNN
from autokeras_core.plugin import (
    BlockSpec,
    ExecutorSpec,
    ExporterSpec,
    HeadSpec,
    InputSpec,
    PreprocessorSpec,
    hookimpl,
)

__all__ = [
    "autokeras_match_input",
    "autokeras_register_blocks",
    "autokeras_register_executors",
    "autokeras_register_exporters",
    "autokeras_register_heads",
    "autokeras_register_inputs",
    "autokeras_register_preprocessors",
]


@hookimpl
def autokeras_register_blocks() -> list[BlockSpec]:
    """Return the descriptors of the blocks that fit any modality."""
    return [
        BlockSpec(
            name="dense",
            target="autokeras_core.builtin.dense:DenseBlock",
            summary="Fully connected layers with optional batch normalization and dropout.",
            accepts="(batch, ...), flattened",
            returns="(batch, units)",
            space=DENSE,
        ),
        BlockSpec(
            name="flatten",
            target="autokeras_core.builtin.reduction:Flatten",
            summary="Turns each row into one vector.",
            accepts="(batch, ...)",
            returns="(batch, features)",
        ),
        BlockSpec(
            name="merge",
            target="autokeras_core.builtin.merge:Merge",
            summary="Joins several branches by concatenating or adding them.",
            accepts="two or more tensors (batch, ...)",
            returns="(batch, ...)",
            space=MERGE,
        ),
        BlockSpec(
            name="normalization",
            target="autokeras_core.builtin.normalization:Normalization",
            summary="Standardises each channel with the training rows' mean and variance.",
            accepts="(batch, ..., channels), raw numbers",
            returns="as the input",
        ),
        BlockSpec(
            name="rnn",
            target="autokeras_core.builtin.rnn:RNNBlock",
            summary="Recurrent layers (GRU or LSTM) over a sequence.",
            modalities=("text", "array"),
            accepts="(batch, time, features)",
            returns="(batch, units), or (batch, time, units)",
            space=RNN,
        ),
        BlockSpec(
            name="spatial_reduction",
            target="autokeras_core.builtin.reduction:SpatialReduction",
            summary="Reduces a feature map to a vector by pooling or flattening.",
            modalities=("image", "array"),
            accepts="(batch, ..., channels)",
            returns="(batch, features)",
            space=REDUCTION,
        ),
        BlockSpec(
            name="temporal_reduction",
            target="autokeras_core.builtin.reduction:TemporalReduction",
            summary="Reduces a sequence to a vector by pooling over time or flattening.",
            modalities=("text", "array"),
            accepts="(batch, time, ...)",
            returns="(batch, features)",
            space=REDUCTION,
        ),
    ]


@hookimpl
def autokeras_register_heads() -> list[HeadSpec]:
    """Return the descriptors of the heads."""
    return [
        HeadSpec(
            name="classification",
            target="autokeras_core.builtin.heads:ClassificationHead",
            summary="Predicts one of two or more classes, or several labels at once.",
            space=CLASSIFICATION_HEAD,
        ),
        HeadSpec(
            name="regression",
            target="autokeras_core.builtin.heads:RegressionHead",
            summary="Predicts one number or several.",
            space=REGRESSION_HEAD,
        ),
    ]


@hookimpl
def autokeras_register_inputs() -> list[InputSpec]:
    """Return the descriptor of the input that takes any numeric array."""
    return [
        InputSpec(
            name="array",
            target="autokeras_core.builtin.inputs:ArrayInput",
            summary="Any array of numbers with two or more dimensions.",
            modality="array",
        )
    ]


@hookimpl
def autokeras_register_preprocessors() -> list[PreprocessorSpec]:
    """Return the descriptor of the preprocessor that standardises channels."""
    return [
        PreprocessorSpec(
            name="normalizer",
            target="autokeras_core.builtin.normalization:Normalizer",
            summary="Standardises each channel with the training rows' mean and variance.",
        )
    ]


@hookimpl
def autokeras_register_executors() -> list[ExecutorSpec]:
    """Return the descriptors of the executors."""
    return [
        ExecutorSpec(
            name="local",
            target="autokeras_core.executors.local:LocalExecutor",
            summary="Runs one trial after another in this process.",
        ),
        ExecutorSpec(
            name="process",
            target="autokeras_core.executors.process:ProcessExecutor",
            summary="Runs several trials at once in worker processes of this machine.",
        ),
        ExecutorSpec(
            name="ray",
            target="autokeras_core.executors.ray:RayExecutor",
            summary="Runs trials on the machines of a Ray cluster; needs the extra `ray`.",
        ),
    ]


@hookimpl
def autokeras_register_exporters() -> list[ExporterSpec]:
    """Return the descriptors of the exporters."""
    return [
        ExporterSpec(
            name="keras",
            target="autokeras_core.builtin.exporters:KerasExporter",
            summary="A .keras file, which needs only Keras.",
            suffix=".keras",
            loader='keras.models.load_model("{path}")',
        ),
        ExporterSpec(
            name="savedmodel",
            target="autokeras_core.builtin.exporters:SavedModelExporter",
            summary="A TensorFlow SavedModel folder, which needs only TensorFlow.",
            entries=("saved_model.pb", "fingerprint.pb", "variables", "assets", "assets.extra"),
            loader='tensorflow.saved_model.load("{path}").serve',
        ),
    ]


@hookimpl
def autokeras_match_input(profile: Mapping[str, Any]) -> tuple[str, float] | None:
    """Return the array input for numbers of two or more dimensions, with little confidence: others know more."""
    shape, dtype = tuple(profile.get("shape", ())), str(profile.get("dtype", ""))
    is_numeric = dtype.startswith(("int", "uint", "float", "bool"))
    return ("array", 0.2) if is_numeric and len(shape) >= 2 else None
