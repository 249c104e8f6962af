"""Messages between a search and its workers: one JSON object per line."""

from __future__ import annotations

import io
import math

import numpy as np
import pytest

from autokeras_core.executors.messages import read_message, write_message


def test_what_is_written_is_read() -> None:
    """One message after the other, then the end."""
    stream = io.BytesIO()
    write_message(stream, "run", job={"name": "a\nb", "seconds": None})
    write_message(stream, "event", loss=math.inf, accuracy=np.float32(0.5))
    stream.seek(0)

    assert read_message(stream) == {"kind": "run", "job": {"name": "a\nb", "seconds": None}}
    assert read_message(stream) == {"kind": "event", "loss": math.inf, "accuracy": 0.5}
    assert read_message(stream) is None


def test_what_is_no_message_is_passed_over() -> None:
    """A library may print while it is imported."""
    stream = io.BytesIO(b'hello\n[1]\n{"no": "kind"}\n\xff\n{"kind":"ready"}\n')

    assert read_message(stream) == {"kind": "ready"}


def test_half_a_message_is_none() -> None:
    """The other side died while it wrote."""
    assert read_message(io.BytesIO(b'{"kind":"outc')) is None


def test_what_is_no_json_is_an_error() -> None:
    """It is raised where it is written, before anything is."""
    stream = io.BytesIO()

    with pytest.raises(TypeError, match="no JSON data"):
        write_message(stream, "run", job=object())
    assert stream.getvalue() == b""
