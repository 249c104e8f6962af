"""The driver: which trials it has run at once, in which order, and what becomes of those that fail."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import attrs
import keras_tuner
import pytest

from autokeras_core import ArrayInput, Choice, ClassificationHead, SearchError, Space
from autokeras_core.engine.context import Objective, TrialContext
from autokeras_core.engine.deadline import Deadline
from autokeras_core.engine.watchdog import required_in_time
from autokeras_core.executors.base import Executor, TrialObserver
from autokeras_core.progress import SilentProgress
from autokeras_core.search.budget import Budget
from autokeras_core.search.driver import SearchDriver
from autokeras_core.search.events import read_unfinished
from autokeras_core.search.journal import Journal
from autokeras_core.search.oracles import TUNERS, make_oracle, replay
from autokeras_core.search.pacing import Pacer
from autokeras_core.search.records import NO_FINITE_SCORE, Failure, TrialJob, TrialOutcome
from tests.clocks import Clock
from tests.heavy.engine_doubles import TRAIN, Wants, make_case

SPACE = Space({"a": Choice(list(range(6))), "b": Choice(list(range(6)))})


def score_of(job: TrialJob) -> float:
    """Return a made-up score that depends on the configuration only."""
    return (7 * int(job.configuration["a"]) + 3 * int(job.configuration["b"])) % 11 / 11


class Scripted:
    """An executor that trains nothing: the newest job ends first, with a score or as the script says.

    Attributes:
        script: Failures of a trial's attempts, by trial id.
        most: How many jobs it held at once.
        jobs: All jobs in the order in which they came.
    """

    def __init__(self, capacity: int = 1, script: dict[str, list[Failure]] | None = None) -> None:
        self.capacity = capacity
        self.script = script or {}
        self.most = 0
        self.jobs: list[TrialJob] = []
        self.before_each: Callable[[TrialJob], None] = lambda job: None
        self.is_closed = False
        self._held: list[TrialJob] = []

    def open(self, context: TrialContext, observer: TrialObserver) -> None:
        """Do nothing."""

    def submit(self, job: TrialJob) -> None:
        """Keep the job."""
        self.jobs.append(job)
        self._held.append(job)
        self.most = max(self.most, len(self._held))

    def wait(self) -> TrialOutcome:
        """Return the outcome of the newest job."""
        job = self._held.pop()
        self.before_each(job)
        failures = self.script.get(job.trial_id, [])
        values: dict[str, Any] = {"trial_id": job.trial_id, "configuration": job.configuration, "attempts": job.attempt}
        if len(failures) >= job.attempt:
            return TrialOutcome(status="failed", failure=failures[job.attempt - 1], **values)
        return TrialOutcome(status="completed", score=score_of(job), best_epoch=1, directory=job.directory, **values)

    def close(self) -> None:
        """Take note."""
        self.is_closed = True


def make_driver(directory: Path, executor: Executor, *, max_trials: int = 6, **options: Any) -> SearchDriver:
    """Return a driver of a search on a made-up space."""
    start = ArrayInput()
    case = make_case(start, ClassificationHead()(Wants()(start)))
    directory.mkdir(parents=True, exist_ok=True)
    budget = options.pop("budget", None) or Budget(max_trials=max_trials, deadline=None, workers=executor.capacity)
    pacer = Pacer(cost=lambda configuration: None, budget=budget, rows=TRAIN, epochs=3)
    oracle = options.pop("oracle", None) or make_oracle(
        "mutation",
        space=SPACE,
        objective=("val_accuracy", "max"),
        max_trials=max_trials,
        seed=0,
        predefined=[{"a": 0, "b": 0}, {"a": 1, "b": 1}],
        pacer=pacer,
        directory=directory,
    )
    return SearchDriver(
        oracle=oracle,
        space=SPACE,
        context=TrialContext(
            graph=case.graph,
            profile=case.profile,
            store=case.store,
            train_targets={},
            validation_targets={},
            train_weights=None,
            validation_weights=None,
            objective=Objective("val_accuracy", "max"),
        ),
        executor=executor,
        budget=budget,
        pacer=pacer,
        journal=Journal.create(directory / "journal.jsonl"),
        progress=SilentProgress(),
        directory=directory,
        epochs=3,
        seed=0,
        on_completed=lambda record: None,
        **options,
    )


def events_of(driver: SearchDriver, name: str) -> list[dict[str, Any]]:
    """Return the journal's events of a name."""
    return [event for event in driver.journal.events() if event["event"] == name]


