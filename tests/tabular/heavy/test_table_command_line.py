"""The command line on real tables: from a CSV file to predictions, files that others can load, and searches that go on."""

from __future__ import annotations

import csv
import io
import json
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import attrs
import keras
import numpy as np
import pandas as pd
import pytest
import tensorflow as tf
from sklearn.datasets import load_diabetes, load_wine

from autokeras_core import AutoModel
from autokeras_core.cli._models import load_model
from autokeras_core.cli._session import Session
from autokeras_core.manager import get_manager, set_manager
from autokeras_core.search.report import read_report
from tests.heavy.command_lines import autokeras, succeed

CULTIVARS = ("barolo", "grignolino", "barbera")


@attrs.frozen
class Searched:
    """Files of one search: where it was kept, where its model was saved, and rows that it has not seen."""

    directory: Path
    model: Path
    train: Path
    test: Path
    frame: pd.DataFrame
    result: dict[str, Any]


def wine() -> pd.DataFrame:
    """Return measurements of wines and their cultivar, as a word; shuffled."""
    frame = load_wine(as_frame=True).frame.sample(frac=1, random_state=0)
    frame["cultivar"] = [CULTIVARS[number] for number in frame.pop("target")]
    return frame


@pytest.fixture(scope="module")
def searched(tmp_path_factory: pytest.TempPathFactory) -> Searched:
    """A search with two trials on a CSV file."""
    root = tmp_path_factory.mktemp("wine")
    frame = wine()
    train, test = root / "wine.csv", root / "new.csv"
    frame[:140].to_csv(train, index=False)
    frame[140:].to_csv(test, index=False)
    written = succeed(
        *("fit", "StructuredDataClassifier", train, "--target", "cultivar", "--max-trials", 2, "--epochs", 8),
        *("--seed", 0, "--directory", root / "search", "--output", root / "model", "--format", "json"),
    )
    return Searched(root / "search", root / "model", train, test, frame[140:], json.loads(written)["search"])


def test_fit_finds_a_model_and_says_where(searched: Searched) -> None:
    """The result names score, trials and model, and stdout holds nothing else."""
    assert searched.result["best_score"] > 0.85
    assert searched.result["trials"] == 2
    assert searched.result["model"] == str(searched.model)


def test_leaderboard_knows_where_configurations_came_from(searched: Searched) -> None:
    """The names of the predefined ones are in the journal, so that a loaded search has them, too."""
    board = json.loads(succeed("leaderboard", searched.directory, "--format", "json"))

    origins = {trial["trial_id"]: trial["origin"] for trial in board["trials"]}
    assert origins["0"] not in ("", "mutation")
    assert {row.trial_id: row.origin for row in AutoModel.load(searched.directory).leaderboard()} == origins


def test_predict_writes_the_labels_of_the_rows(searched: Searched) -> None:
    """CSV with the target's name: what the model in Python predicts, in the order of the rows."""
    rows = list(csv.DictReader(io.StringIO(succeed("predict", searched.model, searched.test))))

    predicted = [row["cultivar"] for row in rows]
    assert predicted == list(AutoModel.load(searched.model).predict(searched.test))
    assert np.mean(np.array(predicted) == searched.frame["cultivar"]) > 0.8


def test_predict_takes_a_search(searched: Searched) -> None:
    """A search's directory is a model, too."""
    assert succeed("predict", searched.directory, searched.test) == succeed("predict", searched.model, searched.test)


def test_model_is_loaded_with_the_plugins_of_the_command_line(searched: Searched) -> None:
    """What `-p` switches off stays off, whatever else the process has for plugins."""
    session = Session(disabled=["ak-vision"])
    plugins = session.manager
    set_manager(None)

    try:
        load_model(session, searched.model)

        assert get_manager() is plugins
    finally:
        set_manager(None)


def test_probabilities_as_json_lines(searched: Searched, tmp_path: Path) -> None:
    """One object for each row, in a file whose suffix says so, with a column for each class."""
    output = tmp_path / "probabilities.jsonl"

    result = autokeras("predict", searched.model, searched.test, "--proba", "--output", output)

    rows = [json.loads(line) for line in output.read_text(encoding="utf-8").splitlines()]
    assert (result.code, result.stdout) == (0, "")
    assert f"Wrote {len(searched.frame)} predictions to {output}." in result.stderr
    assert list(rows[0]) == [f"probability_{name}" for name in sorted(CULTIVARS)]
    assert np.allclose([sum(row.values()) for row in rows], 1.0, atol=1e-5)
    assert list(tmp_path.iterdir()) == [output]


