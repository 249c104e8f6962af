"""Which executor a search gets: as the user says, or by the number of workers."""

from __future__ import annotations

from typing import Any

import pytest

from autokeras_core import SearchError
from autokeras_core.engine.prepared_data import PreparedData
from autokeras_core.errors import RegistryError
from autokeras_core.executors.choice import make_executor
from autokeras_core.executors.local import LocalExecutor
from autokeras_core.executors.process import ProcessExecutor
from autokeras_core.executors.shares import resolve_workers
from tests.heavy.automodels import dense_classifier, wine


@pytest.mark.parametrize("workers", [None, 1])
def test_one_worker_is_this_process(workers: int | None) -> None:
    """Nothing is started for one trial after another."""
    assert isinstance(make_executor(None, workers=workers), LocalExecutor)
    assert isinstance(make_executor("local", workers=workers), LocalExecutor)


def test_several_workers_are_processes() -> None:
    """As many as are asked for, but no more than trials."""
    executor = make_executor(None, workers=3)

    assert isinstance(executor, ProcessExecutor) and executor.capacity == 3
    assert make_executor(None, workers=3, max_trials=2).capacity == 2
    assert isinstance(make_executor(None, workers=3, max_trials=1), LocalExecutor)


def test_auto_counts_the_texts_that_each_worker_has_a_copy_of(monkeypatch: pytest.MonkeyPatch) -> None:
    """2 GiB for each worker, and as much as the search says of its data."""
    monkeypatch.setattr("autokeras_core.executors.shares.available_cores", lambda: 8)
    monkeypatch.setattr("autokeras_core.executors.shares.available_bytes", lambda: 9 * 2**30)
    asked: list[int] = []

    def noted(executor: Any, *, bytes_each: int, **options: Any) -> Any:
        asked.append(bytes_each)
        return LocalExecutor()

    monkeypatch.setattr("autokeras_core.search.run.make_executor", noted)
    monkeypatch.setattr(PreparedData, "object_bytes", 12_345)
    dense_classifier(workers="auto").fit(*wine(60), epochs=1, verbose=0)

    assert make_executor(None, workers="auto").capacity == 4
    assert make_executor(None, workers="auto", bytes_each=2**30).capacity == 3
    assert asked == [12_345]


def test_a_named_executor_is_told_the_number() -> None:
    """Also where it is one; without a number it takes its own."""
    one = make_executor("core:process", workers=1)

    assert isinstance(one, ProcessExecutor) and one.capacity == 1
    assert make_executor("process", workers=None).capacity == resolve_workers("auto")
    assert make_executor("process", workers="auto").capacity == resolve_workers("auto")


@pytest.mark.parametrize("workers", [None, "auto"])
def test_a_named_executor_has_no_more_workers_than_there_are_trials(
    workers: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each takes seconds and memory to start; those that are there share all of the cores."""
    monkeypatch.setattr("autokeras_core.executors.shares.available_cores", lambda: 8)
    monkeypatch.setattr("autokeras_core.executors.shares.available_bytes", lambda: None)

    assert make_executor("process", workers=workers).capacity == 8
    assert make_executor("process", workers=workers, max_trials=3).capacity == 3
    assert make_executor("process", workers=workers, max_trials=20).capacity == 8


@pytest.mark.parametrize("name", ["process", "ray"])
def test_by_itself_an_executor_has_a_worker_for_each_gpu(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also Ray's on this machine alone, where no cluster says how many there are."""
    if name == "ray":
        pytest.importorskip("ray", reason="Ray is an extra")
    monkeypatch.delenv("RAY_ADDRESS", raising=False)
    monkeypatch.setattr("autokeras_core.executors.shares.available_cores", lambda: 8)
    monkeypatch.setattr("autokeras_core.executors.shares.available_bytes", lambda: None)
    monkeypatch.setattr("tensorflow.config.list_physical_devices", lambda kind: ["one", "two"])

    assert make_executor(name, workers="auto").capacity == 2


@pytest.mark.parametrize("executor", ["local", LocalExecutor()])
def test_a_number_that_an_executor_cannot_take_is_an_error(executor: Any) -> None:
    """Neither of the two is silently ignored."""
    with pytest.raises(SearchError, match="takes no number of workers"):
        make_executor(executor, workers=2)


def test_an_object_is_taken_as_it_is() -> None:
    """With whatever it was made with."""
    executor = LocalExecutor()

    assert make_executor(executor, workers=None) is executor


def test_an_unknown_name_is_an_error() -> None:
    """The registry says which there are."""
    with pytest.raises(RegistryError, match="nowhere"):
        make_executor("nowhere", workers=None)


def test_a_wrong_number_is_an_error_where_it_is_written() -> None:
    """Not only when `fit` is called."""
    with pytest.raises(SearchError, match="number of workers"):
        dense_classifier(workers=0)
