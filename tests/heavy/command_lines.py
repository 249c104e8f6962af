"""The command line in this process, for tests of several plugins: TensorFlow is imported once."""

from __future__ import annotations

import contextlib
import io

import attrs
import pytest

from autokeras_core.cli.main import main
from autokeras_core.manager import set_manager


@attrs.frozen
class Result:
    """What a run of the command line did."""

    code: int
    stdout: str
    stderr: str


def autokeras(*arguments: object) -> Result:
    """Run the command line; return its exit code and what it wrote."""
    stdout, stderr = io.StringIO(), io.StringIO()
    try:
        with (
            contextlib.redirect_stdout(stdout),
            contextlib.redirect_stderr(stderr),
            pytest.raises(SystemExit) as exited,
        ):
            main([str(argument) for argument in arguments])
    finally:
        set_manager(None)
    return Result(int(exited.value.code or 0), stdout.getvalue(), stderr.getvalue())


def succeed(*arguments: object) -> str:
    """Run the command line, which must end well; return what it wrote on stdout."""
    result = autokeras(*arguments)
    assert result.code == 0, result.stderr
    return result.stdout
