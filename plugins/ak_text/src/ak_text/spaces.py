"""The search spaces of the text blocks, as data. Light: the core's pure space only."""

from __future__ import annotations

from autokeras_core.plugin import Choice, Space

__all__ = ["EMBEDDING", "NGRAM", "TEXT"]

NGRAM = Space(
    {
        "max_tokens": Choice([2_000, 5_000, 10_000, 20_000], default=10_000),
        "ngrams": Choice([1, 2], default=2),
        "num_layers": Choice([1, 2], default=1),
        "units": Choice([32, 64, 128, 256], default=64),
        "dropout": Choice([0.0, 0.25, 0.5], default=0.25),
    }
)
"""TF-IDF of words and word pairs, then dense layers."""

EMBEDDING = Space(
    {
        "max_tokens": Choice([5_000, 10_000, 20_000], default=10_000),
        "sequence_length": Choice([64, 128, 256, 512], default=256),
        "embedding_dim": Choice([32, 64, 128], default=64),
        "encoder": Choice(["pooling", "separable_conv"], default="pooling"),
        "filters": Choice([64, 128, 256], default=128, when={"encoder": "separable_conv"}),
        "kernel_size": Choice([3, 5], default=3, when={"encoder": "separable_conv"}),
        "units": Choice([32, 64, 128, 256], default=64),
        "dropout": Choice([0.0, 0.25, 0.5], default=0.25),
    }
)
"""A learned vector per word, then the mean of them or a separable convolution, then a dense layer."""

TEXT = Space.combine(
    Space({"block_type": Choice(["ngram", "embedding"])}),
    NGRAM.under("ngram").conditioned("block_type", "ngram"),
    EMBEDDING.under("embedding").conditioned("block_type", "embedding"),
)
"""A choice of the two; n-grams stand first: on most small and middling data sets they are hard to beat."""
