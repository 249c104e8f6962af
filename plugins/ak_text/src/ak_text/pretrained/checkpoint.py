"""Reading `model.safetensors`: the arrays of BERT, DistilBERT and RoBERTa under names of our own. NumPy only."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from autokeras_core.errors import GraphError, describe_error

if TYPE_CHECKING:
    from ak_text.pretrained.layout import EncoderLayout

__all__ = ["WEIGHTS_FILE", "read_arrays"]

Array: TypeAlias = np.ndarray[Any, Any]

WEIGHTS_FILE = "model.safetensors"
"""The file of a checkpoint that holds its arrays."""

_WORDS = "embeddings.word_embeddings.weight"
_BERT_LAYER: Mapping[str, str] = MappingProxyType(
    {
        "query": "attention.self.query",
        "key": "attention.self.key",
        "value": "attention.self.value",
        "attention_output": "attention.output.dense",
        "attention_norm": "attention.output.LayerNorm",
        "intermediate": "intermediate.dense",
        "output": "output.dense",
        "output_norm": "output.LayerNorm",
    }
)
_DISTILBERT_LAYER: Mapping[str, str] = MappingProxyType(
    {
        "query": "attention.q_lin",
        "key": "attention.k_lin",
        "value": "attention.v_lin",
        "attention_output": "attention.out_lin",
        "attention_norm": "sa_layer_norm",
        "intermediate": "ffn.lin1",
        "output": "ffn.lin2",
        "output_norm": "output_layer_norm",
    }
)


def read_arrays(folder: Path, layout: EncoderLayout) -> dict[str, tuple[Array, ...]]:
    """Return the arrays of an encoder, float32, by the names of the layers that `encoder_network` gives them to.

    Kernels are turned round (checkpoints hold `(outputs, inputs)`), query, key and value stand side by side in one
    kernel, and the vector of the first segment, which every token of a single text has, is added to all positions.
    Whatever else a checkpoint holds (a pooler, a head for masked words) is left where it is.

    Args:
        folder: The checkpoint's folder.
        layout: What its `config.json` says.

    Raises:
        GraphError: If the file cannot be read, or arrays are missing or have other shapes than the layout says.
    """
    from safetensors import SafetensorError, safe_open  # heavy enough to come late

    path = folder / WEIGHTS_FILE
    try:
        with safe_open(str(path), framework="numpy") as stored:
            names = _Names(tuple(stored.keys()))
            return _assembled(layout, lambda name: _as_float(stored.get_tensor(names.find(name))), names)
    except (SafetensorError, OSError, KeyError, TypeError, ValueError) as error:
        reason = str(error.args[0]) if error.args else type(error).__name__
        raise GraphError(
            describe_error(
                "The weights of a checkpoint cannot be read.",
                expected=f"the arrays of a {layout.kind} encoder of {layout.layers} layers in {str(path)!r}",
                received=" ".join(reason.split())[:300],
                advice="Check that model.safetensors belongs to this config.json, and is complete.",
            )
        ) from error


class _Names:
    """Finds arrays by their usual names, whatever stands before them, and by those of older checkpoints."""

    def __init__(self, names: tuple[str, ...]) -> None:
        self._names = frozenset(names)
        words = [name for name in names if name.endswith(_WORDS)]
        if len(words) != 1:
            message = f"{len(words)} arrays are called {_WORDS!r}"
            raise ValueError(message)
        self._prefix = words[0].removesuffix(_WORDS)

    def __contains__(self, name: str) -> bool:
        return self._found(name) is not None

    def find(self, name: str) -> str:
        """Return the full name of an array."""
        found = self._found(name)
        if found is None:
            message = f"there is no array {self._prefix + name!r}"
            raise ValueError(message)
        return found

    def _found(self, name: str) -> str | None:
        # Checkpoints that were converted from the first TensorFlow ones still say gamma and beta.
        older = re.sub(r"(LayerNorm)\.weight$", r"\1.gamma", re.sub(r"(LayerNorm)\.bias$", r"\1.beta", name))
        return next((self._prefix + each for each in (name, older) if self._prefix + each in self._names), None)


def _assembled(layout: EncoderLayout, read: Callable[[str], Array], names: _Names) -> dict[str, tuple[Array, ...]]:
    size, inner = layout.hidden_size, layout.intermediate_size

    def array(name: str, *shape: int) -> Array:
        found = read(name)
        if found.shape != shape:
            message = f"{name!r} has the shape {found.shape}, config.json says {shape}"
            raise ValueError(message)
        return found

    def dense(name: str, inputs: int, outputs: int) -> tuple[Array, Array]:
        return array(f"{name}.weight", outputs, inputs).T, array(f"{name}.bias", outputs)

    def norm(name: str) -> tuple[Array, Array]:
        return array(f"{name}.weight", size), array(f"{name}.bias", size)

    positions = array("embeddings.position_embeddings.weight", layout.positions, size)
    segments = "embeddings.token_type_embeddings.weight"
    if segments in names:
        positions = positions + read(segments)[0]
    arrays: dict[str, tuple[Array, ...]] = {
        "words": (array(_WORDS, layout.vocabulary_size, size),),
        "positions": (positions,),
        "embeddings_norm": norm("embeddings.LayerNorm"),
    }
    is_distilbert = layout.kind == "distilbert"
    parts = _DISTILBERT_LAYER if is_distilbert else _BERT_LAYER
    for index in range(layout.layers):
        before = f"transformer.layer.{index}" if is_distilbert else f"encoder.layer.{index}"
        of = {part: f"{before}.{name}" for part, name in parts.items()}
        attention = [dense(of[part], size, size) for part in ("query", "key", "value")]
        arrays |= {
            f"layer_{index}_attention": (
                np.concatenate([kernel for kernel, _ in attention], axis=1),
                np.concatenate([bias for _, bias in attention]),
            ),
            f"layer_{index}_attention_output": dense(of["attention_output"], size, size),
            f"layer_{index}_attention_norm": norm(of["attention_norm"]),
            f"layer_{index}_intermediate": dense(of["intermediate"], size, inner),
            f"layer_{index}_output": dense(of["output"], inner, size),
            f"layer_{index}_output_norm": norm(of["output_norm"]),
        }
    return arrays


def _as_float(array: Array) -> Array:
    """Return an array of single precision; half and brain floats are widened, which loses nothing."""
    if array.dtype.kind != "f" and array.dtype.name != "bfloat16":
        message = f"an array holds {array.dtype.name} where numbers with a fraction are expected"
        raise TypeError(message)
    widened: Array = array.astype(np.float32)
    return widened
