"""The registry finds what plugins registered, and says what to do about a name it does not find."""

from __future__ import annotations

from typing import Any

import pluggy
import pytest

from autokeras_core._metadata import find_plugin_entry_points
from autokeras_core.errors import PluginError, RegistryError
from autokeras_core.manager import PluginManager, PluginProblem, PluginRecord, load_plugins, set_manager
from autokeras_core.registry import Registry, _owner_of, block, get_registry
from autokeras_core.specs import BlockSpec, HeadSpec, InputSpec, TaskSpec

PLUGIN = """
    from autokeras_core.plugin import BlockSpec, HeadSpec, InputSpec, TaskSpec, WarmStartSpec, hookimpl

    @hookimpl
    def autokeras_register_blocks():
        return [
            BlockSpec(name="gated", target="NAME.blocks:GatedBlock", summary="A gated block."),
            BlockSpec(name="lost", target="NAME.nowhere:LostBlock", summary="A block without a module."),
            BlockSpec(name="number", target="NAME.blocks:NUMBER", summary="A block that is none."),
            BlockSpec(name="exported", target="NAME.exports:ExportedBlock", summary="A block under another module."),
        ]

    @hookimpl
    def autokeras_register_heads():
        return [HeadSpec(name="ranking", target="NAME.blocks:RankingHead", summary="A head.")]

    @hookimpl
    def autokeras_register_tasks():
        return [TaskSpec(name="RankingTask", target="NAME.blocks:RankingTask", summary="A task.", modality="any")]

    @hookimpl
    def autokeras_register_warm_starts():
        return [
            WarmStartSpec(name="first", summary="A start.", task="NAME:RankingTask", package="NAME", resource="a.toml")
        ]
"""

BLOCKS = """
    NUMBER = 7

    class GatedBlock:
        def __init__(self, **arguments):
            self.arguments = arguments

    class ExportedBlock: ...
    class RankingHead: ...
    class RankingTask: ...
"""

MODULES = {"blocks": BLOCKS, "exports": "from .blocks import ExportedBlock"}


@pytest.fixture
def registry(plugin_site: Any) -> Registry:
    """A registry with the two plugins `one` and `two`; `two` shares all of its names with `one`."""
    plugin_site.install("one", PLUGIN.replace("NAME", "one"), modules=MODULES, version="1.5", is_editable=True)
    plugin_site.install("two", PLUGIN.replace("NAME", "two"), modules=MODULES)
    return Registry(plugin_site.load())


def only(plugin_site: Any) -> Registry:
    """Return a registry of the plugins in the folder."""
    return Registry(plugin_site.load())


def test_full_name_is_found_with_its_provenance(registry: Registry) -> None:
    """A full name finds the descriptor and where it comes from."""
    found = registry.get("block", "one:gated")

    assert (found.full_name, found.name, found.namespace) == ("one:gated", "gated", "one")
    assert (found.distribution, found.version, found.editable) == ("one", "1.5", True)


def test_bare_name_is_found_where_it_is_unique(plugin_site: Any) -> None:
    """A bare name will do if one plugin uses it."""
    plugin_site.install("one", PLUGIN.replace("NAME", "one"), modules=MODULES)

    assert only(plugin_site).get("block", "gated").full_name == "one:gated"


def test_ambiguous_bare_name_lists_the_candidates(registry: Registry) -> None:
    """A bare name that two plugins use is an error with both full names."""
    with pytest.raises(RegistryError, match=r"ambiguous.*'one:gated', 'two:gated'"):
        registry.get("block", "gated")


def test_bare_name_of_the_core_stays_the_cores(plugin_site: Any) -> None:
    """No plugin changes what `"dense"` means; its own block of that name has a full name."""
    plugin_site.install("one", PLUGIN.replace("NAME", "one").replace('"gated"', '"dense"'), modules=MODULES)

    registry = only(plugin_site)

    assert registry.get("block", "dense").full_name == "core:dense"
    assert registry.get_operator("dense").full_name == "core:dense"
    assert registry.get("block", "one:dense").full_name == "one:dense"


def test_unknown_name_is_answered_with_the_nearest(registry: Registry) -> None:
    """A slip of the pen gets a suggestion."""
    with pytest.raises(RegistryError, match=r"no block called 'gatd'.*Did you mean 'gated'"):
        registry.get("block", "gatd")


def test_unknown_full_name_is_answered_with_the_nearest(registry: Registry) -> None:
    """A slip in a full name gets a full name back."""
    with pytest.raises(RegistryError, match="Did you mean .*'one:gated'"):
        registry.get("block", "one:gatd")


def test_unknown_namespace_says_that_no_such_plugin_is_installed(registry: Registry) -> None:
    """A full name of a plugin that is not there names the namespace."""
    with pytest.raises(RegistryError, match="No plugin with the namespace 'three' is installed"):
        registry.get("block", "three:gated")


def test_class_name_is_answered_with_the_registered_name(registry: Registry) -> None:
    """Who gives a class's name gets the name it is registered under."""
    with pytest.raises(RegistryError, match="registered as 'one:ranking'"):
        registry.get("head", "RankingHead")


