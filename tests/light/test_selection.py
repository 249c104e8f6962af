"""Greedy selection: which models are put together, and what it promises of the result."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from itertools import count
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autokeras_core.search.selection import most_members, select_ensemble, select_equals, select_leading

Array = np.ndarray[Any, Any]


def library(seed: int, candidates: int, *, rows: int = 60) -> tuple[list[list[Array]], Array]:
    """Return outputs of models that are each off by another noise, and the targets."""
    rng = np.random.default_rng(seed)
    targets = rng.normal(size=(rows, 1))
    noises = rng.uniform(0.2, 2.0, size=candidates)
    return [[(targets + noise * rng.normal(size=(rows, 1))).astype("float32")] for noise in noises], targets


def closeness(targets: Array) -> Any:
    """Return a score: the negative squared error."""
    return lambda outputs: (-float(np.mean((outputs[0] - targets) ** 2)),)


def accuracy(targets: Array) -> Any:
    """Return a coarse score, in which many models are equal: how often the sign is right."""
    return lambda outputs: (float(np.mean((outputs[0] > 0) == (targets > 0))),)


def mean_of(candidates: Sequence[Sequence[Array]], weights: dict[int, float]) -> list[Array]:
    """Return the weighted mean of the chosen candidates' outputs."""
    return [sum((weight * candidates[index][0] for index, weight in weights.items()), np.zeros(1))]


@settings(deadline=None)
@given(st.integers(0, 2**16), st.integers(1, 7), st.sampled_from([closeness, accuracy]))
def test_the_result_is_never_worse_than_the_best_single_model(seed: int, size: int, make: Any) -> None:
    """On the rows it was chosen by, whatever the score; and the score that it states is that of the weighted mean."""
    candidates, targets = library(seed, size)
    score = make(targets)

    selection = select_ensemble(candidates, score, members=5)

    assert selection.score >= max(score(each) for each in candidates)
    assert score(mean_of(candidates, selection.weights))[0] == pytest.approx(selection.score[0], abs=0.02)
    assert selection.single in selection.counts


@settings(deadline=None)
@given(st.integers(0, 2**16), st.integers(1, 7))
def test_weights_are_shares_of_at_most_so_many_members(seed: int, size: int) -> None:
    """They are above zero, add up to 1, and are those of different candidates."""
    candidates, targets = library(seed, size)

    weights = select_ensemble(candidates, closeness(targets), members=3).weights

    assert sum(weights.values()) == pytest.approx(1.0)
    assert min(weights.values()) > 0
    assert 1 <= len(weights) <= 3


@settings(deadline=None)
@given(st.integers(0, 2**16), st.permutations(range(6)))
def test_the_order_of_the_candidates_does_not_matter(seed: int, order: list[int]) -> None:
    """The same models in another order give the same weights, where no two score the same."""
    candidates, targets = library(seed, 6)

    straight = select_ensemble(candidates, closeness(targets), members=5).counts
    turned = select_ensemble([candidates[index] for index in order], closeness(targets), members=5).counts

    assert {order[index]: times for index, times in turned.items()} == straight


def test_equal_candidates_count_as_one() -> None:
    """Copies of a model add nothing: the first stands for all."""
    candidates, targets = library(0, 1)

    selection = select_ensemble(candidates * 4, closeness(targets), members=8)

    assert selection.weights == {0: 1.0}
    assert not selection.is_ensemble


def test_one_candidate_is_chosen_alone() -> None:
    """With nothing to combine it with, it is the result, as the best single one too."""
    candidates, targets = library(3, 1)

    selection = select_ensemble(candidates, closeness(targets), members=8)

    assert (selection.counts, selection.single, selection.score) == ({0: 1}, 0, selection.single_score)


def test_models_with_opposite_errors_cancel_them() -> None:
    """Two models that are off by as much in opposite directions are right together, with equal weights."""
    targets = np.linspace(-1, 1, 30)[:, None]

    selection = select_ensemble([[targets + 0.5], [targets - 0.5]], closeness(targets), members=8)

    assert selection.weights == {0: 0.5, 1: 0.5}
    assert selection.score[0] == pytest.approx(0.0, abs=1e-9)


def test_a_better_model_counts_more() -> None:
    """One is off by 1 and another by -3: three parts of the first and one of the second are right."""
    targets = np.linspace(-1, 1, 30)[:, None]

    selection = select_ensemble([[targets - 3], [targets + 1]], closeness(targets), members=8)

    assert selection.weights == {1: 0.75, 0: 0.25}


def test_between_equal_scores_fewer_members_win() -> None:
    """A second model that changes no decision is left out, although its mean scores as well."""
    targets = np.array([[1.0], [-1.0], [1.0]])

    selection = select_ensemble([[targets], [0.5 * targets]], accuracy(targets), members=8)

    assert selection.weights == {0: 1.0}


def test_where_the_first_numbers_are_equal_the_second_decide() -> None:
    """Two scores by accuracy and then closeness: the closer mean is taken, though no decision changes."""
    targets = np.array([[1.0], [-1.0], [1.0]])
    candidates = [[targets + 0.2], [targets - 0.2]]

    selection = select_ensemble(
        candidates, lambda outputs: (*accuracy(targets)(outputs), *closeness(targets)(outputs)), members=8
    )

    assert selection.weights == {0: 0.5, 1: 0.5}


