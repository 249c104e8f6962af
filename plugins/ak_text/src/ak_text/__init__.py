"""Text for autokeras-core: input, blocks and tasks. Light: names are imported on first use."""

from __future__ import annotations

from typing import TYPE_CHECKING

from autokeras_core._lazy import lazy_names

if TYPE_CHECKING:
    from ak_text.blocks.embedding import EmbeddingBlock
    from ak_text.blocks.ngram import NgramBlock
    from ak_text.blocks.text import TextBlock
    from ak_text.inputs import TextInput
    from ak_text.preprocessors import TextVectorizer
    from ak_text.tasks import TextClassifier, TextRegressor

_TARGETS = {
    "EmbeddingBlock": "ak_text.blocks.embedding",
    "NgramBlock": "ak_text.blocks.ngram",
    "TextBlock": "ak_text.blocks.text",
    "TextClassifier": "ak_text.tasks",
    "TextInput": "ak_text.inputs",
    "TextRegressor": "ak_text.tasks",
    "TextVectorizer": "ak_text.preprocessors",
}

__all__ = [
    "EmbeddingBlock",
    "NgramBlock",
    "TextBlock",
    "TextClassifier",
    "TextInput",
    "TextRegressor",
    "TextVectorizer",
]

__getattr__, __dir__ = lazy_names(__name__, _TARGETS)
