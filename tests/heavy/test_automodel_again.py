"""AutoModel fitted again, or where a search is already: what goes on, what starts anew, what is refused."""

from __future__ import annotations

from pathlib import Path

import keras
import keras_tuner
import numpy as np
import pytest

from autokeras_core import AutoModel, SearchError
from autokeras_core.engine.preparation import prepare
from autokeras_core.search.events import read_outcomes
from autokeras_core.search.journal import Journal, read_events
from autokeras_core.search.place import JOURNAL_FILE
from tests.heavy.automodels import CountsEpochs, dense_classifier, wine


def test_a_second_fit_on_the_same_data_adds_trials() -> None:
    """A finished search goes on: what was tried before stays, and max_trials more run."""
    x, y = wine(90)
    model = dense_classifier(max_trials=2)

    first = model.fit(x, y, epochs=1, verbose=0)
    second = model.fit(x, y, epochs=1, verbose=0)

    assert (first.trials, second.trials) == (2, 4)
    assert second.best_score >= first.best_score


def test_trials_of_more_epochs_are_not_measured_by_those_of_fewer(tmp_path: Path) -> None:
    """These had come to the end of their training by then: nearly all that follow would be ended there."""
    x, y = wine(90)
    model = dense_classifier(max_trials=2, directory=tmp_path)

    model.fit(x, y, epochs=3, verbose=0)
    model.fit(x, y, epochs=9, verbose=0)

    events = read_events(tmp_path / JOURNAL_FILE)
    assert [outcome.planned_epochs for outcome in read_outcomes(events, tmp_path)] == [3, 3, 9, 9]
    assert [event.get("rungs", ()) for event in events if event["event"] == "trial_started"] == [()] * 4


def test_a_second_fit_on_other_data_starts_anew() -> None:
    """The new model knows the new classes and nothing of the old."""
    x, y = wine(90)
    model = dense_classifier()
    model.fit(x, y, epochs=1, verbose=0)

    history = model.fit(x, np.where(y == 0, "yes", "no"), epochs=1, verbose=0)

    assert history.trials == 1
    assert set(model.predict(x)) <= {"yes", "no"}


