"""Load one plugin: metadata first, then a guarded import, then its hooks, then validation. Light.

The order is the point. What metadata can rule out (switched off, a foreign namespace, a core that is too old) is ruled
out before any of the plugin's code runs; what its code does wrong is caught here and kept as data, so that a bad
plugin costs one warning line and never the program.
"""

from __future__ import annotations

import importlib
import re
import sys
import traceback
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from inspect import isfunction
from types import MappingProxyType, ModuleType
from typing import Literal, TypeAlias

import attrs
import pluggy
from packaging.requirements import InvalidRequirement, Requirement

from autokeras_core import __version__
from autokeras_core._metadata import InstalledDistribution, PluginEntryPoint
from autokeras_core.names import CORE_NAMESPACE, LOCAL_NAMESPACE, namespace_of, suggest
from autokeras_core.specs import (
    BlockSpec,
    ExecutorSpec,
    ExporterSpec,
    HeadSpec,
    InputSpec,
    PreprocessorSpec,
    Spec,
    TaskSpec,
    WarmStartSpec,
)

__all__ = ["REGISTRATION_HOOKS", "PluginProblem", "PluginRecord", "describe_exception", "load_plugin"]

REGISTRATION_HOOKS: Mapping[str, type[Spec]] = MappingProxyType(
    {
        "autokeras_register_blocks": BlockSpec,
        "autokeras_register_preprocessors": PreprocessorSpec,
        "autokeras_register_heads": HeadSpec,
        "autokeras_register_inputs": InputSpec,
        "autokeras_register_tasks": TaskSpec,
        "autokeras_register_warm_starts": WarmStartSpec,
        "autokeras_register_executors": ExecutorSpec,
        "autokeras_register_exporters": ExporterSpec,
    }
)
"""The hooks that return descriptors, and the class of descriptor each returns."""

Status: TypeAlias = Literal["loaded", "disabled", "failed"]
Stage: TypeAlias = Literal[
    "metadata", "namespace", "requirement", "import", "hooks", "descriptors", "commands", "observer", "warm starts"
]

_HOOK_PREFIX = "autokeras_"
_OPERATOR_SPECS = (BlockSpec, HeadSpec, InputSpec)
_HEAVY_MODULES = ("keras", "keras_tuner", "pandas", "tensorflow", "torch", "transformers")


@attrs.frozen(kw_only=True)
class PluginProblem:
    """Why a plugin, or one of its hooks, was skipped.

    Attributes:
        stage: Where it went wrong.
        reason: What went wrong, one sentence of one line.
        advice: What to do about it.
        details: The traceback of the plugin's own code, where there is one.
    """

    stage: Stage
    reason: str
    advice: str
    details: str = ""


@attrs.frozen(kw_only=True)
class PluginRecord:
    """What became of one installed plugin.

    Attributes:
        namespace: Its namespace: the normalised name of its distribution.
        distribution: The distribution's name.
        version: The distribution's version.
        editable: Whether the distribution is installed in editable mode.
        entry_point: The name of its entry point.
        module: The module that the entry point names.
        status: `"loaded"`, `"disabled"` or `"failed"`.
        specs: The descriptors it registered; empty unless it is loaded.
        hooks: The names of the hooks it implements.
        heavy_imports: Heavy packages that its plugin module imported, which slows down every command.
        problem: Why it failed.
    """

    namespace: str
    distribution: str
    version: str
    editable: bool
    entry_point: str
    module: str
    status: Status = "loaded"
    specs: tuple[Spec, ...] = ()
    hooks: tuple[str, ...] = ()
    heavy_imports: tuple[str, ...] = ()
    problem: PluginProblem | None = None

    @property
    def summary(self) -> str:
        """One line that names the plugin and says why it was skipped; empty for one that was not."""
        if self.problem is None:
            return ""
        return (
            f"The plugin {self.entry_point!r} ({self.distribution} {self.version}) was skipped: {self.problem.reason}"
        )


class _PluginRejectedError(Exception):
    """Carries a problem out of the checks below; never leaves this module."""

    def __init__(self, problem: PluginProblem) -> None:
        super().__init__(problem.reason)
        self.problem = problem


