"""Which part of the data a block is behind, where a graph has several inputs. Light: standard library and attrs only."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

import attrs

if TYPE_CHECKING:
    from autokeras_core.data.profile import DataProfile
    from autokeras_core.graph.graph import BlockVertex

__all__ = ["upstream_profiles"]


def upstream_profiles(blocks: Iterable[BlockVertex], profile: DataProfile) -> dict[str, DataProfile]:
    """Return for each block the profile without the inputs that none of its tensors come from.

    So a block for pictures is suited to its own pictures, not to larger ones in another branch of the graph.

    Args:
        blocks: Blocks in topological order.
        profile: What analysis found out about all inputs and targets.

    Example:
        ```python
        list(upstream_profiles(graph.blocks, profile)["conv"].inputs)  # ["thumbnail"]
        ```
    """
    upstream: dict[str, frozenset[str]] = {}
    for vertex in blocks:
        parts = ({each.name} if each.kind == "input" else upstream[each.name] for each in vertex.sources)
        upstream[vertex.name] = frozenset().union(*parts)
    return {name: _part(profile, inputs) for name, inputs in upstream.items()}


def _part(profile: DataProfile, inputs: frozenset[str]) -> DataProfile:
    kept = {name: part for name, part in profile.inputs.items() if name in inputs}
    return profile if len(kept) == len(profile.inputs) else attrs.evolve(profile, inputs=kept)
