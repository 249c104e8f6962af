"""Plugins are loaded one by one; whatever one does wrong costs one warning and never the program."""

from __future__ import annotations

import sys
import warnings
from pathlib import Path
from typing import Any

import pytest

from autokeras_core import __version__
from autokeras_core.errors import PluginWarning
from autokeras_core.manager import get_manager, load_plugins, set_manager

GOOD = """
    from autokeras_core.plugin import BlockSpec, hookimpl

    @hookimpl
    def autokeras_register_blocks():
        return [BlockSpec(name="gated", target="good.blocks:GatedBlock", summary="A gated block.")]
"""

MARKER = """
    import pathlib
    pathlib.Path(__file__).with_name("was_imported").touch()
"""


def test_good_plugin_is_published_with_its_provenance(plugin_site: Any) -> None:
    """A good plugin's record holds its descriptors, distribution, version and module."""
    plugin_site.install("good", GOOD, version="2.5")

    record = plugin_site.record("good")

    assert record.status == "loaded"
    assert [spec.name for spec in record.specs] == ["gated"]
    assert (record.distribution, record.version, record.module) == ("good", "2.5", "good.plugin")
    assert record.editable is False


def test_editable_installation_is_recognised(plugin_site: Any) -> None:
    """A distribution whose direct_url.json says so is editable."""
    plugin_site.install("good", GOOD, is_editable=True)

    assert plugin_site.record("good").editable is True


BROKEN = {
    "raises at import": ("raise RuntimeError('no such luck')", "import", "RuntimeError: no such luck"),
    "raises over several lines": ("raise RuntimeError('one\\ntwo')", "import", "RuntimeError: one"),
    "exits at import": ("import sys; sys.exit('bye')", "import", "SystemExit: bye"),
    "has a syntax error": ("def broken(:", "import", "SyntaxError"),
    "imports what is missing": ("import no_such_package", "import", "No module named 'no_such_package'"),
    "hook raises": (
        """
        from autokeras_core.plugin import hookimpl
        @hookimpl
        def autokeras_register_heads():
            raise KeyError("lost")
        """,
        "hooks",
        "autokeras_register_heads failed with KeyError: 'lost'",
    ),
    "hook exits": (
        """
        from autokeras_core.plugin import hookimpl
        @hookimpl
        def autokeras_register_blocks():
            raise SystemExit(3)
        """,
        "hooks",
        "SystemExit: 3",
    ),
    "hook is unknown": (
        """
        from autokeras_core.plugin import hookimpl
        @hookimpl
        def autokeras_register_block():
            return []
        """,
        "hooks",
        "unknown hook 'autokeras_register_block'",
    ),
    "hook takes wrong arguments": (
        """
        from autokeras_core.plugin import hookimpl
        @hookimpl
        def autokeras_register_blocks(registry):
            return []
        """,
        "hooks",
        "registry",
    ),
    "hook lacks the decorator": (
        """
        def autokeras_register_blocks():
            return []
        """,
        "hooks",
        "lacks the @hookimpl decorator",
    ),
    "hook is unknown and lacks the decorator": (
        """
        def autokeras_register_block():
            return []
        """,
        "hooks",
        "'autokeras_register_block' lacks the @hookimpl decorator",
    ),
    "is no module": ("import sys; sys.modules[__name__] = 7", "import", "is 7, not a module"),
    "has a broken listing": (
        """
        def __dir__():
            raise ValueError("no listing")
        """,
        "hooks",
        "no listing",
    ),
    "raises an unprintable error": (
        """
        class Odd(Exception):
            def __str__(self):
                raise RuntimeError
        raise Odd
        """,
        "import",
        "failed with Odd.",
    ),
    "returns None": (
        """
        from autokeras_core.plugin import hookimpl
        @hookimpl
        def autokeras_register_blocks():
            pass
        """,
        "descriptors",
        "returned None, not a list of BlockSpec",
    ),
    "returns a single descriptor": (
        """
        from autokeras_core.plugin import BlockSpec, hookimpl
        @hookimpl
        def autokeras_register_blocks():
            return BlockSpec(name="one", target="a.b:C", summary="A block.")
        """,
        "descriptors",
        "returned BlockSpec(",
    ),
    "fails while it lists": (
        """
        from autokeras_core.plugin import hookimpl
        @hookimpl
        def autokeras_register_blocks():
            yield 1 / 0
        """,
        "hooks",
        "failed with ZeroDivisionError",
    ),
    "returns a string": (
        """
        from autokeras_core.plugin import hookimpl
        @hookimpl
        def autokeras_register_blocks():
            return "gated"
        """,
        "descriptors",
        "returned 'gated', not a list of BlockSpec",
    ),
    "returns numbers": (
        """
        from autokeras_core.plugin import hookimpl
        @hookimpl
        def autokeras_register_blocks():
            return [1, 2]
        """,
        "descriptors",
        "a list with 1, which is no BlockSpec",
    ),
    "returns descriptors of another kind": (
        """
        from autokeras_core.plugin import HeadSpec, hookimpl
        @hookimpl
        def autokeras_register_blocks():
            return [HeadSpec(name="one", target="a.b:C", summary="A head.")]
        """,
        "descriptors",
        "which is no BlockSpec",
    ),
    "has a malformed descriptor": (
        """
        from autokeras_core.plugin import BlockSpec, hookimpl
        @hookimpl
        def autokeras_register_blocks():
            return [BlockSpec(name="no good", target="a.b:C", summary="A block.")]
        """,
        "hooks",
        "malformed name",
    ),
    "duplicates a name": (
        """
        from autokeras_core.plugin import BlockSpec, hookimpl
        @hookimpl
        def autokeras_register_blocks():
            return [BlockSpec(name="twice", target="a.b:C", summary="A block.")] * 2
        """,
        "descriptors",
        "the name 'twice' more than once",
    ),
    "duplicates a name as block and head": (
        """
        from autokeras_core.plugin import BlockSpec, HeadSpec, hookimpl
        @hookimpl
        def autokeras_register_blocks():
            return [BlockSpec(name="same", target="a.b:C", summary="A block.")]
        @hookimpl
        def autokeras_register_heads():
            return [HeadSpec(name="same", target="a.b:D", summary="A head.")]
        """,
        "descriptors",
        "(block and head)",
    ),
}