def load_plugin(
    entry_point: PluginEntryPoint,
    relay: pluggy.PluginManager,
    *,
    disabled: Collection[str] = (),
    taken: Collection[str] = (),
) -> PluginRecord:
    """Load one plugin into `relay`, all of it or nothing.

    Args:
        entry_point: What the metadata says about it.
        relay: Where the plugin's module is registered if everything about it is right.
        disabled: The namespaces that are switched off.
        taken: The namespaces of plugins that are loaded already.

    Returns:
        What became of the plugin. Nothing that the plugin does wrong is raised; Ctrl-C is.
    """
    distribution = entry_point.distribution
    record = PluginRecord(
        namespace=namespace_of(distribution.name),
        distribution=distribution.name,
        version=distribution.version,
        editable=distribution.editable,
        entry_point=entry_point.name,
        module=entry_point.value.partition(":")[0].strip(),
    )
    if record.namespace in disabled and record.namespace != CORE_NAMESPACE:
        return attrs.evolve(record, status="disabled")
    loaded_before = set(sys.modules)
    try:
        if entry_point.problem:
            raise _reject("metadata", entry_point.problem, f"Reinstall {record.distribution}, or tell its author.")
        _check_namespace(record, taken)
        _check_requirements(distribution)
        module = _import(record)
        hooks = _register(record, module, relay)
        try:
            specs = tuple(_collect_specs(record, module, relay))
            _check_duplicates(specs)
        except _PluginRejectedError:
            relay.unregister(module)
            raise
    except _PluginRejectedError as rejection:
        return attrs.evolve(record, status="failed", problem=rejection.problem)
    heavy = tuple(name for name in _HEAVY_MODULES if name in sys.modules and name not in loaded_before)
    return attrs.evolve(record, specs=specs, hooks=hooks, heavy_imports=heavy)


def describe_exception(error: BaseException) -> str:
    """Return an exception as one line: its class and the first line of its message."""
    try:
        lines = str(error).strip().splitlines()
    # An exception of a plugin's may fail to say what it is.
    except Exception:  # noqa: BLE001 - the plugin boundary
        lines = []
    return f"{type(error).__name__}: {lines[0]}" if lines else type(error).__name__


def _reject(stage: Stage, reason: str, advice: str, *, error: BaseException | None = None) -> _PluginRejectedError:
    details = "" if error is None else "".join(traceback.format_exception(error)).rstrip()
    return _PluginRejectedError(PluginProblem(stage=stage, reason=reason, advice=advice, details=details))


# Before the import


def _check_namespace(record: PluginRecord, taken: Collection[str]) -> None:
    top_level = record.module.partition(".")[0]
    is_core = namespace_of(record.distribution) == CORE_NAMESPACE and top_level == "autokeras_core"
    if record.namespace in (CORE_NAMESPACE, LOCAL_NAMESPACE) and not is_core:
        raise _reject(
            "namespace",
            f"its namespace {record.namespace!r} is reserved.",
            "Its author must give the distribution another name.",
        )
    claimed = [
        name for name in (record.entry_point, CORE_NAMESPACE if is_core else top_level) if name != record.namespace
    ]
    if claimed:
        raise _reject(
            "namespace",
            f"it claims the foreign namespace {claimed[0]!r}; the distribution {record.distribution} owns "
            f"{record.namespace!r} only.",
            f'Its author must declare the entry point `{record.namespace} = "{record.namespace}.plugin"`: its name and '
            "its top-level package are the distribution's name with underscores.",
        )
    if record.namespace in taken:
        raise _reject(
            "namespace",
            f"another plugin holds the namespace {record.namespace!r} already.",
            "Its author must declare one entry point only in the group 'autokeras'.",
        )


def _check_requirements(distribution: InstalledDistribution) -> None:
    for line in distribution.requires:
        if not re.match(r"\s*autokeras[-_.]+core(?![\w.-])", line, re.IGNORECASE):
            continue
        try:
            requirement = Requirement(line)
            applies = requirement.marker is None or requirement.marker.evaluate({"extra": ""})
        except InvalidRequirement as error:
            raise _reject(
                "requirement",
                f"its requirement {line!r} cannot be read.",
                "Its author must correct the dependency in its pyproject.toml.",
                error=error,
            ) from None
        if applies and not requirement.specifier.contains(__version__, prereleases=True):
            raise _reject(
                "requirement",
                f"it needs autokeras-core{requirement.specifier}, and {__version__} is installed.",
                f'Run `pip install "autokeras-core{requirement.specifier}"`, or install a version of '
                f"{distribution.name} that suits autokeras-core {__version__}.",
            )


# The plugin's own code


