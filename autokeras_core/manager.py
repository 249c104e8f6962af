"""The plugins of this process: found, loaded one by one, and called with care. Light.

Example:
    ```python
    for record in get_manager().records:
        print(record.namespace, record.version, record.status)
    ```
"""

from __future__ import annotations

import os
import traceback
import warnings
from collections.abc import Collection, Mapping
from typing import Any

import attrs
import pluggy

from autokeras_core import __version__, hookspecs
from autokeras_core._loader import PluginProblem, PluginRecord, Stage, describe_exception, load_plugin
from autokeras_core._metadata import InstalledDistribution, PluginEntryPoint, find_plugin_entry_points
from autokeras_core.errors import PluginWarning
from autokeras_core.names import CORE_NAMESPACE, format_name, namespace_of
from autokeras_core.specs import InputSpec

__all__ = [
    "DISABLE_VARIABLE",
    "PluginManager",
    "PluginProblem",
    "PluginRecord",
    "get_manager",
    "load_plugins",
    "set_manager",
]

DISABLE_VARIABLE = "AUTOKERAS_DISABLE_PLUGINS"
"""The environment variable that switches plugins off: names with commas between."""

_CORE_MODULE = "autokeras_core.builtin.plugin"


@attrs.define(kw_only=True)
class PluginManager:
    """The plugins that were found, and what became of each.

    Attributes:
        records: One record for each plugin, the core first, then by name.
        relay: pluggy's manager, which holds the modules of the loaded plugins.
    """

    records: tuple[PluginRecord, ...]
    relay: pluggy.PluginManager

    @property
    def loaded(self) -> tuple[PluginRecord, ...]:
        """The plugins that are in use."""
        return tuple(record for record in self.records if record.status == "loaded")

    @property
    def failed(self) -> tuple[PluginRecord, ...]:
        """The plugins that were skipped because something is wrong with them."""
        return tuple(record for record in self.records if record.status == "failed")

    def find(self, name: str) -> PluginRecord | None:
        """Return the record of the plugin called `name` (its namespace or its distribution), or `None`."""
        namespace = namespace_of(name)
        return next((record for record in self.records if record.namespace == namespace), None)

    def implementing(self, hook: str) -> tuple[PluginRecord, ...]:
        """Return the loaded plugins that implement a hook."""
        return tuple(record for record in self.loaded if hook in record.hooks)

    def call(
        self, record: PluginRecord, hook: str, *, stage: Stage, arguments: Mapping[str, object]
    ) -> tuple[Any, PluginProblem | None]:
        """Call one plugin's hook, guarded.

        Args:
            record: The plugin.
            hook: The hook's name.
            stage: What a problem is filed under.
            arguments: The hook's arguments, by name.

        Returns:
            What the hook returned, and what went wrong if something did.
        """
        others = [module for name, module in self.relay.list_name_plugin() if name != record.namespace]
        try:
            results = self.relay.subset_hook_caller(hook, others)(**arguments)
        # The plugin's own code runs here; it must not end the program. Ctrl-C goes through.
        except (Exception, SystemExit) as error:  # noqa: BLE001 - the plugin boundary
            return None, PluginProblem(
                stage=stage,
                reason=f"its hook {hook} failed with {describe_exception(error)}.",
                advice=f"Report this to the author of {record.distribution}.",
                details="".join(traceback.format_exception(error)).rstrip(),
            )
        return (results[0] if results else None), None

    def match_input(self, profile: Mapping[str, Any]) -> list[tuple[str, float]]:
        """Ask every plugin which of its inputs fits raw data.

        Args:
            profile: Plain facts about the data: `type`, `dtype`, `shape`.

        Returns:
            Full input names with confidences in `[0, 1]`, the best first. A plugin whose hook raises, or answers
            something else than one of its own inputs, is left out with a warning.
        """
        answers: list[tuple[str, float]] = []
        hook = "autokeras_match_input"
        for record in self.implementing(hook):
            answer, problem = self.call(record, hook, stage="observer", arguments={"profile": profile})
            if problem is not None:
                _warn(f"The plugin {record.entry_point!r} was not asked for an input: {problem.reason}")
            elif _is_match(answer, record):
                answers.append((format_name(record.namespace, answer[0]), float(answer[1])))
            elif answer is not None:
                _warn(
                    f"The plugin {record.entry_point!r} was not asked for an input: its hook {hook} returned "
                    f"{answer!r}, not the name of one of its inputs and a confidence in [0, 1]."
                )
        return sorted(answers, key=lambda answer: -answer[1])

    def trial_completed(self, trial: Mapping[str, Any]) -> None:
        """Tell every plugin about a finished trial; one that raises costs a warning, never the search."""
        hook = "autokeras_trial_completed"
        for record in self.implementing(hook):
            _, problem = self.call(record, hook, stage="observer", arguments={"trial": trial})
            if problem is not None:
                _warn(f"The plugin {record.entry_point!r} did not take note of a trial: {problem.reason}")


