"""Pure mode, `tuner="paper"`: Algorithm 1 of the paper step by step, against a trace that was worked out by hand."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import keras_tuner
import numpy as np
import pytest

from autokeras_core import ArrayInput, AutoModel, Choice, ClassificationHead, DenseBlock
from autokeras_core.errors import SearchError
from autokeras_core.search.oracles import finish_trial, make_oracle
from autokeras_core.search.records import Failure, TrialOutcome
from autokeras_core.search.space import Configuration, Space
from tests.heavy.automodels import dense_classifier, wine

SEED = 5
SPACE = Space(
    {
        "block_type": Choice(["conv", "dense"]),
        "conv/filters": Choice([16, 32, 64], when={"block_type": "conv"}),
        "conv/kernel_size": Choice([3, 5], when={"block_type": "conv"}),
        "dense/units": Choice([8, 16], when={"block_type": "dense"}),
        "learning_rate": Choice([0.1, 0.01, 0.001]),
    }
)


def conv(filters: int, kernel_size: int, learning_rate: float) -> Configuration:
    """Return a configuration of the one block."""
    return {
        "block_type": "conv",
        "conv/filters": filters,
        "conv/kernel_size": kernel_size,
        "learning_rate": learning_rate,
    }


def dense(units: int, learning_rate: float) -> Configuration:
    """Return a configuration of the other."""
    return {"block_type": "dense", "dense/units": units, "learning_rate": learning_rate}


PREDEFINED = [conv(16, 3, 0.1), dense(8, 0.01)]

# The sub-modules are the nodes of the trie of the names of the best configuration, in the order of the space, with n
# hyperparameters each. Eq. (1): p^ = 1 / (n + 1). Eq. (2): logit(p^) = ln(p^ / (1 - p^)) = ln(1 / n) = -ln n, and the
# softmax of that is exp(-ln n) = 1 / n, normalised.
#
# A "conv" configuration has 4 hyperparameters:
#   sub-module   model  block_type  conv  conv/filters  conv/kernel_size  learning_rate
#   n            4      1           2     1             1                 1
#   p^, eq. (1)  1/5    1/2         1/3   1/2           1/2               1/2
#   1 / n        1/4    1           1/2   1             1                 1              sum 19/4
#   p, eq. (2)   1/19   4/19        2/19  4/19          4/19              4/19
#   summed up    1/19   5/19        7/19  11/19         15/19             19/19
OF_CONV = (1 / 19, 4 / 19, 2 / 19, 4 / 19, 4 / 19, 4 / 19)
#
# A "dense" configuration has 3:
#   sub-module   model  block_type  dense  dense/units  learning_rate
#   n            3      1           1      1            1
#   p^, eq. (1)  1/4    1/2         1/2    1/2          1/2
#   1 / n        1/3    1           1      1            1              sum 13/3
#   p, eq. (2)   1/13   3/13        3/13   3/13         3/13
#   summed up    1/13   4/13        7/13   10/13        13/13
OF_DENSE = (1 / 13, 3 / 13, 3 / 13, 3 / 13, 3 / 13)


class Script:
    """A random generator whose draws are written down: first where in [0, 1) a sub-module is selected, then values.

    A sub-module is selected by inverting the summed-up probabilities, which are compared with those worked out by hand.
    Each value is the index of one among so many.
    """

    def __init__(self, probabilities: Sequence[float], at: float, *values: tuple[int, int]) -> None:
        self._probabilities = probabilities
        self._at = at
        self._values = list(values)

    def choice(self, count: int, *, p: np.ndarray[Any, Any]) -> int:
        """Select a sub-module."""
        assert count == len(self._probabilities)
        np.testing.assert_allclose(p, self._probabilities, rtol=1e-12)
        return int(np.searchsorted(np.cumsum(p), self._at, side="right"))

    def integers(self, high: int) -> int:
        """Draw the next value."""
        among, index = self._values.pop(0)
        assert among == high
        return index

    @property
    def is_used_up(self) -> bool:
        """Whether every draw was made."""
        return not self._values


# One line a trial from the third on: the best so far, what is drawn, what comes of it, what that scores.
#
# 3. Best: 2 (0.6 > 0.5), a "dense" one. 6.5/13 lies between 4/13 and 7/13: `dense`, that is dense/units. The first draw, 8,
#    is configuration 2 again, so it is drawn once more: 16.
# 4. Best: still 2 (0.4 < 0.6). 2/13 lies between 1/13 and 4/13: block_type, 0 of ("conv", "dense"). That makes conv's
#    hyperparameters active, with their defaults 16 and 3, and dense's inactive. The learning rate stays.
# 5. Best: 4 (0.7). 6/19 lies between 5/19 and 7/19: `conv`, both values are resampled: 2 of (16, 32, 64), 1 of (3, 5).
# 6. Best: still 4, the earlier of two equals. 0.5/19 lies below 1/19: the entire model, every active value in the order of the
#    space: "dense", 16 units, a learning rate of 0.001. It fails.
# 7. Best: still 4. 18/19 lies between 15/19 and 1: the learning rate. 0.1 makes configuration 1, 0.01 is 4 itself, 0.001 is new.
# 8. Best: 7 (0.9). 8/19 lies between 7/19 and 11/19: conv/filters, 1 of (16, 32, 64).
STEPS: list[tuple[Script, Configuration, float | None]] = [
    (Script(OF_DENSE, 6.5 / 13, (2, 0), (2, 1)), dense(16, 0.01), 0.4),
    (Script(OF_DENSE, 2 / 13, (2, 0)), conv(16, 3, 0.01), 0.7),
    (Script(OF_CONV, 6 / 19, (3, 2), (2, 1)), conv(64, 5, 0.01), 0.7),
    (Script(OF_CONV, 0.5 / 19, (2, 1), (2, 1), (3, 2)), dense(16, 0.001), None),
    (Script(OF_CONV, 18 / 19, (3, 0), (3, 1), (3, 2)), conv(16, 3, 0.001), 0.9),
    (Script(OF_CONV, 8 / 19, (3, 1)), conv(32, 3, 0.001), 0.8),
]


def make(directory: Path, **options: Any) -> keras_tuner.Oracle:
    """Return the paper's oracle on this module's space."""
    return make_oracle(
        "paper",
        space=SPACE,
        objective=("val_accuracy", "max"),
        max_trials=8,
        seed=SEED,
        directory=directory,
        predefined=PREDEFINED,
        **options,
    )


def evaluate(oracle: keras_tuner.Oracle, score: float | None) -> Configuration:
    """Ask for a trial, give it a score (`None`: it fails), and return what was proposed."""
    trial = oracle.create_trial("driver")
    configuration = SPACE.validate(SPACE.complete(trial.hyperparameters.values))
    failure = Failure(kind="bug", reason="it failed") if score is None else None
    outcome = TrialOutcome(
        trial_id=trial.trial_id,
        configuration=configuration,
        status="completed" if failure is None else "failed",
        score=score,
        failure=failure,
    )
    finish_trial(oracle, trial, outcome)
    return configuration


@pytest.fixture
def scripts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the oracle's generator of the n-th trial be the script of the n-th."""
    real = np.random.default_rng

    def scripted(seed: Any = None) -> Any:
        if isinstance(seed, list) and seed[0] == SEED:  # the oracle's: its seed, and how many trials there were
            return STEPS[seed[1] - len(PREDEFINED)][0] if seed[1] >= len(PREDEFINED) else None
        return real(seed)

    monkeypatch.setattr(np.random, "default_rng", scripted)


