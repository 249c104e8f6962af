"""Where the weights of pretrained networks come from: a local file, or the download that Keras keeps in its cache.

A file is data and never code: a `.keras` file is loaded in Keras's safe mode, an HDF5 file holds arrays, and anything
else, pickles above all, is turned away. A download that failed is remembered for some minutes, so that later
configurations which need it fail in no time.
"""

from __future__ import annotations

import os
import socket
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from http.client import HTTPException
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias
from urllib.error import HTTPError

import keras
import numpy as np

from ak_vision.blocks._applications import application
from ak_vision.networks import NETWORKS, network
from ak_vision.pretrained.arrays import correct_scaling, set_arrays
from autokeras_core import GraphError, UnavailableError
from autokeras_core.errors import describe_error
from autokeras_core.plugin import FailedDownloads

if TYPE_CHECKING:
    from ak_vision.networks import Network
    from autokeras_core.plugin import DownloadFailure

__all__ = [
    "IMAGENET",
    "SUFFIXES",
    "check_weights",
    "forget_failed_downloads",
    "has_published_weights",
    "network_of_file",
    "pretrained_network",
    "require_file",
]

Array: TypeAlias = np.ndarray[Any, Any]

IMAGENET = "imagenet"
"""Stands for the published ImageNet weights, instead of a file."""

SUFFIXES = (".weights.h5", ".keras", ".h5", ".hdf5")
"""What the name of a weights file may end with."""

_SECONDS_WITHOUT_AN_ANSWER = 15.0
_IMAGENET_CLASSES = 1000


_failed = FailedDownloads()  # by network


def pretrained_network(name: str, *, image_size: int | tuple[int, int], weights: str) -> keras.Model:
    """Return a published network with pretrained weights, without its classifier.

    Args:
        name: One of `ak_vision.networks.NETWORKS`, e.g. `"mobilenet_v3_small"`.
        image_size: Height and width of the pictures it takes, one number for squares.
        weights: `"imagenet"`, or the path of a file: `.keras`, `.weights.h5`, or the older `.h5` of `keras.applications`,
            with the classifier or without.

    Returns:
        The network from RGB pictures, scaled as its `PixelScaling` says, to its last feature map.

    Raises:
        UnavailableError: If the weights can neither be found nor downloaded.
        GraphError: If a file holds no weights of this network.

    Example:
        ```python
        pretrained_network("efficientnet_lite0", image_size=96, weights="efficientnet_lite0.weights.h5")
        ```
    """
    facts = network(name)
    sides = (image_size, image_size) if isinstance(image_size, int) else image_size
    if weights == IMAGENET:
        return _published(facts, (*sides, 3))
    require_file(weights)
    return _from_file(facts, (*sides, 3), Path(weights))


def has_published_weights(name: str) -> bool:
    """Return whether the weights of a network can be downloaded with `keras.applications`."""
    return bool(network(name).constructor)


def check_weights(weights: str | os.PathLike[str]) -> str:
    """Return weights as text: `"imagenet"`, or the path of a file of a kind that is loaded; it need not be there.

    Raises:
        GraphError: If they are neither, or the name ends with anything that is no file of Keras weights.
    """
    text: object = os.fspath(weights) if isinstance(weights, os.PathLike) else weights
    if isinstance(text, str) and (text == IMAGENET or text.endswith(SUFFIXES)):
        return text
    raise GraphError(
        describe_error(
            "A weights file is of an unknown kind.",
            expected=f"{IMAGENET!r}, or a file whose name ends with one of {list(SUFFIXES)}",
            received=f"weights={weights!r}",
            advice="Save them with model.save_weights('name.weights.h5'). Pickles and checkpoints of other frameworks "
            "can run code, so they are not loaded.",
        )
    )


def require_file(weights: str) -> None:
    """Check that a weights file is there.

    Raises:
        UnavailableError: If it is not.
        GraphError: If it is of a kind that is not loaded.
    """
    check_weights(weights)
    if not Path(weights).is_file():
        raise UnavailableError(
            describe_error(
                "A file with the weights of a pretrained network is not there.",
                expected="the path of a weights file",
                received=f"weights={weights!r}, which is no file",
                advice="Correct the path, or leave weights= out to download the published ones.",
            )
        )


def network_of_file(weights: str) -> str | None:
    """Return the network that the name of a weights file begins with, the longest if several do; `None` if none does.

    Neither upper and lower case nor hyphens and underscores matter: `keras.applications` writes names without the latter.

    Example:
        ```python
        network_of_file("models/efficientnet_lite0.weights.h5")  # "efficientnet_lite0"
        network_of_file("resnet50v2_weights_tf_dim_ordering_tf_kernels_notop.h5")  # "resnet50_v2"
        ```
    """
    written = _without_separators(Path(weights).name)
    return max((name for name in NETWORKS if written.startswith(_without_separators(name))), key=len, default=None)


def forget_failed_downloads() -> None:
    """Try downloads again at once that failed some minutes ago or less."""
    _failed.forget()


def _without_separators(name: str) -> str:
    return name.lower().replace("-", "").replace("_", "")


