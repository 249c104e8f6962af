"""The encoder as a Keras model: token numbers in, hidden states out, made of Keras's own layers and `keras.ops`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeAlias

import keras
import numpy as np

if TYPE_CHECKING:
    from ak_text.pretrained.layout import EncoderLayout
    from autokeras_core.plugin import Tensor

__all__ = ["encoder_network", "layer_number", "load_arrays", "pooled_network"]

Array: TypeAlias = np.ndarray[Any, Any]

_MASKED = -1e9  # added to the scores of padding; far below any score, and within what float32 holds


def encoder_network(layout: EncoderLayout, *, name: str = "encoder") -> keras.Model:
    """Return an encoder with fresh weights, for `load_arrays`.

    It has no dropout: what stands behind it was trained on features without any, whose small differences between texts
    the noise of dropout would hide.

    Columns that hold nothing but padding at the end of a batch are cut off and stay off: the output is as long as the
    longest text. Padding tokens are attended to by no other token, wherever they stand.

    Args:
        layout: The sizes.
        name: The model's name.

    Input shape:
        `(batch, tokens)` int32, texts padded with `layout.padding`; at most `layout.longest` tokens.

    Output shape:
        A list of `(batch, longest, hidden_size)`, the hidden states of the last layer, and `(batch, longest, 1)`, 1
        where there is a token and 0 where there is padding.
    """
    tokens = keras.Input((None,), dtype="int32", name="tokens")
    ids, columns = _trimmed(tokens, layout.padding)
    is_token = keras.ops.cast(keras.ops.not_equal(ids, layout.padding), "float32")
    x = keras.layers.Embedding(layout.vocabulary_size, layout.hidden_size, name="words")(ids)
    x = x + keras.layers.Embedding(layout.positions, layout.hidden_size, name="positions")(
        _positions(ids, columns, layout)
    )
    x = _norm("embeddings_norm", layout)(x)
    # (batch, 1, 1, tokens): the same for all heads and all tokens that look.
    masked = (1.0 - keras.ops.expand_dims(keras.ops.expand_dims(is_token, 1), 1)) * _MASKED
    for index in range(layout.layers):
        x = _transformer_layer(x, masked, layout, f"layer_{index}")
    return keras.Model(tokens, [x, keras.ops.expand_dims(is_token, -1)], name=name)


def pooled_network(encoder: keras.Model, *, name: str) -> keras.Model:
    """Return the encoder with its hidden states pooled in two ways: the first token's, then the mean over the tokens.

    Input shape:
        As the encoder's.

    Output shape:
        `(batch, 2 * hidden_size)`.
    """
    tokens = keras.Input((None,), dtype="int32", name="tokens")
    states, is_token = encoder(tokens)
    total = keras.ops.sum(states * is_token, axis=1)
    mean = total / keras.ops.maximum(keras.ops.sum(is_token, axis=1), 1.0)
    return keras.Model(tokens, keras.ops.concatenate([states[:, 0], mean], axis=-1), name=name)


def load_arrays(encoder: keras.Model, arrays: Mapping[str, Sequence[Array]]) -> None:
    """Give an encoder the arrays that `read_arrays` returned."""
    for name, values in arrays.items():
        encoder.get_layer(name).set_weights(list(values))


def layer_number(name: str) -> int:
    """Return in which transformer layer a Keras layer of the encoder stands; -1 for the embeddings.

    Example:
        ```python
        layer_number("layer_4_output_norm")  # 4
        layer_number("words")  # -1
        ```
    """
    head, _, rest = name.partition("_")
    number = rest.partition("_")[0]
    return int(number) if head == "layer" and number.isdigit() else -1


def _trimmed(tokens: Tensor, padding: int) -> tuple[Tensor, Tensor]:
    """Return a batch without the columns at its end that are padding in every row, and the numbers of those that stay.

    The first column always stays.
    """
    is_used = keras.ops.any(keras.ops.not_equal(tokens, padding), axis=0)
    used_from_here = keras.ops.flip(keras.ops.cumsum(keras.ops.cast(keras.ops.flip(is_used), "int32")))
    is_first = keras.ops.equal(keras.ops.cumsum(keras.ops.ones_like(used_from_here)), 1)
    (columns,) = keras.ops.nonzero(keras.ops.logical_or(is_first, used_from_here > 0))
    return keras.ops.take(tokens, columns, axis=1), columns


def _positions(ids: Tensor, columns: Tensor, layout: EncoderLayout) -> Tensor:
    """Return the numbers of the position vectors: of shape `(1, tokens)` where they are the same for all texts."""
    if layout.first_position:
        is_token = keras.ops.cast(keras.ops.not_equal(ids, layout.padding), "int32")
        return keras.ops.cumsum(is_token, axis=1) * is_token + layout.padding
    return keras.ops.expand_dims(columns, 0)


def _transformer_layer(x: Tensor, masked: Tensor, layout: EncoderLayout, name: str) -> Tensor:
    """Return the output of one layer: attention, then two dense layers, each added to its input and normalised."""
    attended = _attention(x, masked, layout, name)
    attended = keras.layers.Dense(layout.hidden_size, name=f"{name}_attention_output")(attended)
    x = _norm(f"{name}_attention_norm", layout)(x + attended)
    inner = keras.layers.Dense(layout.intermediate_size, name=f"{name}_intermediate")(x)
    inner = keras.layers.Dense(layout.hidden_size, name=f"{name}_output")(_activated(inner, layout.activation))
    return _norm(f"{name}_output_norm", layout)(x + inner)


def _attention(x: Tensor, masked: Tensor, layout: EncoderLayout, name: str) -> Tensor:
    size, heads = layout.hidden_size, layout.heads
    width = size // heads
    together = keras.layers.Dense(3 * size, name=f"{name}_attention")(x)
    # (batch, tokens, 3 * heads, width) -> (batch, 3 * heads, tokens, width): one copy for all three.
    together = keras.layers.Reshape((-1, 3 * heads, width), name=f"{name}_split_heads")(together)
    together = keras.ops.transpose(together, (0, 2, 1, 3))
    query, key, value = (together[:, part * heads : (part + 1) * heads] for part in range(3))
    scores = keras.ops.matmul(query * width**-0.5, keras.ops.transpose(key, (0, 1, 3, 2))) + masked
    weights = keras.ops.softmax(scores, axis=-1)
    mixed = keras.ops.transpose(keras.ops.matmul(weights, value), (0, 2, 1, 3))
    return keras.layers.Reshape((-1, size), name=f"{name}_join_heads")(mixed)


def _activated(x: Tensor, activation: str) -> Tensor:
    if activation in ("gelu", "gelu_tanh"):
        return keras.ops.gelu(x, approximate=activation == "gelu_tanh")
    return keras.ops.relu(x) if activation == "relu" else keras.ops.silu(x)


def _norm(name: str, layout: EncoderLayout) -> Any:
    return keras.layers.LayerNormalization(epsilon=layout.epsilon, name=name)