@pytest.mark.parametrize("capacity", [1, 2, 4])
def test_as_many_trials_run_at_once_as_the_executor_takes(capacity: int, tmp_path: Path) -> None:
    """And as many in all as the budget allows, each configuration once."""
    executor = Scripted(capacity)
    driver = make_driver(tmp_path, executor, max_trials=6)

    driver.run()

    assert executor.most == capacity
    assert [job.trial_id for job in executor.jobs] == [str(number) for number in range(6)]
    assert len({tuple(sorted(job.configuration.items())) for job in executor.jobs}) == 6
    assert driver.stop_reason == "max_trials=6 reached"
    assert executor.is_closed


def test_trials_may_end_in_another_order_than_they_start(tmp_path: Path) -> None:
    """The journal has them as they ended; each has the seed that it would have had alone; the best is the best."""
    alone, several = Scripted(1), Scripted(3)
    make_driver(tmp_path / "1", alone, max_trials=2).run()
    driver = make_driver(tmp_path / "2", several, max_trials=6)

    driver.run()

    assert [event["trial_id"] for event in events_of(driver, "trial_completed")][:2] == ["2", "3"]
    assert [job.seed for job in several.jobs][:2] == [job.seed for job in alone.jobs]
    assert driver.best is not None
    assert driver.best.score == max(score_of(job) for job in several.jobs)


def test_the_space_is_exhausted_with_several_at_once(tmp_path: Path) -> None:
    """Running trials are not proposed again, and the last ones are waited for."""
    executor = Scripted(4)
    driver = make_driver(tmp_path, executor, max_trials=100)

    driver.run()

    assert len(driver.outcomes) == SPACE.size
    assert driver.stop_reason == "search space exhausted"


def test_an_oracle_that_has_reached_its_own_limit_is_named(tmp_path: Path) -> None:
    """KerasTuner's have one of ten if nothing else is said; the space is not exhausted then."""
    oracle = make_oracle(
        keras_tuner.oracles.RandomSearchOracle(max_trials=2),
        space=SPACE,
        objective=("val_accuracy", "max"),
        max_trials=6,
        seed=0,
        directory=tmp_path / "oracle",
    )
    driver = make_driver(tmp_path, Scripted(1), max_trials=6, oracle=oracle)

    driver.run()

    assert len(driver.outcomes) == 2
    assert driver.stop_reason == "the tuner's own max_trials reached"


@pytest.mark.parametrize("tuner", TUNERS)
def test_every_tuner_has_several_at_once(tuner: str, tmp_path: Path) -> None:
    """Also those of KerasTuner: none gets a running trial twice, and where one waits for a result it is asked again."""
    executor = Scripted(3)
    oracle = make_oracle(
        tuner,
        space=SPACE,
        objective=("val_accuracy", "max"),
        max_trials=8,
        seed=0,
        directory=tmp_path / "oracle",
        max_epochs=9,
    )
    driver = make_driver(tmp_path, executor, max_trials=8, oracle=oracle)

    driver.run()

    assert executor.most == 3
    assert len({outcome.trial_id for outcome in driver.outcomes}) == len(driver.outcomes) == 8


@pytest.mark.parametrize(
    ("kind", "change"),
    [
        ("oom", {"batch_size_divisor": 2}),
        ("nan", {"learning_rate_factor": 0.1}),
        ("crash", {}),
    ],
)
def test_some_failures_are_tried_once_more(kind: Any, change: dict[str, Any], tmp_path: Path) -> None:
    """With what may help, while other trials go on; the journal says so."""
    executor = Scripted(2, {"1": [Failure(kind=kind, reason="bad luck")]})
    driver = make_driver(tmp_path, executor, max_trials=3)

    driver.run()

    first, second = (job for job in executor.jobs if job.trial_id == "1")
    assert attrs.evolve(first, attempt=2, **change) == second
    assert [(event["trial_id"], event["failure"]["kind"]) for event in events_of(driver, "trial_retried")] == [
        ("1", kind)
    ]
    assert {outcome.trial_id: outcome.attempts for outcome in driver.outcomes} == {"0": 1, "1": 2, "2": 1}


