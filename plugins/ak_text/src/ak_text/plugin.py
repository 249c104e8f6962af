"""What ak-text registers: descriptors only. Light: loading this module imports neither Keras nor TensorFlow."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ak_text.spaces import EMBEDDING, NGRAM, TEXT
from autokeras_core.plugin import BlockSpec, InputSpec, PreprocessorSpec, TaskSpec, WarmStartSpec, hookimpl

__all__ = [
    "autokeras_match_input",
    "autokeras_register_blocks",
    "autokeras_register_inputs",
    "autokeras_register_preprocessors",
    "autokeras_register_tasks",
    "autokeras_register_warm_starts",
]

_TEXTS = "(batch,) strings, straight from a TextInput"


@hookimpl
def autokeras_register_blocks() -> list[BlockSpec]:
    """Return the descriptors of the text blocks."""
    return [
        BlockSpec(
            name="text",
            target="ak_text.blocks.text:TextBlock",
            summary="A choice among the text blocks, n-grams first.",
            modalities="text",
            accepts=_TEXTS,
            returns="(batch, units)",
            space=TEXT,
        ),
        BlockSpec(
            name="ngram",
            target="ak_text.blocks.ngram:NgramBlock",
            summary="TF-IDF of words and word pairs, then dense layers.",
            modalities="text",
            accepts=_TEXTS,
            returns="(batch, units)",
            space=NGRAM,
        ),
        BlockSpec(
            name="embedding",
            target="ak_text.blocks.embedding:EmbeddingBlock",
            summary="Learned word vectors, averaged or convolved, then a dense layer.",
            modalities="text",
            accepts=_TEXTS,
            returns="(batch, units)",
            space=EMBEDDING,
        ),
    ]


@hookimpl
def autokeras_register_inputs() -> list[InputSpec]:
    """Return the descriptor of the text input."""
    return [
        InputSpec(
            name="text_input",
            target="ak_text.inputs:TextInput",
            summary="One text per row: a list, an array or a Series of strings.",
            modality="text",
        )
    ]


@hookimpl
def autokeras_register_preprocessors() -> list[PreprocessorSpec]:
    """Return the descriptor of the vectorizer."""
    return [
        PreprocessorSpec(
            name="text_vectorizer",
            target="ak_text.preprocessors:TextVectorizer",
            summary="Turns texts into TF-IDF weights or sequences of word numbers.",
            modalities="text",
        )
    ]


@hookimpl
def autokeras_register_tasks() -> list[TaskSpec]:
    """Return the descriptors of the text tasks."""
    return [
        TaskSpec(
            name="TextClassifier",
            target="ak_text.tasks:TextClassifier",
            summary="Finds a model that tells classes of texts apart.",
            modality="text",
            blocks=("ak_text:ngram", "ak_text:embedding"),
        ),
        TaskSpec(
            name="TextRegressor",
            target="ak_text.tasks:TextRegressor",
            summary="Finds a model that predicts numbers from texts.",
            modality="text",
            blocks=("ak_text:ngram", "ak_text:embedding"),
        ),
    ]


@hookimpl
def autokeras_register_warm_starts() -> list[WarmStartSpec]:
    """Return the descriptors of the predefined configurations, in TOML files beside this module."""
    return [
        WarmStartSpec(
            name="text_classifier",
            summary="N-grams, wide n-grams, averaged word vectors, convolved word vectors.",
            task="ak_text:TextClassifier",
            package="ak_text",
            resource="warm_starts/text_classifier.toml",
        ),
        WarmStartSpec(
            name="text_regressor",
            summary="N-grams, averaged word vectors.",
            task="ak_text:TextRegressor",
            package="ak_text",
            resource="warm_starts/text_regressor.toml",
        ),
    ]


@hookimpl
def autokeras_match_input(profile: Mapping[str, Any]) -> tuple[str, float] | None:
    """Return the text input for one column of strings."""
    shape, dtype = tuple(profile.get("shape", ())), str(profile.get("dtype", ""))
    if len(shape) != 1:
        return None
    if dtype in ("str", "string", "bytes") or dtype.startswith(("<U", "=U", ">U", "|S", "StringDType")):
        return "text_input", 0.9
    return ("text_input", 0.5) if dtype == "object" else None
