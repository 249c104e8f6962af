"""A search's directory: whether it may be used, and what an earlier run left in it. Light."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import attrs

from autokeras_core.errors import SearchError, describe_error
from autokeras_core.search.events import (
    TRIAL_ENDED,
    TRIAL_STARTED,
    UnfinishedTrial,
    read_finished_trials,
    read_outcomes,
    read_seconds,
    read_unfinished,
)
from autokeras_core.search.identity import check_identity, differences
from autokeras_core.search.journal import Journal, locked, read_events
from autokeras_core.search.opening import tell_opened
from autokeras_core.search.place import CACHE_FOLDER, JOURNAL_FILE, MANIFEST_FILE, OWN_FOLDERS, prepare_place
from autokeras_core.search.records import TrialOutcome

__all__ = ["SearchSession", "holds_search", "read_manifest", "stored_seed", "write_json"]

_SCHEMA = 1


@attrs.define(kw_only=True)
class SearchSession:
    """The directory of one search, open for one writer.

    Attributes:
        directory: The directory.
        journal: Its journal, locked until `close`.
        outcomes: The trials that an earlier run of the same search finished.
        unfinished: The trials that it started and did not finish, in the order in which they started.
        finished_trials: How many trials counted when a limit of trials last began anew: see `read_finished_trials`.
        seconds: How long earlier runs have searched.
    """

    directory: Path
    journal: Journal
    outcomes: list[TrialOutcome] = attrs.field(factory=list)
    unfinished: list[UnfinishedTrial] = attrs.field(factory=list)
    finished_trials: int = 0
    seconds: float = 0.0

    @classmethod
    def open(cls, directory: Path, *, manifest: Mapping[str, Any], overwrite: bool) -> SearchSession:
        """Start a search in a directory, or continue the one that is there.

        One that has begun no trial gives way to another: it may have been refused, and be put right now.

        Args:
            directory: Made if it does not exist.
            manifest: What identifies the search: JSON data with the keys `identity` (compared) and `about` (kept).
            overwrite: Whether to delete a search that is there, instead of continuing it. Only a search's own files
                are ever deleted.

        Raises:
            SearchError: If the directory cannot be written, holds another search, is in use, or is no place for one: see
                `prepare_place`.
        """
        prepare_place(directory)
        if overwrite:
            _delete_search(directory)
        if not (directory / MANIFEST_FILE).exists():  # written first: there is no journal without it
            _write_manifest(directory, manifest)
        path = directory / JOURNAL_FILE
        is_new = not path.exists()  # or was killed before it had one, or while it was deleted
        journal = Journal.create(path) if is_new else Journal.open(path)
        try:  # the journal is locked now: no other process is about to begin a search here
            events, there = journal.events(), read_manifest(directory)
            if any(event["event"] in (TRIAL_STARTED, *TRIAL_ENDED.values()) for event in events):
                check_identity(directory, there["identity"], manifest["identity"])
            # Of a search that gives way, or of this one as it is called now: classes may have better names, and rows may
            # come in another container.
            _write_manifest(directory, manifest)
            # What a killed run left there: a run that ends deletes its cache, and without a journal nothing tells of the rest.
            for name in OWN_FOLDERS if is_new else (CACHE_FOLDER,):
                shutil.rmtree(directory / name, ignore_errors=True)
            session = cls(
                directory=directory,
                journal=journal,
                outcomes=read_outcomes(events, directory),
                unfinished=read_unfinished(events, directory),
                finished_trials=read_finished_trials(events),
                seconds=read_seconds(events, directory),
            )
            tell_opened()
        except BaseException:
            journal.close()
            raise
        return session

    def close(self) -> None:
        """Release the journal's lock."""
        self.journal.close()


def read_manifest(directory: Path) -> dict[str, Any]:
    """Return what `SearchSession.open` wrote about a search.

    Raises:
        SearchError: If the directory holds no search, or one of another format.
    """
    try:
        manifest: dict[str, Any] = json.loads((directory / MANIFEST_FILE).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise SearchError(
            describe_error(
                "The directory holds no readable search.",
                expected=f"a directory with {MANIFEST_FILE}",
                received=f"{directory}: {error}",
            )
        ) from error
    if manifest.get("schema") != _SCHEMA:
        raise SearchError(
            describe_error(
                "The search was written in another format.",
                expected=f"schema {_SCHEMA}",
                received=f"schema {manifest.get('schema')!r} in {directory / MANIFEST_FILE}",
                advice="Use the version of autokeras-core that wrote it.",
            )
        )
    return manifest


def holds_search(directory: Path, identity: Mapping[str, Any]) -> bool:
    """Return whether a directory holds the search of that identity, in files that can be read.

    Args:
        directory: The directory; it need not exist.
        identity: What `SearchSession.open` was told as the manifest's `identity`.
    """
    try:
        found = read_manifest(directory)["identity"]
        read_events(directory / JOURNAL_FILE)
    except SearchError:
        return False
    return not differences(found, identity)


def stored_seed(directory: Path) -> int | None:
    """Return the seed of the search in a directory, or `None` if there is none."""
    if not (directory / MANIFEST_FILE).exists():
        return None
    return int(read_manifest(directory)["identity"]["seed"])


def write_json(path: Path, data: Mapping[str, Any]) -> None:
    """Write JSON so that a reader finds the old file or the new one, never half of one, whatever happens meanwhile."""
    text = json.dumps(data, indent=1)
    temporary = path.with_name(f"{path.name}.{os.getpid()}.part")
    with temporary.open("w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())  # or the new name may be on the disk before the content, when the power fails
    temporary.replace(path)


def _write_manifest(directory: Path, manifest: Mapping[str, Any]) -> None:
    write_json(directory / MANIFEST_FILE, {"schema": _SCHEMA, **manifest})


def _delete_search(directory: Path) -> None:
    if not (directory / MANIFEST_FILE).exists() and not (directory / JOURNAL_FILE).exists():
        return
    with locked(directory / JOURNAL_FILE):  # an error if another process is searching here
        # It may be killed in between: without the journal nothing tells of trials whose models are gone.
        (directory / JOURNAL_FILE).unlink(missing_ok=True)
        for name in OWN_FOLDERS:
            shutil.rmtree(directory / name, ignore_errors=True)
        (directory / MANIFEST_FILE).unlink(missing_ok=True)  # until then the folders are known to be a search's
