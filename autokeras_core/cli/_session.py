"""What the commands of one run share: the plugins, loaded once, and the messages about them. Light."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Collection

import attrs
import click

from autokeras_core.manager import (
    DISABLE_VARIABLE,
    PluginManager,
    PluginProblem,
    PluginRecord,
    load_plugins,
    set_manager,
)
from autokeras_core.registry import Registry, get_registry

__all__ = ["PluginCommands", "Session", "one_line", "pass_session"]

_COMMANDS_HOOK = "autokeras_register_commands"


@attrs.frozen(kw_only=True)
class PluginCommands:
    """The commands that plugins add.

    Attributes:
        commands: The commands by name.
        owners: The plugin of each command.
        problems: What went wrong, by plugin; such a plugin's commands are left out.
    """

    commands: dict[str, click.Command] = attrs.field(factory=dict)
    owners: dict[str, PluginRecord] = attrs.field(factory=dict)
    problems: list[tuple[PluginRecord, PluginProblem]] = attrs.field(factory=list)


@attrs.define(kw_only=True)
class Session:
    """The state of one run of the command line.

    Attributes:
        disabled: The plugins that `-p no:NAME` switches off.
        is_quiet: Whether messages about plugins are left out, because the command reports on them itself.
        is_debugging: Whether `--debug` asks for tracebacks and for other libraries' warnings.
    """

    disabled: list[str] = attrs.field(factory=list)
    is_quiet: bool = False
    is_debugging: bool = False
    _manager: PluginManager | None = None
    _commands: PluginCommands | None = None

    @property
    def manager(self) -> PluginManager:
        """The plugins; loaded when first asked for, with one line on stderr for each that had to be skipped."""
        if self._manager is None:
            disabled = [*os.environ.get(DISABLE_VARIABLE, "").split(","), *self.disabled]
            # stdout carries data only: what a plugin prints while it is loaded goes with the messages.
            with contextlib.redirect_stdout(sys.stderr):
                self._manager = load_plugins(disabled=disabled)
            set_manager(self._manager)
            for name in self.disabled:
                if self._manager.find(name) is None:
                    self.tell(f"Warning: -p no:{name}: no plugin of this name is installed.")
            for record in self._manager.failed:
                self.tell(f"Warning: {record.summary} `autokeras plugins doctor` explains.")
        return self._manager

    @property
    def registry(self) -> Registry:
        """The registry of the plugins."""
        set_manager(self.manager)
        return get_registry()

    def tell(self, message: str) -> None:
        """Write a message as one line on stderr."""
        if not self.is_quiet:
            click.echo(one_line(message), err=True)

    def plugin_commands(self, reserved: Collection[str]) -> PluginCommands:
        """Return the commands that plugins add, all of a plugin's or none.

        Args:
            reserved: The names of the core's commands, which no plugin can replace.
        """
        if self._commands is None:
            self._commands = found = PluginCommands()
            for record in self.manager.implementing(_COMMANDS_HOOK):
                added, problem = self._ask_for_commands(record)
                clash = sorted(set(added) & {*reserved, *found.commands})
                if clash:
                    owner = found.owners[clash[0]].distribution if clash[0] in found.owners else "autokeras-core"
                    problem = PluginProblem(
                        stage="commands",
                        reason=f"its command {clash[0]!r} exists already, in {owner}.",
                        advice="Its author must give the command another name, best the plugin's own.",
                    )
                if problem is not None:
                    found.problems.append((record, problem))
                    self.tell(
                        f"Warning: The commands of the plugin {record.entry_point!r} ({record.distribution} "
                        f"{record.version}) were skipped: {problem.reason} `autokeras plugins doctor` explains."
                    )
                    continue
                found.commands.update(added)
                found.owners.update(dict.fromkeys(added, record))
        return self._commands

    def _ask_for_commands(self, record: PluginRecord) -> tuple[dict[str, click.Command], PluginProblem | None]:
        # Each plugin gets a group of its own, so that it can neither see nor replace anybody else's commands.
        group = click.Group("autokeras")
        with contextlib.redirect_stdout(sys.stderr):
            _, problem = self.manager.call(record, _COMMANDS_HOOK, stage="commands", arguments={"cli": group})
        return ({}, problem) if problem is not None else (dict(group.commands), None)


def one_line(message: str) -> str:
    """Return a message as one line; blanks inside its lines stay, since they may be those of a path."""
    return " ".join(filter(None, map(str.strip, message.splitlines())))


pass_session = click.make_pass_decorator(Session, ensure=True)
