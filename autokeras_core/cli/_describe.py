"""Descriptors, plugins and domains as JSON data and as text, in one form for all commands. Light."""

from __future__ import annotations

from collections import Counter
from typing import Any

from autokeras_core.manager import PluginProblem, PluginRecord
from autokeras_core.registry import RegisteredSpec
from autokeras_core.search.domains import Domain
from autokeras_core.search.values import Conditions

__all__ = [
    "condition_text",
    "count_text",
    "domain_kind",
    "plugin_data",
    "problem_data",
    "provenance_data",
    "provenance_text",
]


def provenance_data(registered: RegisteredSpec) -> dict[str, Any]:
    """Return name, summary and provenance of a descriptor as JSON data."""
    return {
        "name": registered.full_name,
        "summary": registered.spec.summary,
        "distribution": registered.distribution,
        "version": registered.version,
        "editable": registered.editable,
    }


def provenance_text(source: RegisteredSpec | PluginRecord) -> str:
    """Return where something comes from: `ak-vision 0.1.0 (editable)`."""
    return f"{source.distribution} {source.version}{' (editable)' if source.editable else ''}"


def plugin_data(record: PluginRecord) -> dict[str, Any]:
    """Return a plugin as JSON data."""
    return {
        "name": record.namespace,
        "distribution": record.distribution,
        "version": record.version,
        "editable": record.editable,
        "entry_point": record.entry_point,
        "module": record.module,
        "status": record.status,
        "registers": dict(Counter(spec.kind for spec in record.specs)),
    }


def problem_data(problem: PluginProblem) -> dict[str, Any]:
    """Return what is wrong with a plugin as JSON data."""
    return {
        "stage": problem.stage,
        "reason": problem.reason,
        "advice": problem.advice,
        "details": problem.details,
    }


def count_text(record: PluginRecord) -> str:
    """Return how much of what a plugin registered: `5 blocks, 1 input`."""
    counts = Counter(spec.kind for spec in record.specs)
    return ", ".join(f"{count} {kind}{'' if count == 1 else 's'}" for kind, count in counts.items())


def domain_kind(domain: Domain) -> str:
    """Return what kind of domain it is, in lower case: `choice`, `int`, ..."""
    return type(domain).__name__.lower()


def condition_text(conditions: Conditions) -> str:
    """Return when a hyperparameter is active: `block_type is conv or resnet`; empty for always."""
    return " and ".join(f"{name} is {' or '.join(map(str, allowed))}" for name, allowed in conditions)
