"""Members of an ensemble whose preprocessing is equal share what it makes of rows."""

from __future__ import annotations

from typing import Any

import attrs
import numpy as np
import pytest

from autokeras_core.engine._equal_features import are_equal
from autokeras_core.engine.ensemble import EnsembleBundle
from autokeras_core.engine.features import Feature
from tests.heavy.bundles import bundle_of, host_case
from tests.heavy.engine_doubles import Center


def centre(mean: Any, factor: float = 1.0) -> Center:
    """Return a preprocessor that was fitted."""
    preprocessor = Center(factor)
    preprocessor.set_state({"mean": np.asarray(mean)})
    return preprocessor


def feature(*host: Center, name: str = "table", input_name: str = "table") -> Feature:
    """Return a feature behind preprocessors."""
    return Feature(name=name, input_name=input_name, host=host)


DIFFERENT: dict[str, Feature] = {
    "another configuration": feature(centre([1.0, np.nan], 2.0)),
    "another state": feature(centre([1.0, 2.0])),
    "another precision": feature(centre(np.array([1.0, np.nan], dtype="float32"))),
    "another name": feature(centre([1.0, np.nan]), name="other"),
    "another input": feature(centre([1.0, np.nan]), input_name="other"),
    "no preprocessor": feature(),
    "one more": feature(centre([1.0, np.nan]), centre([0.0])),
}


def test_features_are_equal_where_preprocessors_have_learned_the_same() -> None:
    """Whichever objects they are, and where something was missing, too."""
    assert are_equal([feature(centre([1.0, np.nan]))], [feature(centre([1.0, np.nan]))])


@pytest.mark.parametrize("other", DIFFERENT.values(), ids=DIFFERENT)
def test_other_features_are_not_equal(other: Feature) -> None:
    """What differs in anything is made for each model."""
    assert not are_equal([feature(centre([1.0, np.nan]))], [other])
    assert not are_equal([other], [])


@pytest.mark.parametrize(("means", "computed"), [((0.5, 0.5), 1), ((0.5, 0.25), 2)], ids=["equal", "different"])
def test_what_equal_preprocessing_makes_of_rows_is_made_once(
    means: tuple[float, float], computed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And the prediction is the mean of what the members predict by themselves."""
    case = host_case()
    trained = bundle_of(case)
    members = tuple(
        attrs.evolve(
            trained, features=tuple(attrs.evolve(each, host=(centre([mean]),), keys=()) for each in trained.features)
        )
        for mean in means
    )
    alone = [member.predict_outputs(case.rows)["classification"] for member in members]
    calls: list[int] = []
    transform = Center.transform

    def counted(self: Center, batch: Any) -> Any:
        calls.append(len(batch))
        return transform(self, batch)

    monkeypatch.setattr(Center, "transform", counted)

    together = EnsembleBundle(members=members, weights=(0.5, 0.5)).predict_outputs(case.rows)["classification"]

    assert len(calls) == computed
    np.testing.assert_allclose(together, (alone[0] + alone[1]) / 2, atol=1e-6)


def test_what_members_have_learned_is_compared_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """It may be a network's weights, and a prediction for a row is not to wait for that each time."""
    case = host_case()
    ensemble = EnsembleBundle(members=(bundle_of(case), bundle_of(case)), weights=(0.5, 0.5))
    first = ensemble.predict_outputs(case.rows)["classification"]
    monkeypatch.delattr(Center, "get_state")

    again = ensemble.predict_outputs(case.rows)["classification"]

    np.testing.assert_array_equal(again, first)
