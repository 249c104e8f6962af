"""The search space, written once: the descriptor and the class both read it. Light."""

from __future__ import annotations

from autokeras_core.plugin import Boolean, Choice, Float, Space

__all__ = ["GATED"]

GATED = Space(
    {
        "units": Choice([16, 32, 64, 128], default=32),
        "use_dropout": Boolean(default=False),
        # Active only where `use_dropout` is True; elsewhere a configuration has no value for it.
        "dropout": Float(0.1, 0.5, step=0.1, default=0.2, when={"use_dropout": True}),
    }
)