def test_a_trial_that_fails_twice_has_failed(tmp_path: Path) -> None:
    """What its dead workers left behind is deleted, and the search goes on."""
    crash = Failure(kind="crash", reason="bad luck")
    executor = Scripted(2, {"1": [crash, crash]})
    executor.before_each = lambda job: Path(job.directory, "checkpoint").mkdir(parents=True, exist_ok=True)
    driver = make_driver(tmp_path, executor, max_trials=3)

    driver.run()

    failed = next(outcome for outcome in driver.outcomes if outcome.trial_id == "1")
    assert failed.failure == crash and failed.attempts == 2
    assert not (tmp_path / "trials" / "1").exists()
    assert (tmp_path / "trials" / "0").exists()


def test_a_retry_keeps_what_the_first_attempt_left(tmp_path: Path) -> None:
    """Its checkpoint is still there when it starts again."""
    found: list[bool] = []

    def leave_and_look(job: TrialJob) -> None:
        checkpoint = Path(job.directory, "checkpoint")
        found.append(checkpoint.exists())
        checkpoint.mkdir(parents=True, exist_ok=True)

    executor = Scripted(1, {"0": [Failure(kind="crash", reason="bad luck")]})
    executor.before_each = leave_and_look
    make_driver(tmp_path, executor, max_trials=1).run()

    assert found == [False, True]


def test_unfinished_trials_of_an_earlier_run_come_first(tmp_path: Path) -> None:
    """With their configurations, seeds and directories; the oracle goes on behind them."""
    whole = Scripted(1)
    make_driver(tmp_path / "whole", whole, max_trials=4).run()
    before = [job for job in whole.jobs if job.trial_id in ("1", "2")]
    done = TrialOutcome(
        trial_id="0", configuration=whole.jobs[0].configuration, status="completed", score=score_of(whole.jobs[0])
    )
    executor = Scripted(2)
    again = tmp_path / "again"
    budget = Budget(max_trials=4, deadline=None, started_trials=3, workers=2)
    driver = make_driver(again, executor, max_trials=4, budget=budget, outcomes=[done], unfinished=list(before))
    replay(driver.oracle, [done], unfinished=before)
    for job in before:
        Path(job.directory, "checkpoint").mkdir(parents=True, exist_ok=True)

    driver.run()

    assert [job.trial_id for job in executor.jobs] == ["1", "2", "3"]
    assert [job.configuration for job in executor.jobs[:2]] == [job.configuration for job in before]
    assert [job.seed for job in executor.jobs] == [job.seed for job in whole.jobs[1:]]
    assert all(Path(job.directory, "checkpoint").exists() for job in before)


def test_what_is_under_way_is_part_of_the_estimate(tmp_path: Path) -> None:
    """Of four trials one is done; two go on and one is to come. Then each that runs counts until it has ended."""
    whole = Scripted(1)
    make_driver(tmp_path / "whole", whole, max_trials=4).run()
    done = TrialOutcome(
        trial_id="0", configuration=whole.jobs[0].configuration, status="completed", score=score_of(whole.jobs[0])
    )
    before = whole.jobs[1:3]
    executor = Scripted(2)
    budget = Budget(max_trials=4, deadline=None, started_trials=3, workers=2)
    driver = make_driver(tmp_path / "again", executor, budget=budget, outcomes=[done], unfinished=list(before))
    replay(driver.oracle, [done], unfinished=before)
    left: list[int | None] = [driver.estimate.trials_left]
    executor.before_each = lambda job: left.append(driver.estimate.trials_left)

    driver.run()

    assert left == [3, 3, 2, 1]
    assert driver.estimate.trials_left == 0


def test_unfinished_trials_for_which_there_is_no_time_stay_as_they_are(tmp_path: Path) -> None:
    """Without time they would fail, and lose the checkpoints from which a later run can go on."""
    whole = Scripted(1)
    make_driver(tmp_path / "whole", whole, max_trials=3).run()
    before = whole.jobs
    executor, clock = Scripted(1), Clock()
    executor.before_each = lambda job: setattr(clock, "now", 100.0)
    again = tmp_path / "again"
    budget = Budget(max_trials=9, deadline=Deadline(60.0, clock=clock), started_trials=3)
    driver = make_driver(again, executor, max_trials=9, budget=budget, unfinished=list(before))
    replay(driver.oracle, [], unfinished=before)
    for job in before:
        driver.journal.append("trial_started", **job.to_json())
        Path(job.directory, "checkpoint").mkdir(parents=True, exist_ok=True)

    driver.run()

    assert [job.trial_id for job in executor.jobs] == ["0"]
    assert driver.stop_reason == "time_limit reached"
    assert [trial.job.trial_id for trial in read_unfinished(driver.journal.events(), again)] == ["1", "2"]
    assert all(Path(job.directory, "checkpoint").exists() for job in before)


