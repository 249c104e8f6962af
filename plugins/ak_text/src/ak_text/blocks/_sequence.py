"""What all blocks share that read a text token by token: a vectorizer before them, and a vector per token."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import TYPE_CHECKING

import keras

from ak_text._vectors import matrix_of_words, vector_length
from ak_text.sequences import PADDING_AND_UNKNOWN, SequenceVectorizer
from ak_text.spaces import suit_tokens
from autokeras_core import Block, GraphError, Space
from autokeras_core.errors import describe_error
from autokeras_core.plugin import Boolean, layer_seed

if TYPE_CHECKING:
    from autokeras_core.plugin import DataProfile, HyperparameterView, Preprocessor, Tensor

__all__ = ["FIRST_LAYER", "SequenceBlock", "masked_mean"]

FIRST_LAYER = 1
"""The index of the seed of a block's first layer with dropout; that of the tokens' vectors has the index below."""


class SequenceBlock(Block):
    """Base class of blocks that read tokens in order; `build` begins with `embedded`.

    The argument `vectors` names a file of word vectors: then the texts are cut into words, `embedding_dim` is that of
    the file, and whether the vectors are trained further is tuned, as `train_vectors`.
    """

    def __init__(self, *, vectors: str | os.PathLike[str] | None, name: str | None, **hyperparameters: object) -> None:
        train_vectors = hyperparameters.pop("train_vectors", None)
        if vectors is None and train_vectors is not None:
            raise _wrong_argument(self, f"train_vectors={train_vectors!r} without vectors")
        if vectors is not None and not isinstance(vectors, (str, os.PathLike)):
            raise GraphError(
                describe_error(
                    f"{type(self).__name__} was given word vectors that are no file.",
                    expected="the path of a text file",
                    received=f"vectors={vectors!r}",
                )
            )
        if vectors is not None:
            fixed = [key for key in ("tokens", "embedding_dim") if hyperparameters.get(key) is not None]
            if fixed:
                raise _wrong_argument(self, f"{fixed[0]}={hyperparameters[fixed[0]]!r} and vectors={vectors!r}")
        super().__init__(name=name, vectors=vectors, train_vectors=train_vectors, **hyperparameters)

    def search_space(self, profile: DataProfile | None = None) -> Space:
        """Return the space, narrowed by the arguments and suited to the data."""
        space = super().search_space(profile)
        if "vectors" not in self.arguments:
            return suit_tokens(space, profile)
        space = space.narrow({"tokens": "words"})
        rest = {key: domain for key, domain in space.items() if key != "embedding_dim"}
        further = Space({"train_vectors": Boolean(default=True)})
        return Space.combine(Space(rest), further.narrow({"train_vectors": self.arguments.get("train_vectors")}))

    def preprocessors(self, hp: HyperparameterView) -> Sequence[Preprocessor]:
        """Return the vectorizer."""
        return [
            SequenceVectorizer(tokens=hp["tokens"], max_tokens=hp["max_tokens"], sequence_length=hp["sequence_length"])
        ]

    def embedded(self, hp: HyperparameterView, inputs: Tensor) -> tuple[Tensor, Tensor]:
        """Return a vector for each token, and which places hold a token at all, not padding.

        The mask is made here, not by `mask_zero=True`: Keras's masked mean divides by zero for a text without words.
        """
        vectorizer = hp.preprocessors[-1]
        assert isinstance(vectorizer, SequenceVectorizer)
        path = self.arguments.get("vectors")
        if path is None:
            x = keras.layers.Embedding(vectorizer.vocabulary_size, hp["embedding_dim"])(inputs)
        else:
            matrix = matrix_of_words(path, vectorizer.vocabulary, before=PADDING_AND_UNKNOWN)
            embedding = keras.layers.Embedding(*matrix.shape, trainable=hp["train_vectors"])
            x = embedding(inputs)
            embedding.set_weights([matrix])
        if hp["dropout"] > 0:
            x = keras.layers.SpatialDropout1D(hp["dropout"], seed=layer_seed(hp.seed, 0))(x)
        return x, keras.ops.not_equal(inputs, 0)

    def width(self, hp: HyperparameterView) -> int:
        """Return the length of a token's vector."""
        path = self.arguments.get("vectors")
        return int(hp["embedding_dim"]) if path is None else vector_length(path)


def masked_mean(x: Tensor, is_token: Tensor) -> Tensor:
    """Return the mean over the places that hold a token; zeros for a text without any."""
    weights = keras.ops.expand_dims(keras.ops.cast(is_token, x.dtype), -1)
    return keras.ops.sum(x * weights, axis=1) / keras.ops.maximum(keras.ops.sum(weights, axis=1), 1.0)


def _wrong_argument(block: SequenceBlock, received: str) -> GraphError:
    return GraphError(
        describe_error(
            f"{type(block).__name__} was given arguments that do not go together.",
            expected="tokens, embedding_dim; or vectors, train_vectors",
            received=received,
        )
    )
