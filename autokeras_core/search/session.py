"""A search's directory: what it holds, whether it may be used, and what an earlier run left in it."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import attrs

from autokeras_core.errors import SearchError, describe_error
from autokeras_core.search.journal import Journal
from autokeras_core.search.records import EnsembleRecord, TrialOutcome

__all__ = [
    "ENSEMBLE_SELECTED",
    "INTERRUPTED",
    "JOURNAL_FILE",
    "REFITTED",
    "SearchSession",
    "make_writable",
    "read_ensemble",
    "read_manifest",
    "read_outcomes",
    "read_refitted",
    "stored_seed",
    "write_json",
]

_MANIFEST = "search.json"
JOURNAL_FILE = "journal.jsonl"
"""The name of the journal in a search's directory."""

_OWN_FOLDERS = ("trials", "cache", "oracle")
_SCHEMA = 1

ENSEMBLE_SELECTED = "ensemble_selected"
"""The event that tells of which trials' models an ensemble was put together, after a search has ended."""

REFITTED = "refitted"
"""The event that tells of which trials' configurations were trained once more on all rows, after a search has ended."""

INTERRUPTED = "interrupted"
"""Why a search ended that Ctrl-C ended: it is not finished, and `fit` completes it."""


@attrs.define(kw_only=True)
class SearchSession:
    """The directory of one search, open for one writer.

    Attributes:
        directory: The directory.
        journal: Its journal, locked until `close`.
        outcomes: The trials that an earlier run of the same search finished.
        is_finished: Whether that run used up its budget (it is then continued with a new one).
    """

    directory: Path
    journal: Journal
    outcomes: list[TrialOutcome] = attrs.field(factory=list)
    is_finished: bool = False

    @classmethod
    def open(cls, directory: Path, *, manifest: Mapping[str, Any], overwrite: bool) -> SearchSession:
        """Start a search in a directory, or continue the one that is there.

        Args:
            directory: Made if it does not exist.
            manifest: What identifies the search: JSON data with the keys `identity` (compared) and `about` (kept).
            overwrite: Whether to delete a search that is there, instead of continuing it. Only a search's own files
                are ever deleted.

        Raises:
            SearchError: If the directory cannot be written, holds another search, or is in use.
        """
        make_writable(directory)
        if overwrite:
            _delete_search(directory)
        path = directory / _MANIFEST
        if path.exists():
            _check_same_search(directory, read_manifest(directory), manifest)
        else:
            write_json(path, {"schema": _SCHEMA, **manifest})
        if not (directory / JOURNAL_FILE).exists():  # a new search, or one that was killed before its first event
            return cls(directory=directory, journal=Journal.create(directory / JOURNAL_FILE))
        journal = Journal.open(directory / JOURNAL_FILE)
        events = journal.events()
        return cls(
            directory=directory,
            journal=journal,
            outcomes=read_outcomes(events, directory),
            is_finished=_is_finished(events),
        )

    def close(self) -> None:
        """Release the journal's lock."""
        self.journal.close()


def read_outcomes(events: list[dict[str, Any]], directory: Path) -> list[TrialOutcome]:
    """Return the finished trials that a journal's events tell of.

    A trial's model is looked for under `directory`, so that a search's directory may be moved.
    """
    outcomes = []
    for event in events:
        if event["event"] in ("trial_completed", "trial_failed"):
            outcome = TrialOutcome.from_json(event)
            here = str(directory / "trials" / outcome.trial_id) if outcome.directory else ""
            outcomes.append(attrs.evolve(outcome, directory=here))
    return outcomes


def read_ensemble(events: list[dict[str, Any]]) -> EnsembleRecord | None:
    """Return the ensemble that a journal's events tell of; `None` if there is none, or trials were added since."""
    event = _last(events, ENSEMBLE_SELECTED)
    return None if event is None else EnsembleRecord.from_json(event)


