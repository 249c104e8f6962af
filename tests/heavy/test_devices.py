"""One trial over several devices: `distribution="data_parallel"`, on two virtual devices in a process of their own."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

import numpy as np
import pytest
import tensorflow as tf

from autokeras_core import ArrayInput, AutoModel, ClassificationHead
from autokeras_core.engine.devices import ONE_DEVICE, Devices, devices_for
from autokeras_core.errors import SearchError


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """Return what the program in `two_devices.py` found."""
    path = tmp_path_factory.mktemp("devices") / "report.json"
    command = [sys.executable, "-m", "tests.heavy.two_devices", str(path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-4000:]
    return json.loads(path.read_text(encoding="utf-8"))


def test_every_variable_of_a_model_is_on_all_devices(report: Any) -> None:
    """A variable that was made elsewhere could not be trained."""
    assert set(report["mirrored"].values()) == {2}
    assert len(report["mirrored"]) == 4


def test_two_devices_train_as_one_does(report: Any) -> None:
    """Every metric of every epoch is the same: same order of rows, steps, gradients, weights of rows and of heads."""
    one, two = report["one"]["history"], report["two"]["history"]

    assert set(two) == set(one)
    for name, values in one.items():
        assert two[name] == pytest.approx(values, rel=1e-4), name


@pytest.mark.parametrize("what", ["predictions", "probabilities"])
def test_two_devices_find_the_model_that_one_finds(report: Any, what: str) -> None:
    """The search completes, and its model predicts the same."""
    for one, two in zip(report["one"][what], report["two"][what], strict=True):
        np.testing.assert_allclose(two, one, rtol=1e-4, atol=1e-5)


def test_the_model_that_is_handed_over_is_for_one_device(report: Any) -> None:
    """It can be used, saved and trained further like any other."""
    assert report["two"]["exported"] == report["one"]["exported"] == ["ResourceVariable"]


def test_layers_that_look_at_whole_batches_train_on_shares_of_any_size(report: Any) -> None:
    """Batch normalization and dropout: 131 rows make no batch of which a device gets nothing."""
    assert report["whole_batches"]["accuracy"] > 0.8


def test_a_network_is_trained_further_on_all_devices(report: Any) -> None:
    """The second phase is better than the first, and the model that is kept is the one that was scored."""
    found = report["fine_tuned"]

    assert found["epochs"] == 9
    assert found["best_epoch"] > 3
    assert found["again"] == pytest.approx(found["score"], rel=1e-3)


def test_one_device_alone_is_no_choice() -> None:
    """The error says how many GPUs there are, and what to do."""
    assert len(tf.config.list_logical_devices()) == 1

    with pytest.raises(SearchError, match=r"two GPUs or more.*with 0 GPUs.*workers="):
        devices_for("data_parallel")


def test_a_search_that_cannot_be_distributed_says_so() -> None:
    """It is no failed trial: no other configuration would cure it."""
    model = AutoModel(ArrayInput(), ClassificationHead(), max_trials=1, distribution="data_parallel")
    x = np.random.default_rng(0).normal(size=(40, 3)).astype("float32")

    with pytest.raises(SearchError, match="cannot be spread over several devices here"):
        model.fit(x, np.arange(40) % 2, epochs=1, verbose=0)


def test_an_unknown_distribution_is_an_error_where_it_is_written() -> None:
    """It names what there is."""
    with pytest.raises(SearchError, match=r"'data_parallel'.*distribution='model_parallel'"):
        AutoModel(ArrayInput(), ClassificationHead(), distribution="model_parallel")  # type: ignore[arg-type]


def test_without_a_distribution_nothing_changes() -> None:
    """The one device has no scope of its own, and takes batches as they are."""
    batches = tf.data.Dataset.range(4).batch(2)

    fed = devices_for(None).fed(
        None, batches, batches, rows=4, validation_rows=4, batch_size=2, validation_batch_size=2
    )

    assert devices_for(None) is ONE_DEVICE
    assert fed["x"] is fed["validation_data"] is batches
    assert ONE_DEVICE.batch_size(1, rows=10) == 1


class FourDevices:
    """A strategy of which only the number of devices is asked."""

    num_replicas_in_sync = 4


def test_every_device_gets_rows_of_each_batch() -> None:
    """A batch size below two rows for each is raised; one for all devices together stays."""
    devices = Devices(strategy=FourDevices())

    assert devices.batch_size(2, rows=100) == 8
    assert devices.batch_size(64, rows=100) == 64


def test_too_few_rows_for_the_devices_are_an_error() -> None:
    """A device without rows would spoil what the others learned."""
    batches = tf.data.Dataset.range(40).batch(8)

    with pytest.raises(SearchError, match=r"at least 8 rows.*validation_rows=7"):
        Devices(strategy=FourDevices()).fed(
            None, batches, batches, rows=40, validation_rows=7, batch_size=8, validation_batch_size=8
        )
