"""The command line: data on stdout, messages on stderr, and the exit codes."""

from __future__ import annotations

import json
import os
import pty
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import attrs
import click
import pytest

from autokeras_core import __version__
from autokeras_core.cli._session import Session
from autokeras_core.cli.main import cli, main

PLUGIN = """
    import click
    from autokeras_core.plugin import BlockSpec, Boolean, Choice, Float, HeadSpec, Space, TaskSpec, hookimpl

    SPACE = Space({
        "units": Choice([16, 32], default=32),
        "use_dropout": Boolean(),
        "dropout": Float(0.1, 0.5, step=0.1, when={"use_dropout": True}),
    })

    @hookimpl
    def autokeras_register_blocks():
        return [
            BlockSpec(
                name="gated", target="acme.blocks:GatedBlock", summary="A [gated] block.", modalities=("image", "text"),
                accepts="(batch, features)", returns="(batch, units)", space=SPACE, requires=("scipy",),
                downloads=True, stability="beta",
            ),
            BlockSpec(name="sound", target="acme.blocks:SoundBlock", summary="A block.", modalities=("sound",)),
        ]

    @hookimpl
    def autokeras_register_heads():
        return [HeadSpec(name="ranking", target="acme.blocks:RankingHead", summary="A head.", space=SPACE)]

    @hookimpl
    def autokeras_register_tasks():
        return [
            TaskSpec(name="RankingTask", target="acme.tasks:RankingTask", summary="Ranks.", modality="structured",
                     blocks=("acme:gated",))
        ]

    @hookimpl
    def autokeras_register_commands(cli):
        @cli.command("acme")
        @click.option("--fail", is_flag=True)
        def acme(fail):
            "Greet."
            if fail:
                raise ZeroDivisionError("no such luck")
            click.echo("hello from acme")
"""

BROKEN = "raise RuntimeError('no such luck')"


@attrs.frozen
class Result:
    """What a run of the command line did."""

    code: int
    stdout: str
    stderr: str

    def lines_with(self, text: str) -> list[str]:
        """Return the lines on stderr with `text`."""
        return [line for line in self.stderr.splitlines() if text in line]


@pytest.fixture
def run(plugin_site: Any, capsys: pytest.CaptureFixture[str]) -> Any:
    """Run the command line in this process, with the plugin `acme` installed."""
    plugin_site.install("acme", PLUGIN, version="4.2")

    def run_command(*arguments: str) -> Result:
        capsys.readouterr()
        with pytest.raises(SystemExit) as exited:
            main(arguments)
        captured = capsys.readouterr()
        return Result(exited.value.code, captured.out, captured.err)  # type: ignore[arg-type]

    return run_command