@pytest.mark.parametrize(("code", "stage", "text"), BROKEN.values(), ids=BROKEN)
def test_broken_plugin_is_skipped_with_its_reason(plugin_site: Any, code: str, stage: str, text: str) -> None:
    """Each kind of broken plugin is kept as data: failed, at which stage, why, and what to do."""
    plugin_site.install("broken", code)

    record = plugin_site.record("broken")

    assert record.status == "failed"
    assert record.specs == ()
    assert record.problem.stage == stage
    assert text in record.problem.reason
    assert record.problem.advice
    assert "\n" not in record.summary and "'broken'" in record.summary


@pytest.mark.parametrize("name", ["raises at import", "hook raises"])
def test_traceback_of_the_plugins_own_code_is_kept(plugin_site: Any, name: str) -> None:
    """What a plugin raised is kept with its traceback, for `plugins doctor`."""
    plugin_site.install("broken", BROKEN[name][0])

    problem = plugin_site.record("broken").problem

    assert problem.details.startswith("Traceback")
    assert "plugin.py" in problem.details


def test_keyboard_interrupt_is_not_swallowed(plugin_site: Any) -> None:
    """Ctrl-C while a plugin is imported goes through."""
    plugin_site.install("slow", "raise KeyboardInterrupt")

    with pytest.raises(KeyboardInterrupt):
        plugin_site.load()


