"""Blocks and callbacks that get a worker process into trouble; in a module, so that workers can import them."""

from __future__ import annotations

import json
import logging
import os
import signal
import time
from pathlib import Path
from typing import Any

import keras
import numpy as np

from autokeras_core import Block, Choice, Space
from autokeras_core.graph.operator import Tensor
from autokeras_core.graph.view import HyperparameterView

TROUBLES = ("none", "raises", "nan", "memory", "abort", "hangs", "sleeps", "dies")


class TroublesomeBlock(Block):
    """A dense layer, and what the hyperparameter `trouble` says."""

    space = Space({"trouble": Choice(list(TROUBLES)), "units": Choice([8, 16])})

    def build(self, hp: HyperparameterView, inputs: Tensor) -> Tensor:
        """Return the layer's output, or get into trouble."""
        x = keras.layers.Dense(hp["units"], activation="relu")(inputs)
        trouble = hp["trouble"]
        if trouble == "raises":
            raise ValueError("this block always raises")
        if trouble == "nan":
            return keras.layers.Rescaling(float("nan"))(x)
        if trouble == "memory":
            np.ones(2**33, dtype="uint8")
        if trouble == "abort":
            x = keras.layers.Dense(40_000)(keras.layers.Dense(40_000)(x))
        if trouble == "hangs":
            # As in compiled code that never returns: nothing inside of the process can interrupt it.
            signal.pthread_sigmask(signal.SIG_BLOCK, set(signal.Signals) - {signal.SIGKILL, signal.SIGSTOP})
            time.sleep(600)
        if trouble == "sleeps":
            time.sleep(600)
        if trouble == "dies":
            os.kill(os.getpid(), signal.SIGKILL)
        return x


class EpochLog(keras.callbacks.Callback):  # type: ignore[misc]  # Keras ships no types
    """Writes and logs a line for each epoch: which process trained it, and with how many threads it may."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.path = path

    def on_epoch_end(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        """Write the line."""
        import tensorflow as tf

        line = {
            "pid": os.getpid(),
            "parent": os.getppid(),
            "epoch": epoch + 1,
            "time": time.time(),
            "threads": tf.config.threading.get_intra_op_parallelism_threads(),
        }
        with self.path.open("a") as stream:
            stream.write(json.dumps(line) + "\n")
        logging.getLogger("worker_doubles").warning("epoch %d is over", epoch + 1)

    @staticmethod
    def read(path: Path) -> list[dict[str, Any]]:
        """Return all lines."""
        return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


class Uncopyable(keras.callbacks.Callback):  # type: ignore[misc]  # Keras ships no types
    """Can be sent to a worker, but no trial can have a copy of its own."""

    def __deepcopy__(self, memo: dict[int, Any]) -> Uncopyable:
        raise TypeError("there is only one of me")


class DiesOnce(keras.callbacks.Callback):  # type: ignore[misc]  # Keras ships no types
    """Kills its process with SIGKILL as soon as an epoch begins, but only once: then the marker is there."""

    def __init__(self, marker: Path, *, epoch: int) -> None:
        super().__init__()
        self.marker = marker
        self.epoch = epoch

    def on_epoch_begin(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        """Kill the process."""
        if epoch + 1 != self.epoch:
            return
        try:
            self.marker.open("x").close()  # of two workers at once one makes it
        except FileExistsError:
            return
        os.kill(os.getpid(), signal.SIGKILL)