def test_the_probabilities_worked_out_by_hand_are_those_of_the_equations() -> None:
    """Equations (1) and (2) once more, written as they are in the paper."""
    for counts, by_hand in (((4, 1, 2, 1, 1, 1), OF_CONV), ((3, 1, 1, 1, 1), OF_DENSE)):
        raw = [1 / (n + 1) for n in counts]
        logits = [math.log(p / (1 - p)) for p in raw]
        total = sum(map(math.exp, logits))
        assert [math.exp(logit) / total for logit in logits] == pytest.approx(by_hand)


@pytest.mark.usefixtures("scripts")
def test_algorithm_one_step_by_step(tmp_path: Path) -> None:
    """Two predefined configurations in order, then six mutations of the best so far, each as worked out above."""
    oracle = make(tmp_path)

    assert [evaluate(oracle, score) for score in (0.5, 0.6)] == PREDEFINED

    for number, (script, expected, score) in enumerate(STEPS, start=3):
        assert evaluate(oracle, score) == expected, f"trial {number}"
        assert script.is_used_up, f"trial {number}"
    assert oracle.create_trial("driver").status == keras_tuner.engine.trial.TrialStatus.STOPPED


class _NoTime:
    """Says that there is time for nothing."""

    def choose(self, configurations: Sequence[Configuration]) -> int | None:
        """Choose none."""
        return None

    def admits(self, configuration: Configuration) -> bool:
        """Admit none."""
        return False


def test_time_leaves_nothing_out(tmp_path: Path) -> None:
    """What a pacer says does not reach the paper's algorithm."""
    oracle = make(tmp_path, pacer=_NoTime())

    proposed = [evaluate(oracle, 0.5) for _ in range(8)]

    assert proposed[:2] == PREDEFINED
    assert len({str(each) for each in proposed}) == 8


def test_nothing_is_pruned(tmp_path: Path) -> None:
    """A configuration that cannot learn trains to its end; with the default tuner it would not."""
    starts = [{"training/learning_rate": rate, "training/batch_size": 128} for rate in (0.03, 0.01, 2e-5)]
    model = dense_classifier(max_trials=3, warm_starts=starts, directory=tmp_path, tuner="paper")

    history = model.fit(*wine(), epochs=9, verbose=0)

    assert [row.epochs for row in model.leaderboard()] == [9, 9, 9]
    assert [row.origin for row in sorted(model.leaderboard(), key=lambda row: row.trial_id)] == [
        "warm start 1",
        "warm start 2",
        "warm start 3",
    ]
    assert history.pruned == 0


def test_the_best_single_model_is_what_it_returns() -> None:
    """A class that puts ensembles together by default does not; asking for both is an error that says so."""

    class Together(AutoModel):
        """Would put an ensemble together."""

        ensemble_by_default = True

    start = ArrayInput()
    head = ClassificationHead()(DenseBlock()(start))

    assert Together(start, head, tuner="paper").ensemble is False
    with pytest.raises(SearchError, match="single model"):
        Together(start, head, tuner="paper", ensemble=True)
