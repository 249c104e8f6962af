"""Selection of an ensemble from models that are trained already. NumPy only, no Keras.

Where the validation rows tell models apart, it is greedy. Where they do not, the best of many models owes its place to
chance, and so does the best of many means: then models that nobody can tell apart take part in equal shares. That is so
where the rows are few, and where a score counts rows: a loss is measured on each row, an accuracy of a thousand rows
has a standard error of about one percent, more than good models differ by. Where both is so, dozens of models may get every
row right, and the loss only tells which of them is the surest of itself: then those that were tried first take part.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from functools import reduce
from typing import Any, NamedTuple, TypeAlias

import attrs
import numpy as np

__all__ = [
    "DEFAULT_MEMBERS",
    "FEW_ROWS",
    "Selection",
    "most_members",
    "select_ensemble",
    "select_equals",
    "select_leading",
    "standard_error",
]

Array: TypeAlias = np.ndarray[Any, Any]
Outputs: TypeAlias = Sequence[Array]
Score: TypeAlias = tuple[float, ...]

DEFAULT_MEMBERS = 8
"""How many different models `ensemble=True` puts together at most."""

FEW_ROWS = 100
"""With fewer validation rows than this the leading models are put together, instead of a greedy selection."""

_GROUPS = 8
_ROWS_PER_MEMBER = 20
_ROUNDS = 25
_ROUNDS_WITHOUT_GAIN = 3
# Scores that differ by less are equal: the order of a sum must not decide which model is a member.
_RELATIVE_TOLERANCE = 1e-6
_ABSOLUTE_TOLERANCE = 1e-9
_SINGLE_PRECISION = 1e-6  # what metrics are rounded to


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
        """Whether more than one model was chosen."""
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

    The result does not depend on the order of the candidates, unless two of them have the same score or time is up before
    all have been scored. Candidates with equal outputs count as one.

    Args:
        candidates: For each candidate its outputs on the validation rows, one array by head; those that are thought to be
            the best come first.
        score: Returns the score of outputs as a tuple: larger is better, and where the first numbers are equal, the
            second ones decide.
        members: How many different candidates may be chosen at most.
        is_time_up: Asked between scores, also while the candidates themselves are scored; what was found until then is the
            result.

    Returns:
        The selection; its score is never below that of the best single candidate that was scored.

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
    scores = _scores(candidates, score, is_time_up)
    ranked = _ranked(scores)
    means = _leading_means(candidates, score, scores, members=members, is_time_up=is_time_up)
    length, total, best_score = next(means)
    for mean in means:
        if _is_better(mean.score, best_score):
            length, total, best_score = mean
    best = Counter(ranked[:length])

    counts, without_gain = Counter(best), 0
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


def select_leading(
    candidates: Sequence[Outputs],
    score: Callable[[Outputs], Score],
    *,
    tolerance: float,
    members: int,
    is_time_up: Callable[[], bool] = lambda: False,
) -> Selection:
    """Choose as many of the best models as can be without the mean being clearly worse: for few validation rows.

    The candidates are ranked by their own scores. Of the means of the first one, the first two, and so on, the result is
    the one with the most members whose score is within `tolerance` of the best mean's. Differences below the standard
    error of a score are chance, while the variance of a mean falls with every member.

    Args:
        candidates: As for `select_ensemble`.
        score: As there.
        tolerance: By how much the first number of the score may be below the best one; see `standard_error`.
        members: How many different candidates may be chosen at most.
        is_time_up: Asked between scores; what was scored until then is chosen from.

    Returns:
        The selection. Its score may be below that of the best single candidate, by `tolerance` at most.

    Raises:
        ValueError: If there are no candidates.

    Example:
        ```python
        select_leading([[good], [nearly_as_good], [bad]], score, tolerance=0.02, members=8).weights  # {0: 0.5, 1: 0.5}
        ```

    Reference:
        Breiman, Friedman, Olshen, Stone: Classification and Regression Trees (1984), for the rule of one standard error.
    """
    scores = _scores(candidates, score, is_time_up)
    ranked = _ranked(scores)
    means = [*_leading_means(candidates, score, scores, members=members, is_time_up=is_time_up)]
    least = max(_orderable(mean.score[0]) for mean in means) - tolerance - _SINGLE_PRECISION
    chosen = [mean for mean in means if _orderable(mean.score[0]) >= least][-1]
    return _selection(Counter(ranked[: chosen.length]), chosen.score, ranked, scores)


def select_equals(
    candidates: Sequence[Outputs],
    score: Callable[[Outputs], Score],
    *,
    tolerance: float,
    members: int,
    precedence: Sequence[int] | None = None,
    is_time_up: Callable[[], bool] = lambda: False,
) -> Selection:
    """Choose all models that are not clearly worse than the best one, in equal shares: for scores that count rows.

    Args:
        candidates: As for `select_ensemble`.
        score: As there.
        tolerance: By how much the first number of a member's score may be below that of the best; see `standard_error`.
        members: How many different candidates may be chosen at most: the best ones.
        precedence: A number for each candidate. If there are more equals than members, those with the lowest numbers are
            chosen, instead of the best ones.
        is_time_up: Asked between scores; what was scored until then is chosen from.

    Returns:
        The selection: a single model if no other comes near it. Its score may be below that of the best single candidate.

    Raises:
        ValueError: If there are no candidates.

    Example:
        ```python
        select_equals([[good], [as_good], [bad]], accuracy, tolerance=0.01, members=8).weights  # {0: 0.5, 1: 0.5}
        ```

    Reference:
        Breiman, Friedman, Olshen, Stone: Classification and Regression Trees (1984), for the rule of one standard error.
    """
    scores = _scores(candidates, score, is_time_up)
    ranked = _ranked(scores)
    least = _orderable(scores[ranked[0]][0]) - tolerance - _SINGLE_PRECISION
    equals = [index for index in ranked if _orderable(scores[index][0]) >= least]  # the best one at least
    chosen = (equals if precedence is None else sorted(equals, key=precedence.__getitem__))[:members]
    first, *others = (candidates[index] for index in chosen)
    mean = _mean(reduce(_added, others, _double(first)), len(chosen))
    return _selection(Counter(chosen), score(mean), ranked, scores)


def standard_error(score: Callable[[Array], float], *, rows: int) -> float:
    """Return the standard error of a score on few rows, by leaving out an eighth of them at a time.

    Args:
        score: Returns the score on some of the rows, given their numbers.
        rows: How many rows there are.

    Returns:
        The delete-a-group jackknife's estimate; 0 where it cannot be told, as with a single row.

    Example:
        ```python
        standard_error(lambda numbers: float(np.mean(losses[numbers])), rows=len(losses))
        ```

    Reference:
        Kott: The Delete-a-Group Jackknife. Journal of Official Statistics 17 (2001).
    """
    groups = min(_GROUPS, rows)
    if groups < 2:
        return 0.0
    # Rows of a user's own may be sorted, by class for instance: neighbours go to different groups.
    group = np.arange(rows) % groups
    values = np.array([score(np.flatnonzero(group != left_out)) for left_out in range(groups)])
    error = float(np.sqrt((groups - 1) / groups * np.sum((values - values.mean()) ** 2)))
    return error if math.isfinite(error) else 0.0


def _scores(
    candidates: Sequence[Outputs], score: Callable[[Outputs], Score], is_time_up: Callable[[], bool]
) -> dict[int, Score]:
    """Return the score of each candidate of which no earlier one has the same outputs, by index; of the first in any case."""
    if not candidates:
        message = "There are no candidates to select from. Expected: at least one. Received: candidates=[]"
        raise ValueError(message)
    scores: dict[int, Score] = {}
    for index, outputs in enumerate(candidates):
        if scores and is_time_up():
            break
        if not any(_are_equal(outputs, candidates[earlier]) for earlier in scores):
            scores[index] = score(outputs)
    return scores


def _ranked(scores: dict[int, Score]) -> list[int]:
    """Return the candidates' indices, the best score first, and the earliest of equals."""
    return sorted(scores, key=lambda index: (*(-_orderable(part) for part in scores[index]), index))


