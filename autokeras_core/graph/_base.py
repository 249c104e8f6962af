"""What inputs, blocks and heads have in common: a name, arguments, a search space. Light: no Keras here."""

from __future__ import annotations

import re
from abc import ABC
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar, Self

from autokeras_core.errors import GraphError, describe_error
from autokeras_core.graph._arguments import decode_domains, encode_domains, plain_argument
from autokeras_core.names import is_path_part, snake_case, suggest
from autokeras_core.search.space import Space

if TYPE_CHECKING:
    from autokeras_core.data.profile import DataProfile

__all__ = ["Operator"]


class Operator(ABC):
    """Base class of inputs, blocks and heads: a name, arguments, a search space.

    Every hyperparameter of `space` is a constructor argument: left `None` it is tuned, a value fixes it, a `Choice`,
    `Int`, `Float` or `Boolean` narrows it. Further arguments are settings, passed on by a constructor that names them;
    a class without a constructor of its own takes its hyperparameters, and a define-by-run block takes whatever its
    `build` asks for. All must be JSON data (or domains, or operators), so that a graph can be saved; what is kept is a
    copy.

    Attributes:
        base_name: The short name that hyperparameter paths start with; by default made from the class name.
        space: The declared search space, names relative to the operator.
    """

    base_name: ClassVar[str] = ""
    space: ClassVar[Space] = Space()

    def __init__(self, *, name: str | None = None, **arguments: object) -> None:
        if name is not None and not is_path_part(name):
            raise GraphError(
                describe_error(
                    f"A {type(self).__name__} has a malformed name.",
                    expected="letters, digits, '_', '.' and '-'",
                    received=f"name={name!r}",
                )
            )
        # A constructor of the subclass's own knows what it passes on; without one the user's arguments arrive as they
        # are. With no declared space they may belong to hyperparameters that a define-by-run block asks for.
        if self.space and type(self).__init__ is Operator.__init__:
            self._reject_unknown(arguments)
        self.name = name
        given = {key: value for key, value in arguments.items() if value is not None}
        self.arguments: Mapping[str, Any] = {
            key: plain_argument(value, f"{type(self).__name__}: {key}", operator=Operator)
            for key, value in given.items()
        }
        # Narrow now, so that a wrong argument is an error where it is written.
        self._narrowed = self.space.narrow({key: self.arguments[key] for key in self.arguments if key in self.space})

    @classmethod
    def default_name(cls) -> str:
        """Return the name an instance gets in a graph if it was given none."""
        # A path takes ASCII only, a class name may be in any language.
        made = re.sub(r"[^A-Za-z0-9_]", "_", snake_case(cls.__name__))
        return cls.base_name or made.removesuffix("_block") or "block"

    def search_space(self, profile: DataProfile | None = None) -> Space:
        """Return this instance's space: the declared one, narrowed by the arguments. Override to suit it to data.

        Must be pure: equal arguments and profile, equal space.
        """
        return self._narrowed

    def get_config(self) -> dict[str, Any]:
        """Return the constructor's arguments as JSON data, but for operators, which `graph_to_json` encodes."""
        config: dict[str, Any] = {"name": self.name} if self.name is not None else {}
        for key, value in self.arguments.items():
            config[key] = encode_domains(value)
        return config

    @classmethod
    def from_config(cls, config: Mapping[str, Any]) -> Self:
        """Return an operator from what `get_config` returned."""
        return cls(**{key: decode_domains(value) for key, value in config.items()})

    def __repr__(self) -> str:
        shown = [f"{key}={value!r}" for key, value in self.arguments.items()]
        shown = [f"name={self.name!r}", *shown] if self.name is not None else shown
        return f"{type(self).__name__}({', '.join(shown)})"

    def _reject_unknown(self, arguments: Mapping[str, object]) -> None:
        unknown = sorted(set(arguments) - set(self.space))
        if unknown:
            raise GraphError(
                describe_error(
                    f"{type(self).__name__} takes no argument {unknown[0]!r}.",
                    expected=f"hyperparameters out of {list(self.space)}",
                    received=f"{unknown}",
                    advice=suggest(unknown[0], self.space),
                )
            )
