"""A stand-in for a block of a saved graph that cannot be made here. Light."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NoReturn

from autokeras_core.errors import GraphError, describe_error
from autokeras_core.graph.operator import Block, Tensor

if TYPE_CHECKING:
    from autokeras_core.data.profile import DataProfile
    from autokeras_core.graph.view import HyperparameterView
    from autokeras_core.search.space import Space

__all__ = ["MissingBlock"]


class MissingBlock(Block):
    """Keeps what a file says of a block, so that the graph can be looked at and saved again, but not built.

    A trained model predicts without the classes of its blocks; so loading one asks for no more than it needs.

    Args:
        record: What the file says: `type`, `distribution`, `version` and `config`.
        reason: Why it cannot be made, and what to do: its class is not here, or takes other arguments by now.
    """

    def __init__(self, record: Mapping[str, Any], *, reason: str) -> None:
        super().__init__()
        self.record = dict(record)
        self.reason = reason

    def search_space(self, profile: DataProfile | None = None) -> Space:
        """Raise `GraphError`: only the class knows its space."""
        self._refuse()

    def build(self, hp: HyperparameterView, inputs: Tensor) -> Tensor:
        """Raise `GraphError`: only the class can build."""
        self._refuse()

    def __repr__(self) -> str:
        return f"{self.record['type']} ({self.reason})"

    def _refuse(self) -> NoReturn:
        raise GraphError(
            describe_error(
                f"The block {self.record['type']} of the saved graph cannot be used.",
                expected="its class, as it was when the graph was saved",
                received=self.reason,
            )
        )
