"""A search is another one if its space has lost what its trials have, and only then."""

from __future__ import annotations

from pathlib import Path

import pytest

from autokeras_core.search.domains import Choice, Domain, Float, Int
from autokeras_core.search.identity import OtherSearchError, fit_to_space
from autokeras_core.search.session import SearchSession
from autokeras_core.search.space import Space
from tests.light.searches import BETTER, FAILED, GOOD, MANIFEST, write_search


def session_of(directory: Path) -> SearchSession:
    """Return a search that was opened again, and closed."""
    session = SearchSession.open(directory, manifest=MANIFEST, overwrite=False)
    session.close()
    return session


def test_values_that_are_gone_are_named_together(tmp_path: Path) -> None:
    """With today's domains, and what to do."""
    write_search(tmp_path, [GOOD, BETTER])
    space = Space({"units": Choice([16, 32]), "dropout": Float(0.0, 0.3)})

    with pytest.raises(OtherSearchError) as raised:
        fit_to_space(session_of(tmp_path), space)

    assert "units=64, and {16, 32} today" in str(raised.value)
    assert "dropout=0.5, and [0 .. 0.3] today" in str(raised.value)
    assert "Give another directory=" in str(raised.value)
    assert raised.value.different == ("search space",)


@pytest.mark.parametrize(
    "domains",
    [
        {"units": Choice([32, 64]), "dropout": Float(0.0, 0.5)},
        {"units": Int(1, 5000), "dropout": Float(0.0, 0.9)},
        {"units": Choice([32, 64]), "depth": Int(1, 3)},
    ],
    ids=["the same", "wider", "one gone, one new"],
)
def test_a_space_that_holds_the_values_is_the_same_search(domains: dict[str, Domain], tmp_path: Path) -> None:
    """What a failed trial had does not count: nothing is made of it."""
    write_search(tmp_path, [GOOD, BETTER, FAILED])

    fit_to_space(session_of(tmp_path), Space(domains))


def test_a_trial_that_was_cut_off_counts(tmp_path: Path) -> None:
    """It goes on with the values that it has."""
    write_search(tmp_path, [GOOD], open_trial="1", ended="")

    with pytest.raises(OtherSearchError, match="units=16"):
        fit_to_space(session_of(tmp_path), Space({"units": Choice([32, 64])}))


def test_trials_get_the_default_of_a_hyperparameter_that_is_new(tmp_path: Path) -> None:
    """Finished ones, and one that was cut off: today's code asks for all of today's hyperparameters."""
    write_search(tmp_path, [GOOD], open_trial="1", ended="")
    session = session_of(tmp_path)

    fit_to_space(session, Space({"units": Choice([16, 32]), "depth": Choice([2, 3])}))

    assert [each.configuration for each in session.outcomes] == [{"units": 32, "depth": 2}]
    assert [each.job.configuration for each in session.unfinished] == [{"units": 16, "depth": 2}]
