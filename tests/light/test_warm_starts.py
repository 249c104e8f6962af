"""Warm starts: predefined configurations in plugins' TOML files, checked against the real space."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import attrs
import pytest

from autokeras_core.data.profile import DataProfile, InputProfile, TargetProfile
from autokeras_core.errors import PluginWarning
from autokeras_core.graph.graph import Graph
from autokeras_core.manager import set_manager
from autokeras_core.search.domains import Choice, Float
from autokeras_core.search.predefined import predefined_configurations
from autokeras_core.search.space import Space
from autokeras_core.search.warm_starts import WarmStart, WarmStartFile, read_files, usable_warm_starts
from autokeras_core.specs import WarmStartSpec
from tests.light.graph_doubles import Start, Target

TASK = "ak_demo:Classifier"
SPACE = Space(
    {
        "image/block_type": Choice(["conv", "resnet"]),
        "image/conv/filters": Choice([16, 32], when={"image/block_type": "conv"}),
        "training/learning_rate": Float(1e-4, 1e-1, default=1e-3),
    }
)
GOOD = """
schema = 1
task = "ak_demo:Classifier"

[[configuration]]
name = "small"
summary = "A small convolutional network."
[configuration.values]
"image/block_type" = "conv"
"image/conv/filters" = 32

[[configuration]]
name = "pretrained"
summary = "A pretrained network."
requires = ["attrs>=1"]
downloads = true
[configuration.values]
"image/block_type" = "resnet"
"training/learning_rate" = 0.01
"""


@pytest.fixture
def registry_of(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., object]]:
    """Return a function that installs a package with one warm-start file, and a registry that knows it."""
    package = tmp_path / "ak_demo_warm"
    package.mkdir()
    (package / "__init__.py").write_text("")
    monkeypatch.syspath_prepend(str(tmp_path))

    def make(text: str, *, resource: str = "starts.toml", package_name: str = "ak_demo_warm") -> object:
        (package / "starts.toml").write_text(text)
        spec = WarmStartSpec(name="demo", summary="Demo.", task=TASK, package=package_name, resource=resource)
        return SimpleNamespace(warm_starts=(SimpleNamespace(full_name="ak_demo:demo", spec=spec),))

    yield make
    sys.modules.pop("ak_demo_warm", None)


def read(registry: object) -> WarmStartFile:
    """Return the one file that a registry knows for the task."""
    (file,) = read_files(registry, TASK)  # type: ignore[arg-type]
    return file


def start(**values: object) -> WarmStart:
    """Return a warm start with values by path (`__` stands for `/`)."""
    paths = {name.replace("__", "/"): value for name, value in values.items()}
    return WarmStart(name="demo", summary="Demo.", values=paths, plugin="ak_demo:demo")  # type: ignore[arg-type]


def test_a_file_is_read_in_order(registry_of: Callable[..., object]) -> None:
    """Names, summaries, values, requirements and the download flag arrive as written."""
    small, pretrained = read(registry_of(GOOD)).starts

    assert small == WarmStart(
        name="small",
        summary="A small convolutional network.",
        values={"image/block_type": "conv", "image/conv/filters": 32},
        plugin="ak_demo:demo",
    )
    assert (pretrained.requires, pretrained.downloads) == (("attrs>=1",), True)


def test_other_tasks_have_other_warm_starts(registry_of: Callable[..., object]) -> None:
    """A file is read for its own task only."""
    assert read_files(registry_of("not even TOML"), "ak_demo:Regressor") == []  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("schema = ", "no TOML"),
        (GOOD.replace("schema = 1", "schema = 2"), "schema=2"),
        (GOOD.replace("schema = 1", ""), "schema=None"),
        (GOOD.replace("ak_demo:Classifier", "ak_demo:Other"), "registered for 'ak_demo:Classifier'"),
        ('schema = 1\ntask = "ak_demo:Classifier"', r"no \[\[configuration\]\] table"),
        (GOOD.replace('name = "small"', ""), "configuration 1 has name=None"),
        (GOOD.replace('name = "small"', 'name = "pretrained"'), "'pretrained' is used more than once"),
        (GOOD.replace('summary = "A pretrained network."', "summary = 3"), "configuration 2 has summary=3"),
        (GOOD.replace("downloads = true", 'downloads = "yes"'), "downloads='yes'"),
        (GOOD.replace("downloads = true", "download = true"), "Did you mean 'downloads'"),
        (GOOD.replace('["attrs>=1"]', '"attrs>=1"'), "expected a list"),
        (GOOD.replace("attrs>=1", "attrs=>1"), "requires 'attrs=>1'"),
        (GOOD.replace('"image/conv/filters" = 32', '"image/conv/filters" = [32]'), r"'image/conv/filters' = \[32\]"),
        (GOOD.replace('"image/conv/filters"', '"image//filters"'), "'image//filters'"),
        (GOOD.replace("[configuration.values]\n\"image/block_type\" = \"conv\"\n\"image/conv/filters\" = 32", ""), "no"),
    ],
)  # fmt: skip
def test_a_malformed_file_is_its_plugins_problem(registry_of: Callable[..., object], text: str, problem: str) -> None:
    """It names the file and what is wrong with it, and nothing in it is used."""
    file = read(registry_of(text))

    assert file.registered.full_name == "ak_demo:demo"
    assert file.problem.startswith("ak_demo_warm/starts.toml: ")
    assert re.search(problem, file.problem)
    assert file.starts == ()


def test_all_problems_of_a_file_are_reported_together(registry_of: Callable[..., object]) -> None:
    """Its author mends them in one go."""
    text = GOOD.replace('name = "small"', "").replace("downloads = true", "downloads = 1")

    assert re.search(r"name=None.*downloads=1", read(registry_of(text)).problem)


@pytest.mark.parametrize("where", [{"resource": "other.toml"}, {"package_name": "ak_demo_absent"}])
def test_a_missing_file_is_its_plugins_problem(registry_of: Callable[..., object], where: dict[str, str]) -> None:
    """It names package and file."""
    problem = read(registry_of(GOOD, **where)).problem

    assert problem.startswith(
        f"{where.get('package_name', 'ak_demo_warm')}/{where.get('resource', 'starts.toml')}: it cannot be read"
    )


def test_a_package_that_exits_is_its_plugins_problem(registry_of: Callable[..., object], tmp_path: Path) -> None:
    """Reading a file imports its package, whose code may do anything."""
    (tmp_path / "ak_demo_exits.py").write_text("raise SystemExit('enough')")

    assert "SystemExit: enough" in read(registry_of(GOOD, package_name="ak_demo_exits")).problem


PLUGIN = """
    from autokeras_core.plugin import WarmStartSpec, hookimpl

    @hookimpl
    def autokeras_register_warm_starts():
        return [
            WarmStartSpec(
                name=name, summary="Starts.", task="ak_demo:Classifier", package="acme", resource=name + ".toml"
            )
            for name in ("lost", "found")
        ]
