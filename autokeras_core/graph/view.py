"""What a block's `build` sees of a configuration: its own part of it. Light: standard library and attrs only.

A block that declares its space reads values with `hp["filters"]`. A block of a user's script may instead use
KerasTuner's define-by-run idiom, `hp.Int("units", 32, 256)`; a recorder then finds its space in one dry build.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import attrs

from autokeras_core.errors import SpaceError, describe_error
from autokeras_core.graph.seeds import derive_seed
from autokeras_core.names import PATH_SEPARATOR, join_path, suggest
from autokeras_core.search.domains import Boolean, Choice, Domain, Fixed, Float, Int
from autokeras_core.search.space import Space
from autokeras_core.search.values import Value, as_conditions

if TYPE_CHECKING:
    from autokeras_core.data.profile import DataProfile
    from autokeras_core.graph.preprocessor import Preprocessor

__all__ = ["HyperparameterView", "SpaceRecorder"]


@attrs.define
class SpaceRecorder:
    """Collects the hyperparameters that define-by-run blocks ask for while a graph is built.

    Attributes:
        domains: The domains found, as the blocks gave them, by full path in the order they were first asked for.
        arguments: What the user fixed or narrowed, by full path: a value or a domain.
        conditions: Those of the scopes that are open now, the outermost one first: full paths and the values they allow.
        others: Domains that are not the found ones, asked for under the same paths in other scopes.
    """

    domains: dict[str, Domain] = attrs.field(factory=dict)
    arguments: dict[str, object] = attrs.field(factory=dict)
    conditions: list[tuple[str, tuple[Value, ...]]] = attrs.field(factory=list)
    others: dict[str, Domain] = attrs.field(factory=dict)

    def record(self, path: str, domain: Domain) -> Domain:
        """Note that a block asked for `path` in the open scopes; return its domain after the user's own narrowing."""
        asked = attrs.evolve(domain, when=tuple(self.conditions))
        found = self.domains.get(path, asked)
        everywhere, argument = attrs.evolve(found, when=()), self.arguments.get(path)
        narrowed = Space({path: everywhere}).narrow({path: argument})[path]
        if argument is not None and isinstance(narrowed, Fixed):
            self.domains[path] = everywhere  # what the user fixed holds on branches too that this build does not take
            return narrowed
        if found.when != asked.when and everywhere != attrs.evolve(domain, when=()):
            self.others.setdefault(path, domain)
        # Asked for in several scopes, it is active wherever one of them is: only what they share must hold.
        self.domains[path] = attrs.evolve(found, when=tuple(each for each in found.when if each in asked.when))
        return narrowed

    @property
    def space(self) -> Space:
        """What was found, as a space after the user's own narrowing.

        Raises:
            SpaceError: If a scope depends on what was not asked for before it, or on a value that this can never have,
                or if the same name was asked for with another domain in another scope.
        """
        for path, other in self.others.items():
            raise SpaceError(
                describe_error(
                    f"The hyperparameter {path!r} is asked for with different domains in different scopes.",
                    expected=f"{attrs.evolve(self.domains[path], when=())!r} in each, as in the first",
                    received=repr(attrs.evolve(other, when=())),
                    advice="Give the two different names.",
                )
            )
        return Space(self.domains).narrow({path: self.arguments.get(path) for path in self.domains})