def test_plugin_that_fails_late_leaves_no_hooks_behind(plugin_site: Any) -> None:
    """All or nothing: a plugin with one wrong descriptor is not called as an observer, either."""
    plugin_site.install(
        "broken",
        """
        from autokeras_core.plugin import hookimpl
        @hookimpl
        def autokeras_register_blocks():
            return [None]
        @hookimpl
        def autokeras_trial_completed(trial):
            raise AssertionError("must not be called")
        """,
    )

    manager = plugin_site.load()

    assert manager.relay.hook.autokeras_trial_completed.get_hookimpls() == []
    assert manager.implementing("autokeras_trial_completed") == ()


def test_hook_may_have_another_name_in_the_plugin(plugin_site: Any) -> None:
    """pluggy's `specname=` works: the function may be called anything."""
    code = GOOD.replace("@hookimpl", '@hookimpl(specname="autokeras_register_blocks")')
    plugin_site.install("good", code.replace("def autokeras_register_blocks", "def list_of_blocks"))

    record = plugin_site.record("good")

    assert (record.status, record.hooks) == ("loaded", ("autokeras_register_blocks",))
    assert [spec.name for spec in record.specs] == ["gated"]


def test_good_plugins_load_beside_broken_ones(plugin_site: Any) -> None:
    """A broken plugin takes no other down, whatever the order of names."""
    plugin_site.install("a-broken", "raise RuntimeError")
    plugin_site.install("good", GOOD)
    plugin_site.install("z-broken", "raise RuntimeError")

    manager = plugin_site.load()

    assert {record.entry_point for record in manager.failed} >= {"a_broken", "z_broken"}
    assert manager.find("good").status == "loaded"


@pytest.mark.parametrize(
    ("distribution", "entry_points", "text"),
    [
        ("evil", {"ak_vision": "evil.plugin"}, "foreign namespace 'ak_vision'"),
        ("evil", {"core": "evil.plugin"}, "foreign namespace 'core'"),
        ("evil", {"evil": "good.plugin"}, "foreign namespace 'good'"),
        ("evil", {"evil": "!!!"}, "foreign namespace '!!!'"),
        ("local", {"local": "local.plugin"}, "'local' is reserved"),
        ("core", {"core": "core.plugin"}, "'core' is reserved"),
    ],
)
def test_foreign_namespace_is_refused_before_import(
    plugin_site: Any, distribution: str, entry_points: dict[str, str], text: str
) -> None:
    """A plugin that claims another's or a reserved namespace is skipped without running its code."""
    plugin_site.install(distribution, MARKER, entry_points=entry_points)

    manager = plugin_site.load()

    (record,) = [record for record in manager.failed if record.distribution == distribution]
    assert record.problem.stage == "namespace"
    assert text in record.problem.reason
    assert not (plugin_site.folder / distribution / "was_imported").exists()


def test_second_entry_point_of_a_distribution_is_refused(plugin_site: Any) -> None:
    """A distribution has one plugin: its other entry point is skipped, the right one is loaded."""
    plugin_site.install("good", GOOD, entry_points={"good": "good.plugin", "extra": "good.plugin"})

    manager = plugin_site.load()

    assert [record.entry_point for record in manager.loaded if record.distribution == "good"] == ["good"]
    assert [record.entry_point for record in manager.failed if record.distribution == "good"] == ["extra"]


@pytest.mark.parametrize("requirement", ["autokeras-core>=99", "Autokeras_Core >= 99.1", "autokeras-core (==98)"])
def test_plugin_that_needs_another_core_is_refused_before_import(plugin_site: Any, requirement: str) -> None:
    """A plugin whose requirement on the core does not hold is skipped, both versions said, its code not run."""
    plugin_site.install("newer", MARKER, requires=(requirement,))

    record = plugin_site.record("newer")

    assert record.problem.stage == "requirement"
    assert "needs autokeras-core" in record.problem.reason
    assert f"{__version__} is installed" in record.problem.reason
    assert not (plugin_site.folder / "newer" / "was_imported").exists()