def _import(record: PluginRecord) -> ModuleType:
    try:
        module = importlib.import_module(record.module)
    # Whatever a plugin raises or exits with must not end the program; it is kept as data. Ctrl-C goes through.
    except (Exception, SystemExit) as error:  # noqa: BLE001 - the plugin boundary
        advice = (
            f"Reinstall or upgrade it with `pip install --upgrade {record.distribution}`, or report this to its author"
        )
        if record.namespace != CORE_NAMESPACE:
            advice += f", or switch it off with AUTOKERAS_DISABLE_PLUGINS={record.entry_point}"
        raise _reject(
            "import",
            f"importing {record.module} failed with {describe_exception(error)}.",
            f"{advice}.",
            error=error,
        ) from None
    # A module may put anything in its own place in `sys.modules`.
    if not isinstance(module, ModuleType):
        raise _reject("import", f"{record.module} is {_shorten(module)}, not a module.", "Report this to its author.")
    return module


def _register(record: PluginRecord, module: ModuleType, relay: pluggy.PluginManager) -> tuple[str, ...]:
    """Register the module and check each of its hooks against the specification; return the hooks' names."""
    advice = "Its author must correct the hook; the hooks and their arguments are in autokeras_core.hookspecs."
    known = [name for name in vars(relay.hook) if name.startswith(_HOOK_PREFIX)]
    marked: dict[str, str] = {}
    for attribute in vars(module):
        options = relay.parse_hookimpl_opts(module, attribute)
        if options is not None:
            marked[attribute] = options.get("specname") or attribute
    for hook in marked.values():
        if hook not in known:
            hint = suggest(hook, known)
            raise _reject("hooks", f"it implements the unknown hook {hook!r}.", f"{hint} {advice}".strip())
    for attribute, value in vars(module).items():
        if attribute.startswith(_HOOK_PREFIX) and attribute not in marked and isfunction(value):
            raise _reject(
                "hooks",
                f"its {attribute!r} lacks the @hookimpl decorator.",
                "Its author must decorate it with autokeras_core.plugin.hookimpl.",
            )
    try:
        relay.register(module, name=record.namespace)
    # pluggy raises its own error for wrong arguments; a module with an odd `__dir__` can make it raise any other.
    except Exception as error:  # noqa: BLE001 - the plugin boundary
        explanation = " ".join(str(error).split())
        raise _reject("hooks", f"a hook does not fit its specification: {explanation}", advice) from None
    return tuple(dict.fromkeys(marked.values()))


def _collect_specs(record: PluginRecord, module: ModuleType, relay: pluggy.PluginManager) -> Iterator[Spec]:
    advice = f"Report this to the author of {record.distribution}."
    for hook, kind in REGISTRATION_HOOKS.items():
        for implementation in getattr(relay.hook, hook).get_hookimpls():
            if implementation.plugin is not module:
                continue
            try:
                returned = implementation.function()
                is_list = isinstance(returned, Iterable) and not isinstance(returned, (str, bytes, Mapping))
                specs = list(returned) if is_list else None
            # As at the import: the plugin's own code runs here.
            except (Exception, SystemExit) as error:  # noqa: BLE001 - the plugin boundary
                raise _reject(
                    "hooks", f"its hook {hook} failed with {describe_exception(error)}.", advice, error=error
                ) from None
            if specs is None:
                raise _reject(
                    "descriptors",
                    f"its hook {hook} returned {_shorten(returned)}, not a list of {kind.__name__}.",
                    advice,
                )
            for spec in specs:
                if not isinstance(spec, kind):
                    raise _reject(
                        "descriptors",
                        f"its hook {hook} returned a list with {_shorten(spec)}, which is no {kind.__name__}.",
                        advice,
                    )
                yield spec


def _check_duplicates(specs: tuple[Spec, ...]) -> None:
    # Blocks, heads and inputs share names: a saved graph holds nothing else to find their classes by.
    keys = [("operator" if isinstance(spec, _OPERATOR_SPECS) else spec.kind, spec.name) for spec in specs]
    repeated = [key for key, count in Counter(keys).items() if count > 1]
    if repeated:
        kinds = " and ".join(dict.fromkeys(spec.kind for spec in specs if spec.name == repeated[0][1]))
        raise _reject(
            "descriptors",
            f"it registers the name {repeated[0][1]!r} more than once ({kinds}).",
            "Its author must give each its own name; blocks, heads and inputs share one set of names.",
        )


def _shorten(value: object) -> str:
    try:
        text = " ".join(repr(value).split())
    # A descriptor that is rubbish may have a rubbish repr, too.
    except Exception:  # noqa: BLE001 - the plugin boundary
        text = f"a {type(value).__name__}"
    return text if len(text) <= 60 else text[:57] + "..."
