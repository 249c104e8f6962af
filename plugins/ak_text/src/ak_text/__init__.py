"""Text for autokeras-core: input, blocks and tasks. Light: names are imported on first use."""

from __future__ import annotations

from typing import TYPE_CHECKING

from autokeras_core.plugin import lazy_names

if TYPE_CHECKING:
    from ak_text.blocks.bert import BertBlock
    from ak_text.blocks.embedding import EmbeddingBlock
    from ak_text.blocks.ngram import NgramBlock
    from ak_text.blocks.rnn import TextRNNBlock
    from ak_text.blocks.separable_conv import SeparableConvBlock
    from ak_text.blocks.text import TextBlock
    from ak_text.blocks.transformer import TransformerEncoderBlock
    from ak_text.inputs import TextInput
    from ak_text.ngrams import NgramVectorizer
    from ak_text.pretrained.features import FrozenEncoder
    from ak_text.pretrained.tokenizer import SubwordTokenizer
    from ak_text.sequences import SequenceVectorizer
    from ak_text.tasks import TextClassifier, TextRegressor

_TARGETS = {
    "BertBlock": "ak_text.blocks.bert",
    "EmbeddingBlock": "ak_text.blocks.embedding",
    "FrozenEncoder": "ak_text.pretrained.features",
    "NgramBlock": "ak_text.blocks.ngram",
    "NgramVectorizer": "ak_text.ngrams",
    "SeparableConvBlock": "ak_text.blocks.separable_conv",
    "SequenceVectorizer": "ak_text.sequences",
    "SubwordTokenizer": "ak_text.pretrained.tokenizer",
    "TextBlock": "ak_text.blocks.text",
    "TextClassifier": "ak_text.tasks",
    "TextInput": "ak_text.inputs",
    "TextRNNBlock": "ak_text.blocks.rnn",
    "TextRegressor": "ak_text.tasks",
    "TransformerEncoderBlock": "ak_text.blocks.transformer",
}

__all__ = [
    "BertBlock",
    "EmbeddingBlock",
    "FrozenEncoder",
    "NgramBlock",
    "NgramVectorizer",
    "SeparableConvBlock",
    "SequenceVectorizer",
    "SubwordTokenizer",
    "TextBlock",
    "TextClassifier",
    "TextInput",
    "TextRNNBlock",
    "TextRegressor",
    "TransformerEncoderBlock",
]

__getattr__, __dir__ = lazy_names(__name__, _TARGETS)