@pytest.mark.parametrize(
    "requirement",
    [
        f"autokeras-core=={__version__}",
        "autokeras-core>=0.1,<0.2",
        "autokeras-core>=99; extra == 'future'",
        "autokeras-core>=99; python_version < '3'",
        "autokeras-core-tools>=99",
        "autokeras>=99",
    ],
)
def test_requirement_that_holds_or_does_not_apply_is_no_obstacle(plugin_site: Any, requirement: str) -> None:
    """Satisfied requirements, those of extras and those of other distributions leave a plugin alone."""
    plugin_site.install("good", GOOD, requires=(requirement,))

    assert plugin_site.record("good").status == "loaded"


def test_unreadable_requirement_is_explained(plugin_site: Any) -> None:
    """A requirement on the core that is no requirement is a problem of its own."""
    plugin_site.install("odd", MARKER, requires=("autokeras-core newer than that",))

    record = plugin_site.record("odd")

    assert record.problem.stage == "requirement"
    assert "cannot be read" in record.problem.reason


@pytest.mark.parametrize(
    ("file", "content"),
    [
        ("entry_points.txt", "[autokeras]\nno equals sign\n"),
        ("direct_url.json", "{"),
        ("METADATA", None),
    ],
    ids=["entry point without value", "direct_url.json", "no METADATA"],
)
def test_unreadable_metadata_are_explained(plugin_site: Any, file: str, content: str | None) -> None:
    """Metadata that cannot be read fail the one plugin, without running its code, and no other."""
    plugin_site.install("odd", MARKER)
    plugin_site.install("good", GOOD)
    path = plugin_site.folder / "odd-1.0.dist-info" / file
    path.unlink(missing_ok=True)
    if content is not None:
        path.write_text(content)

    manager = load_plugins()

    failed = [record for record in manager.failed if record.distribution in ("odd", "unknown")]
    assert [record.problem.stage for record in failed if record.problem] == ["metadata"]
    assert manager.find("good").status == "loaded"  # type: ignore[union-attr]
    assert not (plugin_site.folder / "odd" / "was_imported").exists()


def test_broken_metadata_of_a_stranger_do_not_matter(plugin_site: Any) -> None:
    """A distribution that is no plugin may have whatever metadata it likes."""
    plugin_site.install("stranger", MARKER)
    (plugin_site.folder / "stranger-1.0.dist-info" / "entry_points.txt").write_text("[console_scripts]\nrubbish\n")
    plugin_site.install("good", GOOD)

    assert plugin_site.record("good").status == "loaded"


