"""What text networks cost, counted from their hyperparameters. Light: no layer is built for it.

Most of them are cheap per text, and what a training step costs apart from its texts counts: the optimizer moves every
number of an embedding at every step, whether its word occurred or not. So that is divided by the batch size here.
"""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

from ak_text._tokens import bucketed

if TYPE_CHECKING:
    from autokeras_core.plugin import HyperparameterView

__all__ = ["embedding_cost", "ngram_cost", "rnn_cost", "separable_conv_cost", "transformer_cost"]

# Against a multiply-add of a large convolution, forward and backward, as measured on two cores of a server.
_UPDATE = 400.0  # of a trained number by Adam
_MULTIPLY_ADD = 3.0  # of a small dense layer or convolution
_SPREAD = 100.0  # of a number of a sparse row that is written out
_VALUE = 200.0  # of a number that is looked up in an embedding, or goes through a layer of few operations
_TIME_STEP = 20_000_000.0  # of a recurrent layer, for a whole batch
_BATCH = 64


def ngram_cost(hp: HyperparameterView) -> float:
    """Return what training on one text costs an `NgramBlock`."""
    columns, outputs = int(hp["max_tokens"]), _outputs(hp)
    widths = [columns, *[int(hp.get("units", 0))] * int(hp["num_layers"]), outputs]
    weights = sum(before * after for before, after in itertools.pairwise(widths))
    return _SPREAD * columns + _MULTIPLY_ADD * weights + _UPDATE * weights / _batch(hp)


def embedding_cost(hp: HyperparameterView, width: int) -> float:
    """Return what training on one text costs an `EmbeddingBlock`, whose words have vectors of length `width`."""
    return _VALUE * _length(hp) * width + _UPDATE * int(hp["max_tokens"]) * width / _batch(hp)


def separable_conv_cost(hp: HyperparameterView, width: int) -> float:
    """Return what training on one text costs a `SeparableConvBlock`."""
    places, channels, filters = _length(hp), width, int(hp["filters"])
    cost = embedding_cost(hp, width)
    for _ in range(hp["num_blocks"]):
        for _ in range(hp["num_layers"]):
            cost += places * (_VALUE * (channels + filters) + _MULTIPLY_ADD * channels * filters)
            channels = filters
        places = -(-places // 2)
    return cost


def rnn_cost(hp: HyperparameterView, width: int) -> float:
    """Return what training on one text costs a `TextRNNBlock`."""
    places, units = _length(hp), int(hp["units"])
    directions, gates = (2 if hp["bidirectional"] else 1), (3 if hp["layer_type"] == "gru" else 4)
    cost, inputs = embedding_cost(hp, width), width
    for _ in range(hp["num_layers"]):
        multiply_adds = gates * units * (inputs + units)
        cost += directions * places * (_TIME_STEP / _batch(hp) + _MULTIPLY_ADD * multiply_adds)
        inputs = directions * units
    return cost


def transformer_cost(hp: HyperparameterView, width: int) -> float:
    """Return what training on one text costs a `TransformerEncoderBlock`."""
    places, inner = _length(hp), int(hp["feed_forward_units"])
    multiply_adds = places * (4 * width**2 + 2 * width * inner) + 2 * places**2 * width
    values = places * (6 * width + inner) + 2 * places**2 * int(hp["num_heads"])
    return embedding_cost(hp, width) + int(hp["num_layers"]) * (_MULTIPLY_ADD * multiply_adds + _VALUE * values)


def _batch(hp: HyperparameterView) -> int:
    batch_size = hp.values.get("training/batch_size", _BATCH)
    assert isinstance(batch_size, int)
    return min(batch_size, hp.profile.rows) if hp.profile is not None else batch_size


def _length(hp: HyperparameterView) -> int:
    """Return how long the sequences are, as far as the profile tells."""
    longest = int(hp["sequence_length"])
    profile = hp.profile
    fact = "words_95" if hp["tokens"] == "words" else "characters_95"
    known = [] if profile is None else [int(p.facts[fact]) for p in profile.inputs.values() if p.modality == "text"]
    return min(longest, bucketed(max(known))) if known else longest


def _outputs(hp: HyperparameterView) -> int:
    """Return how many numbers are predicted per text: what comes right behind n-grams is mostly the head."""
    targets = [] if hp.profile is None else hp.profile.targets.values()
    return max((target.outputs for target in targets), default=1)
