"""The command `autokeras`: its global options, the commands that plugins add, and its exit codes. Light.

Data goes to stdout, messages to stderr. Exit codes: 0 success, 1 an error (one line `Error: ...`), 2 wrong usage,
130 Ctrl-C.
"""

from __future__ import annotations

import sys
import traceback
from collections.abc import Sequence
from typing import NoReturn

import click

from autokeras_core import __version__
from autokeras_core._loader import describe_exception
from autokeras_core.cli._search import INTERRUPTED_CODE
from autokeras_core.cli._session import PluginCommands, Session, one_line
from autokeras_core.cli.blocks import blocks
from autokeras_core.cli.evaluate import evaluate
from autokeras_core.cli.export import export
from autokeras_core.cli.fit import fit, resume
from autokeras_core.cli.info import info
from autokeras_core.cli.leaderboard import leaderboard
from autokeras_core.cli.plugins import plugins
from autokeras_core.cli.predict import predict
from autokeras_core.cli.tasks import tasks
from autokeras_core.cli.warm_starts import warm_starts
from autokeras_core.errors import AutoKerasError, PluginError
from autokeras_core.names import CORE_NAMESPACE, namespace_of

__all__ = ["cli", "main"]


class _PluginGroup(click.Group):
    """A group whose commands are the core's, and behind them those of plugins."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return [*super().list_commands(ctx), *sorted(self._added(ctx).commands)]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        # A core command is found without loading a plugin.
        return super().get_command(ctx, cmd_name) or self._added(ctx).commands.get(cmd_name)

    def invoke(self, ctx: click.Context) -> None:
        # Returns nothing, whatever a command returns: `main` must not take that for an exit code.
        try:
            super().invoke(ctx)
        except (click.ClickException, click.exceptions.Exit, click.Abort, AutoKerasError, OSError):
            raise
        except Exception as error:
            command = ctx.invoked_subcommand
            owner = None if command in self.commands else self._added(ctx).owners.get(command or "")
            if owner is None:
                raise
            # The boundary to a plugin's code: name the plugin, since the core is not to blame.
            message = (
                f"The command {command!r} of the plugin {owner.entry_point!r} ({owner.distribution} {owner.version}) "
                f"failed with {describe_exception(error)}"
            )
            raise PluginError(message) from error

    def _added(self, ctx: click.Context) -> PluginCommands:
        return ctx.ensure_object(Session).plugin_commands(self.commands)


def _disable_plugins(ctx: click.Context, parameter: click.Parameter, values: tuple[str, ...]) -> None:
    for value in values:
        prefix, _, name = value.partition(":")
        if prefix != "no" or not name:
            message = f"{value!r} is not of the form no:NAME."
            raise click.BadParameter(message, ctx=ctx, param=parameter)
        if namespace_of(name) == CORE_NAMESPACE:
            raise click.BadParameter("the core cannot be switched off.", ctx=ctx, param=parameter)
        ctx.ensure_object(Session).disabled.append(name)


def _debug(ctx: click.Context, parameter: click.Parameter, value: bool) -> None:
    ctx.ensure_object(Session).is_debugging = value


@click.group(cls=_PluginGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.option(
    "-p",
    "plugin_switches",
    metavar="no:NAME",
    multiple=True,
    expose_value=False,
    is_eager=True,  # before --help, which lists the commands of plugins
    callback=_disable_plugins,
    help="Switch a plugin off, as AUTOKERAS_DISABLE_PLUGINS does. May be repeated.",
)
@click.option(
    "--debug",
    is_flag=True,
    expose_value=False,
    is_eager=True,
    callback=_debug,
    help="Show the traceback of an error, and the warnings of other libraries.",
)
@click.version_option(__version__, prog_name="autokeras", message="%(prog)s %(version)s")
def cli() -> None:
    """AutoML for deep learning on Keras: search for a model, use it, and see what is installed."""


for _command in (
    *(fit, resume, leaderboard, predict, evaluate, export),
    *(blocks, info, plugins, tasks, warm_starts),
):
    cli.add_command(_command)


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Run the command line and exit.

    Args:
        arguments: The arguments; by default those of the process.
    """
    sys.exit(_run(arguments))


def _run(arguments: Sequence[str] | None) -> int:
    session = Session()
    try:
        # Without standalone mode click returns the code of `ctx.exit()`, and raises instead of exiting.
        code: int | None = cli.main(arguments, prog_name="autokeras", standalone_mode=False, obj=session)
        sys.stdout.flush()
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except (click.Abort, KeyboardInterrupt):
        return INTERRUPTED_CODE
    except BrokenPipeError:
        # The reader has gone, as with `| head`. Nothing is left to say, and nobody to say it to.
        sys.stdout = None  # keeps the interpreter from flushing it once more
        return 1
    except (AutoKerasError, OSError) as error:
        return _report(str(error), session)
    # The last boundary: a user of the command line is told what failed in one line, whoever raised it.
    except Exception as error:  # noqa: BLE001
        return _report(f"{describe_exception(error)}. `autokeras --debug ...` shows where it came from.", session)
    return code or 0


def _report(message: str, session: Session) -> int:
    """Write an error that is being handled as one line on stderr; return the exit code."""
    if session.is_debugging:
        click.echo(traceback.format_exc(), err=True)
    click.echo(f"Error: {one_line(message)}", err=True)
    return 1
