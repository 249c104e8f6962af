"""What every worker does in its own process: compute as the search's process would, and hand on its log records."""

from __future__ import annotations

import logging
import os
from collections.abc import Mapping
from typing import Any, Protocol

import keras
import tensorflow as tf

from autokeras_core.manager import DISABLE_VARIABLE, get_manager

__all__ = ["LogForwarder", "Sends", "adopt_settings", "current_settings", "forward_logs", "log_again"]


class Sends(Protocol):
    """Takes messages for the search, from any thread."""

    def send(self, kind: str, **fields: Any) -> None:
        """Send a message."""
        ...


class LogForwarder(logging.Handler):
    """Sends log records to the search, whose handlers know what to do with them; tracebacks as part of the message.

    Args:
        channel: Takes the messages.
        level: The level from which on records are sent.
    """

    def __init__(self, channel: Sends, *, level: int) -> None:
        super().__init__(level)
        self._channel = channel

    def emit(self, record: logging.LogRecord) -> None:
        """Send a record; one that cannot be put into words is told on standard error, as by any other handler."""
        try:
            self._channel.send("log", name=record.name, level=record.levelno, message=self.format(record))
        except Exception:  # noqa: BLE001 - it is no failure of the trial that logs
            self.handleError(record)


def forward_logs(channel: Sends, settings: Mapping[str, Any]) -> None:
    """Send the log records of this worker to the search, from the level on that its root logger has.

    Args:
        channel: Takes the messages.
        settings: What `current_settings` returned in the search's process.
    """
    root = logging.getLogger()
    root.setLevel(settings["log_level"])  # a worker's own would keep back what is below a warning
    root.addHandler(LogForwarder(channel, level=settings["log_level"]))


def log_again(message: Mapping[str, Any]) -> None:
    """Log the record of a `LogForwarder` in this process."""
    logger = logging.getLogger(message["name"])
    if logger.isEnabledFor(message["level"]):
        logger.log(message["level"], "%s", message["message"])


def current_settings() -> dict[str, Any]:
    """Return, as JSON data, how Keras, logging and plugins are set in this process, for `adopt_settings` in a worker."""
    return {
        "floatx": keras.config.floatx(),
        "epsilon": keras.config.epsilon(),
        "image_data_format": keras.config.image_data_format(),
        "log_level": logging.getLogger().getEffectiveLevel(),
        "disabled_plugins": [each.namespace for each in get_manager().records if each.status == "disabled"],
    }


def adopt_settings(settings: Mapping[str, Any], *, threads: int) -> None:
    """Make Keras and TensorFlow behave as in the process of the search, with this worker's share of the threads.

    Plugins that are switched off there, by whatever means, are so here. Call this before any plugin is loaded.

    Args:
        settings: What `current_settings` returned there.
        threads: How many threads to compute with.
    """
    keras.config.set_floatx(settings["floatx"])
    keras.config.set_epsilon(settings["epsilon"])
    keras.config.set_image_data_format(settings["image_data_format"])
    tf.config.threading.set_intra_op_parallelism_threads(threads)
    tf.config.threading.set_inter_op_parallelism_threads(threads)
    disabled = [*os.environ.get(DISABLE_VARIABLE, "").split(","), *settings["disabled_plugins"]]
    os.environ[DISABLE_VARIABLE] = ",".join(filter(None, disabled))
