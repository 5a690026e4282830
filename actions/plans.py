"""The complete, resolved plan that a DAG carries out: its conf's `plan`.

`cooper generate` writes the JSON schemas of these models into `dags/schemas/`.
"""

from typing import Annotated, Any, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from actions.monitors import Monitor

Slug = Annotated[str, Field(pattern=r"^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$")]
Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
S3Uri = Annotated[str, Field(pattern=r"^s3://[^/]+/.+$", max_length=1024)]


class Strict(BaseModel):
    """Base of everything that crosses to the DAGs: no unknown keys, immutable."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class PersonRef(Strict):
    """Who asked."""

    id: str
    name: str


class EnvironmentRef(Strict):
    """Where in the cloud: account, role and Airflow connection of one environment."""

    name: Literal["staging", "production"]
    region: str
    role_arn: str
    connection: str
    bucket: str
    subnets: tuple[str, ...] = ()
    security_groups: tuple[str, ...] = ()
    kms_key: str | None = None


class Artifact(Strict):
    """A content-addressed object."""

    uri: S3Uri
    sha256: Sha256


class Image(Strict):
    """A container image: a framework's, resolved by the SageMaker SDK, or a URI."""

    framework: str | None = None
    version: str | None = None
    uri: str | None = None


class Resources(Strict):
    """What the job runs on. Runtime in seconds, volume in GiB."""

    instance_type: str
    instance_count: int = Field(ge=1, le=64)
    volume_gb: int = Field(default=30, ge=1, le=16384)
    max_runtime_seconds: int = Field(ge=60, le=28 * 86400)
    spot: bool = False


class Threshold(Strict):
    """Bounds of one metric (MLflow's `MetricThreshold`); a change is against the champion."""

    min: float | None = None
    max: float | None = None
    min_absolute_change: float | None = None
    min_relative_change: float | None = None
    worst_slice: float | None = None
    """Bound in the worst slice: the least value where more is better, else the greatest."""


class Metric(Strict):
    """A metric of the project. `regex` reads it from the training log (one group)."""

    name: str
    regex: str | None = None
    goal: Literal["minimise", "maximise"]
    threshold: Threshold | None = None


class Money(Strict):
    """An amount with its currency, source and date. Decimal as text: no float in a digest."""

    amount: str
    currency: Literal["USD"] = "USD"
    as_of: str
    source: str


class Common(Strict):
    """What every plan carries."""

    schema_version: Literal[1] = 1
    installation: Slug
    request: Annotated[str, Field(pattern=r"^R[1-9][0-9]*$")]
    requested_by: PersonRef
    policy: str
    project: Slug
    environment: EnvironmentRef
    price: Money | None
    tags: dict[str, str]


class TrainingPlan(Common):
    """Conf of the DAG `train_model`."""

    command: Literal["train_model"] = "train_model"
    source: Artifact
    data: Artifact
    holdout: Artifact
    image: Image
    train_entry_point: str
    evaluate_entry_point: str
    resources: Resources
    hyperparameters: dict[str, str | int | float | bool]
    metrics: tuple[Metric, ...]
    model_name: Slug
    target: str | None = None
    """The column to predict; None: the version gets no profile."""
    data_format: Literal["csv", "parquet", "jsonl"] = "csv"
    """Of data and holdout."""
    latency_ms: int | None = Field(default=None, ge=1)
    """Most milliseconds that one prediction may take in the evaluation."""
    size_bytes: int | None = Field(default=None, ge=1)
    """Largest model that passes the evaluation."""
    attempts: int = Field(default=1, ge=1, le=5)
    """Most attempts when capacity is lacking or taken back; together they stay within
    `resources.max_runtime_seconds`."""


class ModelRef(Strict):
    """A registered model version. `artifact` is the training job's `model.tar.gz`."""

    name: Slug
    version: int = Field(ge=1)
    artifact: S3Uri
    evaluation: str | None = None
    """Digest of the evaluation that the decision rests on."""


class Basis(Strict):
    """What people's votes rest on, as it was when the plan was made.

    The DAG looks again right before the effect; where something differs, people vote again.
    """

    live_config: str | None
    """The endpoint's configuration; None: there was no endpoint."""
    champion: int | None = None
    evaluation: str | None = None


class Monitoring(Strict):
    """What watching a deployed version takes."""

    monitors: tuple[Monitor, ...] = ()
    """None: those that its profile suggests."""
    profile: Artifact | None
    """What the version was trained on, in short; None: it was trained before profiles were kept."""
    target: str
    """The column that labels are for."""
    capture: S3Uri
    """Where SageMaker keeps requests and answers."""


class DeploymentPlan(Common):
    """Conf of the DAG `deploy_model`, which promotions and rollbacks go through as well."""

    command: Literal["deploy_model", "promote_model", "rollback_model"] = "deploy_model"
    model: ModelRef
    endpoint: str
    image: Image
    resources: Resources
    strategy: Literal["all-at-once", "canary", "linear", "shadow"] = "all-at-once"
    percent: int | None = Field(default=None, ge=1, le=50)
    """Share of the traffic that a canary or one linear step takes."""
    bake_seconds: int = Field(default=0, ge=0, le=3600)
    """How long the alarms are watched, with the old fleet ready, before the change is final
    (with canary and linear: after each shift)."""
    restores: str | None = None
    """An earlier endpoint configuration to go back to, instead of making a new one."""
    basis: Basis | None = None
    """None: nobody had to agree, so there is nothing to compare."""
    sample: dict[str, Any]
    """A request body of the scoring server that the new endpoint must answer."""
    latency_ms: int = Field(default=1000, ge=1)
    monitoring: Monitoring | None = None
    """None: neither captured nor watched."""


class UndeploymentPlan(Common):
    """Conf of the DAG `undeploy_model`."""

    command: Literal["undeploy_model"] = "undeploy_model"
    model_name: Slug
    endpoint: str
    basis: Basis | None = None


PLANS: dict[str, type[Common]] = {
    "train_model": TrainingPlan,
    "deploy_model": DeploymentPlan,
    "undeploy_model": UndeploymentPlan,
}
"""The plan of each DAG, by the DAG's id."""


class Watch(Strict):
    """What serves on an endpoint and how it is watched; the DAG `monitor_models` reads it.

    In S3 at `watch/{installation}/{endpoint}.json`, written and removed by the deployment's DAGs.
    """

    schema_version: Literal[1] = 1
    installation: Slug
    project: Slug
    environment: Literal["staging", "production"]
    endpoint: str
    config: str
    """The endpoint configuration that this is about."""
    model: Slug
    version: int = Field(ge=1)
    monitoring: Monitoring
    since: AwareDatetime
    """When the configuration took the traffic: what was captured earlier is another version's."""
