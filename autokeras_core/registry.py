"""The registry: every block, head, input, task, ... that the loaded plugins registered, by name. Light.

A full name, `"ak_vision:resnet"`, says which plugin; a bare one, `"resnet"`, will do where it is unique. One that the
core has is always the core's: no plugin changes what `"dense"` means. Looking a name up imports nothing heavy;
`Registry.load` imports the class.

Example:
    ```python
    registry = get_registry()
    [registered.full_name for registered in registry.blocks]  # ["core:dense", ...]
    registry.load("block", "dense")  # the class DenseBlock
    ```
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

import attrs

from autokeras_core._loader import PluginRecord, describe_exception
from autokeras_core.errors import PluginError, RegistryError, describe_error
from autokeras_core.manager import PluginManager, get_manager
from autokeras_core.names import CORE_NAMESPACE, LOCAL_NAMESPACE, format_name, parse_name, suggest
from autokeras_core.specs import ClassSpec, Spec

if TYPE_CHECKING:
    from autokeras_core.graph.operator import Block

__all__ = ["Kind", "RegisteredSpec", "Registry", "block", "get_registry"]

Kind: TypeAlias = Literal["block", "head", "input", "task", "preprocessor", "executor", "exporter", "warm start"]

_OPERATOR_KINDS: tuple[Kind, ...] = ("block", "head", "input")

_FIRST_PARTY = MappingProxyType(
    {
        "ak-vision": (
            *("ImageClassifier", "ImageRegressor", "ImageInput", "ImageBlock", "ImageAugmentation", "ConvBlock"),
            *("ResNetBlock", "XceptionBlock", "EfficientNetBlock", "image", "image_input", "augmentation", "conv"),
            *("resnet", "xception", "efficientnet", "mobilenet", "MobileNetBlock", "transfer", "TransferBlock"),
            *("frozen_network", "FrozenNetwork", "resnet9", "ResNet9Block", "convnext", "ConvNeXtBlock"),
            *("photograph_scaler", "PhotographScaler"),
        ),
        "ak-text": (
            *("TextClassifier", "TextRegressor", "TextInput", "TextBlock", "NgramBlock", "EmbeddingBlock", "text"),
            *("text_input", "ngram", "embedding", "separable_conv", "text_rnn", "transformer", "bert", "BertBlock"),
            *("SeparableConvBlock", "TextRNNBlock", "TransformerEncoderBlock"),
        ),
        "ak-tabular": (
            *("StructuredDataClassifier", "StructuredDataRegressor", "StructuredDataInput", "StructuredDataBlock"),
            *("MLPBlock", "ResidualMLPBlock", "structured_data", "structured_data_input", "mlp", "residual_mlp"),
            *("RealMLPBlock", "TabMBlock", "FTTransformerBlock", "WideAndDeepBlock"),
            *("real_mlp", "tabm", "ft_transformer", "wide_and_deep"),
        ),
    }
)
"""What the first-party plugins bring, so that an unknown name can be answered with what to install."""


@attrs.frozen(kw_only=True)
class RegisteredSpec:
    """A descriptor with its provenance.

    Attributes:
        full_name: `"namespace:name"`, the name that files hold.
        namespace: The plugin's namespace.
        spec: The descriptor.
        distribution: The distribution that registered it.
        version: That distribution's version.
        editable: Whether that distribution is installed in editable mode.
    """

    full_name: str
    namespace: str
    spec: Spec
    distribution: str
    version: str
    editable: bool = False

    @property
    def name(self) -> str:
        """The short name."""
        return self.spec.name


class Registry:
    """Looks up what plugins registered.

    Args:
        manager: The plugins.
    """

    def __init__(self, manager: PluginManager) -> None:
        """Index what the loaded plugins registered."""
        self.manager = manager
        self._by_kind: dict[str, dict[str, RegisteredSpec]] = {}
        self._by_target: dict[str, str] = {}
        for record in manager.loaded:
            for spec in record.specs:
                registered = RegisteredSpec(
                    full_name=format_name(record.namespace, spec.name),
                    namespace=record.namespace,
                    spec=spec,
                    distribution=record.distribution,
                    version=record.version,
                    editable=record.editable,
                )
                self._by_kind.setdefault(spec.kind, {})[registered.full_name] = registered
                if isinstance(spec, ClassSpec):
                    self._by_target.setdefault(spec.target, registered.full_name)

    @property
    def blocks(self) -> tuple[RegisteredSpec, ...]:
        """The blocks, the core's first, then by full name; the other kinds likewise."""
        return self.list("block")

    @property
    def inputs(self) -> tuple[RegisteredSpec, ...]:
        """The inputs."""
        return self.list("input")

    @property
    def tasks(self) -> tuple[RegisteredSpec, ...]:
        """The tasks."""
        return self.list("task")

    @property
    def exporters(self) -> tuple[RegisteredSpec, ...]:
        """The exporters."""
        return self.list("exporter")

    @property
    def warm_starts(self) -> tuple[RegisteredSpec, ...]:
        """The files of predefined configurations."""
        return self.list("warm start")

    def list(self, kind: Kind) -> tuple[RegisteredSpec, ...]:
        """Return everything of one kind, the core's first, then by full name."""
        registered = self._by_kind.get(kind, {}).values()
        return tuple(sorted(registered, key=lambda each: (each.namespace != CORE_NAMESPACE, each.full_name)))

    def get(self, kind: Kind, name: str) -> RegisteredSpec:
        """Return the descriptor of one kind called `name`.

        Args:
            kind: `"block"`, `"head"`, `"input"`, `"task"`, `"preprocessor"`, `"executor"`, `"exporter"` or
                `"warm start"`.
            name: A full name, or a bare one that the core has or only one plugin uses.

        Raises:
            RegistryError: If there is none, or the bare name is ambiguous.
        """
        return self._find((kind,), name)

    def load(self, kind: Kind, name: str) -> type[Any]:
        """Import and return the class called `name`.

        Raises:
            RegistryError: If there is no such name, or the bare name is ambiguous.
            PluginError: If the plugin's class cannot be imported.
        """
        return self._import(self.get(kind, name))

    def get_operator(self, name: str) -> RegisteredSpec:
        """Return the descriptor of the block, head or input called `name`; the three share one set of names.

        Raises:
            RegistryError: If there is no such name, or the bare name is ambiguous.
        """
        return self._find(_OPERATOR_KINDS, name)

    def operator_class(self, name: str) -> type[Any]:
        """Import and return the class of the block, head or input called `name`.

        Raises:
            RegistryError: If there is no such name, or the bare name is ambiguous.
            PluginError: If the plugin's class cannot be imported.
        """
        return self._import(self.get_operator(name))

    def full_name_of(self, cls: type[Any]) -> str | None:
        """Return the full name that `cls` is registered under, or `None` if no plugin registered it."""
        direct = self._by_target.get(f"{cls.__module__}:{cls.__qualname__}")
        if direct is not None:
            return direct
        # A target may name a package that re-exports the class: `ak_vision.blocks:ResNetBlock`.
        package = cls.__module__.partition(".")[0]
        for target, full_name in self._by_target.items():
            module, _, attribute = target.partition(":")
            is_candidate = attribute == cls.__name__ and module.partition(".")[0] == package
            if is_candidate and getattr(sys.modules.get(module), attribute, None) is cls:
                return full_name
        return None

    def _find(self, kinds: Sequence[Kind], name: str) -> RegisteredSpec:
        namespace, short = parse_name(name)
        pool = [registered for kind in kinds for registered in self.list(kind)]
        found = [each for each in pool if each.name == short and namespace in (None, each.namespace)]
        own = [each for each in found if each.namespace == CORE_NAMESPACE]
        if len(found) == 1 or own:
            return (own or found)[0]
        what = kinds[0] if len(kinds) == 1 else "block, head or input"
        if found:
            raise RegistryError(
                describe_error(
                    f"The {what} name {name!r} is ambiguous.",
                    expected=f"one of {[each.full_name for each in found]}",
                    received=f"name={name!r}",
                    advice="Write the full name.",
                )
            )
        raise RegistryError(self._explain_unknown(what, name, pool))

    def _explain_unknown(self, what: str, name: str, pool: Sequence[RegisteredSpec]) -> str:
        namespace, short = parse_name(name)
        owner = _owner_of(namespace, short)
        claimed = owner or namespace
        if namespace == LOCAL_NAMESPACE:
            return describe_error(
                f"The {what} {name!r} is a class of a script, not a registered one.",
                expected="a registered name",
                received=f"name={name!r}",
                advice="Pass the class itself, e.g. with custom_blocks=[...].",
            )
        record = self.manager.find(claimed) if claimed else None
        if owner is not None and record is None:
            return f"{short} comes with {owner}: pip install {owner}"
        if record is not None and record.status != "loaded":
            return f"{short} comes with {record.distribution}, which is installed but {_explain_absence(record)}"
        known = [each.full_name for each in pool] if namespace else sorted({each.name for each in pool})
        by_class = [each.full_name for each in pool if _class_name(each) == short]
        advice = f"That class is registered as {by_class[0]!r}." if by_class else suggest(name, known)
        if namespace is not None and record is None:
            advice = f"No plugin with the namespace {namespace!r} is installed. {advice}".rstrip()
        skipped = [each.entry_point for each in self.manager.failed]
        if skipped:
            advice = (
                f"{advice} Plugins that were skipped: {', '.join(skipped)}; see `autokeras plugins doctor`.".lstrip()
            )
        return describe_error(
            f"There is no {what} called {name!r}.",
            expected=f"one of {known}" if known else "a registered name, and none is registered",
            received=f"name={name!r}",
            advice=advice,
        )

    def _import(self, registered: RegisteredSpec) -> type[Any]:
        spec = registered.spec
        if not isinstance(spec, ClassSpec):
            raise RegistryError(
                describe_error(
                    f"{registered.full_name} is a {spec.kind}, which has no class.",
                    expected="a block, head, input, task, preprocessor, executor or exporter",
                    received=f"kind={spec.kind!r}",
                )
            )
        module, _, attribute = spec.target.partition(":")
        try:
            loaded = getattr(importlib.import_module(module), attribute)
        # The plugin's own code runs here: whatever it raises is reported as the plugin's. Ctrl-C goes through.
        except (Exception, SystemExit) as error:
            raise PluginError(
                describe_error(
                    f"The {spec.kind} {registered.full_name} of {registered.distribution} {registered.version} "
                    "could not be imported.",
                    expected=f"the class {spec.target}",
                    received=describe_exception(error),
                    advice=f"Reinstall {registered.distribution}, or report this to its author.",
                )
            ) from error
        if not isinstance(loaded, type):
            raise PluginError(
                describe_error(
                    f"The {spec.kind} {registered.full_name} of {registered.distribution} {registered.version} is no "
                    "class.",
                    expected=f"a class at {spec.target}",
                    received=f"{loaded!r}",
                    advice=f"Report this to the author of {registered.distribution}.",
                )
            )
        return loaded


