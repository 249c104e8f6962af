"""How commands get at models: classes and saved models by way of the registry, so that this module stays light.

TensorFlow is imported by what is called here, and only then: seconds that no listing should cost.
"""

from __future__ import annotations

import contextlib
import os
import sys
import tempfile
import warnings
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from autokeras_core.errors import AutoKerasError, DataWarning, ExportWarning, PluginWarning
from autokeras_core.manager import set_manager

if TYPE_CHECKING:
    from autokeras_core import AutoModel
    from autokeras_core.cli._session import Session

__all__ = ["data_argument", "data_of", "load_model", "load_task", "model_argument", "only_messages"]


data_argument = click.argument(
    "data", nargs=-1, required=True, type=click.Path(exists=True, path_type=Path), metavar="DATA..."
)
"""The argument for data: a file, a folder, or the parts of one table."""

model_argument = click.argument("model", type=click.Path(exists=True, file_okay=False, path_type=Path), metavar="MODEL")
"""The argument for a model: a directory that `save` wrote, or that of a search."""


@contextlib.contextmanager
def only_messages(session: Session) -> Iterator[None]:
    """Keep standard output for data: what libraries print goes to stderr, and our warnings are one line each there.

    Other libraries' warnings are for developers, and shown with `--debug` only.
    """
    # Read by TensorFlow when it is imported; it says a lot about the processor that nobody asked for.
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

    def show(message: Warning | str, category: type[Warning], *position: Any, **more: Any) -> None:
        session.tell(f"Warning: {message}")

    with contextlib.redirect_stdout(sys.stderr), warnings.catch_warnings():
        if not session.is_debugging:
            warnings.simplefilter("ignore")
            for category in (DataWarning, ExportWarning, PluginWarning):
                warnings.simplefilter("default", category)
            warnings.showwarning = show
        yield


@contextlib.contextmanager
def _quiet_imports(session: Session) -> Iterator[None]:
    """Keep off stderr what TensorFlow's libraries write there while they are imported, before any setting holds.

    It is written after all if something fails that our own errors do not explain.
    """
    if session.is_debugging:
        yield
        return
    sys.stderr.flush()
    with tempfile.TemporaryFile() as caught:
        kept = os.dup(2)
        os.dup2(caught.fileno(), 2)
        try:
            yield
            # What it says when it looks for a GPU belongs to this, too; it looks when first asked for one.
            if (tensorflow := sys.modules.get("tensorflow")) is not None:
                tensorflow.config.list_physical_devices()
        except AutoKerasError:
            raise  # says all there is to say
        except BaseException:
            sys.stderr.flush()
            caught.seek(0)
            os.write(kept, caught.read())
            raise
        finally:
            sys.stderr.flush()
            os.dup2(kept, 2)
            os.close(kept)


def load_task(session: Session, name: str) -> type[AutoModel]:
    """Return the class of a registered task.

    Raises:
        PluginError: If it cannot be imported.
    """
    registry = session.registry  # with what there is to say about plugins
    with _quiet_imports(session):
        return registry.load("task", name)


def load_model(session: Session, path: Path) -> AutoModel:
    """Return the model that a directory holds: a saved one, or the best one of a search.

    Raises:
        SearchError: If it holds neither, or damaged files.
    """
    set_manager(session.manager)  # the plugins that -p switches off are off when the model is loaded
    with _quiet_imports(session):
        from autokeras_core import AutoModel

    return AutoModel.load(path)


def data_of(paths: Sequence[Path]) -> Path | list[Path]:
    """Return the data that a command names as a model takes them: a path, or a list of the paths of parts."""
    return paths[0] if len(paths) == 1 else list(paths)
