"""Tiny checkpoints for tests, in the layouts of the real ones, and the encoder once more in plain NumPy."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import pytest
from safetensors.numpy import save_file
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors

from ak_text.pretrained import hub

Array: TypeAlias = np.ndarray[Any, Any]

SIZE, LAYERS, HEADS, INNER, POSITIONS = 16, 3, 4, 24, 40
SPECIAL = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
WORDS = [
    "the",
    "a",
    "film",
    "was",
    "is",
    "good",
    "bad",
    "fine",
    "dull",
    "very",
    "not",
    "it",
    "un",
    "##able",
    "##ly",
    "##s",
    "play",
    "price",
    "rose",
    "fell",
    "goal",
    "team",
    ".",
    ",",
    "!",
]
VOCABULARY = [*SPECIAL, *WORDS, *"abcdefghijklmnopqrstuvwxyz", *(f"##{each}" for each in "abcdefghijklmnopqrstuvwxyz")]
ROBERTA_SPECIAL = ["<s>", "<pad>", "</s>", "<unk>", "<mask>"]


def write_checkpoint(folder: Path, *, kind: str = "bert", seed: int = 0, prefix: str = "", older: bool = False) -> Path:
    """Write `config.json`, `model.safetensors` and `tokenizer.json` of a tiny random encoder; return the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "config.json").write_text(json.dumps(config_of(kind)), encoding="utf-8")
    arrays = {f"{prefix}{name}": array for name, array in arrays_of(kind, seed=seed).items()}
    if older:
        arrays = {
            name.replace("LayerNorm.weight", "LayerNorm.gamma").replace("LayerNorm.bias", "LayerNorm.beta"): array
            for name, array in arrays.items()
        }
    save_file({**arrays, "cls.predictions.bias": np.zeros(3, "float32")}, folder / "model.safetensors")
    tokenizer = roberta_tokenizer() if kind == "roberta" else bert_tokenizer()
    # What somebody last used it with must not matter.
    tokenizer.enable_padding(length=7)
    tokenizer.enable_truncation(7)
    tokenizer.save(str(folder / "tokenizer.json"))
    return folder


def config_of(kind: str) -> dict[str, Any]:
    """Return the content of a `config.json`."""
    if kind == "distilbert":
        return {
            "model_type": "distilbert",
            "dim": SIZE,
            "n_layers": LAYERS,
            "n_heads": HEADS,
            "hidden_dim": INNER,
            "activation": "gelu",
            "vocab_size": len(VOCABULARY),
            "max_position_embeddings": POSITIONS,
            "pad_token_id": 0,
        }
    config = {
        "model_type": kind,
        "hidden_size": SIZE,
        "num_hidden_layers": LAYERS,
        "num_attention_heads": HEADS,
        "intermediate_size": INNER,
        "hidden_act": "gelu",
        "vocab_size": len(VOCABULARY),
        "max_position_embeddings": POSITIONS,
        "type_vocab_size": 2,
        "pad_token_id": 0,
        "layer_norm_eps": 1e-12,
    }
    return {**config, "type_vocab_size": 1, "pad_token_id": 1, "layer_norm_eps": 1e-5} if kind == "roberta" else config


def arrays_of(kind: str, *, seed: int = 0) -> dict[str, Array]:
    """Return random arrays under the names that checkpoints have."""
    rng = np.random.default_rng(seed)

    def normal(*shape: int) -> Array:
        return rng.normal(0, 0.3, shape).astype("float32")

    def dense(name: str, inputs: int, outputs: int) -> dict[str, Array]:
        return {f"{name}.weight": normal(outputs, inputs), f"{name}.bias": normal(outputs)}

    def norm(name: str) -> dict[str, Array]:
        return {f"{name}.weight": 1 + normal(SIZE), f"{name}.bias": normal(SIZE)}

    arrays = {
        "embeddings.word_embeddings.weight": normal(len(VOCABULARY), SIZE),
        "embeddings.position_embeddings.weight": normal(POSITIONS, SIZE),
        **norm("embeddings.LayerNorm"),
    }
    if kind != "distilbert":
        arrays["embeddings.token_type_embeddings.weight"] = normal(1 if kind == "roberta" else 2, SIZE)
    for index in range(LAYERS):
        q, k, v, out, first, inner, output, last = names_of(kind, index)
        for name in (q, k, v, out):
            arrays |= dense(name, SIZE, SIZE)
        arrays |= {**norm(first), **dense(inner, SIZE, INNER), **dense(output, INNER, SIZE), **norm(last)}
    return arrays


def names_of(kind: str, index: int) -> tuple[str, ...]:
    """Return how the parts of a transformer layer are called."""
    if kind == "distilbert":
        layer = f"transformer.layer.{index}"
        names = ["attention.q_lin", "attention.k_lin", "attention.v_lin", "attention.out_lin"]
        names += ["sa_layer_norm", "ffn.lin1", "ffn.lin2", "output_layer_norm"]
    else:
        layer = f"encoder.layer.{index}"
        names = [f"attention.self.{name}" for name in ("query", "key", "value")]
        names += ["attention.output.dense", "attention.output.LayerNorm"]
        names += ["intermediate.dense", "output.dense", "output.LayerNorm"]
    return tuple(f"{layer}.{name}" for name in names)


