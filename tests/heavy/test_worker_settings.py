"""What a worker takes over from the process of the search, and what it sends there: log records, plugins."""

from __future__ import annotations

import json
import logging
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest

from autokeras_core.executors._inside import LogForwarder, current_settings, forward_logs
from autokeras_core.manager import DISABLE_VARIABLE, get_manager, load_plugins, set_manager


class Sent:
    """A channel that keeps what is sent."""

    def __init__(self) -> None:
        self.messages: list[dict[str, Any]] = []

    def send(self, kind: str, **fields: Any) -> None:
        """Keep the message."""
        self.messages.append({"kind": kind, **fields})


@pytest.fixture
def sent() -> Sent:
    """Return a channel."""
    return Sent()


@pytest.fixture
def root() -> Iterator[logging.Logger]:
    """Return the root logger as it is in a process that has just begun; put it back afterwards."""
    root = logging.getLogger()
    level, handlers = root.level, [*root.handlers]
    root.setLevel(logging.WARNING)
    yield root
    root.setLevel(level)
    root.handlers[:] = handlers


def test_a_record_that_cannot_be_put_into_words_fails_no_trial(sent: Sent, capsys: pytest.CaptureFixture[str]) -> None:
    """As in any other process, standard error tells of it, and the block goes on."""
    record = logging.makeLogRecord({"msg": "%d rows", "args": ("many",), "levelno": logging.WARNING})

    LogForwarder(sent, level=logging.INFO).handle(record)

    assert sent.messages == []
    assert "'%d rows'" in capsys.readouterr().err


def test_a_traceback_is_sent_with_its_record(root: logging.Logger, sent: Sent) -> None:
    """`logger.exception` in a block is as clear as it is without workers."""
    root.addHandler(LogForwarder(sent, level=logging.INFO))

    try:
        raise ValueError("too narrow")
    except ValueError:
        logging.getLogger("a_block").exception("the layer was left out")

    (message,) = sent.messages
    assert message["message"].startswith("the layer was left out\nTraceback")
    assert message["message"].endswith("ValueError: too narrow")


@pytest.mark.parametrize(
    ("level", "expected"), [(logging.INFO, ["some news"]), (logging.WARNING, [])], ids=["wanted", "not wanted"]
)
def test_records_are_sent_from_the_level_on_that_the_search_wants(
    level: int, expected: list[str], root: logging.Logger, sent: Sent
) -> None:
    """After `logging.basicConfig(level=logging.INFO)` there, news of workers arrive too."""
    forward_logs(sent, {"log_level": level})

    logging.getLogger("a_block").info("some news")

    assert [message["message"] for message in sent.messages] == expected


WORKER = """
import json, sys
from autokeras_core.executors._inside import adopt_settings
from autokeras_core.manager import get_manager

adopt_settings(json.loads(sys.argv[1]), threads=1)
print(*(record.namespace for record in get_manager().records if record.status == "disabled"))
"""


def test_plugins_that_are_switched_off_for_a_search_are_so_in_its_workers(monkeypatch: pytest.MonkeyPatch) -> None:
    """By `-p no:NAME` too, of which no environment variable tells: they may be broken, or slow to load."""
    monkeypatch.delenv(DISABLE_VARIABLE, raising=False)
    before = get_manager()
    set_manager(load_plugins(disabled=["ak-text"]))
    try:
        settings = current_settings()
    finally:
        set_manager(before)

    worker = subprocess.run(
        [sys.executable, "-c", WORKER, json.dumps(settings)], capture_output=True, text=True, check=True
    )

    assert worker.stdout.split() == ["ak_text"]
