"""The bundle: a trained model with the preprocessing before it. Predicting, exporting and saving all go through it."""

from __future__ import annotations

import json
import warnings
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self, TypeAlias

import attrs
import keras
import numpy as np

from autokeras_core._metadata import find_distribution
from autokeras_core.data.profile import DataProfile
from autokeras_core.data.rows import bytes_per_row, read_rows
from autokeras_core.engine._layer_names import LayerNames
from autokeras_core.engine._layers import set_weights
from autokeras_core.engine.acceleration import without_xla
from autokeras_core.engine.batches import prediction_batches
from autokeras_core.engine.features import Feature
from autokeras_core.engine.outside import export_notes, exported_inputs, inside
from autokeras_core.engine.pipeline import features_from_json, features_to_json
from autokeras_core.engine.raw_inputs import RawInput, as_model_input, make_raw_tensors, model_of_raw_inputs
from autokeras_core.engine.rows import read_only, transform_rows
from autokeras_core.engine.state_files import read_state_files, write_state_files
from autokeras_core.engine.storage import read_manifest, replaced_directory, write_manifest
from autokeras_core.errors import AutoKerasError, ExportWarning, SearchError, describe_error
from autokeras_core.graph.operator import Operator, Tensor
from autokeras_core.registry import Registry, get_registry

if TYPE_CHECKING:
    from autokeras_core.data.rows import Rows
    from autokeras_core.engine.compiler import CompiledGraph
    from autokeras_core.engine.pipeline import FindClass
    from autokeras_core.engine.raw_inputs import RawTensors
    from autokeras_core.graph.graph import Graph

__all__ = ["ModelBundle", "joined_outputs", "raw_pieces", "write_about"]

Array: TypeAlias = np.ndarray[Any, Any]

_MODEL = "model.keras"
_PIPELINE = "pipeline.json"
_ARRAYS = "pipeline.npz"
_PACKAGES = ("autokeras-core", "keras", "numpy", "tensorflow", "tensorflow-cpu")
_NETWORK = "network"
_ROWS_AT_ONCE = 32_768
_BYTES_AT_ONCE = 64 * 2**20
_OUTPUTS_AT_ONCE = 2**24  # 64 MiB for each model