def reference_states(kind: str, ids: Array, *, seed: int = 0) -> Array:
    """Return the hidden states of the encoder of `write_checkpoint`, worked out text by text in double precision."""
    arrays = {name: array.astype("float64") for name, array in arrays_of(kind, seed=seed).items()}
    padding = config_of(kind)["pad_token_id"]
    epsilon = config_of(kind).get("layer_norm_eps", 1e-12)

    def dense(x: Array, name: str) -> Array:
        return x @ arrays[f"{name}.weight"].T + arrays[f"{name}.bias"]

    def norm(x: Array, name: str) -> Array:
        centred = x - x.mean(-1, keepdims=True)
        scaled = centred / np.sqrt((centred**2).mean(-1, keepdims=True) + epsilon)
        return scaled * arrays[f"{name}.weight"] + arrays[f"{name}.bias"]

    def gelu(x: Array) -> Array:
        return 0.5 * x * (1 + np.vectorize(math.erf)(x / math.sqrt(2)))

    states = np.zeros((*ids.shape, SIZE))
    for row, padded in enumerate(ids):
        tokens = padded[padded != padding]
        positions = np.arange(len(tokens)) + (padding + 1 if kind == "roberta" else 0)
        x = arrays["embeddings.word_embeddings.weight"][tokens]
        x = x + arrays["embeddings.position_embeddings.weight"][positions]
        if kind != "distilbert":
            x = x + arrays["embeddings.token_type_embeddings.weight"][0]
        x = norm(x, "embeddings.LayerNorm")
        for index in range(LAYERS):
            q, k, v, out, first, inner, output, last = names_of(kind, index)
            mixed = []
            for head in range(HEADS):
                part = slice(head * SIZE // HEADS, (head + 1) * SIZE // HEADS)
                scores = dense(x, q)[:, part] @ dense(x, k)[:, part].T / math.sqrt(SIZE // HEADS)
                weights = np.exp(scores - scores.max(-1, keepdims=True))
                mixed.append(weights / weights.sum(-1, keepdims=True) @ dense(x, v)[:, part])
            x = norm(x + dense(np.concatenate(mixed, axis=-1), out), first)
            x = norm(x + dense(gelu(dense(x, inner)), output), last)
        states[row, : len(tokens)] = x
    return states


def bert_tokenizer() -> Tokenizer:
    """Return BERT's tokenizer for the tiny vocabulary."""
    tokenizer = Tokenizer(models.WordPiece({word: number for number, word in enumerate(VOCABULARY)}, unk_token="[UNK]"))
    tokenizer.add_special_tokens(SPECIAL)
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=True)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", special_tokens=[("[CLS]", 2), ("[SEP]", 3)]
    )
    return tokenizer


def roberta_tokenizer() -> Tokenizer:
    """Return a byte-level tokenizer for the tiny vocabulary: each byte is a token, as far as there are any."""
    letters = pre_tokenizers.ByteLevel.alphabet()
    vocabulary = {word: number for number, word in enumerate([*ROBERTA_SPECIAL, *sorted(letters)][: len(VOCABULARY)])}
    tokenizer = Tokenizer(models.BPE(vocabulary, [], unk_token="<unk>"))
    tokenizer.add_special_tokens(ROBERTA_SPECIAL)
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.post_processor = processors.TemplateProcessing(
        single="<s> $A </s>", special_tokens=[("<s>", 0), ("</s>", 2)]
    )
    return tokenizer


def reviews(rows: int = 60, *, seed: int = 0) -> tuple[Array, Array]:
    """Return short texts, and whether they praise."""
    rng = np.random.default_rng(seed)
    labels = np.arange(rows) % 2
    kinds = (["bad", "dull", "not good"], ["good", "fine", "very fine"])
    texts = np.empty(rows, dtype=object)
    for row, label in enumerate(labels):
        words = [str(rng.choice(["the film was", "it is a film", "the play is"])), str(rng.choice(kinds[label]))]
        texts[row] = " ".join([*words, *["very"] * int(rng.integers(0, 6))])
    return texts, np.array(["dull", "fine"])[labels]


class Offline:
    """What opens an address where there is no network; counts how often it was asked."""

    def __init__(self, error: Exception | None = None) -> None:
        self.error = error or OSError("Network is unreachable")
        self.addresses: list[str] = []

    def __call__(self, address: str) -> Any:
        """Fail."""
        self.addresses.append(address)
        raise self.error


def go_offline(monkeypatch: pytest.MonkeyPatch, folder: Path, error: Exception | None = None) -> Offline:
    """Take away the network and what was downloaded before; return what counts the attempts."""
    offline = Offline(error)
    monkeypatch.setattr(hub, "_opener", offline)
    monkeypatch.setenv("KERAS_HOME", str(folder))
    monkeypatch.delenv("HF_HUB_OFFLINE", raising=False)
    hub.forget_failed_downloads()
    return offline