def _published(facts: Network, input_shape: tuple[int, int, int]) -> keras.Model:
    if not has_published_weights(facts.name):
        raise _unavailable(facts.name, "nobody offers them in the format of Keras")
    if (failure := _failed.recent(facts.name)) is not None:
        raise _undownloaded(facts.name, failure)
    try:
        with _bounded_wait(), _without_warnings():
            published = application(facts.name, input_shape=input_shape, weights=IMAGENET)
    except Exception as error:
        causes = _chain(error)
        is_answer = any(isinstance(each, HTTPError) for each in causes) or "corrupted" in str(error)
        # Of http itself: what is no answer in its language, or breaks off.
        if not is_answer and not any(isinstance(each, (OSError, HTTPException)) for each in causes):
            raise
        reason = " ".join(f"{type(causes[-1]).__name__}: {causes[-1]}".split())
        raise _undownloaded(facts.name, _failed.note(facts.name if is_answer else None, reason)) from error
    # The same layers as with weights from a file: Keras adds one to some networks.
    wanted = application(facts.name, input_shape=input_shape)
    set_arrays(wanted, published.get_weights())
    correct_scaling(wanted)
    return wanted


def _undownloaded(name: str, failure: DownloadFailure) -> UnavailableError:
    return _unavailable(name, failure.reason, f" The download is not tried again before {failure.time_of_day}.")


def _unavailable(name: str, reason: str, more_advice: str = "") -> UnavailableError:
    cache = Path(os.environ.get("KERAS_HOME", "~/.keras")) / "models"
    return UnavailableError(
        describe_error(
            f"The pretrained weights of {name!r} cannot be downloaded.",
            expected="a connection to the servers of keras.applications",
            received=reason,
            advice="Pass a local file with weights=, put the file of keras.applications into "
            f"{str(cache)!r}, or search without pretrained networks: pretrained=False.{more_advice}",
        )
    )


@contextmanager
def _bounded_wait() -> Iterator[None]:
    """Keep a network that swallows everything from holding up a search: Keras sets no timeout itself."""
    before = socket.getdefaulttimeout()
    socket.setdefaulttimeout(_SECONDS_WITHOUT_AN_ANSWER)
    try:
        yield
    finally:
        socket.setdefaulttimeout(before)


@contextmanager
def _without_warnings() -> Iterator[None]:
    """Keep Keras from warning of what is known here: other sizes than 224 are meant, missing arrays are looked for."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        yield


def _chain(error: BaseException) -> list[BaseException]:
    chain = [error]
    while (cause := chain[-1].__cause__ or chain[-1].__context__) is not None and cause not in chain:
        chain.append(cause)
    return chain


def _from_file(facts: Network, input_shape: tuple[int, int, int], path: Path) -> keras.Model:
    wanted = application(facts.name, input_shape=input_shape)
    # Keras may skip arrays that are not in a file with no more than a warning: then NaN stays, and is found below.
    wanted.set_weights(
        [np.full_like(array, np.nan) if array.dtype.kind == "f" else array for array in wanted.get_weights()]
    )
    try:
        with _without_warnings():
            if path.suffix == ".keras":
                stored = keras.models.load_model(path, compile=False, safe_mode=True)
                _copy_weights(stored.get_weights(), wanted)
            else:
                _load_arrays(facts, path, wanted)
        _check_complete(wanted)
        correct_scaling(wanted)
    except Exception as error:
        raise GraphError(
            describe_error(
                f"The weights of {facts.name!r} cannot be read.",
                expected=f"the weights of {facts.name!r}, with its classifier or without",
                received=f"weights={str(path)!r}, {type(error).__name__}: {' '.join(str(error).split())[:300]}",
                advice="Check that the file belongs to this network: backbone= names it.",
            )
        ) from error
    return wanted


def _check_complete(network: keras.Model) -> None:
    """Raise a `ValueError` if weights are missing that a file should have held."""
    missing = [weight.path for weight in network.weights if np.isnan(np.asarray(weight)).any()]
    if missing:
        message = f"the file lacks {len(missing)} of {len(network.weights)} arrays, {missing[0]!r} among them"
        raise ValueError(message)


def _load_arrays(facts: Network, path: Path, wanted: keras.Model) -> None:
    """Load an HDF5 file; the older kind matches whole networks only, so one with the classifier is tried too."""
    try:
        wanted.load_weights(path)
    except ValueError:
        if not facts.constructor:
            raise
        with_classifier = getattr(keras.applications, facts.constructor)(
            include_top=True, weights=None, classes=_IMAGENET_CLASSES
        )
        with_classifier.load_weights(path)
        _copy_weights(with_classifier.get_weights(), wanted)


def _copy_weights(stored: Sequence[Array], wanted: keras.Model) -> None:
    """Copy the first weights of a network that may have a classifier at its end.

    Raises:
        ValueError: If there are too few of them, or they have other shapes.
    """
    own = wanted.get_weights()
    taken = stored[: len(own)]
    if [array.shape for array in taken] != [array.shape for array in own]:
        message = f"{len(own)} arrays of other shapes were expected, and {len(stored)} are there"
        raise ValueError(message)
    set_arrays(wanted, taken)