def load_plugins(
    entry_points: Collection[PluginEntryPoint] | None = None, *, disabled: Collection[str] | None = None
) -> PluginManager:
    """Find and load all plugins; nothing is warned about, the records say it all.

    Args:
        entry_points: The plugins to load; by default those installed.
        disabled: Names of plugins to switch off; by default those that `AUTOKERAS_DISABLE_PLUGINS` lists. The core
            cannot be switched off.

    Returns:
        A new manager. `get_manager` returns the one that this process uses.
    """
    if entry_points is None:
        entry_points = find_plugin_entry_points(hookspecs.ENTRY_POINT_GROUP)
    if disabled is None:
        disabled = os.environ.get(DISABLE_VARIABLE, "").split(",")
    off = {namespace_of(name.strip()) for name in disabled if name.strip()}
    relay = pluggy.PluginManager(hookspecs.PROJECT_NAME)
    relay.add_hookspecs(hookspecs)
    records: list[PluginRecord] = []
    for entry_point in _core_first(entry_points):
        taken = {record.namespace for record in records if record.status == "loaded"}
        records.append(load_plugin(entry_point, relay, disabled=off, taken=taken))
    return PluginManager(records=tuple(records), relay=relay)


_manager: PluginManager | None = None


def get_manager() -> PluginManager:
    """Return the plugins of this process; the first call loads them and warns of each that had to be skipped."""
    global _manager
    if _manager is None:
        _manager = load_plugins()
        for record in _manager.failed:
            _warn(f"{record.summary} `autokeras plugins doctor` explains.")
    return _manager


def set_manager(manager: PluginManager | None) -> None:
    """Make `manager` the plugins of this process, e.g. with some switched off; `None` loads them anew when needed."""
    global _manager
    _manager = manager


def _core_first(entry_points: Collection[PluginEntryPoint]) -> list[PluginEntryPoint]:
    """Order the plugins; add the core's own where the core runs without being installed (from a folder, frozen)."""
    core = [each for each in entry_points if each.name == CORE_NAMESPACE and each.value == _CORE_MODULE]
    if not core:
        distribution = InstalledDistribution(name="autokeras-core", version=__version__)
        core = [PluginEntryPoint(name=CORE_NAMESPACE, value=_CORE_MODULE, distribution=distribution)]
    return core + [each for each in entry_points if each not in core]


def _is_match(answer: object, record: PluginRecord) -> bool:
    """Return whether a plugin's answer is the short name of one of its inputs, and a confidence."""
    if not (isinstance(answer, tuple) and len(answer) == 2):
        return False
    name, confidence = answer
    inputs = {spec.name for spec in record.specs if isinstance(spec, InputSpec)}
    is_own = isinstance(name, str) and name in inputs
    return is_own and isinstance(confidence, (int, float)) and 0 <= confidence <= 1


def _warn(message: str) -> None:
    # Plugins are loaded deep inside whatever needs the first name: no frame of the caller's is more apt than another.
    warnings.warn(message, PluginWarning, stacklevel=3)