_cached: Registry | None = None


def get_registry() -> Registry:
    """Return the registry of this process; the first call loads the plugins."""
    global _cached
    manager = get_manager()
    if _cached is None or _cached.manager is not manager:
        _cached = Registry(manager)
    return _cached


def block(name: str, **arguments: object) -> Block:
    """Return a new block, found by its registered name.

    Args:
        name: A full name, `"ak_vision:resnet"`, or a bare one that the core has or only one plugin uses.
        arguments: The block's constructor arguments; what is left out is tuned.

    Raises:
        RegistryError: If there is no such block, or the bare name is ambiguous.
        PluginError: If the plugin's class cannot be imported.

    Example:
        ```python
        output = block("dense", num_layers=2)(node)
        ```
    """
    made: Block = get_registry().load("block", name)(**arguments)
    return made


def _class_name(registered: RegisteredSpec) -> str | None:
    """Return the name of the class behind a descriptor."""
    return registered.spec.target.partition(":")[2] if isinstance(registered.spec, ClassSpec) else None


def _owner_of(namespace: str | None, name: str) -> str | None:
    """Return the first-party distribution that brings a name, or has the namespace."""
    if namespace is not None:
        owner = namespace.replace("_", "-")
        return owner if owner in _FIRST_PARTY else None
    return next((distribution for distribution, names in _FIRST_PARTY.items() if name in names), None)


def _explain_absence(record: PluginRecord) -> str:
    if record.status == "disabled":
        return "switched off (by AUTOKERAS_DISABLE_PLUGINS or `-p no:...`)."
    assert record.problem is not None
    return f"could not be loaded: {record.problem.reason} {record.problem.advice}"