def test_a_model_of_an_earlier_run_is_what_was_found_where_no_worker_can_start_in_time(tmp_path: Path) -> None:
    """Without one that is an error. The trial that was to go on stays for a later run."""
    whole = Scripted(1)
    make_driver(tmp_path / "whole", whole, max_trials=2).run()
    first, second = whole.jobs
    done = TrialOutcome(
        trial_id="0", configuration=first.configuration, status="completed", score=score_of(first), seconds=1.0
    )
    clock = Clock()
    deadline = Deadline(60.0, clock=clock)

    def again(outcomes: list[TrialOutcome]) -> SearchDriver:
        return make_driver(
            tmp_path / str(len(outcomes)),
            Scripted(1),
            budget=Budget(max_trials=9, deadline=deadline, started_trials=2),
            outcomes=outcomes,
            unfinished=[second],
            starting=lambda: required_in_time(deadline, doing="starting the workers"),
        )

    with_model, without = again([done]), again([])
    clock.now = 100.0

    with_model.run()
    with pytest.raises(SearchError, match="starting the workers"):
        without.run()

    assert with_model.stop_reason == "time_limit reached"
    assert events_of(with_model, "search_ended")[0]["then"] == "handed_over"
    assert with_model.unfinished == [second]


def test_workers_that_cannot_start_are_an_error_where_there_is_time(tmp_path: Path) -> None:
    """Whatever was found earlier: the search was to go on."""
    executor = Scripted(1)
    executor.open = raising(SearchError("No worker process can start."))  # type: ignore[method-assign]
    done = TrialOutcome(trial_id="0", configuration={"a": 0, "b": 0}, status="completed", score=0.5)
    driver = make_driver(tmp_path, executor, outcomes=[done])

    with pytest.raises(SearchError, match="can start"):
        driver.run()


def test_without_a_model_an_unfinished_trial_runs_although_the_time_is_up(tmp_path: Path) -> None:
    """A first model that comes late is worth more than none: it has until trials are interrupted."""
    whole = Scripted(1)
    make_driver(tmp_path / "whole", whole, max_trials=1).run()
    executor, clock = Scripted(1), Clock()
    budget = Budget(max_trials=1, deadline=Deadline(60.0, clock=clock), started_trials=1)
    driver = make_driver(tmp_path / "again", executor, max_trials=1, budget=budget, unfinished=list(whole.jobs))
    replay(driver.oracle, [], unfinished=whole.jobs)
    clock.now = 61.0

    driver.run()

    (job,) = executor.jobs
    assert job.trial_id == "0"
    assert job.seconds is not None and job.seconds + job.grace > 0.0


def test_without_a_model_too_an_unfinished_trial_stays_where_it_would_be_interrupted_at_once(tmp_path: Path) -> None:
    """The one before it has taken all the time; this one would fail before it began, and lose its checkpoint."""
    whole = Scripted(1)
    make_driver(tmp_path / "whole", whole, max_trials=2).run()
    before, again = whole.jobs, tmp_path / "again"
    executor, clock = Scripted(1, {"0": [Failure(kind="timeout", reason="it was interrupted")]}), Clock()
    executor.before_each = lambda job: setattr(clock, "now", 100.0)
    budget = Budget(max_trials=9, deadline=Deadline(60.0, clock=clock), started_trials=2)
    driver = make_driver(again, executor, max_trials=9, budget=budget, unfinished=list(before))
    replay(driver.oracle, [], unfinished=before)
    for job in before:
        driver.journal.append("trial_started", **job.to_json())
    Path(before[1].directory, "checkpoint").mkdir(parents=True)

    with pytest.raises(SearchError, match="it was interrupted"):
        driver.run()

    assert [job.trial_id for job in executor.jobs] == ["0"]
    assert [trial.job.trial_id for trial in read_unfinished(driver.journal.events(), again)] == ["1"]
    assert Path(before[1].directory, "checkpoint").exists()


