"""The one adapter between our search spaces and KerasTuner's `HyperParameters`, both ways."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, TypeAlias

import keras_tuner
from keras_tuner.engine import hyperparameters as kt
from keras_tuner.src.engine.conditions import Parent  # KerasTuner exports everything of its spaces but this

from autokeras_core.errors import SpaceError, describe_error
from autokeras_core.search.domains import Boolean, Choice, Domain, Fixed, Float, Int
from autokeras_core.search.space import Space
from autokeras_core.search.values import Conditions

__all__ = ["to_hyperparameters", "to_space"]

_KTHyperparameter: TypeAlias = Any
"""One of KerasTuner's hyperparameter objects; KerasTuner ships no types."""


def to_hyperparameters(space: Space) -> keras_tuner.HyperParameters:
    """Return the space as KerasTuner knows it, conditions included, with all defaults as values.

    Args:
        space: The search space.

    Returns:
        KerasTuner's hyperparameters of the same names, in the same order. A `Choice` of True and False becomes a
        Boolean: KerasTuner would turn its values into the integers 1 and 0.

    Example:
        ```python
        tuner = keras_tuner.RandomSearch(build_model, hyperparameters=to_hyperparameters(space), objective="val_loss")
        ```
    """
    hyperparameters = keras_tuner.HyperParameters()
    hyperparameters.merge([_to_keras_tuner(name, space) for name in space])
    return hyperparameters


def to_space(hyperparameters: keras_tuner.HyperParameters) -> Space:
    """Return KerasTuner's hyperparameters as a space.

    Args:
        hyperparameters: What a tuner searches. An `Int` or `Float` with a step on a logarithmic scale (the step is a
            factor there) becomes a `Choice` of its values. What can never be active is left out.

    Raises:
        SpaceError: If one of them has no counterpart: `sampling="reverse_log"`, a name that is declared twice under
            different conditions, or a name that is no path.
    """
    domains: dict[str, Domain] = {}
    for hyperparameter in hyperparameters.space:
        if hyperparameter.name in domains:
            raise SpaceError(
                describe_error(
                    "A hyperparameter is declared twice, under different conditions.",
                    expected="one declaration per name",
                    received=f"name={hyperparameter.name!r}",
                    advice="Give the two different names, e.g. with hp.name_scope(...).",
                )
            )
        domains[hyperparameter.name] = _from_keras_tuner(hyperparameter)
    return Space.reachable(domains)


def _to_keras_tuner(name: str, space: Space) -> _KTHyperparameter:
    domain = space[name]
    options: dict[str, Any] = {"name": name, "conditions": _to_parents(domain.when, space)}
    if isinstance(domain, Fixed):
        return kt.Fixed(value=domain.value, **options)
    if isinstance(domain, Boolean):
        return kt.Boolean(default=domain.default, **options)
    if isinstance(domain, Choice):
        if isinstance(domain.values[0], bool):
            is_open = len(domain.values) > 1
            return (
                kt.Boolean(default=domain.default, **options) if is_open else kt.Fixed(value=domain.default, **options)
            )
        return kt.Choice(values=list(domain.values), default=domain.default, **options)
    options |= {"min_value": domain.low, "max_value": domain.high, "default": domain.default}
    if domain.log:
        return (kt.Int if isinstance(domain, Int) else kt.Float)(sampling="log", **options)
    if isinstance(domain, Int):
        return kt.Int(step=domain.step, **options)
    if domain.step is not None and (domain.high - domain.low) // domain.step + 1 != domain.size:
        # KerasTuner counts the steps with `//`, and 1.0 // 0.1 is 9: a little more room saves the last value.
        options["max_value"] = domain.low + domain.step * (domain.size - 1 + 1e-3)
    return kt.Float(step=domain.step, **options)


def _to_parents(conditions: Conditions, space: Space) -> list[Any]:
    return [Parent(parent, [_as_in(space.get(parent), value) for value in allowed]) for parent, allowed in conditions]


def _as_in(domain: Domain | None, value: Any) -> Any:
    """Return a condition's value in its parent's own type: a Choice of floats may be conditioned on `1`."""
    return domain.coerce(value) if domain is not None and domain.contains(value) else value


def _from_keras_tuner(hyperparameter: _KTHyperparameter) -> Domain:
    options: Mapping[str, Any] = {"when": _from_parents(hyperparameter.conditions)}
    if isinstance(hyperparameter, kt.Fixed):
        return Fixed(hyperparameter.value, **options)
    if isinstance(hyperparameter, kt.Boolean):
        return Boolean(default=bool(hyperparameter.default), **options)
    options = {**options, "default": hyperparameter.default}
    if isinstance(hyperparameter, kt.Choice):
        return Choice(hyperparameter.values, **options)
    if not isinstance(hyperparameter, (kt.Int, kt.Float)):
        raise _unsupported(hyperparameter, "a Choice, Int, Float, Boolean or Fixed")
    low, high, step = hyperparameter.min_value, hyperparameter.max_value, hyperparameter.step
    if hyperparameter.sampling == "reverse_log":
        raise _unsupported(hyperparameter, "sampling 'linear' or 'log'")
    is_log = hyperparameter.sampling == "log"
    if is_log and step is not None:
        return Choice(list(hyperparameter.values), **options)
    if isinstance(hyperparameter, kt.Int):
        return Int(low, high, step=step or 1, log=is_log, **options)
    if step is not None:
        # The last value on the grid, without the room that `_to_keras_tuner` may have added.
        high = min(high, round(low + step * math.floor((high - low) / step + 1e-9), 12))
    return Float(low, high, step=step, log=is_log, **options)


def _from_parents(conditions: list[Any]) -> Conditions:
    return tuple((condition.name, tuple(condition.values)) for condition in conditions)


def _unsupported(hyperparameter: _KTHyperparameter, expected: str) -> SpaceError:
    return SpaceError(
        describe_error(
            "A KerasTuner hyperparameter has no counterpart in a search space.",
            expected=expected,
            received=f"{hyperparameter!r}",
        )
    )
