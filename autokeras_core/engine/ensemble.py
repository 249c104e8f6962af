"""The ensemble: several trained models that answer as one, by the weighted mean of their outputs."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self, TypeAlias

import attrs
import keras
import numpy as np

from autokeras_core.engine._equal_features import are_equal
from autokeras_core.engine._layer_names import LayerNames
from autokeras_core.engine.bundle import ModelBundle, joined_outputs, raw_pieces, write_about
from autokeras_core.engine.outside import export_notes
from autokeras_core.engine.pipeline import check_class_names
from autokeras_core.engine.raw_inputs import model_of_raw_inputs
from autokeras_core.engine.storage import replaced_directory
from autokeras_core.errors import SearchError, describe_error
from autokeras_core.registry import get_registry

if TYPE_CHECKING:
    from autokeras_core.data.profile import DataProfile
    from autokeras_core.data.rows import Rows
    from autokeras_core.registry import Registry

__all__ = ["Bundle", "EnsembleBundle", "read_bundle"]

Array: TypeAlias = np.ndarray[Any, Any]

_FILE = "ensemble.json"
_SCHEMA = 1


@attrs.frozen(kw_only=True)
class EnsembleBundle:
    """Trained models of one search, each with its own preprocessing, and the weight of each.

    It predicts, exports and is saved as a `ModelBundle` is.

    Attributes:
        members: The models, of one graph and one data profile.
        weights: Each one's share in the mean, above 0; together 1.

    Raises:
        SearchError: If the weights are none of these.
        GraphError: If two members have different classes of one name that no plugin registered: they could not be saved.

    Example:
        ```python
        bundle = EnsembleBundle(members=(one, other), weights=(0.75, 0.25))
        bundle.predict_outputs({"table": rows})["classification"]  # the weighted mean of both models' probabilities
        ```
    """

    members: tuple[ModelBundle, ...]
    weights: tuple[float, ...]
    # The places of members that take the same features: found when they are first needed, since to compare what large
    # preprocessors have learned takes long.
    _groups: list[list[int]] = attrs.field(init=False, factory=list, eq=False, repr=False)

    def __attrs_post_init__(self) -> None:
        is_complete = len(self.members) == len(self.weights) > 0
        if not is_complete or min(self.weights) <= 0 or abs(sum(self.weights) - 1) > 1e-6:
            raise SearchError(
                describe_error(
                    "An ensemble has no right weights.",
                    expected="one weight above 0 for each member, together 1",
                    received=f"{len(self.members)} members, weights={list(self.weights)}",
                )
            )
        check_class_names([feature for member in self.members for feature in member.features], get_registry())

    @property
    def heads(self) -> tuple[str, ...]:
        """The heads' names, in the graph's order."""
        return self.members[0].heads

    @property
    def profile(self) -> DataProfile:
        """What analysis found out about the training data."""
        return self.members[0].profile

    @property
    def plugins(self) -> Mapping[str, str]:
        """The version of each distribution that the members need."""
        return {name: version for member in self.members for name, version in member.plugins.items()}

    def predict_outputs(self, inputs: Mapping[str, Rows], batch_size: int = 256) -> dict[str, Array]:
        """Return the weighted mean of what the members make of raw rows, see `ModelBundle.predict_outputs`."""
        return joined_outputs(self.output_pieces(inputs, batch_size), rows=len(next(iter(inputs.values()))))

    def output_pieces(self, inputs: Mapping[str, Rows], batch_size: int = 256) -> Iterator[dict[str, Array]]:
        """Yield what `predict_outputs` returns, a piece of the rows at a time, see `ModelBundle.output_pieces`.

        Rows of a source are read once for all members, and what equal preprocessing makes of rows is made once.
        """
        if not self._groups:
            self._groups.extend(_of_equal_features(self.members))
        for raw in raw_pieces(inputs, batch_size, profile=self.profile):
            outputs: dict[int, dict[str, Array]] = {}
            for places in self._groups:
                features = self.members[places[0]].features_of(raw)
                outputs |= {place: self.members[place].outputs_of(features, batch_size) for place in places}
            yield {name: self._mean([outputs[place][name] for place in range(len(outputs))]) for name in self.heads}

    def _mean(self, outputs: Sequence[Array]) -> Array:
        total = sum(weight * each.astype(np.float64) for weight, each in zip(self.weights, outputs, strict=True))
        return np.asarray(total, dtype=np.float32)

    def to_keras_model(self) -> keras.Model:
        """Return one plain Keras model that takes raw rows: the members side by side, and the mean of their outputs.

        Inputs and outputs are those of each member's own export, see `ModelBundle.to_keras_model`.

        Raises:
            SearchError: If a member cannot be exported.
        """
        if any(export_notes(member.features) for member in self.members):
            raise SearchError(
                describe_error(
                    "The ensemble cannot be exported as one Keras model.",
                    expected="members whose preprocessing can all be part of a Keras model",
                    received="a member with a preprocessor that stays outside, such as a tokenizer",
                    advice="Use save() and load(), which keep everything together and take raw rows, or search with "
                    "ensemble=False.",
                )
            )
        models = [member.to_keras_model() for member in self.members]
        inputs = keras.tree.map_structure(
            lambda tensor: keras.Input(shape=tensor.shape[1:], dtype=tensor.dtype, name=tensor.name), models[0].input
        )
        input_names = {tensor.name for tensor in keras.tree.flatten(inputs)}
        names = LayerNames([*input_names, *self.heads])
        outputs = []
        for number, model in enumerate(models, start=1):
            model.name = names.unique(f"member_{number}")
            output = model(inputs)
            outputs.append(output if isinstance(output, Mapping) else {self.heads[0]: output})
        mean = {}
        for head in self.heads:
            weighted = [
                keras.layers.Rescaling(weight, dtype="float32", name=names.unique(f"{head}_weighted"))(each[head])
                for weight, each in zip(self.weights, outputs, strict=True)
            ]
            # An input may have the same name, and two layers of a model may not; Keras goes by the dict's keys then.
            name = names.unique(f"{head}_output") if head in input_names else head
            mean[head] = keras.layers.Add(dtype="float32", name=name)(weighted)
        return model_of_raw_inputs(
            inputs, mean if len(mean) > 1 else mean[self.heads[0]], name=self.members[0].model.name
        )

    def save(self, directory: str | Path, *, extra: Mapping[str, Any] | None = None) -> None:
        """Write all members to one directory: all of it or nothing. See `ModelBundle.save`."""
        record = {"schema": _SCHEMA, "weights": list(self.weights)}
        with replaced_directory(Path(directory)) as folder:
            for number, member in enumerate(self.members, start=1):
                member.write_files(folder, prefix=_prefix(number))
            write_about(folder, plugins=self.plugins, extra={_FILE: record, **(extra or {})})

    @classmethod
    def read_files(
        cls,
        folder: Path,
        registry: Registry,
        *,
        plugins: Mapping[str, str],
        custom_classes: Sequence[type[Any]] = (),
    ) -> Self:
        """Return an ensemble that `save` wrote; the folder's manifest has been checked already."""
        record = json.loads((folder / _FILE).read_text(encoding="utf-8"))
        if record.get("schema") != _SCHEMA:
            raise SearchError(
                describe_error(
                    f"The saved ensemble in {str(folder)!r} has another format.",
                    expected=f"schema {_SCHEMA}",
                    received=f"schema {record.get('schema')!r}",
                    advice="Load it with the version of autokeras-core that saved it.",
                )
            )
        members = [
            ModelBundle.read_files(
                folder, registry, plugins=plugins, prefix=_prefix(number), custom_classes=custom_classes
            )
            for number in range(1, len(record["weights"]) + 1)
        ]
        return cls(members=tuple(members), weights=tuple(record["weights"]))


