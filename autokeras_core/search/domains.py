"""Domains: the sets of values that single hyperparameters range over. Light: standard library and attrs only.

A domain is data. It is written once, in a light module, and everything that needs it reads it from there: the
documentation, the sampler, KerasTuner's `HyperParameters` and the block that is built.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, TypeAlias

import attrs

from autokeras_core.errors import SpaceError, describe_error
from autokeras_core.search._domain_errors import impossible_range, mixed_values, outside
from autokeras_core.search.values import (
    Conditions,
    Value,
    as_conditions,
    as_integer,
    as_number,
    as_value,
    as_values,
    same_value,
)

if TYPE_CHECKING:
    import numpy as np

__all__ = ["Boolean", "Choice", "Domain", "Fixed", "Float", "Int", "domain_from_json"]


@attrs.frozen
class Choice:
    """One of a list of values.

    Args:
        values: The values, all of one kind (bool, int, float or str), without repeats.
        default: The value used where nothing else is known; by default the first.
        when: Conditions on other hyperparameters of the same space under which this one is active, e.g.
            `{"optimizer": "sgd"}` or `{"block_type": ["resnet", "xception"]}`; by default always.

    Example:
        ```python
        Choice([16, 32, 64], default=32)
        ```
    """

    values: tuple[Value, ...] = attrs.field(converter=as_values)
    default: Value = attrs.field(kw_only=True, default=None, converter=attrs.converters.optional(as_value))
    when: Conditions = attrs.field(kw_only=True, default=(), converter=as_conditions)

    def __attrs_post_init__(self) -> None:
        if not self.values:
            raise SpaceError(describe_error("A Choice has no values.", expected="at least one", received="values=()"))
        floats = any(isinstance(value, float) for value in self.values)
        if floats and all(isinstance(value, (int, float)) and not isinstance(value, bool) for value in self.values):
            object.__setattr__(self, "values", tuple(float(value) for value in self.values))
        kinds = {type(value) for value in self.values}
        if len(kinds) > 1 or len(set(self.values)) < len(self.values):
            raise mixed_values(self.values)
        default = self.values[0] if self.default is None else self.coerce(self.default)
        object.__setattr__(self, "default", default)

    @property
    def size(self) -> float:
        """The number of values."""
        return len(self.values)

    def grid(self) -> Iterator[Value]:
        """Yield every value."""
        yield from self.values

    def contains(self, value: object) -> bool:
        """Return whether `value` is one of the values."""
        return any(same_value(own, as_value(value)) for own in self.values)

    def coerce(self, value: object) -> Value:
        """Return the listed value equal to `value`; raise `SpaceError` if there is none."""
        plain = as_value(value)
        for own in self.values:
            if same_value(own, plain):
                return own
        raise outside(self, plain)

    def sample(self, rng: np.random.Generator) -> Value:
        """Draw one value, all equally likely."""
        return self.values[int(rng.integers(len(self.values)))]

    def to_json(self) -> dict[str, Any]:
        """Return the domain as JSON data."""
        return _json(self, {"choice": list(self.values)})

    def __str__(self) -> str:
        return "{" + ", ".join(map(str, self.values)) + "}"


@attrs.frozen
class Boolean:
    """True or False.

    Args:
        default: The value used where nothing else is known.
        when: Conditions under which the hyperparameter is active, as for `Choice`.
    """

    default: bool = attrs.field(kw_only=True, default=False, validator=attrs.validators.instance_of(bool))
    when: Conditions = attrs.field(kw_only=True, default=(), converter=as_conditions)

    @property
    def size(self) -> float:
        """The number of values, 2."""
        return 2

    def grid(self) -> Iterator[Value]:
        """Yield False and True."""
        yield from (False, True)

    def contains(self, value: object) -> bool:
        """Return whether `value` is a bool."""
        return isinstance(as_value(value), bool)

    def coerce(self, value: object) -> Value:
        """Return `value` as a bool; raise `SpaceError` if it is not one."""
        plain = as_value(value)
        if not isinstance(plain, bool):
            raise outside(self, plain)
        return plain

    def sample(self, rng: np.random.Generator) -> Value:
        """Draw False or True, equally likely."""
        return bool(rng.integers(2))

    def to_json(self) -> dict[str, Any]:
        """Return the domain as JSON data."""
        return _json(self, {"boolean": True})

    def __str__(self) -> str:
        return "{False, True}"


@attrs.frozen
class Int:
    """An integer in `low, low + step, ..., high` (both ends included).

    Args:
        low: The smallest value.
        high: The largest value.
        step: The distance between neighbours.
        log: Whether to sample uniformly on a logarithmic scale; needs `low >= 1` and no step.
        default: The value used where nothing else is known; by default `low`.
        when: Conditions under which the hyperparameter is active, as for `Choice`.
    """

    low: int = attrs.field(converter=as_integer)
    high: int = attrs.field(converter=as_integer)
    step: int = attrs.field(kw_only=True, default=1, converter=as_integer)
    log: bool = attrs.field(kw_only=True, default=False)
    default: int = attrs.field(kw_only=True, default=None, converter=attrs.converters.optional(as_integer))
    when: Conditions = attrs.field(kw_only=True, default=(), converter=as_conditions)

    def __attrs_post_init__(self) -> None:
        log_is_possible = self.low >= 1 and self.step == 1
        if not (self.low <= self.high and self.step >= 1 and (log_is_possible or not self.log)):
            expected = "low <= high, step >= 1, and with log=True low >= 1 and no step"
            raise impossible_range(self, "An Int", expected=expected)
        default = self.low if self.default is None else self.coerce(self.default)
        object.__setattr__(self, "default", default)

    @property
    def size(self) -> float:
        """The number of values."""
        return (self.high - self.low) // self.step + 1

    def grid(self) -> Iterator[Value]:
        """Yield every value."""
        yield from range(self.low, self.high + 1, self.step)

    def contains(self, value: object) -> bool:
        """Return whether `value` is an integer on the grid."""
        plain = as_value(value)
        if isinstance(plain, bool) or not isinstance(plain, (int, float)) or plain != int(plain):
            return False
        return self.low <= plain <= self.high and (int(plain) - self.low) % self.step == 0

    def coerce(self, value: object) -> Value:
        """Return `value` as an int; raise `SpaceError` if it is not on the grid."""
        if not self.contains(value):
            raise outside(self, as_value(value))
        return int(as_value(value))

    def sample(self, rng: np.random.Generator) -> Value:
        """Draw one value, uniformly on the grid or on its logarithm."""
        if not self.log:
            return self.low + self.step * int(rng.integers(int(self.size)))
        # Half a step beyond both ends, so that rounding gives the end values their full share.
        drawn = math.exp(rng.uniform(math.log(self.low - 0.5), math.log(self.high + 0.5)))
        return min(max(round(drawn), self.low), self.high)

    def to_json(self) -> dict[str, Any]:
        """Return the domain as JSON data."""
        return _json(self, {"int": [self.low, self.high], "step": self.step, "log": self.log})

    def __str__(self) -> str:
        step = f" step {self.step}" if self.step != 1 else ""
        return f"[{self.low} .. {self.high}]{step}{' log' if self.log else ''}"


@attrs.frozen
class Float:
    """A real number in `[low, high]`.

    Args:
        low: The smallest value.
        high: The largest value.
        step: The distance between neighbours; by default the range is continuous.
        log: Whether to sample uniformly on a logarithmic scale; needs `low > 0` and no step.
        default: The value used where nothing else is known; by default `low`.
        when: Conditions under which the hyperparameter is active, as for `Choice`.
    """

    low: float = attrs.field(converter=as_number)
    high: float = attrs.field(converter=as_number)
    step: float | None = attrs.field(kw_only=True, default=None, converter=attrs.converters.optional(as_number))
    log: bool = attrs.field(kw_only=True, default=False)
    default: float = attrs.field(kw_only=True, default=None, converter=attrs.converters.optional(as_number))
    when: Conditions = attrs.field(kw_only=True, default=(), converter=as_conditions)

    def __attrs_post_init__(self) -> None:
        log_is_possible = self.low > 0 and self.step is None
        if not (self.low <= self.high and (self.step is None or self.step > 0) and (log_is_possible or not self.log)):
            expected = "low <= high, step > 0, and with log=True low > 0 and no step"
            raise impossible_range(self, "A Float", expected=expected)
        default = self.low if self.default is None else self.coerce(self.default)
        object.__setattr__(self, "default", default)

    @property
    def size(self) -> float:
        """The number of values; infinite without a step."""
        if self.low == self.high:
            return 1
        return math.inf if self.step is None else math.floor((self.high - self.low) / self.step + 1e-9) + 1

    def grid(self) -> Iterator[Value]:
        """Yield every value of a stepped range; raise `SpaceError` for a continuous one."""
        if math.isinf(self.size):
            raise SpaceError(
                describe_error("A continuous Float cannot be listed.", expected="a step", received=f"{self}")
            )
        for index in range(int(self.size)):
            yield self._at(index)

    def contains(self, value: object) -> bool:
        """Return whether `value` is a number in the range (and on the grid)."""
        plain = as_value(value)
        if isinstance(plain, (bool, str)) or not self.low - 1e-12 <= plain <= self.high + 1e-12:
            return False
        if self.step is None:
            return True
        steps = (plain - self.low) / self.step
        return abs(steps - round(steps)) < 1e-6

    def coerce(self, value: object) -> Value:
        """Return `value` as a float (of the grid); raise `SpaceError` if it is outside the range."""
        if not self.contains(value):
            raise outside(self, as_value(value))
        number = float(as_value(value))
        if self.step is not None:
            return self._at(round((number - self.low) / self.step))
        return min(max(number, self.low), self.high)

    def sample(self, rng: np.random.Generator) -> Value:
        """Draw one value, uniformly on the range, its grid or its logarithm."""
        if self.step is not None:
            return self._at(int(rng.integers(int(self.size))))
        if self.log:
            drawn = math.exp(rng.uniform(math.log(self.low), math.log(self.high)))
        else:
            drawn = float(rng.uniform(self.low, self.high))
        return min(max(drawn, self.low), self.high)

    def to_json(self) -> dict[str, Any]:
        """Return the domain as JSON data."""
        return _json(self, {"float": [self.low, self.high], "step": self.step, "log": self.log})

    def _at(self, index: int) -> float:
        assert self.step is not None
        # Rounded, so that 0.1 + 2 * 0.1 is stored as the 0.3 that a user would write.
        return round(self.low + index * self.step, 12)

    def __str__(self) -> str:
        step = f" step {self.step:g}" if self.step is not None else ""
        return f"[{self.low:g} .. {self.high:g}]{step}{' log' if self.log else ''}"


@attrs.frozen
class Fixed:
    """One value that is not tuned: part of every configuration, never sampled or mutated.

    Args:
        value: The value.
        when: Conditions under which the hyperparameter is active, as for `Choice`.
    """

    value: Value = attrs.field(converter=as_value)
    when: Conditions = attrs.field(kw_only=True, default=(), converter=as_conditions)

    @property
    def default(self) -> Value:
        """The value."""
        return self.value

    @property
    def size(self) -> float:
        """The number of values, 1."""
        return 1

    def grid(self) -> Iterator[Value]:
        """Yield the value."""
        yield self.value

    def contains(self, value: object) -> bool:
        """Return whether `value` is the value."""
        return same_value(self.value, as_value(value))

    def coerce(self, value: object) -> Value:
        """Return the value; raise `SpaceError` if `value` is another one."""
        if not self.contains(value):
            raise outside(self, as_value(value))
        return self.value

    def sample(self, rng: np.random.Generator) -> Value:
        """Return the value; the generator is not advanced."""
        return self.value

    def to_json(self) -> dict[str, Any]:
        """Return the domain as JSON data."""
        return _json(self, {"fixed": self.value})

    def __str__(self) -> str:
        return str(self.value)


Domain: TypeAlias = Choice | Boolean | Int | Float | Fixed


def domain_from_json(data: Mapping[str, Any]) -> Domain:
    """Return the domain that `to_json` described.

    Raises:
        SpaceError: If the data describes no domain.
    """
    when = {name: list(allowed) for name, allowed in data.get("when", {}).items()}
    default = data.get("default")
    if "choice" in data:
        return Choice(data["choice"], default=default, when=when)
    if "boolean" in data:
        return Boolean(default=bool(default), when=when)
    if "int" in data:
        low, high = data["int"]
        return Int(low, high, step=data.get("step", 1), log=data.get("log", False), default=default, when=when)
    if "float" in data:
        low, high = data["float"]
        return Float(low, high, step=data.get("step"), log=data.get("log", False), default=default, when=when)
    if "fixed" in data:
        return Fixed(data["fixed"], when=when)
    raise SpaceError(
        describe_error(
            "The data describes no domain.",
            expected="a key 'choice', 'boolean', 'int', 'float' or 'fixed'",
            received=f"keys={sorted(data)}",
        )
    )


def _json(domain: Domain, data: dict[str, Any]) -> dict[str, Any]:
    if not isinstance(domain, Fixed):
        data["default"] = domain.default
    if domain.when:
        data["when"] = {name: list(allowed) for name, allowed in domain.when}
    return data