@pytest.mark.parametrize("is_kept", [True, False], ids=["overwrite", "temporary"])
def test_a_fit_that_failed_goes_on_with_the_same_object(
    is_kept: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What the search had done is not deleted by the next call, which only completes it."""
    x, y = wine(90)
    monkeypatch.setattr(CountsEpochs, "counts", [])
    model = dense_classifier(max_trials=2, **({"directory": tmp_path, "overwrite": True} if is_kept else {}))

    def broken(*arguments: object, **options: object) -> None:
        raise RuntimeError("the disk was taken away")

    with monkeypatch.context() as patch:
        patch.setattr("autokeras_core.search.run.choose_winner", broken)
        with pytest.raises(RuntimeError, match="taken away"):
            model.fit(x, y, epochs=1, callbacks=[CountsEpochs()], verbose=0)

    history = model.fit(x, y, epochs=1, callbacks=[CountsEpochs()], verbose=0)

    assert history.trials == 2
    assert CountsEpochs.counts == [1, 1]


def test_what_was_there_before_is_overwritten_after_a_fit_that_did_not_begin(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Only a search of this object's own is continued in spite of overwrite=True."""
    x, y = wine(90)
    dense_classifier(directory=tmp_path).fit(x, y, epochs=1, verbose=0)
    model = dense_classifier(directory=tmp_path, overwrite=True)

    def refused(*arguments: object, **options: object) -> None:
        raise RuntimeError("refused")

    with monkeypatch.context() as patch:
        patch.setattr("autokeras_core.search.run.resolve_objective", refused)
        with pytest.raises(RuntimeError, match="refused"):
            model.fit(x, y, epochs=1, verbose=0)

    assert model.fit(x, y, epochs=1, verbose=0).trials == 1


@pytest.mark.parametrize("is_kept", [True, False], ids=["overwrite", "temporary"])
def test_the_same_object_may_be_fitted_with_other_settings(is_kept: bool, tmp_path: Path) -> None:
    """With another batch size it is another search, which takes the place of the first one."""
    x, y = wine(90)
    model = dense_classifier(**({"directory": tmp_path, "overwrite": True} if is_kept else {}))
    model.fit(x, y, epochs=1, batch_size=32, verbose=0)

    history = model.fit(x, y, epochs=1, batch_size=16, verbose=0)

    assert history.trials == 1
    assert model.best_configuration["training/batch_size"] == 16


@pytest.mark.parametrize("is_kept", [True, False], ids=["overwrite", "temporary"])
def test_a_second_fit_with_hyperband_is_a_new_search(is_kept: bool, tmp_path: Path) -> None:
    """It cannot go on; where the directory is to be kept that is an error, whose advice can be followed."""
    x, y = wine(60)
    options = {"tuner": "hyperband", "max_trials": 2, "warm_starts": None}
    model = dense_classifier(**options, **({"directory": tmp_path, "overwrite": True} if is_kept else {}))

    trials = [model.fit(x, y, epochs=3, verbose=0).trials for _ in range(2)]

    assert trials == [2, 2]
    if is_kept:
        with pytest.raises(SearchError, match=r"HyperbandOracle cannot be continued.*overwrite=True"):
            dense_classifier(**options, directory=tmp_path).fit(x, y, epochs=3, verbose=0)


def test_an_oracle_without_a_limit_gets_that_of_each_fit() -> None:
    """What the first one was given is used up."""
    x, y = wine(60)
    oracle = keras_tuner.oracles.RandomSearchOracle(max_trials=None, seed=1)
    model = dense_classifier(max_trials=2, tuner=oracle, warm_starts=None)

    trials = [model.fit(x, y, epochs=1, verbose=0).trials for _ in range(2)]

    assert trials == [2, 4]


def test_an_oracle_that_knows_another_search_is_refused(tmp_path: Path) -> None:
    """Scores on other data would decide what is tried on these; what was found before is still there."""
    x, y = wine(60)
    oracle = keras_tuner.oracles.RandomSearchOracle(max_trials=None, seed=1)
    model = dense_classifier(tuner=oracle, warm_starts=None, directory=tmp_path, overwrite=True)
    model.fit(x, y, epochs=1, verbose=0)

    with pytest.raises(SearchError, match="oracle knows other trials.*Make a new oracle"):
        model.fit(x[:50], y[:50], epochs=1, verbose=0)

    assert len(AutoModel.load(tmp_path).leaderboard()) == 1


def test_an_oracle_that_lacks_trials_of_its_search_is_refused(tmp_path: Path) -> None:
    """Another one has gone on with it meanwhile, so it would use their names again."""
    x, y = wine(60)
    first, second = (keras_tuner.oracles.RandomSearchOracle(max_trials=None, seed=seed) for seed in (1, 2))
    for oracle in (first, second):
        dense_classifier(tuner=oracle, warm_starts=None, directory=tmp_path).fit(x, y, epochs=1, verbose=0)

    with pytest.raises(SearchError, match=r"oracle knows other trials.*\['0000'\].*\['0000', '0001'\]"):
        dense_classifier(tuner=first, warm_starts=None, directory=tmp_path).fit(x, y, epochs=1, verbose=0)


def test_data_can_be_fitted_again_after_others_failed() -> None:
    """No directory was named, so none can be in the way."""
    x, y = wine(90)
    model = dense_classifier(max_model_size=400, warm_starts=[{"dense/units": 16}])
    model.fit(x, y, epochs=1, verbose=0)
    with pytest.raises(SearchError, match="max_model_size"):
        model.fit(np.tile(x, 5), y, epochs=1, verbose=0)

    history = model.fit(x, y, epochs=1, verbose=0)

    assert (history.trials, history.failed) == (1, 0)
    assert model.predict(x).shape == y.shape


def test_overwriting_lets_the_same_object_fit_other_data(tmp_path: Path) -> None:
    """With overwrite=True a second fit on other data replaces the search; on the same data it goes on."""
    x, y = wine(90)
    model = dense_classifier(directory=tmp_path, overwrite=True)

    trials = [model.fit(x[:rows], y[:rows], epochs=1, verbose=0).trials for rows in (90, 60, 60)]

    assert trials == [1, 1, 2]


def test_overwriting_replaces_what_another_object_has_put_in_the_place_of_a_search(tmp_path: Path) -> None:
    """The first object's search is gone, so its next fit on the same data is a new one."""
    x, y = wine(90)
    first, second = (dense_classifier(directory=tmp_path, overwrite=True) for _ in range(2))
    first.fit(x, y, epochs=1, verbose=0)
    second.fit(x[:60], y[:60], epochs=1, verbose=0)

    history = first.fit(x, y, epochs=1, verbose=0)

    assert history.trials == 1


def test_overwriting_replaces_an_objects_own_search_that_cannot_be_read(tmp_path: Path) -> None:
    """As the error about the damage advises; without overwrite=True it is that error."""
    x, y = wine(90)
    model = dense_classifier(directory=tmp_path, overwrite=True)
    model.fit(x, y, epochs=1, verbose=0)
    journal = tmp_path / "journal.jsonl"
    lines = journal.read_bytes().splitlines(keepends=True)
    journal.write_bytes(b"".join([lines[0], b"rubbish\n", *lines[2:]]))

    with pytest.raises(SearchError, match="overwrite=True"):
        dense_classifier(directory=tmp_path).fit(x, y, epochs=1, verbose=0)
    history = model.fit(x, y, epochs=1, verbose=0)

    assert history.trials == 1


def test_a_search_is_continued_from_its_directory(tmp_path: Path) -> None:
    """A new object with the same directory and data goes on where the first one stopped."""
    x, y = wine(90)
    dense_classifier(max_trials=2, directory=tmp_path, seed=None).fit(x, y, epochs=1, verbose=0)

    history = dense_classifier(max_trials=2, directory=tmp_path, seed=None).fit(x, y, epochs=1, verbose=0)

    assert history.trials == 4


def test_a_search_that_was_cut_off_is_completed(tmp_path: Path) -> None:
    """A journal without its end counts as unfinished: only the missing trials run."""
    x, y = wine(90)
    dense_classifier(max_trials=2, directory=tmp_path).fit(x, y, epochs=1, verbose=0)
    journal = tmp_path / "journal.jsonl"
    lines = journal.read_text().splitlines(keepends=True)
    journal.write_text("".join(line for line in lines if '"search_ended"' not in line))

    history = dense_classifier(max_trials=3, directory=tmp_path).fit(x, y, epochs=1, verbose=0)

    assert history.trials == 3


def test_another_search_in_the_directory_is_refused(tmp_path: Path) -> None:
    """Other data and overwrite=False is one clear error; overwrite=True starts anew."""
    x, y = wine(90)
    dense_classifier(directory=tmp_path).fit(x, y, epochs=1, verbose=0)

    with pytest.raises(SearchError, match="holds another search"):
        dense_classifier(directory=tmp_path).fit(x[:60], y[:60], epochs=1, verbose=0)

    history = dense_classifier(directory=tmp_path, overwrite=True).fit(x[:60], y[:60], epochs=1, verbose=0)
    assert history.trials == 1


def test_a_search_directory_can_be_loaded(tmp_path: Path) -> None:
    """The best model of a search's directory is loaded without a save."""
    x, y = wine(90)
    model = dense_classifier(directory=tmp_path, max_trials=2)
    model.fit(x, y, epochs=2, verbose=0)

    loaded = AutoModel.load(tmp_path)

    np.testing.assert_array_equal(loaded.predict(x), model.predict(x))
    assert len(loaded.leaderboard()) == 2


def test_a_running_search_is_not_overwritten(tmp_path: Path) -> None:
    """While another writer holds the directory, overwrite=True is refused and nothing is deleted."""
    x, y = wine(60)
    dense_classifier(directory=tmp_path).fit(x, y, epochs=1, verbose=0)

    with Journal.open(tmp_path / "journal.jsonl"), pytest.raises(SearchError, match="Another search is running"):
        dense_classifier(directory=tmp_path, overwrite=True).fit(x, y, epochs=1, verbose=0)

    assert len(AutoModel.load(tmp_path).leaderboard()) == 1


def test_weights_of_validation_rows_make_another_search() -> None:
    """They change the scores that trials are compared by."""
    x, y = wine(60)
    graph = dense_classifier()._graph

    without, weighed = (
        prepare(graph, x, y, validation_data=(x[:10], y[:10], weights), seed=0) for weights in (None, np.arange(1, 11))
    )

    assert without.fingerprint != weighed.fingerprint


def test_an_unknown_objective_leaves_the_directory_to_a_better_one(tmp_path: Path) -> None:
    """Nothing is written for a search that cannot be, so the error's advice can be followed at the same place."""
    x, y = wine(60)
    options = {"objective": ("val_certainty", "max"), "directory": tmp_path}

    with pytest.raises(SearchError, match="no metric of this model"):
        dense_classifier(**options).fit(x, y, epochs=1, verbose=0)
    left = list(tmp_path.iterdir())
    history = dense_classifier(head={"metrics": [certainty]}, **options).fit(x, y, epochs=1, verbose=0)

    assert left == []
    assert (history.objective, history.trials) == ("val_certainty", 1)


def certainty(y_true, y_pred):  # type: ignore[no-untyped-def]
    """Return a metric of a user's own."""
    return keras.ops.max(y_pred, axis=-1)