def test_evaluate_knows_the_target(searched: Searched) -> None:
    """The search's command and the saved model know which column to compare with; both measure the same."""
    of_search = json.loads(succeed("evaluate", searched.directory, searched.test, "--format", "json"))["metrics"]
    of_model = json.loads(succeed("evaluate", searched.model, searched.test, "--format", "json"))["metrics"]

    assert of_search == of_model
    assert of_model["accuracy"] > 0.8


def test_evaluate_without_the_target_names_the_columns(searched: Searched, tmp_path: Path) -> None:
    """Where the column is not there, the error says which are."""
    unlabelled = tmp_path / "unlabelled.csv"
    searched.frame.drop(columns="cultivar").to_csv(unlabelled, index=False)

    result = autokeras("evaluate", searched.model, unlabelled)

    assert (result.code, result.stdout) == (1, "")
    assert "'cultivar'" in result.stderr.splitlines()[-1]


def test_exported_file_predicts_the_same(searched: Searched, tmp_path: Path) -> None:
    """A .keras file that predicts the same from raw rows; the command says what loads it."""
    path = tmp_path / "model.keras"

    written = json.loads(succeed("export", searched.model, path, "--format", "json"))

    rows = searched.frame.drop(columns="cultivar").to_numpy("float32")
    expected = AutoModel.load(searched.model).predict_proba(searched.test)
    assert np.allclose(keras.models.load_model(path).predict(rows, verbose=0), expected, atol=1e-5)
    assert written["load"] == f'keras.models.load_model("{path}")'
    assert written["inputs"] == ["structured (rows, 13) float32"]
    assert list(tmp_path.iterdir()) == [path]


def test_exported_saved_model_serves_the_same(searched: Searched, tmp_path: Path) -> None:
    """Without a suffix it is a SavedModel folder; with --overwrite one that an export wrote makes room for it."""
    path = tmp_path / "served"
    path.mkdir()
    (path / "saved_model.pb").write_text("an earlier one")

    succeed("export", searched.model, path, "--overwrite")

    rows = tf.constant(searched.frame.drop(columns="cultivar").to_numpy("float32"))
    expected = AutoModel.load(searched.model).predict_proba(searched.test)
    assert np.allclose(tf.saved_model.load(path).serve(rows), expected, atol=1e-5)
    assert list(tmp_path.iterdir()) == [path]


def test_export_never_replaces_unasked(searched: Searched, tmp_path: Path) -> None:
    """What is there stays, unless --overwrite says otherwise."""
    path = tmp_path / "model.keras"
    path.write_text("precious")

    refused = autokeras("export", searched.model, path)
    kept = path.read_text()
    succeed("export", searched.model, path, "--overwrite")

    assert (refused.code, kept) == (1, "precious")
    assert "--overwrite" in refused.stderr
    assert path.read_bytes().startswith(b"PK")


@pytest.mark.parametrize("options", [(), ("--kind", "keras")], ids=["savedmodel", "keras"])
def test_export_never_deletes_a_folder_of_other_files(
    searched: Searched, tmp_path: Path, options: tuple[str, ...]
) -> None:
    """Not even with --overwrite: a wrong OUT costs no one a file, and no time."""
    path = tmp_path / "work.keras" if options else tmp_path / "work"
    path.mkdir()
    (path / "thesis.txt").write_text("precious")
    (path / "saved_model.pb").touch()

    result = autokeras(
        "export", tmp_path, path, "--overwrite", *options
    )  # there is no model in tmp_path: nothing is loaded

    assert result.code == 1
    assert "cannot be exported" in result.stderr and str(path) in result.stderr
    assert (path / "thesis.txt").read_text() == "precious"


def test_export_never_deletes_a_search(searched: Searched) -> None:
    """The directory of the search that the model is from is no place for it."""
    before = sorted(searched.directory.iterdir())

    result = autokeras("export", searched.directory, searched.directory, "--overwrite")

    assert result.code == 1
    assert sorted(searched.directory.iterdir()) == before


def test_export_wants_the_suffix_of_its_kind(tmp_path: Path) -> None:
    """A .keras file under another name is wrong usage, before a model is looked for."""
    result = autokeras("export", tmp_path, tmp_path / "model", "--kind", "keras")

    assert result.code == 2
    assert "'OUT'" in result.stderr and ".keras" in result.stderr


def test_unknown_kind_is_answered_with_the_nearest(tmp_path: Path) -> None:
    """Kinds are names of registered exporters."""
    result = autokeras("export", tmp_path, tmp_path / "model", "--kind", "savedmodle")

    assert result.code == 1
    assert "There is no exporter called 'savedmodle'" in result.stderr
    assert "Did you mean 'savedmodel'?" in result.stderr