Bundle: TypeAlias = ModelBundle | EnsembleBundle
"""A trained model or an ensemble of them: both predict, export and are saved alike."""


def read_bundle(
    folder: Path, registry: Registry, *, plugins: Mapping[str, str], custom_classes: Sequence[type[Any]] = ()
) -> Bundle:
    """Return the model or the ensemble that was saved in a folder, whose manifest has been checked already.

    Args:
        folder: The folder.
        registry: Finds the classes of the preprocessors.
        plugins: The versions of plugins, out of the manifest.
        custom_classes: Preprocessor classes of a script that are not registered.

    Raises:
        SearchError: If its files cannot be loaded.
        GraphError: If two of `custom_classes` share a name.
        RegistryError: If a plugin that is needed is missing, with what to install.
    """
    kind = EnsembleBundle if (folder / _FILE).exists() else ModelBundle
    return kind.read_files(folder, registry, plugins=plugins, custom_classes=custom_classes)


def _of_equal_features(members: Sequence[ModelBundle]) -> list[list[int]]:
    """Return the places of the members, those together that take the same features."""
    groups: list[list[int]] = []
    for place, member in enumerate(members):
        for places in groups:
            if are_equal(members[places[0]].features, member.features):
                places.append(place)
                break
        else:
            groups.append([place])
    return groups


def _prefix(number: int) -> str:
    return f"member-{number}-"
