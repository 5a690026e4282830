"""What the domain asks of the outside world; `infra/clients/` holds the adapters."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal, Protocol

from actions.reports import Check


class Unavailable(Exception):  # noqa: N818 -- reads as what happened; subclasses end in Error
    """An outside service did not answer. The message says which, for people."""


class OrchestratorUnavailableError(Unavailable):
    """Airflow does not answer."""


class RegistryUnavailableError(Unavailable):
    """MLflow does not answer."""


class CloudUnavailableError(Unavailable):
    """AWS does not answer."""


class ConflictingRunError(Exception):
    """Airflow does not take the run: its id has another plan, or its conf is refused."""


@dataclass(frozen=True, slots=True)
class TaskState:
    """One task of a run. `state` is Airflow's ("running", "success", "failed", …)."""

    task_id: str
    state: str | None
    started: datetime | None = None
    ended: datetime | None = None


@dataclass(frozen=True, slots=True)
class RunState:
    """One DAG run. `state` is Airflow's."""

    dag_id: str
    run_id: str
    state: Literal["queued", "running", "success", "failed"]
    started: datetime | None = None
    ended: datetime | None = None

    @property
    def finished(self) -> bool:
        """Whether Airflow is done with it."""
        return self.state in {"success", "failed"}


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a task failed. `kind` is one of actions/failures.py's."""

    reason: str
    kind: str = "fault"


class Orchestrator(Protocol):
    """Airflow, as the bot's service user."""

    async def trigger(self, dag_id: str, run_id: str, conf: dict[str, Any]) -> RunState:
        """Start a run, or attach to it where it exists with the same plan digest.

        Raises:
            ConflictingRunError: It exists with another plan, or its conf is refused.
            OrchestratorUnavailableError: Airflow does not answer.
        """

    async def run(self, dag_id: str, run_id: str) -> RunState | None:
        """The run, or None."""

    async def changed_since(self, since: datetime, run_id_prefix: str) -> Sequence[RunState]:
        """Runs of this installation that changed at or after `since`."""

    async def tasks(self, dag_id: str, run_id: str) -> Sequence[TaskState]:
        """The run's task instances."""

    async def report(self, dag_id: str, run_id: str, task_id: str) -> dict[str, Any] | None:
        """The task's report, or None before it has one."""

    async def failure(self, dag_id: str, run_id: str, task_id: str) -> Failure | None:
        """Why the task's last attempt failed, or None where it did not."""

    async def approve(
        self, dag_id: str, run_id: str, task_id: str, conf: dict[str, Any], by: str
    ) -> None:
        """Let a run that asks again go on with the signed `conf` of the plan that people agreed to.

        No error where the same answer was given before.

        Raises:
            ConflictingRunError: It does not ask, or was answered otherwise.
            OrchestratorUnavailableError: Airflow does not answer.
        """

    async def stop(self, dag_id: str, run_id: str) -> None:
        """End the run and its running tasks; no error where it has ended."""

    async def healthy(self) -> bool:
        """Whether the API and the scheduler are up."""

    def run_url(self, dag_id: str, run_id: str) -> str:
        """Where an engineer sees the run."""


@dataclass(frozen=True, slots=True)
class ModelVersion:
    """A registered version. `artifact` is the S3 URI of its `model.tar.gz`."""

    name: str
    version: int
    created: datetime
    aliases: tuple[str, ...] = ()
    metrics: dict[str, float] = field(default_factory=dict)
    params: dict[str, str] = field(default_factory=dict)
    tags: dict[str, str] = field(default_factory=dict)
    artifact: str | None = None
    evaluation: str | None = None
    request: str | None = None


@dataclass(frozen=True, slots=True)
class SliceMetrics:
    """Metrics on the part of the holdout in which `column` has `value`."""

    column: str
    value: str
    rows: int
    metrics: dict[str, float]


@dataclass(frozen=True, slots=True)
class Evaluation:
    """A stored evaluation. Latency in milliseconds for one prediction, size in bytes."""

    holdout: str
    """SHA-256 of the holdout; only evaluations on the same one compare."""
    rows: int
    metrics: dict[str, float]
    verdict: str
    digest: str
    checks: tuple[Check, ...] = ()
    slices: tuple[SliceMetrics, ...] = ()
    latency_ms: float | None = None
    size_bytes: int | None = None