def test_a_trial_that_no_worker_was_free_for_stays_as_it_is(tmp_path: Path) -> None:
    """It has not failed, and a later run goes on from its checkpoint."""
    whole = Scripted(1)
    make_driver(tmp_path / "whole", whole, max_trials=2).run()
    before, again = whole.jobs, tmp_path / "again"
    executor = Scripted(2, {"0": [Failure(kind="not_begun", reason="no worker was free for it")]})
    budget = Budget(max_trials=2, deadline=None, started_trials=2, workers=2)
    driver = make_driver(again, executor, max_trials=2, budget=budget, unfinished=list(before))
    replay(driver.oracle, [], unfinished=before)
    for job in before:
        driver.journal.append("trial_started", **job.to_json())
        Path(job.directory, "checkpoint").mkdir(parents=True, exist_ok=True)

    driver.run()

    assert [outcome.trial_id for outcome in driver.outcomes] == ["1"]
    assert events_of(driver, "trial_failed") == []
    assert [trial.job.trial_id for trial in read_unfinished(driver.journal.events(), again)] == ["0"]
    assert Path(before[0].directory, "checkpoint").exists()


def test_a_trial_knows_how_long_it_may_wait_for_a_worker(tmp_path: Path) -> None:
    """All that is left of the search: there the executor begins it with all of its own time."""
    executor = Scripted(2)
    budget = Budget(max_trials=4, deadline=Deadline(101.0, clock=Clock()), workers=2)
    driver = make_driver(tmp_path, executor, max_trials=4, budget=budget)

    driver.run()

    assert [job.search_seconds for job in executor.jobs] == [101.0, 101.0, 100.0, 100.0]  # a second is kept for a model


def test_the_time_is_shared_out_among_those_at_once(tmp_path: Path) -> None:
    """With two workers and four trials, each gets half of the time, not a quarter."""
    times = iter([0.0, *[0.0] * 1000])
    deadline = Deadline(101.0, clock=lambda: next(times))
    executor = Scripted(2)
    budget = Budget(max_trials=4, deadline=deadline, workers=2)
    driver = make_driver(tmp_path, executor, max_trials=4, budget=budget)

    driver.run()

    assert [job.seconds for job in executor.jobs[:2]] == [50.0, 50.0]


def test_ctrl_c_ends_running_trials_and_keeps_the_best(tmp_path: Path) -> None:
    """The executor is closed, and the journal says that the search was interrupted."""
    executor = Scripted(2)

    def interrupt(job: TrialJob) -> None:
        if job.trial_id == "3":
            raise KeyboardInterrupt

    executor.before_each = interrupt
    driver = make_driver(tmp_path, executor)

    driver.run()

    assert executor.is_closed
    assert driver.best is not None
    assert events_of(driver, "search_ended")[0]["reason"] == "interrupted"


def raising(error: BaseException) -> Callable[..., None]:
    """Return what raises when it is called."""

    def fail(*arguments: Any) -> None:
        raise error

    return fail


def test_ctrl_c_before_the_first_model_is_no_death_of_its_trial(tmp_path: Path) -> None:
    """It is passed on, and the journal tells that the process did not die: else the third one gives the trial up."""
    executor = Scripted(1)
    executor.before_each = raising(KeyboardInterrupt())
    driver = make_driver(tmp_path, executor)

    with pytest.raises(KeyboardInterrupt):
        driver.run()

    assert [event["reason"] for event in events_of(driver, "search_ended")] == ["interrupted"]
    assert [trial.deaths for trial in read_unfinished(driver.journal.events(), tmp_path)] == [0]


def test_ctrl_c_while_workers_start_keeps_the_model_of_an_earlier_run(tmp_path: Path) -> None:
    """The journal says that the search was interrupted."""
    executor = Scripted(2)
    executor.open = raising(KeyboardInterrupt())  # type: ignore[method-assign]
    done = TrialOutcome(trial_id="0", configuration={"a": 0, "b": 0}, status="completed", score=0.5)
    driver = make_driver(tmp_path, executor, outcomes=[done])

    driver.run()

    assert driver.stop_reason == "interrupted"
    assert [event["reason"] for event in events_of(driver, "search_ended")] == ["interrupted"]


def test_ctrl_c_while_workers_start_is_passed_on_where_there_is_no_model(tmp_path: Path) -> None:
    """There is nothing to hand over."""
    executor = Scripted(2)
    executor.open = raising(KeyboardInterrupt())  # type: ignore[method-assign]
    driver = make_driver(tmp_path, executor)

    with pytest.raises(KeyboardInterrupt):
        driver.run()


def test_ctrl_c_while_workers_are_ended_finds_the_search_interrupted(tmp_path: Path) -> None:
    """The second one aborts; the journal tells of the first one already."""
    executor = Scripted(2)
    executor.before_each = lambda job: raising(KeyboardInterrupt())() if job.trial_id == "3" else None
    executor.close = raising(KeyboardInterrupt())  # type: ignore[method-assign]
    driver = make_driver(tmp_path, executor)

    with pytest.raises(KeyboardInterrupt):
        driver.run()

    assert [event["reason"] for event in events_of(driver, "search_ended")] == ["interrupted"]