def test_a_score_that_is_no_number_is_the_worst() -> None:
    """A model whose outputs are broken is no member, and does not hide the others."""
    targets = np.linspace(-1, 1, 30)[:, None]

    selection = select_ensemble([[targets * np.nan], [targets + 0.1]], closeness(targets), members=8)

    assert selection.weights == {1: 1.0}


def test_it_ends_when_time_is_up() -> None:
    """What was found until then is the result; without any time it is the best single model."""
    candidates, targets = library(1, 6)
    asked = count()

    none = select_ensemble(candidates, closeness(targets), members=5, is_time_up=lambda: True)
    some = select_ensemble(candidates, closeness(targets), members=5, is_time_up=lambda: next(asked) > 3)

    assert none.counts == {none.single: 1}
    assert some.score >= none.score


@pytest.mark.parametrize("choose", [select_ensemble, partial(select_leading, tolerance=1.0)], ids=["greedy", "leading"])
def test_no_more_candidates_are_scored_than_there_is_time_for(choose: Any) -> None:
    """With many outputs the score of a single one may take seconds; what was scored until then is chosen from."""
    candidates, targets = library(1, 6)
    scored: list[Any] = []

    def score(outputs: Sequence[Array]) -> Any:
        scored.append(outputs)
        return closeness(targets)(outputs)

    selection = choose(candidates, score, members=5, is_time_up=lambda: len(scored) >= 2)

    assert len(scored) == 2
    assert set(selection.counts) <= {0, 1}
    assert selection.score == max(closeness(targets)(each) for each in candidates[:2])


def right(*, of: int, wrong: Sequence[int]) -> list[Array]:
    """Return outputs whose sign is right in all rows but some, for targets of 1."""
    outputs = np.ones((of, 1), "float32")
    outputs[list(wrong)] = -0.5
    return [outputs]


def test_models_that_nobody_can_tell_apart_take_part_in_equal_shares() -> None:
    """A model that is worse by no more than the tolerance counts as much as the best one, and a worse one not at all."""
    candidates = [right(of=100, wrong=range(5)), right(of=100, wrong=range(20, 27)), right(of=100, wrong=range(40, 48))]

    selection = select_equals(candidates, accuracy(np.ones((100, 1))), tolerance=0.02, members=8)

    assert selection.counts == {0: 1, 1: 1}
    assert selection.single == 0


def test_of_many_equals_the_best_take_part() -> None:
    """There are no more members than are allowed, and those left out score no better than those that are in."""
    candidates = [right(of=100, wrong=range(number)) for number in (3, 1, 4, 2)]

    selection = select_equals(candidates, accuracy(np.ones((100, 1))), tolerance=1.0, members=2)

    assert selection.counts == {1: 1, 3: 1}


def test_of_many_equals_those_that_take_precedence_take_part() -> None:
    """The best one only if it is among them; one that is clearly worse is no equal, whatever its number."""
    candidates = [right(of=100, wrong=range(number)) for number in (1, 3, 2, 40)]

    selection = select_equals(
        candidates, accuracy(np.ones((100, 1))), tolerance=0.05, members=2, precedence=[7, 3, 5, 1]
    )

    assert selection.counts == {1: 1, 2: 1}
    assert selection.single == 0


def test_a_model_that_no_other_comes_near_has_no_equals() -> None:
    """Then the selection is that model alone."""
    candidates = [right(of=100, wrong=range(30)), right(of=100, wrong=range(2))]

    selection = select_equals(candidates, accuracy(np.ones((100, 1))), tolerance=0.02, members=8)

    assert selection.counts == {1: 1}
    assert selection.score == selection.single_score


def test_the_score_of_equals_is_that_of_their_mean() -> None:
    """Not that of any of its members."""
    candidates = [right(of=10, wrong=[0]), right(of=10, wrong=[1, 2])]
    score = accuracy(np.ones((10, 1)))

    selection = select_equals(candidates, score, tolerance=0.1, members=8)

    assert selection.score == score(mean_of(candidates, selection.weights)) == (1.0,)


def test_several_heads_are_averaged_alike() -> None:
    """One weight for a model, whatever number of outputs it has."""
    targets = np.linspace(-1, 1, 30)[:, None]
    candidates = [[targets + 0.5, targets - 0.5], [targets - 0.5, targets + 0.5]]

    selection = select_ensemble(
        candidates, lambda outputs: (-sum(float(np.mean((each - targets) ** 2)) for each in outputs),), members=8
    )

    assert selection.weights == {0: 0.5, 1: 0.5}


def test_no_candidates_are_an_error() -> None:
    """There is nothing to choose from."""
    with pytest.raises(ValueError, match="no candidates"):
        select_ensemble([], lambda outputs: (0.0,), members=8)


@pytest.mark.parametrize(("rows", "members"), [(1, 1), (19, 1), (20, 2), (28, 2), (139, 7), (140, 8), (10_000, 8)])
def test_few_validation_rows_tell_few_models_apart(rows: int, members: int) -> None:
    """Below 20 rows no ensemble is chosen; then one more model for each 20."""
    assert most_members(rows, 8) == members
