"""Models as files for others: the core's formats, and one that a plugin brings, from Python and from the command line."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf

from autokeras_core import AutoModel, NotFittedError, SearchError
from tests.heavy.automodels import dense_classifier, wine
from tests.heavy.command_lines import autokeras, succeed
from tests.light.conftest import PluginSite, plugin_site

__all__ = ["plugin_site"]

ROWS, CULTIVARS = wine(60)
PLUGIN = """
    from autokeras_core.plugin import ExporterSpec, hookimpl

    @hookimpl
    def autokeras_register_exporters():
        return [
            ExporterSpec(
                name="architecture",
                target="acme.exporters:ArchitectureExporter",
                summary="The layers as JSON, without weights.",
                suffix=".layers.json",
                loader='keras.models.model_from_json(open("{path}").read())',
            )
        ]
"""
EXPORTERS = """
    class ArchitectureExporter:
        def export(self, model, path):
            path.write_text(model.to_json())
"""


@pytest.fixture(scope="module")
def model() -> AutoModel:
    """A small trained model."""
    trained = dense_classifier()
    trained.fit(ROWS, CULTIVARS, epochs=1, verbose=0)
    return trained


@pytest.fixture
def acme(plugin_site: PluginSite) -> PluginSite:
    """A plugin with an exporter, installed."""
    plugin_site.install("acme", PLUGIN, modules={"exporters": EXPORTERS})
    return plugin_site


def test_keras_file_predicts_the_same(model: AutoModel, tmp_path: Path) -> None:
    """`export("model.keras")` writes what `keras.models.load_model` loads."""
    path = tmp_path / "new" / "model.keras"

    model.export(path)

    probabilities = keras.models.load_model(path).predict(ROWS, verbose=0)
    assert np.allclose(probabilities, model.predict_proba(ROWS), atol=1e-5)
    assert list(path.parent.iterdir()) == [path]


def test_saved_model_is_replaced_by_a_new_one(model: AutoModel, tmp_path: Path) -> None:
    """Without a suffix a SavedModel folder is written; exporting again replaces it, if that is said."""
    path = tmp_path / "served"
    model.export(str(path))
    (path / "variables" / "earlier").touch()

    model.export(path, "savedmodel", overwrite=True)

    assert np.allclose(tf.saved_model.load(path).serve(ROWS), model.predict_proba(ROWS), atol=1e-5)
    assert not (path / "variables" / "earlier").exists()
    assert list(tmp_path.iterdir()) == [path]


def test_saved_model_of_autokeras_is_not_replaced(model: AutoModel, tmp_path: Path) -> None:
    """What `save` wrote is no export."""
    path = tmp_path / "model"
    model.save(path)

    with pytest.raises(SearchError, match=r"holds .*manifest\.json"):
        model.export(path, overwrite=True)

    assert AutoModel.load(path).classes == model.classes


def test_exporter_of_a_plugin_is_used(model: AutoModel, acme: PluginSite, tmp_path: Path) -> None:
    """By the suffix of its files, and by its name."""
    by_suffix, by_name = tmp_path / "first.layers.json", tmp_path / "second.layers.json"

    model.export(by_suffix)
    model.export(by_name, "acme:architecture")

    layers = {each.name for each in model.export_model().layers}
    for path in (by_suffix, by_name):
        assert {each.name for each in keras.models.model_from_json(path.read_text()).layers} == layers


@pytest.mark.parametrize("options", [(), ("--kind", "architecture")], ids=["suffix", "name"])
def test_command_uses_the_exporter_of_a_plugin(
    model: AutoModel, acme: PluginSite, tmp_path: Path, options: tuple[str, ...]
) -> None:
    """`autokeras export` writes its format, and says what loads it."""
    model.save(tmp_path / "model")
    path = tmp_path / "model.layers.json"

    written: dict[str, Any] = json.loads(succeed("export", tmp_path / "model", path, *options, "--format", "json"))

    assert keras.models.model_from_json(path.read_text()).output_shape == (None, 3)
    assert written["kind"] == "architecture"
    assert written["load"] == f'keras.models.model_from_json(open("{path}").read())'


def test_plugins_are_listed_with_their_exporters(acme: PluginSite) -> None:
    """As with everything else that they register."""
    rows = [line.split(None, 1) for line in succeed("plugins", "list").splitlines()]

    registers = dict(row for row in rows if len(row) == 2)
    assert registers["acme"].endswith("1 exporter")
    assert registers["core"].endswith("2 exporters")


def test_format_of_a_plugin_that_is_switched_off_is_unknown(acme: PluginSite, tmp_path: Path) -> None:
    """`-p no:acme` takes its formats away."""
    result = autokeras("-p", "no:acme", "export", tmp_path, tmp_path / "m", "--kind", "architecture")

    assert result.code == 1
    assert "There is no exporter called 'architecture'" in result.stderr


def test_export_needs_a_model(tmp_path: Path) -> None:
    """Before `fit` there is none."""
    with pytest.raises(NotFittedError):
        dense_classifier().export(tmp_path / "model.keras")