@pytest.mark.parametrize("name", ["model.h5", "model.tflite"])
def test_export_knows_its_formats(searched: Searched, tmp_path: Path, name: str) -> None:
    """Another suffix is wrong usage that names the right ones, before the model is loaded."""
    result = autokeras("export", searched.model, tmp_path / name)

    assert result.code == 2
    assert ".keras" in result.stderr


def test_several_targets_are_several_columns(tmp_path: Path) -> None:
    """`--target a,b` learns both, and `predict` writes both."""
    frame = load_diabetes(as_frame=True).frame[:200]
    frame["half"] = frame["target"] / 2
    frame.to_csv(tmp_path / "train.csv", index=False)

    succeed(
        *("fit", "structured-data-regressor", tmp_path / "train.csv", "--target", "target,half", "--max-trials", 1),
        *("--epochs", 1, "--no-ensemble", "--directory", tmp_path / "search", "--quiet"),
    )

    header, *rows = succeed("predict", tmp_path / "search", tmp_path / "train.csv").splitlines()
    assert header == "target,half"
    assert len(rows) == 200


def test_validation_data_are_another_table(searched: Searched, tmp_path: Path) -> None:
    """Its rows are validated on, and all of the first table's trained on."""
    directory = tmp_path / "search"

    result = autokeras(
        *("fit", "StructuredDataClassifier", searched.train, "--target", "cultivar", "--max-trials", 1, "--epochs", 1),
        *("--validation-data", searched.test, "--directory", directory, "--no-ensemble"),
    )

    assert result.code == 0, result.stderr
    assert "140 rows to train on, 38 to validate" in result.stderr


def test_objective_is_measured_besides_the_usual_metrics(searched: Searched, tmp_path: Path) -> None:
    """`--objective auc` needs no other option, also where the search goes on and the model is measured."""
    directory = tmp_path / "search"

    found = json.loads(
        succeed(
            *("fit", "StructuredDataClassifier", searched.train, "--target", "cultivar", "--max-trials", 1),
            *("--epochs", 1, "--objective", "auc", "--no-ensemble", "--directory", directory, "--format", "json"),
        )
    )["search"]
    resumed = json.loads(succeed("resume", directory, "--max-trials", 1, "--format", "json"))["search"]
    measured = json.loads(succeed("evaluate", directory, searched.test, "--format", "json"))["metrics"]

    assert (found["objective"], found["direction"]) == ("val_auc", "max")
    assert (resumed["objective"], resumed["trials"]) == ("val_auc", 2)
    assert set(measured) == {"loss", "accuracy", "auc"}


def test_wrong_target_is_one_line(searched: Searched, tmp_path: Path) -> None:
    """The nearest column is named, and no folder is left behind."""
    result = autokeras(
        "fit", "StructuredDataClassifier", searched.train, "--target", "cultivr", "--directory", tmp_path / "s"
    )

    assert (result.code, result.stdout) == (1, "")
    assert "Did you mean 'cultivar'" in result.stderr.splitlines()[-1]
    assert not (tmp_path / "s").exists()


def test_search_that_ctrl_c_ended_is_completed(searched: Searched, tmp_path: Path) -> None:
    """Ctrl-C keeps the best and exits with 130; `resume` tries what was left, and no finished trial again."""
    directory = tmp_path / "search"
    arguments = ["fit", "StructuredDataClassifier", searched.train, "--target", "cultivar", "--max-trials", 2]
    arguments += ["--epochs", 3, "--seed", 0, "--directory", directory, "--no-ensemble", "--format", "json"]

    process = subprocess.Popen(
        [sys.executable, "-m", "autokeras_core.cli", *map(str, arguments)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stderr is not None
    for line in process.stderr:
        if line.startswith("Trial 2"):
            process.send_signal(signal.SIGINT)
            break
    stdout, stderr = process.communicate(timeout=60)
    first = read_report(directory)
    resumed = json.loads(succeed("resume", directory, "--format", "json"))["search"]
    both = read_report(directory)

    assert process.returncode == 130, stderr
    assert "Ctrl-C once more aborts" in stderr
    assert json.loads(stdout)["search"]["stop_reason"] == "interrupted"
    assert [outcome.trial_id for outcome in first.outcomes] == ["0"]
    assert both.outcomes[0] == first.outcomes[0]
    assert (resumed["trials"], resumed["state"]) == (2, "finished")
