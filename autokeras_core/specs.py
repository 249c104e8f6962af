"""Descriptors: what plugins register instead of classes. Light: standard library, attrs and the pure space only.

A descriptor names its class as `"module:Class"`; the class is imported on first use. So listing what there is costs
no TensorFlow, and what is documented (`space`) is what is searched.
"""

from __future__ import annotations

import re
from typing import Any, ClassVar, Literal, TypeAlias

import attrs

from autokeras_core.errors import PluginError, describe_error
from autokeras_core.names import is_short_name
from autokeras_core.search.space import Space

__all__ = [
    "BlockSpec",
    "ClassSpec",
    "ExecutorSpec",
    "ExporterSpec",
    "HeadSpec",
    "InputSpec",
    "PreprocessorSpec",
    "Spec",
    "TaskSpec",
    "WarmStartSpec",
]

Stability: TypeAlias = Literal["stable", "beta", "experimental"]

_SUFFIX = re.compile(r"(\.\w+)+\Z", re.ASCII)
_TARGET = re.compile(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)*:[A-Za-z_]\w*\Z")


def _check_name(instance: Any, attribute: Any, value: Any) -> None:
    if not (isinstance(value, str) and is_short_name(value)):
        raise PluginError(
            describe_error(
                f"A {type(instance).__name__} has a malformed name.",
                expected="a letter, then letters, digits and underscores; the namespace is added by the registry",
                received=f"name={value!r}",
            )
        )


def _check_target(instance: Any, attribute: Any, value: Any) -> None:
    if not (isinstance(value, str) and _TARGET.match(value)):
        raise PluginError(
            describe_error(
                f"The {type(instance).__name__} {instance.name!r} has a malformed target.",
                expected="'package.module:Class'",
                received=f"target={value!r}",
            )
        )


def _check_summary(instance: Any, attribute: Any, value: Any) -> None:
    if not (isinstance(value, str) and value.strip() and "\n" not in value):
        raise PluginError(
            describe_error(
                f"The {type(instance).__name__} {instance.name!r} has no proper summary.",
                expected="one line of text",
                received=f"summary={value!r}",
            )
        )


def _check_suffix(instance: Any, attribute: Any, value: Any) -> None:
    if not (isinstance(value, str) and (not value or _SUFFIX.match(value))):
        raise PluginError(
            describe_error(
                f"The {type(instance).__name__} {instance.name!r} has a malformed suffix.",
                expected="a dot and letters, digits or underscores, such as '.onnx'; empty for a folder",
                received=f"suffix={value!r}",
            )
        )


def _strings(value: Any) -> tuple[str, ...]:
    return (value,) if isinstance(value, str) else tuple(value)


@attrs.frozen(kw_only=True)
class Spec:
    """What all descriptors share.

    Args:
        name: The short name, unique within the plugin, e.g. `"resnet"`. The registry puts the namespace before it.
        summary: One line for listings.
    """

    kind: ClassVar[str] = ""

    name: str = attrs.field(validator=_check_name)
    summary: str = attrs.field(validator=_check_summary)


@attrs.frozen(kw_only=True)
class ClassSpec(Spec):
    """A descriptor of a class.

    Args:
        target: Where the class is, `"package.module:Class"`; imported on first use.
    """

    target: str = attrs.field(validator=_check_target)


@attrs.frozen(kw_only=True)
class BlockSpec(ClassSpec):
    """Describes a block.

    Args:
        modalities: What it is for: `"image"`, `"text"`, `"structured"`, or `"any"`.
        accepts: What tensor it takes, for people: `"(batch, height, width, channels)"`.
        returns: What tensor it returns, for people.
        space: Its search space, the same object that the class has as `space`.
        requires: Distributions beyond the plugin's own dependencies that it needs.
        downloads: Whether it may fetch pretrained weights.
        stability: `"stable"`, `"beta"` or `"experimental"`.
    """

    kind: ClassVar[str] = "block"

    modalities: tuple[str, ...] = attrs.field(default=("any",), converter=_strings)
    accepts: str = ""
    returns: str = ""
    space: Space = attrs.field(factory=Space, validator=attrs.validators.instance_of(Space))
    requires: tuple[str, ...] = attrs.field(default=(), converter=_strings)
    downloads: bool = False
    stability: Stability = attrs.field(
        default="stable", validator=attrs.validators.in_(("stable", "beta", "experimental"))
    )


@attrs.frozen(kw_only=True)
class PreprocessorSpec(ClassSpec):
    """Describes a preprocessor, so that a saved model can find its class again.

    Args:
        modalities: What it is for, as of a `BlockSpec`: a note for readers.
    """

    kind: ClassVar[str] = "preprocessor"

    modalities: tuple[str, ...] = attrs.field(default=("any",), converter=_strings)


@attrs.frozen(kw_only=True)
class HeadSpec(ClassSpec):
    """Describes a head."""

    kind: ClassVar[str] = "head"

    space: Space = attrs.field(factory=Space, validator=attrs.validators.instance_of(Space))


@attrs.frozen(kw_only=True)
class InputSpec(ClassSpec):
    """Describes an input.

    Args:
        modality: What it takes: `"image"`, `"text"`, `"structured"` or `"array"`.
    """

    kind: ClassVar[str] = "input"

    modality: str


@attrs.frozen(kw_only=True)
class TaskSpec(ClassSpec):
    """Describes a task: a class that users import as `autokeras_core.tasks.NAME`.

    Args:
        modality: What its data is.
        blocks: The full names of its candidate blocks: explicit, so that installing a plugin adds none to a search.
    """

    kind: ClassVar[str] = "task"

    modality: str
    blocks: tuple[str, ...] = attrs.field(default=(), converter=_strings)


@attrs.frozen(kw_only=True)
class WarmStartSpec(Spec):
    """Describes a TOML file of predefined configurations in the plugin's wheel.

    Args:
        task: The full name of the task they are for, e.g. `"ak_vision:ImageClassifier"`.
        package: The package that holds the file, e.g. `"ak_vision"`.
        resource: The file's path inside the package, e.g. `"warm_starts/image_classifier.toml"`.
    """

    kind: ClassVar[str] = "warm start"

    task: str
    package: str
    resource: str


@attrs.frozen(kw_only=True)
class ExecutorSpec(ClassSpec):
    """Describes an executor: where trials run (`"local"`, a process pool, a cluster)."""

    kind: ClassVar[str] = "executor"


@attrs.frozen(kw_only=True)
class ExporterSpec(ClassSpec):
    """Describes an exporter: a format that a trained model can be written in.

    The class is made without arguments and has the method of `autokeras_core.plugin.Exporter`.

    Args:
        suffix: How the names of its files end, e.g. `".onnx"`: a path that ends so is written by it. Empty for an exporter
            that writes a folder.
        entries: What a folder that it writes may hold; the first entry is always there. Only a folder that holds nothing
            else is ever replaced, so without them none is.
        loader: What loads the model, for people; `{path}` stands for where it is.
    """

    kind: ClassVar[str] = "exporter"

    suffix: str = attrs.field(default="", validator=_check_suffix)
    entries: tuple[str, ...] = attrs.field(default=(), converter=_strings)
    loader: str = ""