@attrs.frozen(kw_only=True)
class HyperparameterView:
    """The values of one configuration under one path of the graph.

    Args:
        values: The whole configuration, by full path.
        path: Where this view stands; names are relative to it.
        profile: What analysis found out about the inputs that the block depends on, and about all targets; `None` where a
            block is built without data.
        recorder: Collects hyperparameters that are asked for by `Choice`, `Int`, `Float`, `Boolean`, `Fixed`.
        seed: A seed for whatever is random in a block (dropout, augmentation); derived from the trial's. Of several random
            layers each needs one of its own: `layer_seed(hp.seed, index)`.
        input_name: The input that the block stands right behind; `None` behind other blocks, or behind several inputs.
        members: For a head that takes them, how many members the block before it has, see `Block.members`; else `None`.
        preprocessors: In `build`: the fitted preprocessors between the raw rows and a block right behind one input, its
            own last. So an embedding can be as large as the vocabulary. They must not be fitted again; empty elsewhere.

    Example:
        ```python
        def build(self, hp, inputs):
            x = keras.layers.Dense(hp["units"])(inputs)
            if hp["dropout"] > 0:
                x = keras.layers.Dropout(hp["dropout"], seed=hp.seed)(x)
            return x
        ```
    """

    values: Mapping[str, Value]
    path: str = ""
    profile: DataProfile | None = None
    recorder: SpaceRecorder | None = None
    seed: int | None = None
    input_name: str | None = None
    members: int | None = None
    preprocessors: tuple[Preprocessor, ...] = ()

    def __getitem__(self, name: str) -> Any:
        """Return the value of a declared hyperparameter.

        Raises:
            SpaceError: If the configuration has none: the name is unknown, or inactive in this configuration.
        """
        full = join_path(self.path, name)
        if full in self.values:
            return self.values[full]
        own = [key for key in self.values if not self.path or key.startswith(self.path + PATH_SEPARATOR)]
        raise SpaceError(
            describe_error(
                f"The block at {self.path!r} asked for a hyperparameter without a value.",
                expected=f"one of {own}",
                received=f"name={full!r}",
                advice=suggest(full, own) or "Declare it in the block's space, or check its `when=` condition.",
            )
        )

    def __contains__(self, name: str) -> bool:
        return join_path(self.path, name) in self.values

    def get(self, name: str, default: Value | None = None) -> Any:
        """Return a value, or `default` where the hyperparameter is unknown or inactive."""
        return self.values.get(join_path(self.path, name), default)

    def scope(self, path: str) -> HyperparameterView:
        """Return the view of a part below this one, e.g. of a candidate inside a composite block; it has its own seed."""
        seed = None if self.seed is None else derive_seed(self.seed, path)
        return attrs.evolve(self, path=join_path(self.path, path), seed=seed)

    # KerasTuner's define-by-run idiom

    def Choice(  # noqa: N802 - KerasTuner's name
        self, name: str, values: Sequence[Value], ordered: bool | None = None, default: Value | None = None
    ) -> Any:
        """Declare and return one of `values`; `ordered` is there for KerasTuner's signature only."""
        return self._ask(name, Choice(values, default=default))

    def Int(  # noqa: N802 - KerasTuner's name
        self,
        name: str,
        min_value: int,
        max_value: int,
        step: int | None = None,
        sampling: str | None = None,
        default: int | None = None,
    ) -> Any:
        """Declare and return an integer in `[min_value, max_value]`; `sampling` is `"linear"` or `"log"`.

        On a logarithmic scale `step` is a factor, as in KerasTuner: `hp.Int("units", 8, 64, step=2, sampling="log")`.
        """
        if _is_log(sampling) and step is not None:
            return self._ask(name, Choice(_geometric(min_value, max_value, step), default=default))
        return self._ask(name, Int(min_value, max_value, step=step or 1, log=_is_log(sampling), default=default))

    def Float(  # noqa: N802 - KerasTuner's name
        self,
        name: str,
        min_value: float,
        max_value: float,
        step: float | None = None,
        sampling: str | None = None,
        default: float | None = None,
    ) -> Any:
        """Declare and return a number in `[min_value, max_value]`; `sampling` is `"linear"` or `"log"`.

        On a logarithmic scale `step` is a factor, as in KerasTuner.
        """
        if _is_log(sampling) and step is not None:
            factors = _geometric(float(min_value), float(max_value), step)
            return self._ask(name, Choice(factors, default=default))
        return self._ask(name, Float(min_value, max_value, step=step, log=_is_log(sampling), default=default))

    def Boolean(self, name: str, default: bool = False) -> Any:  # noqa: N802 - KerasTuner's name
        """Declare and return True or False."""
        return self._ask(name, Boolean(default=default))

    def Fixed(self, name: str, value: Value) -> Any:  # noqa: N802 - KerasTuner's name
        """Declare and return a value that is not tuned."""
        return self._ask(name, Fixed(value))

    @contextmanager
    def conditional_scope(
        self, parent_name: str, parent_values: Value | Sequence[Value]
    ) -> Iterator[HyperparameterView]:
        """Make what is asked for in the `with` block active only where `parent_name` has one of `parent_values`.

        Yields this view itself. Where the condition does not hold, the default is returned (KerasTuner returns `None`).

        Example:
            ```python
            if hp.Choice("kind", ["linear", "mlp"]) == "mlp":
                with hp.conditional_scope("kind", ["mlp"]):
                    units = hp.Int("units", 8, 64)
            ```
        """
        if self.recorder is None:
            yield self
            return
        (condition,) = as_conditions({join_path(self.path, parent_name): parent_values})
        self.recorder.conditions.append(condition)
        try:
            yield self
        finally:
            self.recorder.conditions.pop()

    def _ask(self, name: str, domain: Domain) -> Value:
        full = join_path(self.path, name)
        if self.recorder is not None:
            domain = self.recorder.record(full, domain)
        return self.values.get(full, domain.default)


def _is_log(sampling: str | None) -> bool:
    if sampling not in (None, "linear", "log"):
        raise SpaceError(
            describe_error(
                "A hyperparameter is sampled in an unknown way.",
                expected="sampling='linear' or 'log'",
                received=f"sampling={sampling!r}",
            )
        )
    return sampling == "log"


def _geometric(low: float, high: float, factor: float) -> list[float]:
    """Return `low, low * factor, ...` up to `high`."""
    if low <= 0 or factor <= 1:
        raise SpaceError(
            describe_error(
                "A logarithmic range with a step is impossible.",
                expected="min_value > 0 and step > 1",
                received=f"min_value={low}, step={factor}",
            )
        )
    values = [low]
    while values[-1] * factor <= high * (1 + 1e-9):
        values.append(values[-1] * factor)
    return values