class _LeadingMean(NamedTuple):
    """The mean of the best so many candidates: their number, the sum of their outputs, and its score."""

    length: int
    total: list[Array]
    score: Score


def _leading_means(
    candidates: Sequence[Outputs],
    score: Callable[[Outputs], Score],
    scores: dict[int, Score],
    *,
    members: int,
    is_time_up: Callable[[], bool],
) -> Iterator[_LeadingMean]:
    """Yield the means of the best candidate, the best two, and so on, as long as there is time; one in any case."""
    ranked = _ranked(scores)
    mean = _LeadingMean(1, _double(candidates[ranked[0]]), scores[ranked[0]])
    yield mean
    for length in range(2, min(members, len(ranked)) + 1):
        if is_time_up():
            return
        total = _added(mean.total, candidates[ranked[length - 1]])
        mean = _LeadingMean(length, total, score(_mean(total, length)))
        yield mean


def _selection(best: Counter[int], score: Score, ranked: Sequence[int], scores: dict[int, Score]) -> Selection:
    divisor = math.gcd(*best.values())
    counts = {index: best[index] // divisor for index in ranked if best[index]}
    return Selection(counts=counts, score=score, single=ranked[0], single_score=scores[ranked[0]])


def _are_equal(outputs: Outputs, others: Outputs) -> bool:
    return all(np.array_equal(one, other) for one, other in zip(outputs, others, strict=True))


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