def read_refitted(events: list[dict[str, Any]]) -> tuple[str, ...]:
    """Return the ids of the trials whose configurations were refitted; none if trials were added since."""
    event = _last(events, REFITTED)
    return () if event is None else tuple(event["trial_ids"])


def _last(events: list[dict[str, Any]], name: str) -> dict[str, Any] | None:
    """Return the last event of a name if it tells of all trials: the last run wrote it, after its end."""
    ends = (name, "trial_completed", "search_ended")
    last = next((event for event in reversed(events) if event["event"] in ends), None)
    return last if last is not None and last["event"] == name else None


def _is_finished(events: list[dict[str, Any]]) -> bool:
    """Return whether the search that wrote the events used up its budget."""
    last = next((event for event in reversed(events) if event["event"] not in (ENSEMBLE_SELECTED, REFITTED)), None)
    return last is not None and last["event"] == "search_ended" and last["reason"] != INTERRUPTED


def read_manifest(directory: Path) -> dict[str, Any]:
    """Return what `SearchSession.open` wrote about a search.

    Raises:
        SearchError: If the directory holds no search, or one of another format.
    """
    try:
        manifest: dict[str, Any] = json.loads((directory / _MANIFEST).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise SearchError(
            describe_error(
                "The directory holds no readable search.",
                expected=f"a directory with {_MANIFEST}",
                received=f"{directory}: {error}",
            )
        ) from error
    if manifest.get("schema") != _SCHEMA:
        raise SearchError(
            describe_error(
                "The search was written in another format.",
                expected=f"schema {_SCHEMA}",
                received=f"schema {manifest.get('schema')!r} in {directory / _MANIFEST}",
                advice="Use the version of autokeras-core that wrote it.",
            )
        )
    return manifest


def stored_seed(directory: Path) -> int | None:
    """Return the seed of the search in a directory, or `None` if there is none."""
    if not (directory / _MANIFEST).exists():
        return None
    return int(read_manifest(directory)["identity"]["seed"])


def make_writable(directory: Path) -> None:
    """Make the directory, and make sure that it can be written.

    Raises:
        SearchError: If it cannot.
    """
    probe = directory / f".autokeras-{os.getpid()}"
    try:
        directory.mkdir(parents=True, exist_ok=True)
        probe.write_bytes(b"")
        probe.unlink()
    except OSError as error:
        raise SearchError(
            describe_error(
                "The search's directory cannot be written.",
                expected="a directory that can be made and written to",
                received=f"directory={str(directory)!r} ({type(error).__name__}: {error.strerror})",
                advice="Choose another one with directory=.",
            )
        ) from error


def write_json(path: Path, data: Mapping[str, Any]) -> None:
    """Write JSON so that a reader finds the old file or the new one, never half of one."""
    temporary = path.with_name(f"{path.name}.{os.getpid()}.part")
    temporary.write_text(json.dumps(data, indent=1, sort_keys=False), encoding="utf-8")
    temporary.replace(path)


def _delete_search(directory: Path) -> None:
    if not (directory / _MANIFEST).exists() and not (directory / JOURNAL_FILE).exists():
        return
    if (directory / JOURNAL_FILE).exists():
        Journal.open(directory / JOURNAL_FILE).close()  # an error if another process is searching here
    for name in _OWN_FOLDERS:
        shutil.rmtree(directory / name, ignore_errors=True)
    for name in (_MANIFEST, JOURNAL_FILE):
        (directory / name).unlink(missing_ok=True)


def _check_same_search(directory: Path, found: Mapping[str, Any], wanted: Mapping[str, Any]) -> None:
    # Through JSON once, so that tuples and lists compare equal.
    there, here = found["identity"], json.loads(json.dumps(wanted["identity"]))
    different = [name for name in here if there.get(name) != here[name]]
    if different:
        raise SearchError(
            describe_error(
                f"The directory {str(directory)!r} holds another search, and overwrite=False.",
                expected="the same data, search space and settings, to continue it",
                received=f"a different {', '.join(different)}",
                advice="Give another directory=, or overwrite=True to delete the old search.",
            )
        )
