"""`cooper.yaml`: the policy of an installation, as its platform owner writes it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Annotated, Literal

from pydantic import AfterValidator, BeforeValidator, Field, field_validator, model_validator

from actions.config import Check, Fault, Plain, Strict, pick
from actions.config_errors import nearest
from actions.config_types import (
    Account,
    Bucket,
    Channel,
    Connection,
    Cron,
    Duration,
    Installation,
    InstancePattern,
    ProjectName,
    Region,
    RoleArn,
    SecurityGroup,
    SlackGroup,
    SlackUser,
    Subnet,
    Text,
    TimeZone,
    Word,
    project_name,
)
from actions.digests.recurrence import Recurrence
from actions.incidents.settings import Alerting
from actions.incidents.settings import faults as alerting_faults

EnvironmentName = Literal["staging", "production"]
ENVIRONMENTS: tuple[EnvironmentName, ...] = ("staging", "production")
EVERYTHING = "*"
GROUPS: Mapping[str, frozenset[str]] = {
    "read": frozenset({"read"}),
    "change": frozenset({"change", "direct"}),
    "guarded": frozenset({"guarded"}),
}
"""The words that stand for many commands, by the risks they cover."""
BY_NAME_ONLY: frozenset[str] = frozenset({"approve_request", "reject_request"})
"""Commands that no group gives: agreeing is a role of its own."""


def _star(value: object) -> object:
    """`"*"` for a list that holds it; a list as a tuple, which strict models want."""
    if value == EVERYTHING:
        return (EVERYTHING,)
    return tuple(value) if isinstance(value, list) else value


def _project(value: str) -> str:
    return value if value == EVERYTHING else project_name(value)


def _environment(value: str) -> str:
    if value not in (*ENVIRONMENTS, EVERYTHING):
        raise ValueError(f"{value!r} is no environment; write staging, production or *")
    return value


Names = Annotated[tuple[Text, ...], BeforeValidator(_star), Field(min_length=1)]
Projects = Annotated[
    tuple[Annotated[str, AfterValidator(_project)], ...],
    BeforeValidator(_star),
    Field(min_length=1),
]
Environments = Annotated[
    tuple[Annotated[str, AfterValidator(_environment)], ...],
    BeforeValidator(_star),
    Field(min_length=1),
]


class Vpc(Strict):
    """The network that jobs and endpoints run in."""

    subnets: tuple[Subnet, ...] = Field(min_length=1, description="subnet IDs")
    security_groups: tuple[SecurityGroup, ...] = Field(min_length=1, description="group IDs")


class Environment(Strict):
    """One place in AWS: account, region, role, and the Airflow connection that reaches it."""

    account: Account = Field(description='twelve digits in quotes: "123456789012"')
    region: Region = Field(description="such as eu-central-1")
    role_arn: RoleArn = Field(description="the role of jobs and endpoints")
    connection: Connection = Field(description="the ID of the Airflow connection")
    bucket: Bucket = Field(description="the S3 bucket for sources, data and models")
    vpc: Vpc | None = Field(default=None, description="subnets and security_groups")
    kms_key: Text | None = Field(default=None, description="a KMS key ID or ARN")
    bake: Duration = Field(
        default=timedelta(0),
        description="how long alarms are watched after new traffic, before a change is final: PT5M",
    )

    @field_validator("bake")
    @classmethod
    def _within_an_hour(cls, value: timedelta) -> timedelta:
        if not timedelta(0) <= value <= timedelta(hours=1):
            raise ValueError("should be from PT0S to PT1H (SageMaker's limit)")
        return value


class Binding(Strict):
    """Gives a role to people, in projects and environments. Both default to all."""

    role: Word = Field(description="one of `roles`")
    people: tuple[SlackUser, ...] = Field(default=(), description="Slack member IDs")
    groups: tuple[SlackGroup, ...] = Field(default=(), description="Slack user group IDs")
    projects: Projects = Field(default=(EVERYTHING,), description="project names, or *")
    environments: Environments = Field(default=(EVERYTHING,), description="staging, production, *")

    @model_validator(mode="after")
    def _somebody(self) -> Binding:
        if not self.people and not self.groups:
            raise ValueError("binds nobody; name people or groups")
        return self


class Need(Strict):
    """So many approvals, by people who hold `role` where one is named."""

    count: int = Field(ge=1, le=20, description="how many people")
    role: Word | None = Field(default=None, description="one of `roles`")


class ApprovalRule(Strict):
    """Which requests wait for whom. All conditions must hold; one left out always holds."""

    commands: Names = Field(description="command names, read, change, guarded, or *")
    environments: Environments = Field(default=(EVERYTHING,), description="staging, production, *")
    above_usd: float | None = Field(
        default=None, ge=0, description="only where the estimate is above this many USD"
    )
    need: tuple[Need, ...] = Field(min_length=1, description="a list of {count, role}")
    expiry: Duration = Field(default=timedelta(days=1), description="such as PT24H")


class Budget(Strict):
    """A monthly limit for a project or a team."""

    project: ProjectName | None = Field(default=None, description="a project's name")
    team: Word | None = Field(default=None, description="or a team's")
    monthly_usd: float = Field(gt=0, description="USD in a calendar month")

    @model_validator(mode="after")
    def _one_owner(self) -> Budget:
        if (self.project is None) == (self.team is None):
            raise ValueError("is for one project or one team; name one of them")
        return self


class Instances(Strict):
    """Which instance types may run at all; each project may narrow it."""

    allowed: tuple[InstancePattern, ...] = Field(
        default=("ml.*.*",), min_length=1, description="types or patterns such as ml.g5.*"
    )


class Channels(Strict):
    """Where Cooper speaks when nobody asked."""

    default: Channel = Field(description='such as "#ml"')
    alerts: Channel = Field(description='such as "#ml-alerts"')


_ANY_DAY = datetime(2026, 1, 1, tzinfo=UTC)


class Digest(Strict):
    """A regular summary in a channel."""

    channel: Channel = Field(description='such as "#ml"')
    schedule: Cron = Field(description='five-field cron: "0 8 * * 1-5"')
    timezone: TimeZone = Field(default="UTC", description="such as Europe/Berlin")
    projects: Projects = Field(default=(EVERYTHING,), description="project names, or *")
    reader: SlackUser = Field(description="Slack member ID of whose rights decide what it shows")

    @model_validator(mode="after")
    def _comes(self) -> Digest:
        """Once an hour at most, and at all."""
        recurrence = Recurrence(self.schedule, self.timezone)
        if recurrence.more_than_hourly:
            raise ValueError(f"{self.schedule!r} comes more than once an hour: give it one minute")
        recurrence.after(_ANY_DAY)
        return self


class PolicyFile(Strict):
    """A whole `cooper.yaml`."""

    version: Literal[1] = Field(description="1, the version of this format")
    installation: Installation = Field(description="names its jobs: up to 16 of a-z, 0-9, -")
    environments: dict[EnvironmentName, Environment] = Field(
        min_length=1, description="staging and production"
    )
    roles: dict[Word, Names] = Field(min_length=1, description="role: [commands]")
    bindings: tuple[Binding, ...] = Field(min_length=1, description="who holds which role")
    approvals: tuple[ApprovalRule, ...] = Field(default=(), description="who must agree to what")
    budgets: tuple[Budget, ...] = Field(default=(), description="monthly limits")
    instances: Instances = Field(default=Instances(), description="which types may run")
    channels: Channels = Field(description="default and alerts")
    alerting: Alerting = Field(
        default_factory=Alerting,
        description="when people hear of incidents, where, and who is told next",
    )
    digests: tuple[Digest, ...] = Field(
        default=(), description="a list of {channel, schedule, reader}"
    )


def references(commands: Iterable[str]) -> tuple[Check, ...]:
    """The checks of names that one part of the file uses of another, and of command names."""
    known = frozenset(commands)

    def commands_exist(data: Mapping[str, Plain]) -> Iterable[Fault]:
        words = {EVERYTHING, *GROUPS}
        for pattern in ("roles.*", "roles.*.*", "approvals.*.commands", "approvals.*.commands.*"):
            for path, value in pick(dict(data), pattern):
                if isinstance(value, str) and value and value not in known | words:
                    allowed = "a command, read, change, guarded, or *"
                    near = nearest(value, known | set(GROUPS))
                    yield Fault(path, f"there is no command {value!r}", allowed, near)

    return (
        commands_exist,
        _roles_exist,
        _environments_exist,
        _enough_people,
        alerting_faults,
    )


def _keys(data: Mapping[str, Plain], key: str) -> frozenset[str]:
    found = data.get(key)
    return frozenset(found) if isinstance(found, dict) else frozenset()


def _roles_exist(data: Mapping[str, Plain]) -> Iterable[Fault]:
    roles = _keys(data, "roles")
    for pattern in ("bindings.*.role", "approvals.*.need.*.role"):
        for path, value in pick(dict(data), pattern):
            if isinstance(value, str) and value not in roles:
                allowed = "roles: " + ", ".join(sorted(roles))
                yield Fault(path, f"there is no role {value!r}", allowed, nearest(value, roles))


def _environments_exist(data: Mapping[str, Plain]) -> Iterable[Fault]:
    """An environment that is a right word but not set up here."""
    here = _keys(data, "environments")
    for pattern in ("bindings.*.environments.*", "approvals.*.environments.*"):
        for path, value in pick(dict(data), pattern):
            if value in ENVIRONMENTS and value not in here:
                yield Fault(path, f"{value!r} is not among `environments`", ", ".join(sorted(here)))


def _enough_people(data: Mapping[str, Plain]) -> Iterable[Fault]:
    """A need that the bound people can never meet. A user group may hold any number of people."""
    if any(_roles_exist(data)):
        return  # The mistyped role is the mistake; that nobody holds the right one follows from it.
    for path, need in pick(dict(data), "approvals.*.need.*"):
        if not isinstance(need, dict) or not isinstance(need.get("count"), int):
            continue
        count, role = need["count"], need.get("role")
        holders: set[str] = set()
        unlimited = False
        for _, binding in pick(dict(data), "bindings.*"):
            if isinstance(binding, dict) and role in (None, binding.get("role")):
                people = binding.get("people")
                holders.update(str(one) for one in people if one) if isinstance(
                    people, list
                ) else None
                unlimited = unlimited or bool(binding.get("groups"))
        if not unlimited and isinstance(count, int) and count > len(holders):
            who = f"hold the role {role!r}" if role else "are bound to any role"
            yield Fault(
                path,
                f"needs {count} people but {len(holders)} {who}; nothing could be approved",
                "bind more people, or ask for fewer",
            )