@attrs.frozen(kw_only=True)
class ModelBundle:
    """A trained model, and the way from raw rows to it.

    Attributes:
        model: The Keras model, not compiled: features by name in, one tensor by head out.
        features: What the model takes, with the fitted preprocessors before each.
        raw_inputs: The raw inputs, in the graph's order.
        heads: The heads' names, in the graph's order.
        profile: What analysis found out about the training data.
        plugins: The version of each distribution whose blocks, heads or inputs are in the graph.

    Example:
        ```python
        bundle = ModelBundle.from_compiled(compiled, graph=graph, profile=profile)
        bundle.predict_outputs({"image": pictures})["classification"]  # probabilities
        bundle.save(directory)
        ModelBundle.load(directory, get_registry()).to_keras_model().save("classifier.keras")
        ```
    """

    model: keras.Model
    features: tuple[Feature, ...]
    raw_inputs: tuple[RawInput, ...]
    heads: tuple[str, ...]
    profile: DataProfile
    plugins: Mapping[str, str] = attrs.field(factory=dict)

    @classmethod
    def from_compiled(cls, compiled: CompiledGraph, *, graph: Graph, profile: DataProfile) -> Self:
        """Return the bundle of a trained graph.

        The bundle's model has the same layers and weights as the compiled one, without optimizer, loss and metrics.
        """
        trained = compiled.model
        return cls(
            model=without_xla(keras.Model(inputs=trained.input, outputs=trained.output, name=trained.name)),
            features=compiled.features,
            raw_inputs=tuple(
                RawInput.from_spec(vertex.name, vertex.operator.raw_spec(profile.inputs[vertex.name]))
                for vertex in graph.inputs
            ),
            heads=graph.heads,
            profile=profile,
            plugins=_plugins_of(graph, get_registry()),
        )

    def predict_outputs(self, inputs: Mapping[str, Rows], batch_size: int = 256) -> dict[str, Array]:
        """Return what the model makes of raw rows.

        Args:
            inputs: Adapted rows by input name; they are not changed. Those of a source are read in pieces.
            batch_size: Rows at once; results do not depend on it.

        Returns:
            For each head an array of one row per row.
        """
        return joined_outputs(self.output_pieces(inputs, batch_size), rows=len(next(iter(inputs.values()))))

    def output_pieces(self, inputs: Mapping[str, Rows], batch_size: int = 256) -> Iterator[dict[str, Array]]:
        """Yield what `predict_outputs` returns, a piece of the rows at a time: for what needs less than all outputs."""
        for raw in raw_pieces(inputs, batch_size, profile=self.profile):
            yield self.outputs_of(self.features_of(raw), batch_size)

    def features_of(self, raw: Mapping[str, Array]) -> dict[str, Array]:
        """Return what the model takes, made of raw rows by input name."""
        return {feature.name: transform_rows(raw[feature.input_name], feature.host) for feature in self.features}

    def outputs_of(self, features: Mapping[str, Array], batch_size: int = 256) -> dict[str, Array]:
        """Return what the model makes of what `features_of` returned."""
        outputs = self.model.predict(prediction_batches(features, batch_size=batch_size), verbose=0)
        return {name: outputs[name] for name in self.heads}

    def to_keras_model(self) -> keras.Model:
        """Return a plain Keras model that takes raw rows and holds all preprocessing.

        It is a copy: what is done to it does not touch the bundle. It is not compiled, and made of Keras's own
        layers (as far as the graph's blocks are), so `keras.models.load_model` loads it with Keras and TensorFlow
        alone. What a preprocessor does that can be no layer stays outside: then the model takes what it makes, and an
        `ExportWarning` says so. One input is a plain tensor of the shape and dtype that its
        `raw_spec` says, several are a dict by input name; an input whose rows are no single array, such as a table with
        text, is a dict of its columns. One head's output is a plain tensor, several are a dict by head name.

        Raises:
            SearchError: If a preprocessor made no layer, or a block's layer cannot be copied.
        """
        names = LayerNames()
        raw = make_raw_tensors(exported_inputs(self.raw_inputs, self.features), names)
        for note in export_notes(self.features):
            warnings.warn(note, ExportWarning, stacklevel=3)  # the call of `export_model` or `export`
        network = names.unique(_NETWORK)
        for head in self.heads:
            names.unique(head)
        fed = {each.name: _apply_layers(inside(each), raw[each.input_name], names) for each in self.features}
        outputs = self._copied_outputs(fed, name=network)
        return model_of_raw_inputs(
            as_model_input(raw), outputs[self.heads[0]] if len(self.heads) == 1 else outputs, name=self.model.name
        )

    def _copied_outputs(self, fed: Mapping[str, Tensor], *, name: str) -> Mapping[str, Tensor]:
        """Return the outputs of a copy of the model, called `name`, on other tensors than its own inputs."""
        try:
            if any(feature.host for feature in self.features):
                copy = keras.models.clone_model(self.model)
                copy.name = name
                outputs = copy(fed)
            else:  # what is trained already takes raw rows: keep its layers visible
                copy = keras.models.clone_model(self.model, input_tensors=fed)
                outputs = copy.output
            set_weights(copy, self.model.get_weights())
        except Exception as error:
            raise SearchError(
                describe_error(
                    "The model cannot be exported: one of its layers cannot be made again from its configuration.",
                    expected="Keras's own layers and keras.ops functions, or layers with a complete get_config()",
                    received=f"{type(error).__name__}: {error}",
                    advice="Replace Lambda layers and layers that are not registered with Keras in your own blocks.",
                )
            ) from error
        result: Mapping[str, Tensor] = outputs
        return result

    def save(self, directory: str | Path, *, extra: Mapping[str, Any] | None = None) -> None:
        """Write the bundle to a directory: all of it or nothing.

        Args:
            directory: A new or empty directory, or one that an earlier save wrote, which is replaced.
            extra: Further JSON data to keep, by file name.

        Raises:
            SearchError: If the directory cannot be written, or holds files that no earlier save wrote.
        """
        with replaced_directory(Path(directory)) as folder:
            self.write_files(folder)
            write_about(folder, plugins=self.plugins, extra=extra or {})

    def write_files(self, folder: Path, *, prefix: str = "") -> None:
        """Write the bundle's own files into a folder, where those of other bundles may lie under other prefixes."""
        features, arrays = features_to_json(self.features, get_registry())
        write_state_files(features, self.features, folder, prefix=prefix)
        pipeline = {
            "features": features,
            "raw_inputs": [each.to_json() for each in self.raw_inputs],
            "heads": list(self.heads),
            "profile": self.profile.to_json(),
        }
        self.model.save(folder / f"{prefix}{_MODEL}")
        _write_json(folder / f"{prefix}{_PIPELINE}", pipeline)
        np.savez(folder / f"{prefix}{_ARRAYS}", **arrays)  # type: ignore[arg-type]  # its other keyword is no array

    @classmethod
    def load(
        cls,
        directory: str | Path,
        registry: Registry,
        *,
        custom_classes: Sequence[type[Any]] = (),
        find_class: FindClass | None = None,
    ) -> Self:
        """Return a bundle that `save` wrote. Nothing in the files is run: no pickle, no code, registered names only.

        Args:
            directory: The directory.
            registry: Finds the classes of the preprocessors.
            custom_classes: Preprocessor classes of a script that are not registered.
            find_class: Finds those that are not among them, see `features_from_json`.

        Raises:
            SearchError: If the directory holds no bundle, a file is missing or was changed, or the model cannot be
                loaded.
            GraphError: If two of `custom_classes` share a name.
            RegistryError: If a plugin that is needed is missing, with what to install.
        """
        folder = Path(directory)
        plugins = read_manifest(folder).get("plugins", {})
        return cls.read_files(folder, registry, plugins=plugins, custom_classes=custom_classes, find_class=find_class)

    @classmethod
    def read_files(
        cls,
        folder: Path,
        registry: Registry,
        *,
        plugins: Mapping[str, str],
        prefix: str = "",
        custom_classes: Sequence[type[Any]] = (),
        find_class: FindClass | None = None,
    ) -> Self:
        """Return the bundle that `write_files` wrote; the folder's manifest has been checked already."""
        pipeline = json.loads((folder / f"{prefix}{_PIPELINE}").read_text(encoding="utf-8"))
        with np.load(folder / f"{prefix}{_ARRAYS}", allow_pickle=False) as stored:
            arrays = dict(stored.items())
        read_state_files(pipeline["features"], folder)
        # Before the model: importing the classes of preprocessors registers what layers of their own their plugins have.
        features = features_from_json(
            pipeline["features"], arrays, registry, custom_classes=custom_classes, find_class=find_class
        )
        return cls(
            model=_load_model(folder / f"{prefix}{_MODEL}"),
            features=features,
            raw_inputs=tuple(RawInput.from_json(each) for each in pipeline["raw_inputs"]),
            heads=tuple(pipeline["heads"]),
            profile=DataProfile.from_json(pipeline["profile"]),
            plugins=plugins,
        )


