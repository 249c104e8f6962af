"""A third party's block, published as a wheel, is found, shown and searched like the core's own."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

REPOSITORY = Path(__file__).parents[2]

SEARCH = """
    import json
    import sys

    import numpy as np

    from autokeras_core import ArrayInput, AutoModel, ClassificationHead, block

    rng = np.random.default_rng(0)
    x = rng.normal(size=(80, 6)).astype("float32")
    y = np.where(x[:, 0] > 0, "right", "left")

    rows = ArrayInput()
    output = ClassificationHead()(block("ak_gated:gated", units=16)(rows))
    model = AutoModel(inputs=rows, outputs=output, max_trials=1, seed=0, directory="search")
    model.fit(x, y, epochs=1, verbose=0)
    model.save("saved")
    again = AutoModel.load("saved")

    print(json.dumps({
        "labels": sorted(set(model.predict(x).tolist()) | {"left", "right"}),
        "rows": len(model.predict(x)),
        "same": bool((again.predict(x) == model.predict(x)).all()),
    }))
"""


@pytest.fixture(scope="module")
def environment(build_wheel: Callable[[Path], Path], empty_environment: Callable[..., Any], core_wheel: Path) -> Any:
    """The core and the example plugin, both from wheels."""
    return empty_environment(core_wheel, build_wheel(REPOSITORY / "examples" / "plugin"))


def test_nothing_of_ours_is_there_but_the_wheels(environment: Any) -> None:
    """The environment is what it claims to be: no other plugin, and no checkout on the path."""
    process = environment.run("import autokeras_core, sys; print(autokeras_core.__file__); print(*sys.path)")

    assert process.stdout.startswith(str(environment.folder))
    assert str(REPOSITORY) not in process.stdout
    assert {plugin["name"] for plugin in environment.json("plugins", "list")["plugins"]} == {"core", "ak_gated"}


def test_block_is_listed_with_its_distribution_and_version(environment: Any) -> None:
    """`blocks list` shows the block beside the core's own, and where it comes from."""
    process = environment.autokeras("blocks", "list")

    (line,) = [line for line in process.stdout.splitlines() if line.startswith("ak_gated:gated")]
    assert (process.returncode, process.stderr) == (0, "")
    assert line.endswith("ak-gated 0.3.0")
    assert "core:dense" in process.stdout


def test_block_is_shown_with_its_space(environment: Any) -> None:
    """`blocks show` prints what is tuned, from the descriptor."""
    block = environment.json("blocks", "show", "gated")["block"]

    assert (block["name"], block["distribution"], block["version"]) == ("ak_gated:gated", "ak-gated", "0.3.0")
    assert block["editable"] is False
    assert block["space"]["units"]["choice"] == [16, 32, 64, 128]
    assert block["space"]["dropout"]["when"] == {"use_dropout": [True]}


def test_block_is_used_in_a_search(environment: Any) -> None:
    """A search with the block trains, predicts, saves and loads; the saved graph names the plugin and its version."""
    process = environment.run(SEARCH)

    assert process.returncode == 0, process.stderr
    result = json.loads(process.stdout.splitlines()[-1])
    assert result == {"labels": ["left", "right"], "rows": 80, "same": True}
    saved = "".join(path.read_text() for path in (environment.folder / "work" / "saved").rglob("*.json"))
    assert '"ak_gated:gated"' in saved
    assert '"0.3.0"' in saved