def test_an_unexpected_error_is_in_the_journal(tmp_path: Path) -> None:
    """It is passed on; whoever reads the journal sees why there is no end, and no trial is blamed."""
    executor = Scripted(1)
    executor.before_each = raising(RuntimeError("the pipe is broken"))
    driver = make_driver(tmp_path, executor)

    with pytest.raises(RuntimeError, match="the pipe is broken"):
        driver.run()

    assert [event["reason"] for event in events_of(driver, "search_failed")] == ["RuntimeError: the pipe is broken"]
    assert [trial.deaths for trial in read_unfinished(driver.journal.events(), tmp_path)] == [0]
    assert executor.is_closed


def test_an_end_says_whether_a_model_is_still_to_be_handed_over(tmp_path: Path) -> None:
    """With a model there is one to choose; with none, or after Ctrl-C, the search's end is the end."""
    bug = Failure(kind="too_large", reason="too large")
    found, empty = Scripted(1), Scripted(1, {"0": [bug]})
    with_model = make_driver(tmp_path / "1", found, max_trials=1)
    without = make_driver(tmp_path / "2", empty, max_trials=1)

    with_model.run()
    with pytest.raises(SearchError, match="trained no model"):
        without.run()

    assert events_of(with_model, "search_ended")[0]["then"] == "handed_over"
    assert "then" not in events_of(without, "search_ended")[0]


def test_events_tell_how_long_was_searched_in_all_runs(tmp_path: Path) -> None:
    """So a later run knows what is left of the time, also where this one is cut off between two ends of trials."""
    driver = make_driver(tmp_path, Scripted(2), max_trials=4, elapsed_before=100.0)

    driver.run()

    told = [event for event in driver.journal.events() if event["event"] in ("trial_started", "trial_completed")]
    seconds = [event["elapsed"] for event in [*told, *events_of(driver, "search_ended")]]
    assert len(seconds) == 9
    assert seconds[0] >= 100.0
    assert seconds == sorted(seconds)


def test_the_last_trials_are_named_where_only_they_failed_alike(tmp_path: Path) -> None:
    """Another failure before them is not counted among them."""
    bug, other = Failure(kind="bug", reason="ValueError: always"), Failure(kind="too_large", reason="too large")
    executor = Scripted(1, {"0": [other], "1": [bug], "2": [bug], "3": [bug]})
    driver = make_driver(tmp_path, executor, max_trials=9)

    with pytest.raises(SearchError, match="The last 3 trials all failed in the same way: ValueError: always"):
        driver.run()


def test_the_same_bug_in_all_trials_is_one_error(tmp_path: Path) -> None:
    """With several at once, too: the search does not go on to nothing."""
    bug = Failure(kind="bug", reason="ValueError: always")
    executor = Scripted(2, {str(number): [bug] for number in range(9)})
    driver = make_driver(tmp_path, executor, max_trials=9)

    with pytest.raises(SearchError, match="all failed in the same way: ValueError: always"):
        driver.run()

    assert len(executor.jobs) <= 5
    assert executor.is_closed


def no_score_at_all(reason: str) -> dict[str, list[Failure]]:
    """Return the failures of ten trials that fail alike, twice each."""
    return {f"{number:02d}": 2 * [Failure(kind="nan", reason=reason)] for number in range(10)}


def test_a_metric_that_is_never_a_number_is_one_error(tmp_path: Path) -> None:
    """No configuration cures it: the third trial is the last one."""
    executor = Scripted(1, no_score_at_all(f"val_f1 {NO_FINITE_SCORE}"))
    driver = make_driver(tmp_path, executor, max_trials=10)

    with pytest.raises(SearchError, match="The last 3 trials all failed in the same way: val_f1 was not finite"):
        driver.run()

    assert len(driver.outcomes) == 3


def test_a_loss_that_diverges_three_times_is_no_reason_to_stop(tmp_path: Path) -> None:
    """Another configuration may learn."""
    executor = Scripted(1, no_score_at_all("LossDivergedError: the loss became nan in epoch 1, batch 8"))
    driver = make_driver(tmp_path, executor, max_trials=10)

    with pytest.raises(SearchError, match="trained no model"):
        driver.run()

    assert len(driver.outcomes) == 10
