"""A search space: named domains with conditions, as data. Light: standard library and attrs only.

Names are hyperparameter paths (`"resnet/version"`). A hyperparameter is *active* in a configuration if all its
conditions hold; an inactive one has no value there. So a configuration is a mapping of exactly the active names to
values, and two configurations are the same if the mappings are.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, TypeAlias

import attrs

from autokeras_core.errors import SpaceError, describe_error
from autokeras_core.names import PATH_SEPARATOR, is_path, join_path, suggest
from autokeras_core.search._domain_errors import unfitting
from autokeras_core.search.domains import Boolean, Choice, Domain, Fixed, Float, Int, domain_from_json
from autokeras_core.search.values import Conditions, Value, as_value, same_value

if TYPE_CHECKING:
    import numpy as np

__all__ = ["Configuration", "ConfigurationKey", "Space", "configuration_key"]

Configuration: TypeAlias = dict[str, Value]
"""A complete set of hyperparameter values: one for each active name."""

ConfigurationKey: TypeAlias = tuple[tuple[str, str], ...]
"""A configuration as something that can be in a set, see `configuration_key`."""

_LARGEST_PARENT_GRID = 100_000


def configuration_key(configuration: Mapping[str, Value]) -> ConfigurationKey:
    """Return a hashable key that is equal for equal configurations, whatever their order."""
    return tuple(sorted((name, repr(value)) for name, value in configuration.items()))


class Space(Mapping[str, Domain]):
    """An immutable, ordered mapping of hyperparameter names to domains.

    A hyperparameter stands after those its conditions name.

    Args:
        domains: The domains by name.

    Raises:
        SpaceError: If a name is malformed, or a condition names an unknown or later hyperparameter or a value that
            this one cannot take. All such problems are reported together.

    Example:
        ```python
        space = Space(
            {
                "optimizer": Choice(["adam", "sgd"]),
                "momentum": Float(0.0, 0.99, default=0.9, when={"optimizer": "sgd"}),
            }
        )
        space.defaults()  # {"optimizer": "adam"}
        space.complete({"optimizer": "sgd"})  # {"optimizer": "sgd", "momentum": 0.9}
        ```
    """

    __slots__ = ("_domains",)

    def __init__(self, domains: Mapping[str, Domain] | None = None) -> None:
        self._domains: dict[str, Domain] = dict(domains or {})
        problems = [problem for name in self._domains for problem in self._problems_of(name)]
        if problems:
            raise SpaceError("The search space is badly declared: " + "; ".join(problems) + ".")

    def _problems_of(self, name: str) -> Iterator[str]:
        domain = self._domains[name]
        if not isinstance(domain, Domain):
            yield f"{name!r} is {domain!r}, expected a Choice, Boolean, Int, Float or Fixed"
            return
        if not is_path(name):
            yield f"{name!r} is not a path of letters, digits, '_', '.', '-' and '/'"
        earlier = list(self._domains)[: list(self._domains).index(name)]
        for parent, allowed in domain.when:
            if parent not in earlier:
                yield f"{name!r} depends on {parent!r}, which is not declared before it. {suggest(parent, earlier)}"
            elif isinstance(self._domains[parent], Fixed):
                continue  # a parent that was fixed may rule a branch out: then the branch is never active
            elif not any(self._domains[parent].contains(value) for value in allowed):
                # An error only in a space written by hand: `narrow` has left out unreachable branches before it gets here.
                yield f"{name!r} needs {parent!r} in {list(allowed)}, which it can never be"

    # Mapping

    def __getitem__(self, name: str) -> Domain:
        try:
            return self._domains[name]
        except KeyError:
            advice = suggest(name, self._domains)
            raise _UnknownNameError(
                describe_error(
                    "The search space has no such hyperparameter.",
                    expected=f"one of {list(self._domains)}",
                    received=f"name={name!r}",
                    advice=advice,
                )
            ) from None

    def __contains__(self, name: object) -> bool:
        return name in self._domains

    def __iter__(self) -> Iterator[str]:
        return iter(self._domains)

    def __len__(self) -> int:
        return len(self._domains)

    def __repr__(self) -> str:
        return f"Space({self._domains!r})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Space) and list(self.items()) == list(other.items())

    def __hash__(self) -> int:
        return hash(tuple(self._domains.items()))

    # Putting spaces together

    def __or__(self, other: Space) -> Space:
        """Return both spaces as one; a name in both is an error."""
        return Space.combine(self, other)

    def under(self, path: str) -> Space:
        """Return the space with every name, and every name in a condition, put under `path`."""
        return Space(
            {
                join_path(path, name): attrs.evolve(
                    domain, when=tuple((join_path(path, parent), allowed) for parent, allowed in domain.when)
                )
                for name, domain in self.items()
            }
        )

    def part(self, path: str) -> Space:
        """Return what lies under `path`, with names relative to it; conditions on names outside are dropped."""
        prefix = path + PATH_SEPARATOR
        return Space(
            {
                name.removeprefix(prefix): attrs.evolve(
                    domain,
                    when=tuple(
                        (parent.removeprefix(prefix), allowed)
                        for parent, allowed in domain.when
                        if parent.startswith(prefix)
                    ),
                )
                for name, domain in self.items()
                if name.startswith(prefix)
            }
        )

    def conditioned(self, name: str, *values: Value) -> Space:
        """Return the space with one more condition on each hyperparameter, for use in `combine`.

        The result names a hyperparameter it does not hold: it is meant to be put behind the space that does.

        Example:
            ```python
            Space.combine(
                Space({"block_type": Choice(["conv", "resnet"])}),
                CONV.under("conv").conditioned("block_type", "conv"),
                RESNET.under("resnet").conditioned("block_type", "resnet"),
            )
            ```
        """
        conditioned = Space()
        conditioned._domains = {
            own: attrs.evolve(domain, when=((name, values), *domain.when)) for own, domain in self.items()
        }
        return conditioned

    def narrow(self, arguments: Mapping[str, object]) -> Space:
        """Return the space with some hyperparameters fixed to a value, or given another domain.

        Branches that can no longer become active are left out.

        Args:
            arguments: A value or a domain by name; `None` leaves a hyperparameter as it is.

        Raises:
            SpaceError: If a name is unknown, or a value has another type than the declared domain's values, or is a text
                that is none of them.
        """
        domains = dict(self._domains)
        for name, argument in arguments.items():
            if argument is None:
                continue
            domains[name] = _narrowed(name, self[name], argument)
        return Space.reachable(domains)

    # Configurations

    def is_active(self, name: str, configuration: Mapping[str, Value]) -> bool:
        """Return whether a hyperparameter is active, given the values of those declared before it."""
        return _holds(self[name].when, configuration)

    def active(self, values: Mapping[str, Value]) -> tuple[str, ...]:
        """Return the names that are active under `values`; where a value is missing, its default counts."""
        return tuple(self.complete(values))

    def complete(self, values: Mapping[str, Value]) -> Configuration:
        """Return a configuration: `values` with defaults filled in and inactive names left out.

        Values are not checked, see `validate`; names that the space does not have are dropped.
        """
        configuration: Configuration = {}
        for name, domain in self.items():
            if _holds(domain.when, configuration):
                configuration[name] = values.get(name, domain.default)
        return configuration

    def defaults(self) -> Configuration:
        """Return the configuration of all defaults."""
        return self.complete({})

    def sample(self, rng: np.random.Generator) -> Configuration:
        """Draw a configuration: every active hyperparameter independently from its domain."""
        configuration: Configuration = {}
        for name, domain in self.items():
            if _holds(domain.when, configuration):
                configuration[name] = domain.sample(rng)
        return configuration

    def with_fixed(self, values: Mapping[str, Value]) -> Configuration:
        """Return values in which every fixed hyperparameter has its fixed value: what a user fixed goes before."""
        return {
            name: domain.value if isinstance(domain := self._domains.get(name), Fixed) else value
            for name, value in values.items()
        }

    def validate(self, values: Mapping[str, object]) -> Configuration:
        """Return `values` as a configuration, completed, or say everything that is wrong with them.

        Raises:
            SpaceError: If a name is unknown or inactive, or a value outside its domain.
        """
        problems: list[str] = []
        coerced: Configuration = {}
        for name, value in values.items():
            if name not in self:
                problems.append(f"unknown name {name!r}. {suggest(name, self)}".rstrip())
                continue
            try:
                coerced[name] = self[name].coerce(value)
            except SpaceError as error:
                problems.append(f"{name!r}: {error}")
        configuration = self.complete(coerced)
        problems += [f"{name!r} is given but inactive here" for name in coerced if name not in configuration]
        if problems:
            raise SpaceError("The configuration does not fit the search space: " + "; ".join(problems))
        return configuration

    def tunable(self, configuration: Mapping[str, Value]) -> tuple[str, ...]:
        """Return the names that are active and can take more than one value."""
        return tuple(name for name in self.active(configuration) if self[name].size > 1)

    @property
    def size(self) -> float:
        """The number of different configurations; infinite with a continuous range.

        Names that conditions depend on are enumerated, the others multiply. With more than 100,000 combinations of
        the former the result is infinite: too many to try, whatever the exact count.
        """
        parents = {parent for domain in self.values() for parent, _ in domain.when}
        if any(math.isinf(self[parent].size) for parent in parents):
            return math.inf
        total: float = 0
        for combinations, assignment in enumerate(self._parent_assignments(list(self), parents, {})):
            if combinations >= _LARGEST_PARENT_GRID or math.isinf(total):
                return math.inf
            count: float = 1
            for name, domain in self.items():
                if name not in parents and _holds(domain.when, assignment):
                    count *= domain.size
            total += count
        return total

    def configurations(self) -> Iterator[Configuration]:
        """Yield every configuration of a finite space, in a fixed order."""
        yield from self._parent_assignments(list(self), set(self), {})

    def _parent_assignments(
        self, names: list[str], wanted: set[str], assignment: Configuration
    ) -> Iterator[Configuration]:
        for index, name in enumerate(names):
            if name in wanted and _holds(self[name].when, assignment):
                for value in self[name].grid():
                    yield from self._parent_assignments(names[index + 1 :], wanted, {**assignment, name: value})
                return
        yield dict(assignment)

    # Files

    def to_json(self) -> dict[str, Any]:
        """Return the space as JSON data, in order."""
        return {name: domain.to_json() for name, domain in self.items()}

    @classmethod
    def from_json(cls, data: Mapping[str, Mapping[str, Any]]) -> Space:
        """Return the space that `to_json` described."""
        return cls({name: domain_from_json(domain) for name, domain in data.items()})

    @classmethod
    def reachable(cls, domains: Mapping[str, Domain]) -> Space:
        """Return the space of those domains that can ever be active, given the domains their conditions name."""
        return cls(_reachable(domains))

    @classmethod
    def combine(cls, *spaces: Space) -> Space:
        """Return several spaces as one, in order; a name in two of them is an error."""
        domains: dict[str, Domain] = {}
        for space in spaces:
            clash = sorted(set(domains) & set(space))
            if clash:
                raise SpaceError(
                    describe_error("Two search spaces share names.", expected="different names", received=f"{clash}")
                )
            domains.update(space._domains)
        return cls(domains)


class _UnknownNameError(SpaceError, KeyError):
    """An unknown name: also a `KeyError`, as `Mapping` promises."""

    __str__ = Exception.__str__


def _holds(conditions: Conditions, configuration: Mapping[str, Value]) -> bool:
    return all(
        parent in configuration and any(same_value(configuration[parent], value) for value in allowed)
        for parent, allowed in conditions
    )


def _reachable(domains: Mapping[str, Domain]) -> dict[str, Domain]:
    """Leave out what can never be active.

    All conditions on the way up must hold at once: so a hyperparameter can be active if every name above it has a
    value that all of these conditions allow.
    """
    kept: dict[str, Domain] = {}
    needs: dict[str, dict[str, tuple[Value, ...]]] = {}
    for name, domain in domains.items():
        wanted: dict[str, tuple[Value, ...]] = {}
        for parent, allowed in domain.when:
            for above, values in (*needs.get(parent, {}).items(), (parent, allowed)):
                wanted[above] = tuple(
                    value for value in wanted.get(above, values) if any(same_value(value, other) for other in values)
                )
        if all(
            above in kept and any(kept[above].contains(value) for value in values) for above, values in wanted.items()
        ):
            kept[name] = domain
            needs[name] = wanted
    return kept


def _narrowed(name: str, declared: Domain, argument: object) -> Domain:
    """Return what a user gave, a value or a domain, as a domain of the declared type under the declared conditions."""
    if isinstance(argument, Choice):
        values = [_as_declared(name, declared, value, given=argument) for value in argument.values]
        return Choice(values, default=argument.default, when=declared.when)
    if isinstance(argument, (Boolean, Int, Float)):
        _as_declared(name, declared, argument.default, given=argument)  # all of its values are of one type
        return attrs.evolve(argument, when=declared.when)
    value = argument.value if isinstance(argument, Fixed) else argument
    return Fixed(_as_declared(name, declared, value, given=argument), when=declared.when)


def _as_declared(name: str, declared: Domain, value: object, *, given: object) -> Value:
    """Return a user's value in the declared type; a number may lie outside the declared ones (`filters=48`)."""
    plain = as_value(value)
    kind = type(declared.default)
    if kind is float and isinstance(plain, int) and not isinstance(plain, bool):
        return float(plain)
    if type(plain) is not kind or (kind is str and not declared.contains(plain)):
        raise unfitting(name, declared, plain, given=given)
    return plain
