"""The base class of inputs, blocks and heads: arguments, names, configurations."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from autokeras_core.errors import GraphError, SpaceError
from autokeras_core.graph.operator import Block
from autokeras_core.search.domains import Boolean, Choice, Fixed, Float, Int
from autokeras_core.search.space import Space
from tests.light.graph_doubles import Conv, Dense, PickOne, Start, WideBlock


def block_class(class_name: str, **attributes: Any) -> type[Block]:
    """Return a new block class of that name."""
    return type(class_name, (Block,), {"build": lambda self, hp, inputs: inputs, **attributes})


# Names


@pytest.mark.parametrize(
    ("class_name", "expected"),
    [
        ("ConvBlock", "conv"),
        ("MyOwnBlock", "my_own"),
        ("RNNBlock", "rnn"),
        ("Gated", "gated"),
        ("Block", "block"),
        ("_Private", "_private"),
        ("GrößeBlock", "gr__e"),
    ],
)
def test_the_default_name_is_made_from_the_class_name(class_name: str, expected: str) -> None:
    """Without a `base_name` the class name is put in snake case, without `Block`."""
    assert block_class(class_name).default_name() == expected


def test_the_base_name_goes_before_the_class_name() -> None:
    """A class that says its name gets it."""
    assert block_class("ConvBlock", base_name="convolution").default_name() == "convolution"


@pytest.mark.parametrize("name", ["", "a/b", "a b", "-a"])
def test_a_malformed_name_is_refused(name: str) -> None:
    """A name is one part of a path."""
    with pytest.raises(GraphError, match="A Conv has a malformed name"):
        Conv(name=name)


# Arguments


def test_an_argument_left_out_or_none_is_tuned() -> None:
    """`None` is the same as nothing."""
    assert Conv(filters=None).search_space() == Conv().search_space() == Conv.space
    assert Conv(filters=None).arguments == {}


def test_a_value_fixes_a_hyperparameter() -> None:
    """A value, also one that the declared domain does not list, is the only one left."""
    space = Conv(filters=48, pooling=False).search_space()

    assert space["filters"] == Fixed(48)
    assert space["pooling"] == Fixed(False)


@pytest.mark.parametrize(
    ("argument", "domain"),
    [
        ("filters", Choice([16, 32])),
        ("layers", Int(2, 4)),
        ("dropout", Float(0.1, 0.2)),
        ("pooling", Boolean(default=True)),
    ],
    ids=["choice", "int", "float", "boolean"],
)
def test_a_domain_narrows_a_hyperparameter(argument: str, domain: Any) -> None:
    """A domain takes the place of the declared one."""
    assert Conv(**{argument: domain}).search_space()[argument] == domain


def test_a_domain_of_a_conditional_hyperparameter_keeps_its_condition() -> None:
    """What is active when is the block's matter."""
    assert Dense(momentum=Choice([0.5])).search_space()["momentum"].when == (("norm", (True,)),)


def test_a_value_of_another_type_is_refused_where_it_is_written() -> None:
    """The error comes from the constructor, not from the search."""
    with pytest.raises(SpaceError, match="'filters' does not fit"):
        Conv(filters="many")


def test_an_unknown_argument_is_refused_with_a_suggestion() -> None:
    """A class with a declared space and no constructor of its own takes its hyperparameters only."""
    with pytest.raises(GraphError, match=r"Conv takes no argument 'fliters'.*Did you mean 'filters'"):
        Conv(fliters=32)


def test_an_unknown_argument_is_refused_even_if_it_is_none() -> None:
    """A misspelt name is a mistake whatever its value."""
    with pytest.raises(GraphError, match="takes no argument 'fliters'"):
        Conv(fliters=None)


def test_a_constructor_of_ones_own_passes_settings() -> None:
    """Further arguments of such a class are kept, and are no hyperparameters."""
    block = Dense(label="x", norm=True)

    assert block.arguments == {"label": "x", "norm": True}
    assert list(block.search_space()) == ["norm", "momentum"]


def test_a_subclass_inherits_the_constructor_of_its_base() -> None:
    """What the base's constructor does not name is Python's own error."""

    class Special(Dense):
        pass

    with pytest.raises(TypeError, match="unexpected keyword argument 'lable'"):
        Special(lable="x")  # type: ignore[call-arg]


def test_a_define_by_run_block_keeps_all_arguments() -> None:
    """What a define-by-run block asks for is not known yet: arguments wait for it."""
    assert WideBlock(units=32, depth=Choice([1, 2])).arguments == {"units": 32, "depth": Choice([1, 2])}


def test_numpy_scalars_become_plain_data() -> None:
    """Keras rejects NumPy's integers: none gets in."""
    block = Dense(norm=np.bool_(True), label=[np.int64(3), {"share": np.float32(0.5)}, (1, np.str_("a"))])

    assert json.dumps(block.get_config()) == '{"norm": true, "label": [3, {"share": 0.5}, [1, "a"]]}'


def test_a_path_becomes_text() -> None:
    """A file may be named either way; what is saved is the text."""
    block = Dense(label=[Path("weights") / "a.h5"], name="d")

    assert block.arguments["label"] == [str(Path("weights") / "a.h5")]
    assert Dense.from_config(json.loads(json.dumps(block.get_config()))).arguments == block.arguments


@pytest.mark.parametrize(
    "value",
    [object(), print, np.zeros(3), float("nan"), {1: "a"}, {"$domain": 1}, [object()]],
    ids=["object", "function", "array", "nan", "number as key", "marked key", "nested object"],
)
def test_an_argument_that_cannot_be_saved_is_refused(value: object) -> None:
    """The error names class and argument."""
    with pytest.raises(GraphError, match=r"saved \(Dense: label\)"):
        Dense(label=value)


def test_what_an_argument_holds_is_a_copy() -> None:
    """Changing a list afterwards does not change the block."""
    given = ["a"]
    block = Dense(label=given)

    given.append("b")

    assert block.arguments["label"] == ["a"]


# Configurations


@pytest.mark.parametrize(
    "block",
    [
        Conv(),
        Conv(name="first", filters=64, dropout=0.25, pooling=True),
        Conv(filters=Choice([16, 32], default=32), layers=Int(2, 8, step=2), dropout=Float(0.1, 0.2, log=True)),
        Dense(norm=Boolean(default=True), label=[{"inner": Choice(["a", "b"])}, None]),
        WideBlock(units=Int(8, 16)),
    ],
    ids=["nothing", "values", "domains", "nested domain", "define by run"],
)
def test_a_configuration_makes_an_equal_operator(block: Block) -> None:
    """`from_config` undoes `get_config`, also through JSON text."""
    config = json.loads(json.dumps(block.get_config()))

    restored = type(block).from_config(config)

    assert restored.name == block.name
    assert restored.arguments == block.arguments
    assert restored.search_space() == block.search_space()


def test_an_input_has_a_configuration_too() -> None:
    """Inputs are operators."""
    assert Start.from_config(Start(name="pictures").get_config()).name == "pictures"


def test_the_text_of_an_operator_is_how_to_write_it() -> None:
    """Values that are false are shown as well."""
    assert repr(Conv(name="c", pooling=False, dropout=0.0)) == "Conv(name='c', pooling=False, dropout=0.0)"
    assert repr(PickOne(candidates=[Conv()])) == "PickOne(candidates=[Conv()])"


def test_an_input_is_always_the_same_node() -> None:
    """Two blocks on one input share it."""
    start = Start()

    assert start.node is start.node


def test_an_empty_space_declares_nothing() -> None:
    """The base class has no hyperparameters."""
    assert WideBlock().search_space() == Space()
