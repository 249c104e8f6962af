"""The scripts in examples/ run, and find models that are worth having."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

EXAMPLES = Path(__file__).parents[2] / "examples"

RUN_DEMO = """
import sys
from pathlib import Path
sys.path.insert(0, sys.argv[1])
import demo
demo.OUTPUT = Path.cwd() / "output"
print("accuracy:", demo.main(max_trials=1, time_limit=None, epochs=6))
"""


def run(*arguments: str, folder: Path) -> str:
    """Run Python in a folder; return what it printed."""
    process = subprocess.run([sys.executable, *arguments], cwd=folder, capture_output=True, text=True, check=False)
    assert process.returncode == 0, process.stderr
    return process.stdout


@pytest.mark.parametrize(
    ("script", "pattern"),
    [
        ("task_api.py", r"accuracy on 300 other pictures: ([\d.]+)"),
        ("io_api.py", r"accuracy of the digit: ([\d.]+)"),
        ("functional_api.py", r"'accuracy': ([\d.]+)"),
    ],
)
def test_script_finds_a_classifier(script: str, pattern: str, tmp_path: Path) -> None:
    """Each level of the API is far better than guessing (0.1), however slow the machine is."""
    printed = run(str(EXAMPLES / script), folder=tmp_path)

    match = re.search(pattern, printed)
    assert match, printed
    assert float(match[1]) > 0.5


RUN_MULTI_MODAL = """
import sys
from pathlib import Path
sys.path.insert(0, sys.argv[1])
import multi_modal
multi_modal.main(Path.cwd(), epochs=6)
"""

PREDICT_ELSEWHERE = """
import sys
import numpy as np
sys.path.insert(0, sys.argv[1])
from multi_modal import TEST, load_rows
from autokeras_core import AutoModel
x, y = load_rows()
test = {name: rows[TEST] for name, rows in x.items()}
predicted = AutoModel.load("model").predict(test)
print("accuracy:", np.mean(predicted["digit"] == y["digit"][TEST]))
print("error:", np.abs(predicted["ink"] - y["ink"][TEST]).mean())
"""


def test_multi_modal_gives_one_model_for_two_inputs_and_two_targets(tmp_path: Path) -> None:
    """It predicts both well, and the same after loading in another process and in the exported model."""
    printed = run("-c", RUN_MULTI_MODAL, str(EXAMPLES), folder=tmp_path)
    elsewhere = run("-c", PREDICT_ELSEWHERE, str(EXAMPLES), folder=tmp_path)

    here = {what: float(re.search(rf"{what} of the \w+: ([\d.]+)", printed)[1]) for what in ("accuracy", "mean error")}  # type: ignore[index]
    there = {what: float(re.search(rf"{what}: ([\d.]+)", elsewhere)[1]) for what in ("accuracy", "error")}  # type: ignore[index]
    assert here["accuracy"] > 0.8
    assert here["mean error"] < 0.0328 / 2  # half the spread
    assert there["accuracy"] == pytest.approx(here["accuracy"], abs=1e-3)
    assert there["error"] == pytest.approx(here["mean error"], abs=1e-4)
    assert "the loaded model predicts the same: True" in printed
    assert "the exported model predicts the same: True" in printed


def test_demo_leaves_what_it_promises(tmp_path: Path) -> None:
    """The demo, with fewer epochs, prints a leaderboard and an accuracy, and leaves model, export and picture."""
    printed = run("-c", RUN_DEMO, str(EXAMPLES), folder=tmp_path)

    assert "Leaderboard" in printed
    assert float(printed.split("accuracy:")[-1]) > 0.8
    assert (tmp_path / "output" / "model" / "manifest.json").is_file()
    assert (tmp_path / "output" / "model.keras").is_file()
    assert (tmp_path / "output" / "demo.png").read_bytes().startswith(b"\x89PNG")