@pytest.mark.parametrize("distribution", ["ak-vision", "ak-text", "ak-tabular"])
def test_install_hints_know_all_names_of_the_first_party_plugins(distribution: str) -> None:
    """Every operator and task that a first-party plugin registers is in the table of hints, class names too."""
    own = [
        entry_point
        for entry_point in find_plugin_entry_points("autokeras")
        if entry_point.distribution.name == distribution
    ]
    record = load_plugins(own).find(distribution)
    if record is None:
        pytest.skip(f"{distribution} is not installed")
    listed = [spec for spec in record.specs if isinstance(spec, (BlockSpec, HeadSpec, InputSpec, TaskSpec))]
    names = {spec.name for spec in listed} | {spec.target.partition(":")[2] for spec in listed}

    hints = {name for name in names if _owner_of(None, name) == distribution}

    assert names
    assert hints == names


def test_registry_error_is_a_lookup_error(registry: Registry) -> None:
    """Callers may catch the builtin."""
    with pytest.raises(LookupError):
        registry.get("block", "nothing")


@pytest.mark.parametrize(
    ("kind", "name", "distribution"),
    [
        ("task", "ImageClassifier", "ak-vision"),
        ("task", "ImageRegressor", "ak-vision"),
        ("block", "resnet", "ak-vision"),
        ("block", "ak_vision:conv", "ak-vision"),
        ("task", "TextClassifier", "ak-text"),
        ("task", "ak_text:TextRegressor", "ak-text"),
        ("task", "StructuredDataClassifier", "ak-tabular"),
        ("task", "ak_tabular:StructuredDataRegressor", "ak-tabular"),
    ],
)
def test_name_of_a_missing_first_party_plugin_says_what_to_install(kind: Any, name: str, distribution: str) -> None:
    """A name that a first-party plugin brings is answered with the package to install."""
    registry = Registry(load_plugins([]))

    with pytest.raises(RegistryError) as raised:
        registry.get(kind, name)

    short = name.rpartition(":")[2]
    assert str(raised.value) == f"{short} comes with {distribution}: pip install {distribution}"


def test_name_of_a_broken_first_party_plugin_says_why_it_is_not_there() -> None:
    """A first-party plugin that is installed but failed is not to be installed again: the reason is said."""
    problem = PluginProblem(stage="import", reason="its import failed: no luck.", advice="Repair it.")
    record = PluginRecord(
        namespace="ak_text",
        distribution="ak-text",
        version="7.0",
        editable=False,
        entry_point="ak_text",
        module="ak_text.plugin",
        status="failed",
        problem=problem,
    )
    registry = Registry(PluginManager(records=(record,), relay=pluggy.PluginManager("autokeras")))

    with pytest.raises(RegistryError) as raised:
        registry.get("task", "TextClassifier")

    assert str(raised.value) == (
        "TextClassifier comes with ak-text, which is installed but could not be loaded: "
        "its import failed: no luck. Repair it."
    )


def test_name_of_a_third_party_plugin_that_failed_says_why(plugin_site: Any) -> None:
    """A full name of a plugin that failed gets that plugin's reason."""
    plugin_site.install("broken", "raise RuntimeError('no such luck')")

    with pytest.raises(RegistryError, match=r"gated comes with broken, .*no such luck"):
        only(plugin_site).get("block", "broken:gated")


def test_name_of_a_plugin_that_is_switched_off_says_so(plugin_site: Any) -> None:
    """A switched-off plugin's names say that it is switched off."""
    plugin_site.install("one", PLUGIN.replace("NAME", "one"), modules=MODULES)
    registry = Registry(plugin_site.load(disabled=["one"]))

    with pytest.raises(RegistryError, match="switched off"):
        registry.get("block", "one:gated")


def test_bare_unknown_name_names_the_skipped_plugins(plugin_site: Any) -> None:
    """Where plugins were skipped, an unknown name may have been theirs: the error says which were."""
    plugin_site.install("broken", "raise RuntimeError")

    with pytest.raises(RegistryError, match=r"skipped: .*broken.*plugins doctor"):
        only(plugin_site).get("block", "something")


def test_load_imports_the_class(registry: Registry) -> None:
    """The class behind a name is imported when asked for."""
    loaded = registry.load("block", "one:gated")

    assert (loaded.__module__, loaded.__name__) == ("one.blocks", "GatedBlock")


@pytest.mark.parametrize(
    ("name", "text"), [("one:lost", "No module named 'one.nowhere'"), ("one:number", "is no class")]
)
def test_class_that_cannot_be_imported_names_the_plugin(registry: Registry, name: str, text: str) -> None:
    """A descriptor whose target is wrong is the plugin's error, and says so."""
    with pytest.raises(PluginError, match=r"one 1\.5") as raised:
        registry.load("block", name)

    assert text in str(raised.value)