"""


def test_a_search_goes_on_without_a_file_that_cannot_be_used(plugin_site: Any) -> None:
    """A plugin's broken file costs one warning that names it; the other files are used."""
    plugin_site.install("acme", PLUGIN)
    (plugin_site.folder / "acme" / "found.toml").write_text(GOOD)
    set_manager(plugin_site.load())
    beginning = Start()
    graph = Graph.from_nodes([beginning], [Target()(beginning)])
    profile = DataProfile(rows=100, inputs={}, targets={})

    with pytest.warns(PluginWarning) as caught:
        found = predefined_configurations(graph, profile, SPACE, task=TASK, given=None)

    (text,) = [str(each.message) for each in caught]
    assert [each.name for each in found] == ["small", "pretrained"]
    assert text.startswith("The warm starts 'acme:lost' (acme 1.0) were skipped: acme/lost.toml: it cannot be read: ")
    assert text.endswith("`autokeras plugins doctor` explains.")


def test_a_usable_warm_start_is_completed() -> None:
    """What it leaves out gets its default."""
    usable, unusable = usable_warm_starts([start(image__block_type="conv", image__conv__filters=32)], SPACE)

    assert unusable == []
    assert [configuration for _, configuration in usable] == [
        {"image/block_type": "conv", "image/conv/filters": 32, "training/learning_rate": 1e-3}
    ]


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        ({"image__block_typ": "conv"}, "Did you mean 'image/block_type'"),
        ({"image__block_type": "xception"}, "outside its domain"),
        ({"image__block_type": "resnet", "image__conv__filters": 16}, "inactive"),
    ],
    ids=["unknown name", "unknown value", "inactive"],
)
def test_one_that_does_not_fit_is_returned_with_the_reason(values: dict[str, object], reason: str) -> None:
    """It costs nothing but itself."""
    good = start(image__block_type="resnet")

    usable, unusable = usable_warm_starts([start(**values), good], SPACE)

    assert [each for each, _ in usable] == [good]
    assert len(unusable) == 1
    assert reason in unusable[0][1]