def test_first_of_two_installations_counts(plugin_site: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A distribution that is on the path twice is one plugin, in the version that Python would import."""
    plugin_site.install("good", GOOD, version="1.0")
    second = type(plugin_site)(tmp_path / "second")
    second.folder.mkdir()
    second.install("good", GOOD, version="2.0")
    monkeypatch.syspath_prepend(str(second.folder))

    records = [record for record in load_plugins().records if record.distribution == "good"]

    assert [(record.version, record.status) for record in records] == [("2.0", "loaded")]


@pytest.mark.parametrize("name", ["Off-Switch", "off_switch", " off.switch "])
def test_plugin_can_be_switched_off_in_any_spelling(
    plugin_site: Any, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """AUTOKERAS_DISABLE_PLUGINS takes a distribution or namespace; the plugin's code is not run."""
    plugin_site.install("off-switch", MARKER)
    monkeypatch.setenv("AUTOKERAS_DISABLE_PLUGINS", f"other,{name}")

    record = plugin_site.record("off-switch")

    assert record.status == "disabled"
    assert not (plugin_site.folder / "off_switch" / "was_imported").exists()


def test_core_cannot_be_switched_off(plugin_site: Any) -> None:
    """The core's own blocks are always there."""
    record = plugin_site.record("core", disabled=["core", "autokeras-core"])

    assert record.status != "disabled"


def test_core_loads_without_metadata() -> None:
    """The core's blocks are found where it runs without being installed."""
    manager = load_plugins([])

    assert [record.namespace for record in manager.records] == ["core"]
    assert manager.records[0].version == __version__


def test_each_skipped_plugin_costs_one_warning(plugin_site: Any) -> None:
    """`get_manager` warns once of each broken plugin, and not again."""
    plugin_site.install("broken", "raise RuntimeError('no such luck')")
    plugin_site.install("good", GOOD)

    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        get_manager()
        get_manager()

    texts = [str(each.message) for each in caught if issubclass(each.category, PluginWarning)]
    assert len([text for text in texts if "'broken'" in text]) == 1
    assert not [text for text in texts if "'good'" in text]


def test_heavy_import_of_a_plugin_module_is_noted(plugin_site: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """A plugin module that imports a heavy package is loaded, and `plugins doctor` can say so."""
    # A stand-in, since light tests may run where the real one is blocked.
    stand_in = "import sys, types; sys.modules['transformers'] = types.ModuleType('transformers')"
    plugin_site.install("heavy", stand_in)
    monkeypatch.delitem(sys.modules, "transformers", raising=False)

    record = plugin_site.record("heavy")
    sys.modules.pop("transformers")

    assert (record.status, record.heavy_imports) == ("loaded", ("transformers",))


OBSERVERS = """
    from autokeras_core.plugin import InputSpec, hookimpl

    seen = []

    @hookimpl
    def autokeras_register_inputs():
        return [InputSpec(name="picture", target="nowhere:Picture", summary="A picture.", modality="image")]

    @hookimpl
    def autokeras_trial_completed(trial):
        seen.append(dict(trial))

    @hookimpl
    def autokeras_match_input(profile):
        return ("picture", 0.9) if profile["dtype"] == "uint8" else None
"""


def test_observer_that_raises_does_not_stop_the_others(plugin_site: Any) -> None:
    """A finished trial is told to every plugin; one that raises costs a warning."""
    plugin_site.install(
        "a-bad",
        """
        from autokeras_core.plugin import hookimpl
        @hookimpl
        def autokeras_trial_completed():
            raise SystemExit("enough")
        """,
    )
    plugin_site.install("observer", OBSERVERS)
    manager = plugin_site.load()

    with pytest.warns(PluginWarning, match="'a_bad' did not take note of a trial: .*SystemExit: enough"):
        manager.trial_completed({"trial": 1})

    assert sys.modules["observer.plugin"].seen == [{"trial": 1}]


def test_match_input_sorts_the_answers_of_plugins(plugin_site: Any) -> None:
    """Inputs that fit raw data come with full names, the surest first; no answer is no match."""
    plugin_site.install("observer", OBSERVERS)
    plugin_site.install("surer", OBSERVERS.replace("0.9", "1"))
    manager = plugin_site.load()

    matches = manager.match_input({"type": "ndarray", "dtype": "uint8", "shape": (5, 4, 4)})

    assert [match for match in matches if not match[0].startswith("core:")] == [
        ("surer:picture", 1.0),
        ("observer:picture", 0.9),
    ]


@pytest.mark.parametrize("answer", ['("picture", 7)', '("pictures", 0.9)', '(["picture"], 0.9)', '"picture"'], ids=repr)
def test_match_input_leaves_out_rubbish(plugin_site: Any, answer: str) -> None:
    """An answer that is no input of the plugin and a confidence is left out with a warning."""
    plugin_site.install("observer", OBSERVERS.replace('("picture", 0.9)', answer))
    manager = plugin_site.load()

    with pytest.warns(PluginWarning, match="'observer' .*returned"):
        matches = manager.match_input({"type": "ndarray", "dtype": "uint8", "shape": (5, 4, 4)})

    assert not [match for match in matches if match[0].startswith("observer:")]


def test_set_manager_replaces_the_plugins_of_the_process(plugin_site: Any) -> None:
    """A manager with some plugins switched off can be put in place."""
    plugin_site.install("good", GOOD)
    manager = plugin_site.load(disabled=["good"])

    set_manager(manager)

    assert get_manager() is manager
