"""From the click on Confirm to CreateTrainingJob, and on to the registered model."""

from __future__ import annotations

import time
from dataclasses import dataclass

from benchmarks.figures import Milestones, by_segment, summarise, whole
from benchmarks.outside import Airflow, Jobs, newest_version
from benchmarks.report import SUMMARY_COLUMNS, Section, summary_row
from benchmarks.stack import Run
from benchmarks.trace import Trace
from tests.e2e.stack import ANA, People, payload, text_of

ACCEPTED = "CreateTrainingJob accepted"
REGISTERED = "version in MLflow"
JOB, EVALUATION = "training job", "evaluation job"


@dataclass(frozen=True, slots=True)
class Trained:
    """A training from click to version. Seconds since the epoch."""

    thread: str
    clicked: float
    registered: float


def train(run: Run, people: People) -> Trained:
    """Ask, confirm, and wait for the end. Raises RuntimeError when it does not succeed."""
    thread = people.says(ANA, "@cooper train claims-frequency")
    plan = people.card(thread, 30, "awaiting_confirmation", command="train_model")
    clicked = time.time()
    people.clicks(ANA, plan, "confirm")
    ends = ("succeeded", "failed", "stopped")
    card = people.card(thread, 600, *ends, command="train_model")
    if payload(card)["state"] != "succeeded":
        raise RuntimeError(f"the training ended badly: {text_of(card)[:2000]}")
    return Trained(thread, clicked, newest_version(run.stack.environment))


def milestones(trained: Trained, trace: Trace, airflow: Airflow, jobs: Jobs) -> Milestones:
    """What happened from the click on, in order."""
    number = trace.request(trained.thread)
    run_id = trace.run_id(number)
    envelope, received = trace.confirmation(number)
    confirming = trace.first("handle_envelope", envelope)
    starting = trace.first("start_request", number)
    tasks = airflow.tasks(run_id)
    created, ended = jobs.training(run_id)
    evaluating, evaluated = jobs.evaluation(run_id)
    return {
        "click": trained.clicked,
        "click → envelope stored": received,
        "confirmed and queued": confirming.ended,
        "wait for the worker": starting.started,
        "Airflow run created": airflow.created(run_id),
        "run → first task starts": tasks["validate"][0],
        "task `validate`": tasks["validate"][1],
        "→ `snapshot` starts": tasks["snapshot"][0],
        "task `snapshot`": tasks["snapshot"][1],
        "→ `train` starts": tasks["train"][0],
        ACCEPTED: created,
        JOB: ended,
        "`train` ends, `evaluate` starts its job": evaluating,
        EVALUATION: evaluated,
        "`evaluate` ends, `register` starts": tasks["register"][0],
        REGISTERED: trained.registered,
    }


def measure(run: Run, *, trainings: int) -> Section:
    """One training after the other."""
    with run.people() as people:
        trained = [train(run, people) for _ in range(trainings)]
    environment = run.stack.environment
    trace = Trace(environment["DATABASE_URL"], run.logs / "worker.log")
    airflow, jobs = Airflow(environment), Jobs(environment)
    ways = [milestones(each, trace, airflow, jobs) for each in trained]
    split = by_segment(ways)
    accepted = summarise([whole(way, ACCEPTED) for way in ways])
    registered = summarise([whole(way) for way in ways])
    rows = [
        summary_row("confirm → CreateTrainingJob accepted", accepted, registered.mean),
        summary_row("confirm → model registered", registered, registered.mean),
    ]
    rows += [summary_row(f"· {name}", found, registered.mean) for name, found in split.items()]
    share = (split[JOB].mean + split[EVALUATION].mean) / registered.mean
    return Section(
        name="training",
        title="Confirm → CreateTrainingJob → model registered",
        columns=SUMMARY_COLUMNS,
        rows=tuple(rows),
        figures={
            "create_training_job": accepted.as_json(),
            "registered": registered.as_json(),
            "breakdown": {name: found.as_json() for name, found in split.items()},
            "share_of_jobs": round(share, 3),
        },
        note=(
            f"{trainings} trainings, one after the other. The project's own jobs (training "
            f"and evaluation) take {share:.0%} of the time to the registered model."
        ),
    )
