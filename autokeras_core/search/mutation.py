"""Mutation: the next configuration to evaluate, near the best one so far. Light: numpy and attrs only.

This is `mutate` in Algorithm 1 of the paper: select one sub-module by equations (1) and (2) and resample all of its
values. Pure functions over plain data; the only randomness is the generator that is passed in.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping

import attrs
import numpy as np

from autokeras_core.search.space import Configuration, ConfigurationKey, Space, configuration_key
from autokeras_core.search.submodules import SubModule, parent_path, select_submodule, submodules
from autokeras_core.search.values import Value

__all__ = ["Mutation", "draw_untried", "mutate"]

_DRAWS_PER_SUBMODULE = 24
_LARGEST_LISTED_SPACE = 200_000
_DRAWS_FROM_LARGE_SPACE = 20_000


@attrs.frozen(kw_only=True)
class Mutation:
    """A new configuration, and where it differs from the one it came from.

    Attributes:
        configuration: The new configuration.
        path: The sub-module whose values were resampled; `""` for the entire model.
    """

    configuration: Configuration
    path: str


def mutate(
    configuration: Mapping[str, Value],
    *,
    space: Space,
    rng: np.random.Generator,
    tried: Collection[ConfigurationKey] = (),
) -> Mutation | None:
    """Change exactly one sub-module of a configuration, to one that was not tried before.

    All values of the selected sub-module are resampled. Hyperparameters that the change activates elsewhere get their
    defaults, those it makes inactive are left out. If the sub-module yields nothing new in a number of draws, the one
    around it is resampled instead, and so on up to the entire model: a search never ends because of collisions, only
    when everything was tried.

    Args:
        configuration: The configuration to start from, usually the best so far. It counts as tried.
        space: The search space.
        rng: The source of randomness; the same generator state gives the same mutation.
        tried: The keys (`configuration_key`) of the configurations that must not come again.

    Returns:
        The mutation, or `None` if there is no untried configuration left.

    Example:
        ```python
        space = Space({"conv/filters": Choice([16, 32]), "conv/kernel_size": Choice([3, 5])})
        mutate(space.defaults(), space=space, rng=np.random.default_rng(0))
        # Mutation(configuration={"conv/filters": 32, "conv/kernel_size": 3}, path="conv/filters")
        ```
    """
    current = space.complete(configuration)
    excluded = {configuration_key(current), *tried}
    candidates = submodules(space.tunable(current))
    if candidates:
        by_path = {candidate.path: candidate for candidate in candidates}
        path = select_submodule(candidates, rng=rng).path
        while True:
            for _ in range(_DRAWS_PER_SUBMODULE):
                drawn = _resample(current, by_path[path], space=space, rng=rng)
                if configuration_key(drawn) not in excluded:
                    return Mutation(configuration=drawn, path=path)
            if not path:
                break
            path = parent_path(path)
    remaining = draw_untried(space, rng=rng, tried=excluded)
    return None if remaining is None else Mutation(configuration=remaining, path="")


def draw_untried(
    space: Space, *, rng: np.random.Generator, tried: Collection[ConfigurationKey] = ()
) -> Configuration | None:
    """Draw a configuration that was not tried before.

    Every active hyperparameter is drawn from its domain. If that only hits what was tried, and the space can be
    listed, one of the untried configurations is picked, all equally likely.

    Args:
        space: The search space.
        rng: The source of randomness.
        tried: The keys (`configuration_key`) of the configurations that must not come again.

    Returns:
        The configuration, or `None` if all were tried (or, in a space too large to list, if 20,000 draws in a row
        gave nothing new).
    """
    excluded = tried if isinstance(tried, (set, frozenset)) else set(tried)
    size = space.size
    can_list = math.isfinite(size) and size <= _LARGEST_LISTED_SPACE
    for _ in range(_DRAWS_PER_SUBMODULE if can_list else _DRAWS_FROM_LARGE_SPACE):
        drawn = space.sample(rng)
        if configuration_key(drawn) not in excluded:
            return drawn
    if not can_list:
        return None
    # Twice through the space instead of a list of it: a listable space may still have very many configurations.
    untried = sum(configuration_key(each) not in excluded for each in space.configurations())
    if not untried:
        return None
    chosen = int(rng.integers(untried))
    left = (each for each in space.configurations() if configuration_key(each) not in excluded)
    return next(each for index, each in enumerate(left) if index == chosen)


def _resample(current: Configuration, submodule: SubModule, *, space: Space, rng: np.random.Generator) -> Configuration:
    """Return `current` with every value at and below the sub-module drawn anew, in the order of the space."""
    drawn: Configuration = {}
    for name in space:
        if not space.is_active(name, drawn):
            continue
        if submodule.covers(name):
            drawn[name] = space[name].sample(rng)
        else:
            drawn[name] = current[name] if name in current else space[name].default
    return drawn
