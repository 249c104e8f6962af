"""Where the files of a checkpoint lie: a folder of the user's, or what the hub offers under a name."""

from __future__ import annotations

import os
from pathlib import Path

from ak_text.pretrained.checkpoint import WEIGHTS_FILE
from ak_text.pretrained.hub import cache_folder, download, is_hub_name
from ak_text.pretrained.layout import EncoderLayout, read_layout
from autokeras_core import GraphError, UnavailableError
from autokeras_core.errors import describe_error

__all__ = ["check_pretrained", "checkpoint_folder", "known_layout"]

_TOKENIZERS = ("tokenizer.json", "vocab.txt")


def check_pretrained(pretrained: str | os.PathLike[str]) -> str:
    """Return what can be a folder or the name of a checkpoint as text; it need not be there.

    Raises:
        GraphError: If it can be neither.
    """
    text: object = pretrained
    if isinstance(pretrained, os.PathLike):
        text = os.fspath(pretrained)
        if isinstance(text, str) and is_hub_name(text):  # a path is one, also where nothing is there
            text = f"{os.curdir}{os.sep}{text}"
    if isinstance(text, str) and text and (_is_path(text) or is_hub_name(text)):
        return text
    raise GraphError(
        describe_error(
            "pretrained= names no checkpoint.",
            expected="a folder, or a name on the Hugging Face hub such as 'bert-base-uncased'",
            received=f"pretrained={pretrained!r}",
        )
    )


def checkpoint_folder(pretrained: str) -> Path:
    """Return the folder with `config.json`, `model.safetensors` and the tokenizer's files.

    Args:
        pretrained: A local folder, or a name on the hub, whose files are downloaded once.

    Raises:
        UnavailableError: If there is no such folder, or the files can neither be found in the cache nor downloaded.
        GraphError: If the folder cannot be used.

    Example:
        ```python
        checkpoint_folder("models/all-MiniLM-L6-v2")  # a folder of one's own
        checkpoint_folder("sentence-transformers/all-MiniLM-L6-v2")  # of the hub
        ```
    """
    check_pretrained(pretrained)
    return _complete_folder(pretrained) if _is_path(pretrained) else download(pretrained)


def known_layout(pretrained: str) -> EncoderLayout | None:
    """Return the sizes of a checkpoint if its files are here, without downloading any; `None` if they are not."""
    folder = Path(pretrained).expanduser() if _is_path(pretrained) else cache_folder(pretrained)
    try:
        return read_layout(folder) if folder.is_dir() else None
    except GraphError:  # who uses the checkpoint is told
        return None


def _is_path(pretrained: str) -> bool:
    """Return whether a text names a folder: one that is there, or one that no checkpoint of the hub could be."""
    looks_like_one = pretrained.startswith((".", "~", "/", os.sep)) or not is_hub_name(pretrained)
    return looks_like_one or Path(pretrained).is_dir()


def _complete_folder(pretrained: str) -> Path:
    folder = Path(pretrained).expanduser()
    if not folder.is_dir():
        raise UnavailableError(
            describe_error(
                "The folder of a pretrained encoder is not there.",
                expected="the path of a folder with config.json, model.safetensors and tokenizer.json",
                received=f"pretrained={pretrained!r}, which is no folder",
                advice="Correct the path, or pass a name on the Hugging Face hub, e.g. pretrained='bert-base-uncased'.",
            )
        )
    missing = [name for name in ("config.json", WEIGHTS_FILE) if not (folder / name).is_file()]
    if not any((folder / name).is_file() for name in _TOKENIZERS):
        missing.append(" or ".join(_TOKENIZERS))
    if missing:
        raise UnavailableError(
            describe_error(
                "The folder of a pretrained encoder lacks files.",
                expected=f"config.json, {WEIGHTS_FILE} and {' or '.join(_TOKENIZERS)} in {str(folder)!r}",
                received=f"a folder without {', '.join(missing)}",
                advice=_advice(folder, missing),
            )
        )
    return folder


def _advice(folder: Path, missing: list[str]) -> str:
    if WEIGHTS_FILE in missing and any(folder.glob("*.bin")):
        return (
            f"A pytorch_model.bin is a pickle, which can run code, so it is not loaded: save it as {WEIGHTS_FILE}, "
            "e.g. with save_pretrained(..., safe_serialization=True) of transformers."
        )
    if WEIGHTS_FILE in missing and any(folder.glob("*.safetensors.index.json")):
        return "Weights that are spread over several files are not read: save them as one."
    return "Copy all files of the checkpoint into the folder."
