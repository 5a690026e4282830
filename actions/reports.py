"""What each stage of a DAG hands back (its XCom): one small report a stage.

`cooper generate` writes the union's JSON schema into `dags/schemas/report.json`.
"""

from typing import Annotated, Literal

from pydantic import Field, TypeAdapter

from actions.plans import Strict


class _Report(Strict):
    headline: str = Field(max_length=300)
    """One line for people: what this stage did."""


class ValidateReport(_Report):
    """The plan was signed, fits its schema, and what it names exists."""

    stage: Literal["validate"]
    image_uri: str


class SnapshotReport(_Report):
    """The data as it was, kept with the run."""

    stage: Literal["snapshot"]
    uri: str
    sha256: str
    bytes: int
    rows: int | None = None


class TrainReport(_Report):
    """The training job ended well. Times in seconds."""

    stage: Literal["train"]
    job: str
    model_uri: str
    seconds: int
    billable_seconds: int
    metrics: dict[str, float]


class Check(Strict):
    """One threshold and how the candidate did against it."""

    metric: str
    value: float
    bound: str
    passed: bool


class Slice(Strict):
    """Part of the holdout: the rows in which `column` has `value`."""

    column: str
    value: str
    rows: int
    metrics: dict[str, float]


class EvaluateReport(_Report):
    """Candidate (and champion, where there is one) on the same holdout."""

    stage: Literal["evaluate"]
    job: str
    uri: str
    holdout_sha256: str
    rows: int
    metrics: dict[str, float]
    champion_metrics: dict[str, float] | None = None
    champion_version: int | None = None
    worst_slices: tuple[Slice, ...] = ()
    """For each metric with a bound on slices, the slice where the candidate is worst."""
    latency_ms: float | None = None
    size_bytes: int | None = None
    checks: tuple[Check, ...]
    verdict: Literal["passed", "failed"]
    digest: str
    """Over model, holdout, metrics and thresholds."""


class ProfileReport(_Report):
    """What the training data looked like, kept with the version; None where it has no columns."""

    stage: Literal["profile"]
    uri: str | None
    sha256: str | None
    rows: int | None


class RegisterReport(_Report):
    """The model version in MLflow."""

    stage: Literal["register"]
    model: str
    version: int
    mlflow_run: str
    alias: str | None


class Change(Strict):
    """Something that is no longer as it was when the plan was made."""

    what: str
    before: str
    after: str


class GateReport(_Report):
    """What changed since people voted; nothing, and the run goes on by itself."""

    stage: Literal["gate"]
    changes: tuple[Change, ...] = ()


class ConfigureReport(_Report):
    """Model and endpoint configuration exist in SageMaker."""

    stage: Literal["configure"]
    model: str
    endpoint_config: str


class DeployReport(_Report):
    """The endpoint runs the asked configuration."""

    stage: Literal["deploy"]
    endpoint: str
    endpoint_config: str
    previous_config: str | None
    change: Literal["created", "updated", "unchanged"]


class VerifyReport(_Report):
    """The endpoint answered the sample. Latency in milliseconds."""

    stage: Literal["verify"]
    latency_ms: float
    answer: str = Field(max_length=2000)
    """The scoring server's answer, JSON text."""


class RestoreReport(_Report):
    """The endpoint did not prove itself: it runs what it ran before, or is gone if it was new."""

    stage: Literal["restore"]
    endpoint: str
    endpoint_config: str | None


class DeleteReport(_Report):
    """The endpoint is deleted."""

    stage: Literal["delete"]
    endpoint: str
    previous_config: str | None


class RecordReport(_Report):
    """Aliases and tags in MLflow follow the live endpoint. `version` None: nothing serves."""

    stage: Literal["record"]
    model: str
    version: int | None
    alias: str | None


class AporiaReport(_Report):
    """What Aporia knows of the version. Not `registered`: it serves, and Aporia was not told."""

    stage: Literal["aporia"]
    registered: bool


class SummaryReport(_Report):
    """The last stage: what the card says at the end."""

    stage: Literal["report"]
    facts: dict[str, str]


Report = Annotated[
    ValidateReport
    | SnapshotReport
    | TrainReport
    | EvaluateReport
    | ProfileReport
    | RegisterReport
    | GateReport
    | ConfigureReport
    | DeployReport
    | VerifyReport
    | RestoreReport
    | DeleteReport
    | RecordReport
    | AporiaReport
    | SummaryReport,
    Field(discriminator="stage"),
]
REPORT: TypeAdapter[Report] = TypeAdapter(Report)

STAGES: dict[str, tuple[str, ...]] = {
    "train_model": (
        "validate",
        "snapshot",
        "train",
        "evaluate",
        "profile",
        "register",
        "report",
    ),
    "deploy_model": (
        "validate",
        "gate",
        "approve",
        "configure",
        "deploy",
        "verify",
        "restore",
        "record",
        "aporia",
        "report",
    ),
    "undeploy_model": ("validate", "gate", "approve", "delete", "record", "report"),
}
"""Task ids of each DAG, in order."""

OCCASIONAL = frozenset({"approve", "restore", "aporia"})
"""Stages that most runs skip; a card shows them where they have something to say."""

STAGE_NAMES: dict[str, str] = {
    "validate": "Check the plan",
    "snapshot": "Snapshot the data",
    "train": "Train",
    "evaluate": "Evaluate on the holdout",
    "profile": "Profile the data",
    "register": "Register in MLflow",
    "gate": "Compare with what was approved",
    "approve": "Ask again",
    "configure": "Configure the endpoint",
    "deploy": "Deploy",
    "verify": "Prove that it serves",
    "restore": "Go back to what served before",
    "delete": "Delete the endpoint",
    "record": "Record in MLflow",
    "aporia": "Register in Aporia",
    "report": "Report",
}
"""What people read for a task id."""