def walk(command: click.Command, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """Yield the path of every command of the core."""
    yield path
    if isinstance(command, click.Group):
        for name, child in command.commands.items():
            yield from walk(child, (*path, name))


ALL_COMMANDS = list(walk(cli))


@pytest.mark.parametrize("path", ALL_COMMANDS, ids=lambda path: " ".join(path) or "autokeras")
def test_every_command_explains_itself(run: Any, path: tuple[str, ...]) -> None:
    """`--help` of every command says what it does."""
    result = run(*path, "--help")

    assert result.code == 0
    assert result.stdout.startswith(f"Usage: autokeras{' ' if path else ''}{' '.join(path)}")


def test_version_is_the_cores(run: Any) -> None:
    """`--version` writes the core's version."""
    assert run("--version").stdout == f"autokeras {__version__}\n"


def test_blocks_list_shows_the_provenance(run: Any) -> None:
    """A block is listed with its full name, distribution and version."""
    result = run("blocks", "list", "--plugin", "acme")

    assert result.code == 0
    header, *rows = result.stdout.splitlines()
    assert header.split() == ["block", "modalities", "summary", "from"]
    assert "acme:gated" in rows[0] and "A [gated] block." in rows[0] and rows[0].endswith("acme 4.2")
    assert rows[0].index("A [gated]") == rows[1].index("A block.")


def test_blocks_list_as_json_carries_a_schema(run: Any) -> None:
    """JSON output has the schema's version and everything that is listed."""
    data = json.loads(run("blocks", "list", "--plugin", "acme", "--format", "json").stdout)

    assert data["schema"] == 1
    assert data["blocks"][0] == {
        "name": "acme:gated",
        "summary": "A [gated] block.",
        "distribution": "acme",
        "version": "4.2",
        "editable": False,
        "kind": "block",
        "modalities": ["image", "text"],
        "accepts": "(batch, features)",
        "returns": "(batch, units)",
        "stability": "beta",
        "downloads": True,
        "requires": ["scipy"],
    }


def test_blocks_list_filters_by_modality(run: Any) -> None:
    """`--modality` keeps the blocks for it, and those for any."""
    names = run("blocks", "list", "--modality", "sound", "--format", "names").stdout.splitlines()

    assert "acme:sound" in names and "core:dense" in names
    assert "acme:gated" not in names


@pytest.mark.parametrize(
    ("option", "value", "suggestion"), [("--modality", "imag", "image"), ("--plugin", "acne", "acme")]
)
def test_unknown_filter_is_an_error_with_a_suggestion(run: Any, option: str, value: str, suggestion: str) -> None:
    """A modality or plugin that does not exist is one line on stderr and exit code 1."""
    result = run("blocks", "list", option, value)

    assert (result.code, result.stdout) == (1, "")
    (error,) = [line for line in result.stderr.splitlines() if line.startswith("Error: ")]
    assert f"Did you mean '{suggestion}'" in error


def test_blocks_show_prints_the_space(run: Any) -> None:
    """A block is shown with its facts and each hyperparameter: values, default, condition."""
    result = run("blocks", "show", "gated")

    lines = {line.split()[0]: line for line in result.stdout.splitlines() if line}
    assert lines["name"].endswith("acme:gated")
    assert lines["from"].endswith("acme 4.2")
    assert lines["stability"].endswith("beta")
    assert lines["requires"].endswith("scipy")
    assert "pretrained weights" in lines["downloads"]
    assert lines["units"].split() == ["units", "choice", "{16,", "32}", "32", "always"]
    assert lines["dropout"].endswith("use_dropout is True")


def test_blocks_show_as_json_holds_the_space(run: Any) -> None:
    """The space is written as the same JSON that saved searches hold."""
    data = json.loads(run("blocks", "show", "acme:gated", "--format", "json").stdout)

    assert data["schema"] == 1
    assert data["block"]["space"]["units"] == {"choice": [16, 32], "default": 32}
    assert data["block"]["space"]["dropout"]["when"] == {"use_dropout": [True]}


def test_blocks_show_as_names_lists_the_hyperparameters(run: Any) -> None:
    """As names, what can be tuned is written one a line."""
    assert run("blocks", "show", "gated", "--format", "names").stdout.split() == ["units", "use_dropout", "dropout"]


def test_blocks_show_knows_heads(run: Any) -> None:
    """A head has a space, too, and can be shown."""
    assert "kind     head" in run("blocks", "show", "acme:ranking").stdout


def test_blocks_show_tells_what_an_input_takes(run: Any) -> None:
    """An input has a modality, in the table and as JSON."""
    lines = run("blocks", "show", "core:array").stdout.splitlines()
    data = json.loads(run("blocks", "show", "core:array", "--format", "json").stdout)

    assert ["modality", "array"] in [line.split() for line in lines]
    assert (data["block"]["kind"], data["block"]["modality"]) == ("input", "array")


def test_unknown_block_is_one_line_and_exit_code_1(run: Any) -> None:
    """An error is one line `Error: ...` on stderr, and nothing on stdout."""
    result = run("blocks", "show", "gatd")

    assert (result.code, result.stdout) == (1, "")
    assert len(result.lines_with("Error: There is no block, head or input called 'gatd'")) == 1
    assert "Did you mean 'gated'" in result.stderr


def test_wrong_usage_is_exit_code_2(run: Any) -> None:
    """A wrong option is a usage error."""
    assert run("blocks", "list", "--colour").code == 2
    assert run("nonsense").code == 2
    assert run("warm-starts", "list").code == 2


def test_interrupt_is_exit_code_130(run: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ctrl-C in a command ends it with 130."""

    def interrupt(session: Session) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(Session, "manager", property(interrupt))

    assert run("blocks", "list").code == 130


def test_tasks_list_shows_what_is_installed(run: Any) -> None:
    """A plugin's task is listed with its modality and candidate blocks."""
    data = json.loads(run("tasks", "list", "--format", "json").stdout)

    (task,) = [task for task in data["tasks"] if task["name"] == "acme:RankingTask"]
    assert (task["modality"], task["blocks"], task["version"]) == ("structured", ["acme:gated"], "4.2")
    assert "acme:RankingTask" in run("tasks", "list", "--format", "names").stdout.splitlines()


def test_plugins_list_counts_what_is_registered(run: Any) -> None:
    """A plugin is listed with its state, its distribution and how much it registers."""
    (line,) = [line for line in run("plugins", "list").stdout.splitlines() if line.startswith("acme")]

    assert line.split("  ")[0] == "acme"
    assert "in use" in line and "acme 4.2" in line
    assert line.endswith("2 blocks, 1 head, 1 task")


def test_info_reads_versions_without_importing(run: Any) -> None:
    """`info` writes the versions of Keras and TensorFlow from metadata."""
    data = json.loads(run("info", "--format", "json").stdout)

    assert data["schema"] == 1
    assert data["autokeras-core"] == __version__
    assert set(data["packages"]) >= {"keras", "tensorflow", "keras-tuner"}
    assert "acme" in [plugin["name"] for plugin in data["plugins"]]


def test_broken_plugin_costs_one_line_on_stderr(run: Any, plugin_site: Any) -> None:
    """A broken plugin leaves stdout and the exit code alone, and is named in one line."""
    plugin_site.install("broken", BROKEN)

    result = run("blocks", "list", "--format", "json")

    assert result.code == 0
    assert json.loads(result.stdout)["schema"] == 1
    (line,) = result.lines_with("'broken'")
    assert line.startswith("Warning: The plugin 'broken' (broken 1.0) was skipped: ")
    assert "no such luck" in line


def test_doctor_explains_a_broken_plugin(run: Any, plugin_site: Any) -> None:
    """`plugins doctor` says what, where and what to do, with the traceback; no warning line beside it."""
    plugin_site.install("broken", BROKEN)

    result = run("plugins", "doctor")

    assert (result.code, result.stderr) == (0, "")
    explained = result.stdout[result.stdout.index("broken (broken 1.0, broken.plugin): skipped") :]
    assert "what: importing broken.plugin failed with RuntimeError: no such luck." in explained
    assert "where: the import of its plugin module" in explained
    assert "what to do: " in explained
    assert "Traceback" in explained


def test_doctor_as_json_and_names(run: Any, plugin_site: Any) -> None:
    """Programs learn from `plugins doctor` whether all is well, and which plugins are not."""
    plugin_site.install("broken", BROKEN)

    data = json.loads(run("plugins", "doctor", "--format", "json").stdout)
    names = run("plugins", "doctor", "--format", "names").stdout.splitlines()

    assert data["healthy"] is False
    (broken,) = [plugin for plugin in data["plugins"] if plugin["name"] == "broken"]
    assert (broken["status"], broken["problems"][0]["stage"]) == ("failed", "import")
    assert "broken" in names
    assert "acme" not in names


def test_doctor_explains_warm_starts_that_cannot_be_used(run: Any, plugin_site: Any) -> None:
    """A file that only a search would find missing is reported; the rest of the plugin is in use."""
    plugin_site.install(
        "barren",
        """
        from autokeras_core.plugin import WarmStartSpec, hookimpl
        @hookimpl
        def autokeras_register_warm_starts():
            return [
                WarmStartSpec(
                    name="first", summary="A start.", task="acme:RankingTask", package="barren", resource="a.toml"
                )
            ]
        """,
    )

    result = run("plugins", "doctor")
    data = json.loads(run("plugins", "doctor", "--format", "json").stdout)

    explained = result.stdout[result.stdout.index("barren (barren 1.0, barren.plugin): in use") :]
    assert "what: its warm starts 'first' cannot be used: barren/a.toml: it cannot be read: FileNotFound" in explained
    assert "where: a file of warm starts; everything else of it is in use" in explained
    assert "what to do: Reinstall barren, or report this to its author." in explained
    assert data["healthy"] is False


def test_warm_starts_list_shows_what_can_be_used_and_warns_of_the_rest(run: Any, plugin_site: Any) -> None:
    """A search does the same with a plugin that brings a good file, and one that is broken."""
    plugin_site.install(
        "mixed",
        """
        from autokeras_core.plugin import WarmStartSpec, hookimpl
        @hookimpl
        def autokeras_register_warm_starts():
            return [
                WarmStartSpec(
                    name=name, summary="A start.", task="acme:RankingTask", package="mixed", resource=f"{name}.toml"
                )
                for name in ("broken", "good")
            ]
        """,
    )
    start = '[[configuration]]\nname = "small"\nsummary = "Few units."\n[configuration.values]\n"gated/units" = 16\n'
    (plugin_site.folder / "mixed" / "good.toml").write_text(f'schema = 1\ntask = "acme:RankingTask"\n{start}')
    (plugin_site.folder / "mixed" / "broken.toml").write_text("schema = ")

    result = run("warm-starts", "list", "--task", "acme:RankingTask", "--format", "names")

    assert (result.code, result.stdout) == (0, "small\n")
    (warning,) = result.lines_with("Warning")
    assert "the warm starts 'mixed:broken' cannot be used: mixed/broken.toml" in warning


def test_option_p_switches_a_plugin_off(run: Any) -> None:
    """`-p no:NAME` leaves a plugin out, and its commands."""
    result = run("-p", "no:acme", "tasks", "list", "--format", "names")

    assert result.code == 0
    assert "acme:RankingTask" not in result.stdout
    assert run("-p", "no:acme", "acme").code == 2
    assert "Greet" not in run("-p", "no:acme", "--help").stdout


def test_option_p_holds_where_python_skips_assertions(plugin_site: Any) -> None:
    """`python -O` leaves a plugin out, too."""
    plugin_site.install("acme", PLUGIN)

    names = subprocess.run(
        [*(sys.executable, "-O", "-m", "autokeras_core.cli"), *("-p", "no:acme", "tasks", "list", "--format", "names")],
        env=plugin_site.environment,
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split()

    assert "acme:RankingTask" not in names


def test_option_p_for_an_unknown_plugin_is_said(run: Any) -> None:
    """A slip in `-p no:NAME` does not go unnoticed."""
    result = run("-p", "no:acne", "tasks", "list")

    assert result.code == 0
    assert result.lines_with("no:acne") == ["Warning: -p no:acne: no plugin of this name is installed."]


@pytest.mark.parametrize("value", ["acme", "yes:acme", "no:", "no:core", "no:autokeras-core"])
def test_option_p_is_checked(run: Any, value: str) -> None:
    """`-p` takes `no:NAME` only, and never the core."""
    assert run("-p", value, "tasks", "list").code == 2


def test_plugin_command_runs_and_is_listed(run: Any) -> None:
    """A command that a plugin adds works like the core's own."""
    assert run("acme").stdout == "hello from acme\n"
    assert "Greet." in run("--help").stdout


def test_plugin_command_that_fails_names_the_plugin(run: Any) -> None:
    """An error inside a plugin's command is one line that says whose it is."""
    result = run("acme", "--fail")

    assert (result.code, result.stdout) == (1, "")
    (line,) = result.lines_with("Error: The command")
    assert "'acme' of the plugin 'acme' (acme 4.2) failed with ZeroDivisionError: no such luck" in line


def test_plugin_cannot_replace_a_core_command(run: Any, plugin_site: Any) -> None:
    """A plugin command with a core command's name is left out, with one line; the core's stays."""
    plugin_site.install(
        "grabby",
        """
        import click
        from autokeras_core.plugin import hookimpl
        @hookimpl
        def autokeras_register_commands(cli):
            @cli.command("info")
            def info():
                click.echo("mine")

            @cli.command("grab")
            def grab():
                click.echo("mine")
        """,
    )

    assert "mine" not in run("info").stdout
    assert run("grab").code == 2  # all of a plugin's commands or none
    (line,) = run("--help").lines_with("'grabby'")
    assert "its command 'info' exists already, in autokeras-core" in line
    assert "its command 'info' exists already" in run("plugins", "doctor").stdout


def test_plugin_that_fails_to_add_commands_is_named(run: Any, plugin_site: Any) -> None:
    """An error in the commands hook costs one line; the program goes on."""
    plugin_site.install(
        "clumsy",
        """
        from autokeras_core.plugin import hookimpl
        @hookimpl
        def autokeras_register_commands(cli):
            raise SystemExit("enough")
        """,
    )

    result = run("--help")

    assert result.code == 0
    assert len(result.lines_with("'clumsy'")) == 1


def test_what_a_plugin_prints_at_import_stays_off_stdout(run: Any, plugin_site: Any) -> None:
    """A chatty plugin does not spoil JSON on stdout."""
    plugin_site.install("chatty", "print('hello, world')")

    result = run("blocks", "list", "--format", "json")

    assert json.loads(result.stdout)["schema"] == 1
    assert "hello, world" in result.stderr


def test_table_on_a_terminal_is_drawn(plugin_site: Any) -> None:
    """On a terminal the table is drawn by rich; square brackets of a summary are no markup."""
    plugin_site.install("acme", PLUGIN)
    leader, follower = pty.openpty()
    chunks: list[bytes] = []
    # Read while it runs: a terminal's buffer is small, and at its end reading fails on Linux.
    reader = threading.Thread(target=_read_all, args=(leader, chunks))
    reader.start()

    code = subprocess.call(
        [sys.executable, "-m", "autokeras_core.cli", "blocks", "list", "--plugin", "acme"],
        env={**plugin_site.environment, "TERM": "xterm", "COLUMNS": "120"},
        stdin=follower,
        stdout=follower,
        stderr=subprocess.DEVNULL,
    )
    os.close(follower)
    reader.join()
    os.close(leader)

    text = b"".join(chunks).decode()
    assert code == 0
    assert "─" in text and "A [gated] block." in text


def test_closed_pipe_is_silent(plugin_site: Any) -> None:
    """`autokeras ... | head` says nothing on stderr when its reader goes."""
    plugin_site.install("acme", PLUGIN)
    reader, writer = os.pipe()
    os.close(reader)

    process = subprocess.run(
        [sys.executable, "-m", "autokeras_core.cli", "blocks", "list", "--plugin", "acme"],
        env=plugin_site.environment,
        stdout=writer,
        stderr=subprocess.PIPE,
        check=False,
        text=True,
        preexec_fn=lambda: signal.signal(signal.SIGPIPE, signal.SIG_IGN),
    )
    os.close(writer)

    assert (process.returncode, process.stderr) == (1, "")


def _read_all(descriptor: int, chunks: list[bytes]) -> None:
    while True:
        try:
            chunk = os.read(descriptor, 65536)
        except OSError:
            return
        if not chunk:
            return
        chunks.append(chunk)


def test_page_lists_every_command() -> None:
    """The page about the command line has a row for each command."""
    page = (Path(__file__).parents[2] / "docs" / "command-line.md").read_text()
    listed = set(re.findall(r"^\| `autokeras ([a-z -]+?)(?: (?:[A-Z]|--).*?)?` \|", page, re.MULTILINE))

    commands = {" ".join(path) for path in ALL_COMMANDS if path}
    groups = {path[0] for path in ALL_COMMANDS if len(path) > 1}

    assert listed == commands - groups


@pytest.mark.parametrize("name", ["fit", "resume", "predict", "evaluate", "export", "leaderboard"])
def test_page_names_every_option(name: str) -> None:
    """The page about the command line names each long option of the commands that search and use models."""
    page = (Path(__file__).parents[2] / "docs" / "command-line.md").read_text()
    named = set(re.findall(r"(?<![\w-])--[a-z][a-z-]*", page))

    options = [
        option
        for parameter in cli.commands[name].params
        for option in (*parameter.opts, *parameter.secondary_opts)
        if option.startswith("--")
    ]

    assert sorted(set(options) - named) == []
