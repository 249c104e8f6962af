"""A worker's process: however it ends, and whatever it has started, the search hears of it and leaves nothing behind."""

from __future__ import annotations

import os
import queue
import shutil
import signal
import time
from pathlib import Path

import pytest

from autokeras_core.executors import _worker_process
from autokeras_core.executors._worker_process import Inbox, WorkerProcess
from tests.processes import end_soon

pytestmark = pytest.mark.skipif(os.name != "posix", reason="shells stand for the workers of these tests")


def start(script: str, directory: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[WorkerProcess, Inbox]:
    """Start a shell in place of a worker."""
    monkeypatch.setattr(_worker_process, "_COMMAND", ("/bin/sh", "-c", script))
    inbox: Inbox = queue.Queue()
    environment = {"PATH": os.environ["PATH"], "FOLDER": str(directory)}
    return WorkerProcess(inbox, environment=environment, log=directory / "log"), inbox


def test_what_it_says_comes_before_its_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Messages, then the end; the exit code is its own."""
    process, inbox = start("""echo '{"kind":"ready"}'; echo '{"kind":"outcome"}'; exit 3""", tmp_path, monkeypatch)

    told = [inbox.get(timeout=10)[1] for _ in range(3)]

    assert told == [{"kind": "ready"}, {"kind": "outcome"}, None]
    assert process.join() == 3


def test_its_end_is_heard_of_though_its_child_lives(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A child has inherited the pipe, which so stays open; it is ended with the worker."""
    process, inbox = start('sleep 600 & echo $! > "$FOLDER/child"; exit 3', tmp_path, monkeypatch)

    _, message = inbox.get(timeout=10)

    assert message is None
    assert process.join() == 3
    assert end_soon([int((tmp_path / "child").read_text())])


@pytest.mark.skipif(shutil.which("setsid") is None, reason="setsid makes the daemon")
def test_its_end_is_heard_of_though_a_child_has_left_the_group(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A daemon cannot be found, and may hold on to the pipe for as long as it likes."""
    monkeypatch.setattr(_worker_process, "_SECONDS_TO_READ", 0.1)
    daemon = """setsid sh -c 'echo $$ > "$FOLDER/child"; exec sleep 600' &"""
    process, inbox = start(f'{daemon} until [ -s "$FOLDER/child" ]; do sleep 0.01; done; exit 3', tmp_path, monkeypatch)
    try:
        _, message = inbox.get(timeout=10)

        assert message is None
        assert process.join() == 3
    finally:
        os.kill(int((tmp_path / "child").read_text()), signal.SIGKILL)


def test_killing_a_dead_worker_ends_its_child(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It returns at once, and nothing is left running."""
    process, inbox = start('sleep 600 & echo $! > "$FOLDER/child"; echo "{\\"kind\\":\\"x\\"}"', tmp_path, monkeypatch)
    inbox.get(timeout=10)
    began = time.monotonic()

    process.kill()

    assert time.monotonic() - began < 5.0
    assert end_soon([int((tmp_path / "child").read_text())])


def test_a_worker_that_hangs_up_but_lives_on_is_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It can say nothing any more, so it is of no use."""
    monkeypatch.setattr(_worker_process, "_SECONDS_TO_END", 0.1)
    process, inbox = start("exec >&-; sleep 600; exit 3", tmp_path, monkeypatch)

    _, message = inbox.get(timeout=10)

    assert message is None
    assert process.join() == -signal.SIGKILL


def test_waiting_for_a_process_that_does_not_end_has_a_limit(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Not even a kill ends one that waits for a broken disk: the search goes on without it, and says so."""
    monkeypatch.setattr(_worker_process, "_SECONDS_TO_END", 0.1)
    monkeypatch.setattr(_worker_process, "_SECONDS_TO_READ", 0.0)
    process, _ = start("sleep 600", tmp_path, monkeypatch)
    with monkeypatch.context() as patch:
        patch.setattr(os, "killpg", lambda pid, number: None)
        code = process.join()
    process.kill()

    assert code == -signal.SIGKILL
    assert "does not end" in caplog.text
