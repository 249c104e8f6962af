"""Saved models: one directory with the model, its preprocessing and the search's record, loadable in a fresh process."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import attrs

from autokeras_core.data.profile import DataProfile
from autokeras_core.engine import storage
from autokeras_core.engine.bundle import ModelBundle
from autokeras_core.engine.context import Objective
from autokeras_core.engine.ensemble import read_bundle
from autokeras_core.engine.pipeline import is_preprocessor
from autokeras_core.engine.trial import BUNDLE_FOLDER
from autokeras_core.errors import SearchError, describe_error
from autokeras_core.graph.serialization import graph_from_json, graph_to_json
from autokeras_core.search.events import (
    INTERRUPTED,
    read_end,
    read_ensemble,
    read_origins,
    read_outcomes,
    read_refitted,
)
from autokeras_core.search.journal import read_events
from autokeras_core.search.place import JOURNAL_FILE, MODEL_RECORD_FILE
from autokeras_core.search.records import EnsembleRecord, TrialOutcome, best_outcome
from autokeras_core.search.refit import REFIT_FOLDER
from autokeras_core.search.session import read_manifest
from autokeras_core.search.winner import winner_of

if TYPE_CHECKING:
    from autokeras_core.engine.ensemble import Bundle
    from autokeras_core.graph.graph import Graph
    from autokeras_core.registry import Registry
    from autokeras_core.search.space import Configuration

__all__ = ["FittedModel", "load_fitted", "save_fitted"]

_SCHEMA = 1


@attrs.frozen(kw_only=True)
class FittedModel:
    """What a search left behind: all that predicting, evaluating, exporting and saving need.

    Attributes:
        bundle: The trained model with its preprocessing, or an ensemble of several.
        profile: What analysis found out about the training data.
        configuration: The hyperparameter values of the best trial.
        outcomes: All trials.
        objective: The metric that was optimised.
        origins: Where each trial's configuration came from, by trial id.
        stop_reason: Why the search ended.
        container: `"list"` or `"dict"`: how several targets were given.
        ensemble: What the ensemble consists of; `None` if it is a single model.
        refitted: The trials whose configurations were trained once more on all rows.
    """

    bundle: Bundle
    profile: DataProfile
    configuration: Configuration
    outcomes: Sequence[TrialOutcome]
    objective: Objective
    origins: Mapping[str, str]
    stop_reason: str
    container: str
    ensemble: EnsembleRecord | None = None
    refitted: tuple[str, ...] = ()


def save_fitted(fitted: FittedModel, graph: Graph, path: Path, registry: Registry, *, seed: int, task: str) -> None:
    """Write a fitted model to a directory.

    Raises:
        SearchError: If the directory cannot be written, or holds files that no earlier save wrote.
    """
    record = {
        "schema": _SCHEMA,
        "task": task,
        "seed": seed,
        "graph": graph_to_json(graph, registry),
        "profile": fitted.profile.to_json(),
        "configuration": dict(fitted.configuration),
        "outcomes": [outcome.to_json() for outcome in fitted.outcomes],
        "objective": [fitted.objective.name, fitted.objective.direction],
        "origins": dict(fitted.origins),
        "stop_reason": fitted.stop_reason,
        "container": fitted.container,
        "refitted": list(fitted.refitted),
        "ensemble": None if fitted.ensemble is None else fitted.ensemble.to_json(),
    }
    fitted.bundle.save(path, extra={MODEL_RECORD_FILE: record})


def load_fitted(
    path: Path, registry: Registry, *, custom_blocks: Sequence[type[Any]] = ()
) -> tuple[FittedModel, Graph, dict[str, Any]]:
    """Return what `save_fitted` wrote, or the best model of a search's directory, with its graph and settings.

    Raises:
        SearchError: If the directory holds neither, or its files are damaged.
        GraphError: If the class of an input or head is not here, or `custom_blocks` holds something else than classes, or
            two of one name.
        RegistryError: If the plugin of a preprocessor is missing, with what to install.
    """
    if (path / MODEL_RECORD_FILE).exists():
        return _load_saved(path, registry, custom_blocks)
    if (path / JOURNAL_FILE).exists():
        return _load_search(path, registry, custom_blocks)
    raise SearchError(
        describe_error(
            "There is no model to load.",
            expected=f"a directory written by save() (with {MODEL_RECORD_FILE}) or by a search (with {JOURNAL_FILE})",
            received=f"path={str(path)!r}, which {'holds neither' if path.is_dir() else 'is no directory'}",
        )
    )


def _load_saved(
    path: Path, registry: Registry, custom_blocks: Sequence[type[Any]]
) -> tuple[FittedModel, Graph, dict[str, Any]]:
    manifest = storage.read_manifest(path)  # checks the hash of every file, the record's too
    record = json.loads((path / MODEL_RECORD_FILE).read_text(encoding="utf-8"))
    if record.get("schema") != _SCHEMA:
        raise SearchError(
            describe_error(
                "The saved model has another format.",
                expected=f"schema {_SCHEMA}",
                received=f"schema {record.get('schema')!r} in {path / MODEL_RECORD_FILE}",
                advice="Load it with the version of autokeras-core that saved it.",
            )
        )
    # The graph first: importing the classes of its blocks registers their plugins' own layers, which the model may have.
    graph = _graph(record["graph"], registry, custom_blocks)
    fitted = FittedModel(
        bundle=read_bundle(path, registry, plugins=manifest.get("plugins", {}), custom_classes=custom_blocks),
        profile=DataProfile.from_json(record["profile"]),
        configuration=record["configuration"],
        outcomes=tuple(TrialOutcome.from_json(outcome) for outcome in record["outcomes"]),
        objective=Objective(*record["objective"]),
        origins=record["origins"],
        stop_reason=record["stop_reason"],
        container=record["container"],
        refitted=tuple(record["refitted"]),
        ensemble=None if record["ensemble"] is None else EnsembleRecord.from_json(record["ensemble"]),
    )
    return fitted, graph, {"seed": record["seed"], "task": record["task"]}


def _load_search(
    path: Path, registry: Registry, custom_blocks: Sequence[type[Any]]
) -> tuple[FittedModel, Graph, dict[str, Any]]:
    manifest = read_manifest(path)
    identity, about = manifest["identity"], manifest["about"]
    objective = Objective(*identity["objective"])
    events = read_events(path / JOURNAL_FILE)
    outcomes = read_outcomes(events, path)
    best = best_outcome(outcomes, maximise=objective.maximise)
    if best is None:
        raise SearchError(
            describe_error(
                "The search has no model yet.",
                expected="at least one completed trial",
                received=f"{len(outcomes)} finished trials in {path / JOURNAL_FILE}",
                advice="Call fit() with this directory to go on with the search.",
            )
        )
    ensemble, refitted = read_ensemble(events), read_refitted(events)
    is_finished, reason = read_end(events)
    graph = _graph(about["graph"], registry, custom_blocks)  # first, as in `_load_saved`
    fitted = FittedModel(
        bundle=_load_trials(
            outcomes, {best.trial_id: 1.0} if ensemble is None else ensemble.weights, refitted, registry, custom_blocks
        ),
        profile=DataProfile.from_json(about["profile"]),
        configuration=best.configuration,
        outcomes=tuple(outcomes),
        objective=objective,
        origins=read_origins(events),
        stop_reason=reason if is_finished else INTERRUPTED,
        container=about["container"],
        ensemble=ensemble,
        refitted=refitted,
    )
    return fitted, graph, {"seed": identity["seed"], "task": about["task"]}


def _load_trials(
    outcomes: Sequence[TrialOutcome],
    weights: Mapping[str, float],
    refitted: Sequence[str],
    registry: Registry,
    custom_blocks: Sequence[type[Any]],
) -> Bundle:
    """Return the model of a search's trial, or the ensemble of several with their weights."""
    directories = {
        outcome.trial_id: Path(outcome.directory) / (REFIT_FOLDER if outcome.trial_id in refitted else "")
        for outcome in outcomes
    }
    members = {
        trial_id: ModelBundle.load(directories[trial_id] / BUNDLE_FOLDER, registry, custom_classes=custom_blocks)
        for trial_id in weights
    }
    return winner_of(members, weights).bundle


def _graph(data: Mapping[str, Any], registry: Registry, custom_blocks: Sequence[type[Any]]) -> Graph:
    blocks = [cls for cls in custom_blocks if not is_preprocessor(cls)]
    return graph_from_json(data, registry, custom_blocks=blocks, allow_missing=True)
