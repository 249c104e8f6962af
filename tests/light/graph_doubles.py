"""Inputs, blocks and heads without Keras, and a registry of them, that the tests of the graph share."""

from __future__ import annotations

from typing import Any, NoReturn

import attrs

from autokeras_core.errors import RegistryError
from autokeras_core.graph.operator import Block, Head, Input
from autokeras_core.search.domains import Boolean, Choice, Float, Int
from autokeras_core.search.space import Space

__all__ = ["Conv", "Dense", "FakeRegistry", "Join", "PickOne", "Start", "Target", "WideBlock"]


class Start(Input):
    """An input that is never given data."""

    base_name = "start"

    def _unused(self, *arguments: Any, **named: Any) -> NoReturn:
        raise AssertionError("the tests of the graph pass no data")

    adapt = analyse = check = _unused


class Conv(Block):
    """A block with a declared space of every kind of domain, and no constructor of its own."""

    base_name = "conv"
    space = Space(
        {
            "filters": Choice([16, 32, 64], default=32),
            "layers": Int(1, 8),
            "dropout": Float(0.0, 0.5),
            "pooling": Boolean(),
        }
    )

    def build(self, hp: Any, inputs: Any) -> Any:
        """Return the input."""
        return inputs


class Dense(Block):
    """A block with a constructor of its own, a conditional space and a setting."""

    base_name = "dense"
    space = Space({"norm": Boolean(), "momentum": Float(0.1, 0.9, when={"norm": True})})

    def __init__(self, *, norm: Any = None, momentum: Any = None, label: Any = None, name: str | None = None) -> None:
        super().__init__(name=name, norm=norm, momentum=momentum, label=label)

    def build(self, hp: Any, inputs: Any) -> Any:
        """Return the input."""
        return inputs


class Join(Conv):
    """A block for lists of nodes."""

    base_name = "join"


class PickOne(Block):
    """A composite block: candidates are blocks in its configuration."""

    base_name = "pick"

    def __init__(self, *, candidates: list[Block], name: str | None = None) -> None:
        super().__init__(name=name, candidates=candidates)

    def search_space(self, profile: Any = None) -> Space:
        """Return the spaces of the candidates, under numbers."""
        parts = [block.search_space(profile).under(f"c{n}") for n, block in enumerate(self.arguments["candidates"])]
        return Space.combine(*parts)

    def build(self, hp: Any, inputs: Any) -> Any:
        """Return the input."""
        return inputs


class WideBlock(Block):
    """A define-by-run block, as in a user's script: no space, no constructor."""

    def build(self, hp: Any, inputs: Any) -> Any:
        """Ask for a hyperparameter and return the input."""
        hp.Int("units", 8, 64)
        return inputs


class Target(Head):
    """A head that is never given labels."""

    base_name = "target"
    space = Space({"dropout": Choice([0.0, 0.5])})

    def build(self, hp: Any, inputs: Any) -> Any:
        """Return the input."""
        return inputs

    def _unused(self, *arguments: Any, **named: Any) -> NoReturn:
        raise AssertionError("the tests of the graph pass no labels")

    analyse = encode = decode = loss = metrics = default_objective = _unused


@attrs.frozen
class FakeRegistered:
    """Provenance of a registered class."""

    distribution: str
    version: str


class FakeRegistry:
    """The `TypeRegistry` protocol over a plain mapping."""

    def __init__(self, *hidden: type[Any]) -> None:
        classes = {"fake:start": Start, "fake:conv": Conv, "fake:dense": Dense, "fake:join": Join}
        classes |= {"fake:pick": PickOne, "fake:target": Target}
        self.classes = {name: cls for name, cls in classes.items() if cls not in hidden}

    def full_name_of(self, cls: type[Any], /) -> str | None:
        """Return the class's name, if it is registered."""
        return next((name for name, known in self.classes.items() if known is cls), None)

    def get_operator(self, name: str, /) -> FakeRegistered:
        """Return where all classes come from."""
        return FakeRegistered("fake-plugin", "1.2")

    def operator_class(self, name: str, /) -> type[Any]:
        """Return a class by its full name."""
        if name not in self.classes:
            raise RegistryError(f"There is no block called {name!r}: pip install fake-plugin")
        return self.classes[name]
