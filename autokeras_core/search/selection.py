"""Greedy selection of an ensemble from models that are trained already. NumPy only, no Keras."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

import attrs
import numpy as np

__all__ = ["DEFAULT_MEMBERS", "Selection", "most_members", "select_ensemble"]

Array: TypeAlias = np.ndarray[Any, Any]
Outputs: TypeAlias = Sequence[Array]
Score: TypeAlias = tuple[float, ...]

DEFAULT_MEMBERS = 8
"""How many different models `ensemble=True` puts together at most."""

_ROWS_PER_MEMBER = 20
_ROUNDS = 25
_ROUNDS_WITHOUT_GAIN = 3
# Scores that differ by less are equal: the order of a sum must not decide which model is a member.
_RELATIVE_TOLERANCE = 1e-6
_ABSOLUTE_TOLERANCE = 1e-9


@attrs.frozen(kw_only=True)
class Selection:
    """The models that were chosen.

    Attributes:
        counts: How often each chosen candidate counts, by its index; the best candidate first.
        score: The score of the weighted mean of their outputs.
        single: The index of the best single candidate.
        single_score: Its score.
    """

    counts: dict[int, int]
    score: Score
    single: int
    single_score: Score

    @property
    def weights(self) -> dict[int, float]:
        """Each chosen candidate's share in the mean, by its index; together 1."""
        total = sum(self.counts.values())
        return {index: count / total for index, count in self.counts.items()}

    @property
    def is_ensemble(self) -> bool:
        """Whether more than one model was chosen: only where their mean scores better than the best one alone."""
        return len(self.counts) > 1


def most_members(rows: int, members: int) -> int:
    """Return how many different models may be chosen by their outputs on so many validation rows.

    Each choice is made on the validation rows, so a few rows can tell only a few models apart: one for each 20 rows, and
    the best one.

    Args:
        rows: The number of validation rows.
        members: How many models there may be at most.

    Example:
        ```python
        most_members(28, 8)  # 2
        most_members(1000, 8)  # 8
        ```
    """
    return max(1, min(members, 1 + rows // _ROWS_PER_MEMBER))


def select_ensemble(
    candidates: Sequence[Outputs],
    score: Callable[[Outputs], Score],
    *,
    members: int,
    is_time_up: Callable[[], bool] = lambda: False,
) -> Selection:
    """Choose the models whose mean output scores best: forward selection with replacement, from a sorted start.

    The candidates are ranked by their own scores. The start is the best of the means of the first one, the first two, and
    so on. Then, a round at a time, the candidate is added with which the mean scores best; one may be added again, and
    then counts more. What scored best on the way is the result. Between equal scores fewer members win, so a single
    model stays alone unless a mean is truly better than it.

    The result does not depend on the order of the candidates, unless two of them have the same score. Candidates with
    equal outputs count as one.

    Args:
        candidates: For each candidate its outputs on the validation rows, one array by head.
        score: Returns the score of outputs as a tuple: larger is better, and where the first numbers are equal, the
            second ones decide.
        members: How many different candidates may be chosen at most.
        is_time_up: Asked between scores; what was found until then is the result.

    Returns:
        The selection; its score is never below that of the best single candidate.

    Raises:
        ValueError: If there are no candidates.

    Example:
        ```python
        def score(outputs):
            return (-float(np.mean((outputs[0] - targets) ** 2)),)


        select_ensemble([[low], [high]], score, members=8).weights  # {0: 0.5, 1: 0.5}
        ```

    Reference:
        Caruana, Niculescu-Mizil, Crew, Ksikes: Ensemble Selection from Libraries of Models. ICML 2004.
    """
    if not candidates:
        message = "There are no candidates to select from. Expected: at least one. Received: candidates=[]"
        raise ValueError(message)
    scores = {index: score(candidates[index]) for index in _different(candidates)}
    ranked = sorted(scores, key=lambda index: (*(-_orderable(part) for part in scores[index]), index))
    single = ranked[0]
    best, best_score = Counter({single: 1}), scores[single]

    total = _double(candidates[single])
    start, start_total, start_score = best, total, best_score
    for length in range(2, min(members, len(ranked)) + 1):
        if is_time_up():
            break
        total = _added(total, candidates[ranked[length - 1]])
        mean_score = score(_mean(total, length))
        if _is_better(mean_score, start_score):
            start, start_total, start_score = Counter(ranked[:length]), total, mean_score
    best, best_score = start, start_score

    counts, total, without_gain = Counter(start), start_total, 0
    for _ in range(_ROUNDS if members > 1 else 0):
        choice: int | None = None
        choice_score: Score = ()
        known = [index for index in ranked if index in counts]
        new = [index for index in ranked if index not in counts] if len(known) < members else []
        for index in (*known, *new):  # members first: among equal scores no new one is needed
            if is_time_up():
                return _selection(best, best_score, ranked, scores)
            mean_score = score(_mean(_added(total, candidates[index]), counts.total() + 1))
            if choice is None or _is_better(mean_score, choice_score):
                choice, choice_score = index, mean_score
        assert choice is not None
        counts[choice] += 1
        total = _added(total, candidates[choice])
        if _is_better(choice_score, best_score):
            best, best_score, without_gain = Counter(counts), choice_score, 0
        else:
            without_gain += 1
        if without_gain == _ROUNDS_WITHOUT_GAIN:
            break
    return _selection(best, best_score, ranked, scores)


def _selection(best: Counter[int], score: Score, ranked: Sequence[int], scores: dict[int, Score]) -> Selection:
    divisor = math.gcd(*best.values())
    counts = {index: best[index] // divisor for index in ranked if best[index]}
    return Selection(counts=counts, score=score, single=ranked[0], single_score=scores[ranked[0]])


def _different(candidates: Sequence[Outputs]) -> list[int]:
    """Return the indices of candidates of which no earlier one has the same outputs."""
    kept: list[int] = []
    for index, outputs in enumerate(candidates):
        is_known = any(
            all(np.array_equal(one, other) for one, other in zip(outputs, candidates[earlier], strict=True))
            for earlier in kept
        )
        if not is_known:
            kept.append(index)
    return kept


def _double(outputs: Outputs) -> list[Array]:
    return [np.asarray(each, dtype=np.float64) for each in outputs]


def _added(total: Outputs, outputs: Outputs) -> list[Array]:
    return [one + other for one, other in zip(total, outputs, strict=True)]


def _mean(total: Outputs, count: int) -> list[Array]:
    return [(each / count).astype(np.float32) for each in total]


def _orderable(value: float) -> float:
    """Return a number that can be compared: one that is none counts as the worst."""
    return -math.inf if math.isnan(value) else value


def _is_better(score: Score, than: Score) -> bool:
    for one, other in zip(score, than, strict=True):
        left, right = _orderable(one), _orderable(other)
        if left == right or math.isclose(left, right, rel_tol=_RELATIVE_TOLERANCE, abs_tol=_ABSOLUTE_TOLERANCE):
            continue
        return left > right
    return False