def test_warm_start_has_no_class(registry: Registry) -> None:
    """Loading something that is data is an error, not a crash."""
    with pytest.raises(RegistryError, match="has no class"):
        registry.load("warm start", "one:first")


def test_operator_class_finds_blocks_and_heads(registry: Registry) -> None:
    """A saved graph's names are looked up among blocks, heads and inputs alike."""
    assert registry.operator_class("one:gated").__name__ == "GatedBlock"
    assert registry.operator_class("one:ranking").__name__ == "RankingHead"


def test_operator_class_of_a_script_asks_for_the_class(registry: Registry) -> None:
    """A `local:` name is no registered one: the error says what to pass."""
    with pytest.raises(RegistryError, match="custom_blocks"):
        registry.operator_class("local:MyBlock")


@pytest.mark.parametrize("name", ["one:gated", "two:exported", "one:ranking", "one:RankingTask"])
def test_full_name_of_inverts_load(registry: Registry, name: str) -> None:
    """A class gives back the name it was loaded by, also where another module exports it."""
    kind: Any = {"ranking": "head", "RankingTask": "task"}.get(name.partition(":")[2], "block")

    assert registry.full_name_of(registry.load(kind, name)) == name


def test_full_name_of_an_unregistered_class_is_none(registry: Registry) -> None:
    """A class of a script has no registered name."""

    class Own: ...

    assert registry.full_name_of(Own) is None


def test_listings_put_the_core_first(registry: Registry) -> None:
    """Listings are sorted by full name behind the core's."""
    names = [registered.full_name for registered in registry.list("block") if registered.namespace != "core"]

    assert names == sorted(names)
    assert [registered.full_name for registered in registry.list("head")][-2:] == ["one:ranking", "two:ranking"]
    assert [registered.full_name for registered in registry.warm_starts][-2:] == ["one:first", "two:first"]
    assert {registered.namespace for registered in registry.blocks[: len(registry.blocks) - len(names)]} <= {"core"}


def test_block_makes_an_instance_by_name(plugin_site: Any) -> None:
    """A string works where a block class does."""
    plugin_site.install("one", PLUGIN.replace("NAME", "one"), modules=MODULES)
    set_manager(plugin_site.load())

    made: Any = block("gated", units=64)

    assert (type(made).__name__, made.arguments) == ("GatedBlock", {"units": 64})


def test_registry_follows_the_plugins_of_the_process(plugin_site: Any) -> None:
    """`get_registry` is made once for a manager, and anew for another."""
    set_manager(plugin_site.load())
    first = get_registry()
    again = get_registry()
    set_manager(plugin_site.load())

    assert first is again
    assert get_registry() is not first


def test_task_is_imported_by_name(plugin_site: Any) -> None:
    """`from autokeras_core.tasks import NAME` gives the registered class."""
    plugin_site.install("one", PLUGIN.replace("NAME", "one"), modules=MODULES)
    set_manager(plugin_site.load())

    from autokeras_core.tasks import RankingTask

    assert RankingTask.__module__ == "one.blocks"


def test_task_of_a_missing_plugin_is_an_import_error_that_says_what_to_install(plugin_site: Any) -> None:
    """`from autokeras_core.tasks import TextClassifier` without ak-text names the package."""
    set_manager(plugin_site.load())

    with pytest.raises(ImportError) as raised:
        from autokeras_core.tasks import TextClassifier  # noqa: F401

    assert str(raised.value) == "TextClassifier comes with ak-text: pip install ak-text"


def test_unknown_task_suggests_the_nearest(plugin_site: Any) -> None:
    """A slip in a task's name gets a suggestion."""
    plugin_site.install("one", PLUGIN.replace("NAME", "one"), modules=MODULES)
    set_manager(plugin_site.load())

    with pytest.raises(ImportError, match="Did you mean 'RankingTask'"):
        from autokeras_core.tasks import RankinTask  # noqa: F401


def test_task_of_two_plugins_says_what_to_import(registry: Registry) -> None:
    """A full name is no use in an import: the error has the two lines that are."""
    set_manager(registry.manager)

    with pytest.raises(ImportError) as raised:
        from autokeras_core.tasks import RankingTask  # noqa: F401

    message = str(raised.value)
    assert "`from one.blocks import RankingTask` or `from two.blocks import RankingTask`" in message
    assert "AUTOKERAS_DISABLE_PLUGINS" in message
    assert "full name" not in message


def test_tasks_module_has_no_other_attributes(plugin_site: Any) -> None:
    """Tools may ask the module for anything: names that are no class names are plain attribute errors."""
    set_manager(plugin_site.load())
    from autokeras_core import tasks

    assert not hasattr(tasks, "__path__")
    assert not hasattr(tasks, "something")


def test_tasks_module_lists_its_tasks(plugin_site: Any) -> None:
    """`dir(autokeras_core.tasks)` shows what is installed."""
    plugin_site.install("one", PLUGIN.replace("NAME", "one"), modules=MODULES)
    set_manager(plugin_site.load())
    from autokeras_core import tasks

    assert "RankingTask" in dir(tasks)
