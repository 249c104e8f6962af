"""Names of the operators of one graph: given, or made from the class, never from a process-global counter. Light."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from autokeras_core.errors import GraphError, describe_error
from autokeras_core.names import TRAINING_PATH, is_path_part

if TYPE_CHECKING:
    from autokeras_core.graph.operator import Operator

__all__ = ["check_name", "name_operators"]


def name_operators(operators: Sequence[Operator], *, what: str = "block") -> tuple[str, ...]:
    """Return a unique name for each operator: its own, or its class's with `_2`, `_3`, ... from the second one on.

    The result depends on nothing but the operators and their order, so the same graph has the same names wherever
    and however often it is built: hyperparameter paths start with them, and files hold those.

    Args:
        operators: Inputs or blocks, in topological order.
        what: What they are, for messages: `"block"` or `"input"`.

    Raises:
        GraphError: If two were given the same name, a block the reserved one, or a class has a malformed `base_name`.

    Example:
        ```python
        name_operators([ConvBlock(), ConvBlock(name="last"), ConvBlock()])  # ("conv", "last", "conv_2")
        ```
    """
    taken: set[str] = {TRAINING_PATH} if what == "block" else set()
    for operator in operators:
        if operator.name is None:
            continue
        check_name(operator.name, what)
        if operator.name in taken:
            raise _name_is_taken(operator.name, operators, what)
        taken.add(operator.name)
    names = []
    for operator in operators:
        name = operator.name or _next_free(_checked_base(operator), taken)
        taken.add(name)
        names.append(name)
    return tuple(names)


def check_name(name: str, what: str = "block") -> None:
    """Raise `GraphError` if a name is malformed, or a block's is reserved.

    Args:
        name: The name of an input or block.
        what: What it is, for messages: `"block"` or `"input"`.
    """
    if not is_path_part(name):
        raise GraphError(
            describe_error(
                f"The name of the {what} {name!r} is malformed.",
                expected="letters, digits, '_', '.' and '-'",
                received=f"name={name!r}",
            )
        )
    if what == "block" and name == TRAINING_PATH:
        raise GraphError(
            describe_error(
                f"The block name {name!r} is reserved for the training hyperparameters.",
                expected="another name",
                received=f"name={name!r}",
            )
        )


def _next_free(base: str, taken: set[str]) -> str:
    number, name = 1, base
    while name in taken:
        number += 1
        name = f"{base}_{number}"
    return name


def _checked_base(operator: Operator) -> str:
    base = operator.default_name()
    if not is_path_part(base):
        raise GraphError(
            describe_error(
                f"The class {type(operator).__name__} has a malformed base_name.",
                expected="letters, digits, '_', '.' and '-'",
                received=f"base_name={base!r}",
            )
        )
    return base


def _name_is_taken(name: str, operators: Sequence[Operator], what: str) -> GraphError:
    same = [repr(operator) for operator in operators if operator.name == name]
    return GraphError(
        describe_error(
            f"Two {what}s have the same name {name!r}.",
            expected=f"a different name for each {what}",
            received=", ".join(same),
            advice="Give one of them another name=.",
        )
    )
