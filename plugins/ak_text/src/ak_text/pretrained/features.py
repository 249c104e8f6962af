"""The features of a pretrained encoder, as a preprocessor: computed once, used by many trials."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Self, TypeAlias

import keras
import numpy as np
import tensorflow as tf

from ak_text.pretrained.checkpoint import read_arrays
from ak_text.pretrained.layout import EncoderLayout, read_layout
from ak_text.pretrained.locations import check_pretrained, checkpoint_folder
from ak_text.pretrained.network import encoder_network, layer_number, load_arrays, pooled_network
from autokeras_core import GraphError, NotFittedError
from autokeras_core.errors import describe_error
from autokeras_core.plugin import training_in

if TYPE_CHECKING:
    from os import PathLike

    from autokeras_core.plugin import Depth

__all__ = ["FrozenEncoder"]

Array: TypeAlias = np.ndarray[Any, Any]

_ENCODER = "encoder"
_TOKENS_AT_ONCE = 4096  # padding included; much more does not fit into the caches of a processor
_MOST_TEXTS_AT_ONCE = 128
_SHARE_OF_THE_TOP = 1 / 3  # of the transformer layers


class FrozenEncoder:
    """A preprocessor that turns token numbers into the features of a pretrained encoder.

    The hidden states of the last layer are pooled in two ways: the first token's (`[CLS]`), then the mean over all tokens
    of a text. Both stand in each row, so that trials with either use the same features. This is done once for each
    encoder and length, however many trials use it: texts of a length go through the encoder together, without padding
    that none of them needs.

    What is saved with a model holds the encoder's weights, so loading needs neither a checkpoint nor a download.

    Args:
        pretrained: The folder of a checkpoint, or its name on the Hugging Face hub.

    Input shape:
        `(rows, tokens)`, int32, from a `SubwordTokenizer` of the same checkpoint.

    Output shape:
        `(rows, 2 * hidden_size)`, float32.

    Example:
        ```python
        frozen = FrozenEncoder("models/all-MiniLM-L6-v2")
        frozen.fit(numbers)
        frozen.transform(numbers).shape  # (rows, 768)
        ```
    """

    in_model = False
    rows_at_once = 512

    def __init__(self, pretrained: str | PathLike[str]) -> None:
        self._pretrained = check_pretrained(pretrained)
        self._layout: EncoderLayout | None = None
        self._model: keras.Model | None = None
        self._function: Any = None  # a TensorFlow function, which has no types

    def fit(self, data: Array) -> None:
        """Load the encoder's weights. Nothing is learned from the rows.

        Raises:
            GraphError: If the checkpoint cannot be read, or the rows are no token numbers.
            UnavailableError: If it can neither be found nor downloaded.
        """
        if data.ndim != 2 or data.dtype.kind not in "iu":
            raise GraphError(
                describe_error(
                    f"The pretrained encoder {self._pretrained!r} was given something that is no set of token numbers.",
                    expected="integers of shape (rows, tokens), from a SubwordTokenizer",
                    received=f"{data.dtype} of shape {data.shape}",
                )
            )
        folder = checkpoint_folder(self._pretrained)
        layout = read_layout(folder)
        arrays = read_arrays(folder, layout)
        model = _assembled(layout)
        load_arrays(model.get_layer(_ENCODER), arrays)
        self._use(layout, model)

    def transform(self, batch: Array) -> Array:
        """Return the features of texts, float32 of shape `(rows, 2 * hidden_size)`."""
        model, layout = self._fitted()
        features = np.empty((len(batch), 2 * layout.hidden_size), dtype="float32")
        if self._function is None:
            self._function = tf.function(
                lambda tokens: model(tokens, training=False),
                input_signature=[tf.TensorSpec((None, None), tf.int32)],
                autograph=False,
            )
        lengths = _lengths(batch, layout.padding)
        for rows, length in _batches_by_length(lengths):
            features[rows] = self._function(tf.constant(batch[rows, :length], dtype=tf.int32)).numpy()
        return features

    def to_layer(self) -> keras.Model:
        """Return the same mapping as a Keras model of its own, for the exported model."""
        return self._copy()

    def get_config(self) -> dict[str, Any]:
        """Return the constructor's arguments."""
        return {"pretrained": self._pretrained}

    def get_state(self) -> dict[str, Any]:
        """Return the encoder's sizes, and its weights in the order of its layers."""
        model, layout = self._fitted()
        arrays = model.get_weights()
        return {
            "layout": layout.to_json(),
            "weights": {f"{index:04d}": np.asarray(array) for index, array in enumerate(arrays)},
        }

    def set_state(self, state: Mapping[str, Any]) -> None:
        """Restore the encoder from its saved weights; nothing is downloaded."""
        layout = EncoderLayout.from_json(state["layout"])
        model = _assembled(layout)
        arrays = state["weights"]
        model.set_weights([arrays[key] for key in sorted(arrays)])
        self._use(layout, model)

    @property
    def parameters(self) -> int:
        """The number of the encoder's parameters."""
        model, _ = self._fitted()
        return int(model.count_params())

    def unfrozen(self, depth: Depth) -> keras.Model:
        """Return a copy of the encoder whose last third of layers, or all of it, is trainable.

        Word and position vectors are trained with `"all"` only.
        """
        _, layout = self._fitted()
        model = self._copy()
        model.trainable = True
        first = layout.layers - max(1, round(layout.layers * _SHARE_OF_THE_TOP)) if depth == "top" else -1
        for layer in model.get_layer(_ENCODER).layers:
            layer.trainable = layer_number(layer.name) >= first
        return model

    def layer_groups(self, network: keras.Model) -> Sequence[Sequence[Any]]:
        """Return the trainable variables of what `unfrozen` returned: the embeddings', then each layer's, in order."""
        groups: dict[int, list[Any]] = {}
        for layer in network.get_layer(_ENCODER).layers:
            groups.setdefault(layer_number(layer.name), []).extend(layer.trainable_variables)
        return [groups[number] for number in sorted(groups) if groups[number]]

    def tuned(self, network: keras.Model) -> Self:
        """Return a new preprocessor that computes with an encoder which `unfrozen` returned, frozen again."""
        _, layout = self._fitted()
        other = type(self)(**self.get_config())
        network.trainable = False
        other._use(layout, network)
        return other

    def _use(self, layout: EncoderLayout, model: keras.Model) -> None:
        self._layout, self._model, self._function = layout, model, None

    def _copy(self) -> keras.Model:
        original, layout = self._fitted()
        copy = _assembled(layout)
        copy.set_weights(original.get_weights())
        return copy

    def _fitted(self) -> tuple[keras.Model, EncoderLayout]:
        if self._model is None or self._layout is None:
            raise NotFittedError(
                describe_error(
                    f"The pretrained encoder {self._pretrained!r} was used before it was loaded.",
                    expected="a call of fit(), or of set_state(), before",
                    received="none",
                )
            )
        return self._model, self._layout


def _assembled(layout: EncoderLayout) -> keras.Model:
    """Return the encoder from token numbers to pooled features; it is frozen as a whole."""
    with training_in("float32"):  # whatever a trial trains in: features are cached for all of them
        model = pooled_network(encoder_network(layout, name=_ENCODER), name="pretrained_encoder")
    model.trainable = False
    return model


def _lengths(batch: Array, padding: int) -> Array:
    """Return how many columns each row needs: up to its last token that is no padding, at least 1."""
    is_token = batch != padding
    last = batch.shape[1] - np.argmax(is_token[:, ::-1], axis=1)
    return np.where(is_token.any(axis=1), last, 1)


def _batches_by_length(lengths: Array) -> list[tuple[Array, int]]:
    """Return row numbers of texts of similar length, and how many columns each batch needs; the longest first."""
    batches = []
    order = np.argsort(-lengths, kind="stable")
    start = 0
    while start < len(order):
        length = int(lengths[order[start]])
        rows = order[start : start + max(1, min(_MOST_TEXTS_AT_ONCE, _TOKENS_AT_ONCE // length))]
        batches.append((rows, length))
        start += len(rows)
    return batches
