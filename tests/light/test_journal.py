"""The journal: append-only, safe against being killed at any byte, for one writer."""

from __future__ import annotations

import errno
import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autokeras_core.errors import SearchError
from autokeras_core.search.journal import Journal, is_locked, locked, read_events

_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where a journal goes."""
    return tmp_path / "journal.jsonl"


def test_events_come_back_in_order(path: Path) -> None:
    """What was appended is read again, with the time it was written."""
    with Journal.create(path) as journal:
        journal.append("trial_started", trial_id="0", configuration={"units": 32, "rate": 0.1})
        journal.append("interrupted")

    events = read_events(path)

    assert [event["event"] for event in events] == ["trial_started", "interrupted"]
    assert events[0]["configuration"] == {"units": 32, "rate": 0.1}
    assert events[0]["time"] <= events[1]["time"]


@given(fields=st.dictionaries(st.sampled_from(["a", "b", "text"]), _JSON, max_size=3))
@settings(max_examples=60, deadline=None)
def test_any_json_survives(fields: dict[str, object], tmp_path_factory: pytest.TempPathFactory) -> None:
    """Line breaks in texts and all kinds of Unicode stay on one line and come back."""
    path = tmp_path_factory.mktemp("journal") / "journal.jsonl"

    with Journal.create(path) as journal:
        journal.append("event", **fields)
        journal.append("after")
        events = journal.events()

    assert {name: value for name, value in events[0].items() if name not in ("event", "time")} == fields
    assert events[1]["event"] == "after"


def test_an_event_is_on_the_disk_when_append_returns(path: Path) -> None:
    """Another reader sees it while the journal is still open."""
    with Journal.create(path) as journal:
        journal.append("first")

        assert [event["event"] for event in read_events(path)] == ["first"]


def test_numpy_scalars_and_paths_are_written_as_plain_data(path: Path) -> None:
    """Keras hands out NumPy numbers as metrics."""
    with Journal.create(path) as journal:
        journal.append("done", score=np.float32(0.5), epochs=np.int64(3), directory=path.parent)

    event = read_events(path)[0]

    assert (event["score"], event["epochs"], event["directory"]) == (0.5, 3, str(path.parent))


def test_the_first_line_holds_the_schema(path: Path) -> None:
    """A reader of the raw file knows its format; it is no event."""
    Journal.create(path).close()

    header = json.loads(path.read_text().splitlines()[0])

    assert header["schema"] == 1
    assert read_events(path) == []


def test_a_last_line_torn_at_any_byte_is_cut_off(path: Path) -> None:
    """Wherever a kill hits the write, the events before it are kept, and writing goes on after them."""
    with Journal.create(path) as journal:
        journal.append("kept", number=1)
        journal.append("torn", text="a } ü \n b", values={"x": [1, 2]})
    whole = path.read_bytes()
    start = whole.rindex(b"\n", 0, len(whole) - 1) + 1

    for end in range(start, len(whole)):
        path.write_bytes(whole[:end])
        with Journal.open(path) as journal:
            assert [event["event"] for event in journal.events()] == ["kept"], end
            journal.append("next")
        assert [event["event"] for event in read_events(path)] == ["kept", "next"], end


def test_a_reader_does_not_cut_an_unfinished_line(path: Path) -> None:
    """It may be the line that the writer is just writing."""
    with Journal.create(path) as journal:
        journal.append("kept")
    with path.open("ab") as file:
        file.write(b'{"event": "half')
    size = path.stat().st_size

    assert [event["event"] for event in read_events(path)] == ["kept"]
    assert path.stat().st_size == size


def test_damage_before_the_last_line_is_an_error(path: Path) -> None:
    """Events in the middle are never dropped silently; the message names the line."""
    with Journal.create(path) as journal:
        journal.append("first")
        journal.append("second")
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(lines[0] + b"rubbish\n" + lines[2])

    with pytest.raises(SearchError, match="damaged.*line 2"):
        Journal.open(path)


@pytest.mark.parametrize(
    "content",
    [b"\n", b'{"event": "trial_started"}\n', b"PK\x03\x04\x00\xff", b"[1]\n[2]\n"],
    ids=["blank", "no header", "binary", "other JSON"],
)
def test_another_file_is_no_journal(path: Path, content: bytes) -> None:
    """It is refused, left as it is, and not left locked."""
    path.write_bytes(content)

    for _ in range(2):
        with pytest.raises(SearchError, match="damaged, or is no journal"):
            Journal.open(path)
    assert path.read_bytes() == content


def test_a_first_line_torn_at_any_byte_is_written_anew(path: Path) -> None:
    """A search whose process died as it began has no events; the journal is begun again, and takes some."""
    Journal.create(path).close()
    whole = path.read_bytes()

    for end in range(len(whole)):
        path.write_bytes(whole[:end])
        assert read_events(path) == [], end
        with Journal.open(path) as journal:
            journal.append("next")
        assert [event["event"] for event in read_events(path)] == ["next"], end
        assert path.read_bytes().startswith(b'{"event":"journal"'), end


@pytest.mark.parametrize("content", [None, b"rubbish\n" * 3], ids=["no file", "damaged"])
def test_a_journal_is_locked_whatever_it_holds(path: Path, content: bytes | None) -> None:
    """No other writer gets it until the block ends; the file stays as it is, and nothing is left beside it."""
    if content is not None:
        path.write_bytes(content)

    with locked(path):
        with pytest.raises(SearchError, match="Another search is running"):
            Journal.create(path)
        with pytest.raises(SearchError, match="Another search is running"), locked(path):
            pass

    assert [each.read_bytes() for each in path.parent.iterdir()] == ([] if content is None else [content])


def test_another_schema_is_refused(path: Path) -> None:
    """A newer version's journal is not guessed at."""
    path.write_text('{"event": "journal", "time": 0, "schema": 99}\n')

    with pytest.raises(SearchError, match="schema 99"):
        Journal.open(path)