class Registry(Protocol):
    """MLflow's model registry."""

    async def versions(self, name: str) -> Sequence[ModelVersion]:
        """All versions, newest first; empty where the model does not exist."""

    async def version(self, name: str, version: int | str) -> ModelVersion | None:
        """A version by number or alias ("champion", "challenger", "latest")."""

    async def evaluation(self, name: str, version: int) -> Evaluation | None:
        """What the version's evaluation found, or None where none is kept."""

    async def mark_live(self, name: str, version: int | None, environment: str, where: str) -> None:
        """Let the tag of the environment, and in production `champion`, name what serves there.

        Args:
            name: The model.
            version: What the endpoint serves; None: nothing.
            environment: "staging" or "production".
            where: The endpoint's name.
        """

    def version_url(self, name: str, version: int) -> str:
        """Where a person sees the version."""


@dataclass(frozen=True, slots=True)
class JobProgress:
    """A training or processing job. Times in seconds; `metrics` are the latest values."""

    name: str
    status: Literal["InProgress", "Completed", "Failed", "Stopping", "Stopped"]
    phase: str
    metrics: dict[str, float] = field(default_factory=dict)
    started: datetime | None = None
    ended: datetime | None = None
    billable_seconds: int | None = None
    failure: str | None = None


@dataclass(frozen=True, slots=True)
class RunningJob:
    """A training or processing job under way."""

    name: str
    kind: Literal["training", "processing"]
    created: datetime


@dataclass(frozen=True, slots=True)
class Variant:
    """One production variant of an endpoint. `weight` is its share of the traffic, 0 to 1."""

    name: str
    instance_type: str | None
    instance_count: int
    weight: float
    model_name: str | None = None


@dataclass(frozen=True, slots=True)
class EndpointState:
    """An endpoint as it is live; the truth about what serves."""

    name: str
    status: str
    config: str
    variants: tuple[Variant, ...] = ()
    changed: datetime | None = None
    failure: str | None = None
    tags: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Invocation:
    """What an endpoint answered. `body` is JSON where it parses, else text."""

    body: Any
    latency_ms: float
    variant: str | None = None


class EndpointError(Exception):
    """The endpoint exists not, or answered with an error; the message says which."""


class Cloud(Protocol):
    """SageMaker, read, invoke and stop only: every change goes through a DAG."""

    async def training(self, job: str) -> JobProgress | None:
        """The training job, or None where there is none."""

    async def stop_job(self, job: str) -> None:
        """Stop the training and the processing job of this name where they run."""

    async def running_jobs(self, prefix: str) -> Sequence[RunningJob]:
        """Jobs under way whose name starts with the prefix."""

    async def log_tail(self, job: str, lines: int) -> Sequence[str]:
        """The last lines of the job's log, oldest first; empty where there is none."""

    async def endpoint_log(self, name: str, lines: int) -> Sequence[str]:
        """The last lines of the endpoint's newest log, oldest first; empty where there is none."""

    async def endpoint(self, name: str) -> EndpointState | None:
        """The endpoint, or None."""

    async def invoke(
        self, name: str, payload: dict[str, Any], inference_id: str | None = None
    ) -> Invocation:
        """Send one request body; the id, of at most 64 characters, stands beside what is captured.

        Raises:
            EndpointError: It does not exist or answered with an error.
        """


class ArtifactError(Exception):
    """An object cannot be read or written; the message says which, why and what to do."""


class Artifacts(Protocol):
    """Content-addressed files in S3. Blocking; used from the CLI.

    Every method raises ArtifactError where S3 refuses, CloudUnavailableError where it does not answer.
    """

    def put_file(self, bucket: str, key: str, path: str, sha256: str) -> str:
        """Upload unless the same content is there; returns the `s3://` URI."""

    def get(self, uri: str) -> bytes:
        """The object's content."""

    def sha256(self, uri: str) -> str:
        """SHA-256 of the object's content, in hex; read in pieces."""