def raw_pieces(inputs: Mapping[str, Rows], batch_size: int, *, profile: DataProfile) -> Iterator[dict[str, Array]]:
    """Yield raw rows a piece at a time, read-only: as many as fit well into memory, a multiple of the batch size.

    Args:
        inputs: Adapted rows by input name. Those of a source are read.
        batch_size: Rows at once in a model.
        profile: Tells how many outputs a model has for a row: they have to fit, too.
    """
    rows = len(next(iter(inputs.values())))
    widest = max(bytes_per_row(each) for each in inputs.values())
    outputs = sum(target.outputs for target in profile.targets.values())
    at_once = min(_ROWS_AT_ONCE, max(1, _BYTES_AT_ONCE // widest), max(1, _OUTPUTS_AT_ONCE // outputs))
    step = max(1, -(-at_once // batch_size)) * batch_size
    for start in range(0, rows, step):
        yield {name: read_only(read_rows(each, slice(start, start + step))) for name, each in inputs.items()}


def joined_outputs(pieces: Iterable[Mapping[str, Array]], *, rows: int) -> dict[str, Array]:
    """Return the outputs of all rows, each in memory once: pieces are let go of as they come.

    Args:
        pieces: Outputs by head, a piece of the rows at a time; at least one.
        rows: How many rows they are together.
    """
    joined: dict[str, Array] = {}
    start = 0
    for piece in pieces:
        stop = start + len(next(iter(piece.values())))
        if start == 0 and stop == rows:
            return dict(piece)
        for name, outputs in piece.items():
            if start == 0:
                joined[name] = np.empty((rows, *outputs.shape[1:]), outputs.dtype)
            joined[name][start:stop] = outputs
        start = stop
    return joined


def write_about(folder: Path, *, plugins: Mapping[str, str], extra: Mapping[str, Any]) -> None:
    """Write further JSON data by file name, and then the manifest of all files in the folder."""
    for name, data in extra.items():
        _write_json(folder / name, data)
    write_manifest(folder, {"packages": _versions(), "plugins": dict(plugins)})


def _apply_layers(feature: Feature, raw: RawTensors, names: LayerNames) -> Tensor:
    """Return a feature: what the layers of its preprocessors make of an input's raw tensor, or dict of columns."""
    tensor: Tensor = raw
    for preprocessor in feature.host:
        try:
            tensor = preprocessor.to_layer()(tensor)
            names.rename(tensor, prefix=feature.input_name)
        except AutoKerasError:
            raise  # the preprocessor says itself why it has no layer
        except Exception as error:
            raise SearchError(
                describe_error(
                    f"The preprocessor {type(preprocessor).__name__} of the input {feature.input_name!r} cannot be "
                    "exported.",
                    expected="to_layer() to return a built-in Keras layer for its input",
                    received=f"{type(error).__name__}: {error}",
                )
            ) from error
    return tensor


def _load_model(path: Path) -> keras.Model:
    try:
        return without_xla(keras.models.load_model(path, compile=False, safe_mode=True))
    except Exception as error:
        raise SearchError(
            describe_error(
                f"The saved model {str(path)!r} could not be loaded.",
                expected="a model of Keras layers, or of layers that are registered with Keras",
                received=f"{type(error).__name__}: {error}",
                advice="Import the module that defines your own layers, and decorate them with "
                "@keras.saving.register_keras_serializable().",
            )
        ) from error


def _plugins_of(graph: Graph, registry: Registry) -> dict[str, str]:
    versions: dict[str, str] = {}
    operators: list[Operator] = [vertex.operator for vertex in graph.inputs]
    operators += [vertex.operator for vertex in graph.blocks]
    for operator in operators:
        name = registry.full_name_of(type(operator))
        if name is not None:
            registered = registry.get_operator(name)
            versions[registered.distribution] = registered.version
    return dict(sorted(versions.items()))


def _versions() -> dict[str, str]:
    found = {name: find_distribution(name) for name in _PACKAGES}
    return {name: each.version for name, each in found.items() if each is not None}


def _write_json(path: Path, data: Any) -> None:
    path.write_text(json.dumps(data, indent=1), encoding="utf-8")