def test_create_does_not_overwrite(path: Path) -> None:
    """An existing journal is someone's search."""
    Journal.create(path).close()

    with pytest.raises(SearchError, match="does not exist yet"):
        Journal.create(path)


def test_open_needs_an_existing_file(path: Path) -> None:
    """And leaves nothing behind when there is none."""
    with pytest.raises(SearchError, match="existing file"):
        Journal.open(path)

    assert list(path.parent.iterdir()) == []


def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    """The journal makes no folders."""
    with pytest.raises(SearchError, match="nowhere"):
        Journal.create(tmp_path / "nowhere" / "journal.jsonl")


def test_a_second_writer_in_this_process_is_refused(path: Path) -> None:
    """Two searches in one notebook cannot share a directory; the message names the pid and what to do."""
    with (
        Journal.create(path) as journal,
        pytest.raises(SearchError, match=rf"pid {os.getpid()}\. Wait for it, stop it, or give another directory"),
    ):
        Journal.open(path)

    assert journal.events() == []


def test_closing_releases_the_lock(path: Path) -> None:
    """No lock file stays behind, and the next search may begin; closing twice is fine."""
    journal = Journal.create(path)
    journal.close()
    journal.close()

    assert list(path.parent.iterdir()) == [path]
    Journal.open(path).close()


def test_a_living_process_keeps_its_lock_and_a_killed_one_loses_it(path: Path) -> None:
    """The journal of another process is refused while that lives, and taken over once it was killed."""
    code = f"""
from autokeras_core.search.journal import Journal
journal = Journal.create({str(path)!r})
journal.append("by the other")
print("open", flush=True)
input()
"""
    with subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "open\n"

        with pytest.raises(SearchError, match=f"pid {other.pid}"):
            Journal.open(path)
        other.kill()
        other.wait()

    assert path.with_name("journal.jsonl.lock").read_text() == f"{other.pid}\n"  # it had no time to tidy up
    with Journal.open(path) as journal:
        assert [event["event"] for event in journal.events()] == ["by the other"]


def test_a_stale_lock_file_is_taken_over_even_if_its_pid_is_in_use_again(path: Path) -> None:
    """Process ids come round again, in containers at once: what counts is who holds the lock, not the number."""
    Journal.create(path).close()
    lock = path.with_name("journal.jsonl.lock")
    lock.write_text(f"{os.getppid()}\n")

    with Journal.open(path):
        assert lock.read_text() == f"{os.getpid()}\n"


@pytest.fixture
def descriptors(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Stand for a file system without locks, and note the open files that one was wanted of."""
    fcntl = pytest.importorskip("fcntl")
    seen: list[int] = []

    def refused(descriptor: int, operation: int) -> None:
        seen.append(descriptor)
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr(fcntl, "flock", refused)
    return seen


def test_a_file_system_without_locks_is_one_clear_error(path: Path, descriptors: list[int]) -> None:
    """Some that are reached over a network have none. The lock file does not stay open."""
    with pytest.raises(SearchError, match=r"cannot be locked.*a file system with file locks.*No locks available"):
        Journal.create(path)

    with pytest.raises(OSError, match="Bad file descriptor"):
        os.fstat(descriptors[0])


@pytest.mark.usefixtures("descriptors")
def test_nothing_is_locked_where_there_are_no_locks(path: Path) -> None:
    """Whoever looks at a search there is told about it."""
    path.with_name("journal.jsonl.lock").touch()

    assert not is_locked(path)


def test_a_lock_file_that_cannot_be_written_is_one_clear_error(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The disk is full. Nothing stays locked, so there need only be room again."""

    def full(descriptor: int, data: bytes) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(os, "write", full)
        with pytest.raises(SearchError, match=r"cannot be locked.*with room on it.*No space left on device"):
            Journal.create(path)

    Journal.create(path).close()


def test_reserved_and_unwritable_fields_leave_the_journal_as_it_was(path: Path) -> None:
    """A wrong event is an error of its own, and no half of it is written."""
    with Journal.create(path) as journal:
        for reserved in ({"time": 3}, {"event": "begun"}):
            with pytest.raises(SearchError, match="reserved"):
                journal.append("done", **reserved)
        with pytest.raises(SearchError, match="JSON data"):
            journal.append("done", model=object())

        assert journal.events() == []


def test_a_failed_write_is_undone(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """When the disk is full, the journal keeps its whole lines and says what to do."""
    write = os.write
    with Journal.create(path) as journal:
        journal.append("before")

        def half(descriptor: int, data: bytes) -> int:
            if len(data) < 20:
                raise OSError(28, "No space left on device")
            return write(descriptor, data[: len(data) - 10])

        monkeypatch.setattr(os, "write", half)
        with pytest.raises(SearchError, match="No space left on device.*Make room"):
            journal.append("after", text="x" * 50)
        monkeypatch.undo()
        journal.append("later")

    assert [event["event"] for event in read_events(path)] == ["before", "later"]


def test_a_closed_journal_takes_no_events(path: Path) -> None:
    """It may be another search's by now."""
    journal = Journal.create(path)
    journal.close()

    with pytest.raises(SearchError, match="closed"):
        journal.append("late")
