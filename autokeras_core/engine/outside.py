"""Preprocessors that cannot be part of a Keras model: what an exported model takes in their place."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import attrs

from autokeras_core.engine.raw_inputs import RawInput
from autokeras_core.errors import SearchError, describe_error

if TYPE_CHECKING:
    from autokeras_core.engine.features import Feature
    from autokeras_core.graph.operator import Preprocessor

__all__ = ["export_notes", "exported_inputs", "inside", "outside"]


def outside(feature: Feature) -> tuple[Preprocessor, ...]:
    """Return the preprocessors of a feature up to the last one that no Keras layer can stand for; mostly none."""
    places = [place for place, each in enumerate(feature.host, start=1) if getattr(each, "outside_the_model", "")]
    return feature.host[: max(places, default=0)]


def inside(feature: Feature) -> Feature:
    """Return a feature with only those preprocessors that become layers of the exported model."""
    length = len(outside(feature))
    return attrs.evolve(feature, host=feature.host[length:], keys=feature.keys[length:])


def export_notes(features: Sequence[Feature]) -> tuple[str, ...]:
    """Return what the preprocessors say that stay outside of the exported model, each sentence once."""
    sentences = [getattr(each, "outside_the_model", "") for feature in features for each in feature.host]
    return tuple(dict.fromkeys(sentence for sentence in sentences if sentence))


def exported_inputs(raw_inputs: Sequence[RawInput], features: Sequence[Feature]) -> tuple[RawInput, ...]:
    """Return what the exported model takes: raw rows, or what a preprocessor makes of them that stays outside.

    Args:
        raw_inputs: The graph's raw inputs.
        features: What the model takes, with the preprocessors before each.

    Raises:
        SearchError: If one input would have to be two: part of the model takes what such a preprocessor makes, another
            part raw rows or what another one makes.
    """
    return tuple(_exported(raw, [each for each in features if each.input_name == raw.name]) for raw in raw_inputs)


def _exported(raw: RawInput, features: Sequence[Feature]) -> RawInput:
    chains = [outside(feature) for feature in features]
    if not any(chains):
        return raw
    kinds = [[(type(each), each.get_config()) for each in chain] for chain in chains]
    if any(kind != kinds[0] for kind in kinds[1:]):
        raise SearchError(
            describe_error(
                f"The model cannot be exported: its parts take different things of the input {raw.name!r}.",
                expected="parts that all take what one preprocessor makes, where it can be no Keras layer",
                received=f"{[[each.__name__ for each, _ in kind] or ['raw rows'] for kind in kinds]}",
                advice="Use save() and load(), which keep everything together and take raw rows.",
            )
        )
    return RawInput.from_spec(raw.name, chains[0][-1].output_spec)  # type: ignore[attr-defined]  # optional, see Preprocessor
