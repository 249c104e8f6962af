"""BertBlock: a transformer encoder that was pretrained on much text, and a few layers of one's own."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

import keras

from ak_text.pretrained.features import FrozenEncoder
from ak_text.pretrained.layout import BERT_BASE, MINILM, read_layout
from ak_text.pretrained.locations import check_pretrained, checkpoint_folder, known_layout
from ak_text.pretrained.space import BERT, DEFAULT_ENCODER, suit_encoder
from ak_text.pretrained.tokenizer import SubwordTokenizer
from autokeras_core import Block, FineTuning, Normalization
from autokeras_core.plugin import layer_seed

if TYPE_CHECKING:
    from collections.abc import Sequence
    from os import PathLike

    from autokeras_core import Preprocessor, Space
    from autokeras_core.plugin import DataProfile, Domain, HyperparameterView, Tensor

__all__ = ["BertBlock"]

_WEIGHT_DECAY = 0.01  # as BERT was trained with
_MOST_EPOCHS = 4
_ROWS_PER_STEP = 32
_MOST_DEVIATIONS = 10.0
# Against training a network from scratch, which goes forward and backward in some 30 epochs: the frozen one goes forward
# once, fine-tuning a few times forward and backward, without the gradients of the lower layers where only the top is free.
_COST_OF_FEATURES = 1 / 90
_COST_OF_FINE_TUNING = {"none": 0.0, "top": 0.07, "all": 0.13}


class BertBlock(Block):
    """A pretrained encoder in the manner of BERT, used in two phases: frozen first, then trained further if that helps.

    In the first phase the encoder is a preprocessor: the features of all texts are computed once, whatever many trials
    use the same encoder at the same length, and only what stands behind it is trained, which takes seconds. With
    `fine_tune="top"` or `"all"` the trained layers are then put behind the encoder itself, its last third or all of it
    is set free, and the whole is trained further at a low learning rate that is lower still for lower layers, with a
    warm-up and a linear decay, in the time that is left to the trial. The result is kept only if it is better on the
    validation rows.

    The checkpoint is a local folder with `config.json`, `model.safetensors` and `tokenizer.json` (or a BERT's
    `vocab.txt`), or a name on the Hugging Face hub, which is downloaded once. BERT, MiniLM, DistilBERT, RoBERTa,
    CamemBERT and XLM-RoBERTa have the layouts that are read. One that you name and that cannot be had is an error as soon as
    a search starts. Where the default one cannot be downloaded, a search skips its configurations and goes on; if there
    are no others, it ends with one error that says what to do.

    A tokenizer cannot be part of a Keras model. What `save` writes takes raw texts; what `export_model` returns takes
    token numbers, and says so.

    Args:
        pretrained: A folder, or a name on the hub; by default `"sentence-transformers/all-MiniLM-L6-v2"`, a small and
            quick encoder.
        sequence_length: How many tokens of a text are read at most; by default suited to the length of the texts.
        pooling: The features of a text: the mean over its tokens, `"mean"`, or those of its first token, `"cls"`.
        hidden_units: Units of a hidden layer on the features; 0 for none.
        dropout: The share of the features' and of the hidden layer's values that is dropped while training.
        fine_tune: Which layers are trained further in the second phase: `"none"`, the last third (`"top"`) or `"all"`.
        fine_tune_learning_rate: The largest learning rate of the second phase.
        layer_decay: By which factor it falls from one layer to the one below.
        name: The block's name in the graph, by default `bert`.

    Input shape:
        `(batch,)` strings, straight from a `TextInput`.

    Output shape:
        `(batch, hidden_size)` of the encoder, e.g. 384; or `(batch, hidden_units)`.

    Reference:
        * [BERT](https://arxiv.org/abs/1810.04805), [RoBERTa](https://arxiv.org/abs/1907.11692),
          [DistilBERT](https://arxiv.org/abs/1910.01108), [MiniLM](https://arxiv.org/abs/2002.10957)
        * [How to Fine-Tune BERT for Text Classification?](https://arxiv.org/abs/1905.05583): layer-wise learning rates
        * [Fine-Tuning can Distort Pretrained Features](https://arxiv.org/abs/2202.10054): why the layers behind the
          encoder are trained before it is

    Example:
        ```python
        output = ClassificationHead()(BertBlock(pretrained="models/all-MiniLM-L6-v2")(TextInput()))
        output = ClassificationHead()(BertBlock(pretrained="bert-base-uncased", fine_tune="all")(TextInput()))
        ```
    """

    base_name: ClassVar[str] = "bert"
    space: ClassVar[Space] = BERT

    def __init__(
        self,
        *,
        pretrained: str | PathLike[str] | None = None,
        sequence_length: int | Domain | None = None,
        pooling: str | Domain | None = None,
        hidden_units: int | Domain | None = None,
        dropout: float | Domain | None = None,
        fine_tune: str | Domain | None = None,
        fine_tune_learning_rate: float | Domain | None = None,
        layer_decay: float | Domain | None = None,
        name: str | None = None,
    ) -> None:
        super().__init__(
            name=name,
            pretrained=None if pretrained is None else check_pretrained(pretrained),
            sequence_length=sequence_length,
            pooling=pooling,
            hidden_units=hidden_units,
            dropout=dropout,
            fine_tune=fine_tune,
            fine_tune_learning_rate=fine_tune_learning_rate,
            layer_decay=layer_decay,
        )

    def search_space(self, profile: DataProfile | None = None) -> Space:
        """Return the space suited to the texts, see `ak_text.pretrained.space.suit_encoder`."""
        return suit_encoder(super().search_space(profile), profile, given=self.arguments)

    def check_available(self, profile: DataProfile) -> None:
        """Look for the encoder if it was named: without it each trial would fail.

        The default encoder is looked for later, and only costs its trials if it cannot be had.

        Raises:
            UnavailableError: If a folder that was named is not there, or lacks files, or a name on the hub cannot be
                downloaded.
            GraphError: If its checkpoint is of another kind of network.
        """
        if "pretrained" in self.arguments:
            read_layout(checkpoint_folder(self.arguments["pretrained"]))

    def preprocessors(self, hp: HyperparameterView) -> Sequence[Preprocessor]:
        """Return the tokenizer, the frozen encoder, and the standardisation of its features."""
        return (
            SubwordTokenizer(self._pretrained, hp["sequence_length"]),
            FrozenEncoder(self._pretrained),
            *Normalization().preprocessors(hp),
        )

    def cost(self, hp: HyperparameterView) -> float | None:
        """Return what training on one text costs, spread over the epochs."""
        assumed = MINILM if self._pretrained == DEFAULT_ENCODER else BERT_BASE
        layout = known_layout(self._pretrained) or assumed
        share = _COST_OF_FEATURES + _COST_OF_FINE_TUNING[hp["fine_tune"]]
        return share * layout.multiply_adds(hp["sequence_length"])

    def build(self, hp: HyperparameterView, inputs: Tensor) -> Tensor:
        """Return the pooled features, or a hidden layer on them."""
        size = inputs.shape[-1] // 2  # the first token's features, then the mean, see FrozenEncoder
        x = inputs[:, size:] if hp["pooling"] == "mean" else inputs[:, :size]
        # A feature that hardly varies on the training texts has next to no variance, and may be large on others.
        x = keras.ops.clip(x, -_MOST_DEVIATIONS, _MOST_DEVIATIONS)
        x = keras.layers.Dropout(hp["dropout"], seed=layer_seed(hp.seed, 0))(x)
        if hp["hidden_units"] > 0:
            x = keras.layers.Dense(hp["hidden_units"], activation="relu")(x)
            x = keras.layers.Dropout(hp["dropout"], seed=layer_seed(hp.seed, 1))(x)
        return x

    def fine_tuning(self, hp: HyperparameterView) -> FineTuning | None:
        """Return how this configuration wants the encoder to be trained further."""
        if hp["fine_tune"] == "none":
            return None
        return FineTuning(
            depth=hp["fine_tune"],
            learning_rate=hp["fine_tune_learning_rate"],
            epochs=_MOST_EPOCHS,
            batch_size=_ROWS_PER_STEP,
            schedule="linear",
            weight_decay=_WEIGHT_DECAY,
            layer_decay=hp["layer_decay"],
        )

    @property
    def _pretrained(self) -> str:
        return str(self.arguments.get("pretrained", DEFAULT_ENCODER))
