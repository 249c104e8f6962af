"""What ak-text registers: descriptors only. Light: loading this module imports neither Keras nor TensorFlow."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ak_text.spaces import (
    BERT,
    DEFAULT_CANDIDATES,
    EMBEDDING,
    NGRAM,
    PRETRAINED_CANDIDATE,
    RNN,
    SEPARABLE_CONV,
    TEXT,
    TRANSFORMER,
)
from autokeras_core.plugin import BlockSpec, InputSpec, PreprocessorSpec, TaskSpec, WarmStartSpec, hookimpl

__all__ = [
    "autokeras_match_input",
    "autokeras_register_blocks",
    "autokeras_register_inputs",
    "autokeras_register_preprocessors",
    "autokeras_register_tasks",
    "autokeras_register_warm_starts",
]

_CANDIDATES = (*DEFAULT_CANDIDATES, PRETRAINED_CANDIDATE)

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
            downloads=True,
        ),
        BlockSpec(
            name="ngram",
            target="ak_text.blocks.ngram:NgramBlock",
            summary="TF-IDF of words or characters and runs of them, then dense layers or none.",
            modalities="text",
            accepts=_TEXTS,
            returns="(batch, units)",
            space=NGRAM,
        ),
        BlockSpec(
            name="embedding",
            target="ak_text.blocks.embedding:EmbeddingBlock",
            summary="A vector per word, the mean or maximum of them, then dense layers.",
            modalities="text",
            accepts=_TEXTS,
            returns="(batch, units)",
            space=EMBEDDING,
        ),
        BlockSpec(
            name="separable_conv",
            target="ak_text.blocks.separable_conv:SeparableConvBlock",
            summary="A vector per word, then blocks of separable convolutions.",
            modalities="text",
            accepts=_TEXTS,
            returns="(batch, units)",
            space=SEPARABLE_CONV,
        ),
        BlockSpec(
            name="text_rnn",
            target="ak_text.blocks.rnn:TextRNNBlock",
            summary="A vector per word, then recurrent layers.",
            modalities="text",
            accepts=_TEXTS,
            returns="(batch, units)",
            space=RNN,
        ),
        BlockSpec(
            name="transformer",
            target="ak_text.blocks.transformer:TransformerEncoderBlock",
            summary="A vector per word and place, then layers of self-attention.",
            modalities="text",
            accepts=_TEXTS,
            returns="(batch, units)",
            space=TRANSFORMER,
        ),
        BlockSpec(
            name="bert",
            target="ak_text.blocks.bert:BertBlock",
            summary="A pretrained encoder: frozen features first, then fine-tuning.",
            modalities="text",
            accepts=_TEXTS,
            returns="(batch, units)",
            space=BERT,
            downloads=True,
        ),
    ]


@hookimpl
def autokeras_register_inputs() -> list[InputSpec]:
    """Return the descriptor of the text input."""
    return [
        InputSpec(
            name="text_input",
            target="ak_text.inputs:TextInput",
            summary="One text per row: a list, an array, a table column or files.",
            modality="text",
        )
    ]


@hookimpl
def autokeras_register_preprocessors() -> list[PreprocessorSpec]:
    """Return the descriptors of the vectorizers."""
    return [
        PreprocessorSpec(
            name="ngram_vectorizer",
            target="ak_text.ngrams:NgramVectorizer",
            summary="Turns texts into TF-IDF weights of n-grams.",
            modalities="text",
        ),
        PreprocessorSpec(
            name="sequence_vectorizer",
            target="ak_text.sequences:SequenceVectorizer",
            summary="Turns texts into sequences of word or character numbers.",
            modalities="text",
        ),
        PreprocessorSpec(
            name="subword_tokenizer",
            target="ak_text.pretrained.tokenizer:SubwordTokenizer",
            summary="Turns texts into token numbers with the tokenizer of a pretrained encoder.",
            modalities="text",
        ),
        PreprocessorSpec(
            name="frozen_encoder",
            target="ak_text.pretrained.features:FrozenEncoder",
            summary="Turns token numbers into the features of a pretrained encoder.",
            modalities="text",
        ),
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
            blocks=_CANDIDATES,
        ),
        TaskSpec(
            name="TextRegressor",
            target="ak_text.tasks:TextRegressor",
            summary="Finds a model that predicts numbers from texts.",
            modality="text",
            blocks=_CANDIDATES,
        ),
    ]


@hookimpl
def autokeras_register_warm_starts() -> list[WarmStartSpec]:
    """Return the descriptors of the predefined configurations, in TOML files beside this module."""
    return [
        WarmStartSpec(
            name="text_classifier",
            summary="N-grams, word vectors, convolutions, recurrence, attention, a pretrained encoder.",
            task="ak_text:TextClassifier",
            package="ak_text",
            resource="warm_starts/text_classifier.toml",
        ),
        WarmStartSpec(
            name="text_regressor",
            summary="N-grams, word vectors, convolutions, recurrence, attention, a pretrained encoder.",
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
