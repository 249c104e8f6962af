"""What every worker does in its own process: compute as the search's process would, and hand on its log records."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any, Protocol

import keras
import tensorflow as tf

__all__ = ["LogForwarder", "Sends", "adopt_settings", "current_settings", "log_again"]


class Sends(Protocol):
    """Takes messages for the search, from any thread."""

    def send(self, kind: str, **fields: Any) -> None:
        """Send a message."""
        ...


class LogForwarder(logging.Handler):
    """Sends log records to the search, whose handlers know what to do with them.

    Args:
        channel: Takes the messages.
        level: The level from which on records are sent.
    """

    def __init__(self, channel: Sends, *, level: int) -> None:
        super().__init__(level)
        self._channel = channel

    def emit(self, record: logging.LogRecord) -> None:
        """Send a record."""
        self._channel.send("log", name=record.name, level=record.levelno, message=record.getMessage())


def log_again(message: Mapping[str, Any]) -> None:
    """Log the record of a `LogForwarder` in this process."""
    logger = logging.getLogger(message["name"])
    if logger.isEnabledFor(message["level"]):
        logger.log(message["level"], "%s", message["message"])


def current_settings() -> dict[str, Any]:
    """Return, as JSON data, how Keras and logging are set in this process, for `adopt_settings` in a worker."""
    return {
        "floatx": keras.config.floatx(),
        "epsilon": keras.config.epsilon(),
        "image_data_format": keras.config.image_data_format(),
        "log_level": logging.getLogger().getEffectiveLevel(),
    }


def adopt_settings(settings: Mapping[str, Any], *, threads: int) -> None:
    """Make Keras and TensorFlow behave as in the process of the search, with this worker's share of the threads.

    Args:
        settings: What `current_settings` returned there.
        threads: How many threads to compute with.
    """
    keras.config.set_floatx(settings["floatx"])
    keras.config.set_epsilon(settings["epsilon"])
    keras.config.set_image_data_format(settings["image_data_format"])
    tf.config.threading.set_intra_op_parallelism_threads(threads)
    tf.config.threading.set_inter_op_parallelism_threads(threads)