@pytest.mark.parametrize(
    ("limits", "reason"),
    [
        ({"min_rows": 101}, "for 101 training rows or more, and there are 100"),
        ({"max_rows": 99}, "for 99 training rows at most, and there are 100"),
        ({"max_columns": 2}, "for 2 columns at most, and there are 3"),
        ({"max_classes": 3}, "for 3 classes at most, and there are 4"),
        ({"min_rows": 100, "max_rows": 100, "max_columns": 3, "max_classes": 4}, ""),
    ],
    ids=["too few rows", "too many rows", "too many columns", "too many classes", "just right"],
)
def test_one_for_other_sizes_of_data_is_skipped(limits: dict[str, int], reason: str) -> None:
    """Limits on rows, columns and classes are checked against the data, and left aside where nothing is known of it."""
    columns = [{"name": name} for name in "abc"]
    part = InputProfile(name="t", modality="structured", shape=(3,), dtype="str", rows=100, facts={"columns": columns})
    few = TargetProfile(name="few", kind="binary", label_type="str", dtype="<U1", outputs=2, classes=("a", "b"))
    more = attrs.evolve(few, name="more", kind="multi-class", outputs=4, classes=tuple("abcd"))
    limited = attrs.evolve(start(image__block_type="resnet"), **limits)

    usable, skipped = usable_warm_starts(
        [limited], SPACE, profile=DataProfile(rows=100, inputs={"t": part}, targets={"few": few, "more": more})
    )

    assert len(usable) == (not reason)
    assert all(reason in why for _, why in skipped)
    assert len(usable_warm_starts([limited], SPACE)[0]) == 1


@pytest.mark.parametrize("limits", [{}, {"max_columns": 2}], ids=["no limit", "a limit"])
def test_a_fact_of_another_kind_called_columns_counts_none(limits: dict[str, int]) -> None:
    """Facts are an input's own: a number of that name is no list of a table's columns."""
    part = InputProfile(name="t", modality="array", shape=(3,), dtype="float32", rows=100, facts={"columns": 3})
    limited = attrs.evolve(start(image__block_type="resnet"), **limits)

    usable, _ = usable_warm_starts([limited], SPACE, profile=DataProfile(rows=100, inputs={"t": part}, targets={}))

    assert [each for each, _ in usable] == [limited]


def test_limits_are_read_from_the_file(registry_of: Callable[..., object]) -> None:
    """Limits may stand in the file; one that is no whole number above 0 is the plugin's problem."""
    text = GOOD.replace(
        "downloads = true", "downloads = true\nmin_rows = 10\nmax_rows = 20\nmax_columns = 5\nmax_classes = 6"
    )

    _, found = read(registry_of(text)).starts

    assert (found.min_rows, found.max_rows, found.max_columns, found.max_classes) == (10, 20, 5, 6)
    assert "min_rows=-1" in read(registry_of(text.replace("= 10", "= -1"))).problem


def test_a_narrowed_space_rules_warm_starts_out() -> None:
    """`ImageBlock(block_type="resnet")` has no use for one that sets what only a convolutional block has."""
    conv = start(image__block_type="conv", image__conv__filters=32)

    usable, unusable = usable_warm_starts([conv], SPACE.narrow({"image/block_type": "resnet"}))

    assert usable == []
    assert unusable[0][0] is conv


def test_what_the_user_fixed_goes_before_a_predefined_value() -> None:
    """The rest of the configuration is used with the user's own value."""
    conv = start(image__block_type="conv", image__conv__filters=32)

    usable, _ = usable_warm_starts([conv], SPACE.narrow({"image/conv/filters": 48}))

    assert usable[0][1]["image/conv/filters"] == 48
    assert usable[0][1]["image/block_type"] == "conv"


@pytest.mark.parametrize(
    ("requirement", "reason"),
    [("ak-surely-absent>=1", "not installed"), ("attrs>=9999", r"attrs \d.* is installed")],
    ids=["absent", "too old"],
)
def test_an_unmet_requirement_is_a_reason(requirement: str, reason: str) -> None:
    """It says what to install, and is never fatal."""
    needs = WarmStart(name="n", summary="s", values={}, requires=(requirement,), plugin="p:q")

    usable, unusable = usable_warm_starts([needs], SPACE)

    assert usable == []
    assert unusable[0][0] is needs
    assert re.search(reason, unusable[0][1])
    assert "pip install" in unusable[0][1]


@pytest.mark.parametrize("requirement", ["attrs>=1", "ak-surely-absent>=1; python_version < '3'"])
def test_a_met_requirement_is_no_obstacle(requirement: str) -> None:
    """Nor is one that another Python version would have."""
    met = WarmStart(name="n", summary="s", values={}, requires=(requirement,), downloads=True, plugin="p:q")

    usable, _ = usable_warm_starts([met], SPACE)

    assert [each.downloads for each, _ in usable] == [True]


def test_the_same_configuration_twice_is_used_once() -> None:
    """Two that become equal in a narrowed space are one trial."""
    first = start(image__block_type="conv", image__conv__filters=16)

    usable, unusable = usable_warm_starts([first, start(image__block_type="conv")], SPACE)

    assert [each for each, _ in usable] == [first]
    assert "same configuration" in unusable[0][1]
