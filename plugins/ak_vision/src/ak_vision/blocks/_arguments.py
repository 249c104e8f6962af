"""What arguments of a block may be: a value fixes a hyperparameter, a domain narrows it, `None` leaves it open."""

from __future__ import annotations

from typing import TypeAlias

from autokeras_core import Boolean, Choice, Float, Int

__all__ = ["TunedBoolean", "TunedFloat", "TunedInt", "TunedText"]

TunedBoolean: TypeAlias = bool | Boolean | Choice | None
TunedFloat: TypeAlias = float | Choice | Float | None
TunedInt: TypeAlias = int | Choice | Int | None
TunedText: TypeAlias = str | Choice | None
