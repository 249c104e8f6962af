"""Structured-data tasks put an ensemble together by themselves, which takes tables as one model does."""

from __future__ import annotations

from pathlib import Path

import keras
import numpy as np
import pandas as pd
import pytest
import tensorflow as tf

from ak_tabular import StructuredDataClassifier, StructuredDataRegressor
from autokeras_core import AutoModel

STARTS = [{"structured/mlp/units": units, "training/batch_size": 32} for units in (32, 64, 128)]


@pytest.mark.parametrize("task", [StructuredDataClassifier, StructuredDataRegressor])
def test_an_ensemble_is_the_default_of_the_tasks(task: type[AutoModel]) -> None:
    """And can be switched off."""
    assert task().ensemble is True  # type: ignore[call-arg]
    assert task(ensemble=False).ensemble is False  # type: ignore[call-arg]


def test_an_ensemble_of_table_models_is_exported_as_one_model_of_columns(tmp_path: Path) -> None:
    """Labels that nothing tells apart: the mean of models has less loss than each. Text columns work as well."""
    rng = np.random.default_rng(0)
    frame = pd.DataFrame({"kind": rng.choice(["a", "b"], 400), "size": rng.normal(5, 2, 400).astype("float32")})
    labels = rng.choice(["no", "yes"], 400)
    task = StructuredDataClassifier(max_trials=3, seed=0, warm_starts=STARTS, objective="val_loss")

    history = task.fit(frame, labels, validation_split=0.4, epochs=1, verbose=0)

    assert history.ensemble is not None
    assert history.ensemble.score < history.ensemble.single_score
    task.export_model().save(tmp_path / "model.keras")
    exported = keras.models.load_model(tmp_path / "model.keras")
    columns = {"kind": tf.constant(frame[["kind"]].to_numpy(str)), "size": frame[["size"]].to_numpy()}
    np.testing.assert_allclose(exported.predict(columns, verbose=0), task.predict_proba(frame), atol=1e-5)
