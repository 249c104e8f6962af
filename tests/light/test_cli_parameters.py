"""What may be written for the options of the command line."""

from __future__ import annotations

from typing import Any

import click
import pytest

from autokeras_core.cli._parameters import ASSIGNMENT, DURATION, OBJECTIVE, WORKERS, split_names


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("90", 90.0), ("0.5", 0.5), ("90s", 90.0), ("10m", 600.0), ("1h30m", 5400.0), ("1.5H", 5400.0), ("2d", 172800.0)],
)
def test_duration_has_units(text: str, seconds: float) -> None:
    """A duration is seconds, or numbers with units."""
    assert DURATION.convert(text, None, None) == seconds


@pytest.mark.parametrize("text", ["", "0", "0s", "-5", "ten", "10x", "m10", "1h30", "nan", "1e3"])
def test_malformed_duration_is_refused(text: str) -> None:
    """What is no time above zero is a usage error that shows what would be right."""
    with pytest.raises(click.BadParameter, match="10m"):
        DURATION.convert(text, None, None)


@pytest.mark.parametrize(("text", "workers"), [("1", 1), ("16", 16), ("auto", "auto")])
def test_workers_are_a_number_or_auto(text: str, workers: Any) -> None:
    """As many as said, or as many as suit the machine."""
    assert WORKERS.convert(text, None, None) == workers


@pytest.mark.parametrize("text", ["0", "-1", "two", "1.5", ""])
def test_malformed_workers_are_refused(text: str) -> None:
    """Nothing else is a number of workers."""
    with pytest.raises(click.BadParameter, match="auto"):
        WORKERS.convert(text, None, None)


@pytest.mark.parametrize(
    ("text", "objective"), [("val_loss", "val_loss"), ("val_score:max", ("val_score", "max")), ("a:min", ("a", "min"))]
)
def test_objective_may_have_a_direction(text: str, objective: Any) -> None:
    """A metric's name alone, or with min or max."""
    assert OBJECTIVE.convert(text, None, None) == objective


@pytest.mark.parametrize("text", ["", ":max", "val_loss:", "val_loss:up"])
def test_malformed_objective_is_refused(text: str) -> None:
    """A direction is min or max."""
    with pytest.raises(click.BadParameter, match="METRIC:max"):
        OBJECTIVE.convert(text, None, None)


@pytest.mark.parametrize(
    ("text", "assigned"),
    [
        ("flips=horizontal", ("flips", "horizontal")),
        ("image-size=[64, 64]", ("image_size", [64, 64])),
        ("pretrained=false", ("pretrained", False)),
        ("pretrained=False", ("pretrained", False)),
        ("shuffle=True", ("shuffle", True)),
        ("image_size=None", ("image_size", None)),
        ('label="False"', ("label", "False")),
        ('column_types={"a": "text"}', ("column_types", {"a": "text"})),
        ('num_classes="3"', ("num_classes", "3")),
        ("loss=", ("loss", "")),
        ("weights=a=b", ("weights", "a=b")),
    ],
)
def test_assigned_value_is_json_or_text(text: str, assigned: Any) -> None:
    """What is no JSON is taken as it stands, but for what Python has for JSON's `true`, `false` and `null`."""
    assert ASSIGNMENT.convert(text, None, None) == assigned


@pytest.mark.parametrize("text", ["flips", "=3", "a b=3", "3=a"])
def test_malformed_assignment_is_refused(text: str) -> None:
    """An option has a name and a value."""
    with pytest.raises(click.BadParameter, match="NAME=VALUE"):
        ASSIGNMENT.convert(text, None, None)


@pytest.mark.parametrize(
    ("values", "names"),
    [
        ((), ()),
        (("price",), ("price",)),
        (("a,b", "c"), ("a", "b", "c")),
        (('"price, net", tax',), ("price, net", "tax")),
        (("sale price",), ("sale price",)),
        ((" income",), (" income",)),
        (("income ",), ("income ",)),
        ((" job, income", " age"), (" job", "income", " age")),
        (('a, " b"',), ("a", " b")),
        (("a,, ",), ("a",)),
    ],
)
def test_names_are_separated_by_commas(values: tuple[str, ...], names: tuple[str, ...]) -> None:
    """An option for columns is repeated, or lists them; a comma in a name is quoted, and only spaces behind one are lost."""
    assert split_names(values) == names
