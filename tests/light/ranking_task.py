"""A plugin whose task searches without Keras, and the command line that runs it: for tests of `fit` and `resume`."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import attrs

PLUGIN = """
    from autokeras_core.plugin import TaskSpec, hookimpl

    @hookimpl
    def autokeras_register_tasks():
        return [TaskSpec(name="RankingTask", target="acme.tasks:RankingTask", summary="Ranks.", modality="structured")]
"""

# A search whose trials are lines of its data: a number is a score, and words do what they say.
TASKS = """
    import json
    import warnings
    from pathlib import Path
    from types import SimpleNamespace

    from autokeras_core.errors import DataError, DataWarning, SearchError
    from autokeras_core.search.budget import deadline_of_trials
    from autokeras_core.search.records import Failure, TrialJob, TrialOutcome
    from autokeras_core.search.session import SearchSession

    CALLS = []

    class SearchModel:
        def __init__(self, *, max_trials, time_limit, directory, overwrite, seed=0, objective="val_score",
                     workers=1, tuner="mutation", executor="local", ensemble=None, refit=False, max_model_size=None,
                     block=None, task=""):
            CALLS.append({name: value for name, value in locals().items() if name not in ("self", "__class__")})
            self.arguments = CALLS[-1]

        def fit(self, x, y, *, validation_data, verbose, **options):
            CALLS[-1] |= {"x": x, "y": y, "validation_data": validation_data, "verbose": verbose, "fit": options}
            CALLS[-1]["deadline_of_trials"] = deadline_of_trials(None)
            print("chatter of a library")
            lines = Path(x[0] if isinstance(x, list) else x).read_text().split()
            if "unusable" in lines:
                raise DataError("The data are of no use.")
            if "endless" in lines:
                raise KeyboardInterrupt
            if "suspicious" in lines:
                warnings.warn("The data look odd.", DataWarning)
            manifest = {
                "identity": {"objective": ["val_score", "max"], "data": lines, "seed": self.arguments["seed"]},
                "about": {"task": "acme:RankingTask"},
            }
            session = SearchSession.open(
                self.arguments["directory"], manifest=manifest, overwrite=self.arguments["overwrite"]
            )
            try:
                if self.arguments.get("depths") == "broken":
                    raise SearchError("The search cannot begin.")
                return self._run(session, lines)
            finally:
                session.close()

        def _run(self, session, lines):
            done = len(session.outcomes)
            most = self.arguments["max_trials"] or len(lines)
            most += session.finished_trials
            reason = f"max_trials={most} reached"
            for number in range(done, min(most, len(lines))):
                job = TrialJob(
                    trial_id=str(number), configuration={}, epochs=1, seed=0, seconds=None, directory=""
                )
                session.journal.append("trial_started", **job.to_json())
                if lines[number] == "abort":
                    raise KeyboardInterrupt
                if lines[number] == "stop":
                    reason = "interrupted"
                    break
                is_failure = lines[number] == "fail"
                outcome = TrialOutcome(
                    trial_id=str(number),
                    configuration={},
                    status="failed" if is_failure else "completed",
                    score=None if is_failure else float(lines[number]),
                    failure=Failure(kind="bug", reason="no such luck") if is_failure else None,
                    elapsed=10.0 * (number + 1),
                )
                session.journal.append("trial_failed" if is_failure else "trial_completed", **outcome.to_json())
            session.journal.append("search_ended", reason=reason)
            if "useless" in lines:
                raise SearchError("The search trained no model.")
            return SimpleNamespace(stop_reason=reason)

        def save(self, path):
            path.mkdir()
            (path / "manifest.json").write_text('{"format": 1, "files": {}}')

    class RankingTask(SearchModel):
        def __init__(self, *, sharpness=1, depths=(), metrics=None, **options):
            super().__init__(**options)
            CALLS[-1] |= {"sharpness": sharpness, "depths": depths, "metrics": metrics}
"""


@attrs.frozen
class Result:
    """What a run of the command line did, and the task's calls in it."""

    code: int
    stdout: str
    stderr: str
    calls: list[dict[str, Any]]

    @property
    def call(self) -> dict[str, Any]:
        """The only call of the task."""
        (only,) = self.calls
        return only


Run = Callable[..., Result]


def data_file(text: str, name: str = "data.txt") -> Path:
    """Write a data file in the working directory; return its absolute path."""
    path = Path.cwd() / name
    path.write_text(text)
    return path


def interrupted_search(run: Run, *options: str, text: str = "0.5 stop 0.75 0.8") -> Path:
    """Leave a search that Ctrl-C ended after its first trial; return the path of its data."""
    data = data_file(text)
    assert run("fit", "RankingTask", "data.txt", "--directory", "search", *options).code == 130
    return data


def go_on(data: Path) -> None:
    """Let the data stop the search no more, without being others to it."""
    tasks = importlib.import_module("acme.tasks")
    before = tasks.SearchModel._run
    tasks.SearchModel._run = lambda self, session, lines: before(
        self, session, ["0.7" if line == "stop" else line for line in lines]
    )
