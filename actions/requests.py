"""Requests: what somebody asked for, and the states it goes through.

`awaiting_confirmation → awaiting_approval → queued → running → succeeded | failed`,
`running → awaiting_approval` where the plan changed under way (from `queued` where it did so once
more), `running → queued` for another attempt, `running → stopping → stopped`, and
`cancelled | rejected | expired`. The machine is pure; the store applies a move only where the stored
version is the one that was read.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from pydantic import BaseModel, ConfigDict

from actions.canonical import digest
from actions.plans import Money


class State(StrEnum):
    """Where a request stands."""

    AWAITING_CONFIRMATION = "awaiting_confirmation"
    AWAITING_APPROVAL = "awaiting_approval"
    QUEUED = "queued"
    RUNNING = "running"
    STOPPING = "stopping"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    STOPPED = "stopped"
    CANCELLED = "cancelled"
    REJECTED = "rejected"
    EXPIRED = "expired"

    @property
    def finished(self) -> bool:
        """Whether nothing can follow."""
        return not MOVES[self]

    @property
    def words(self) -> str:
        """The state as people read it in a list."""
        return self.value.replace("_", " ")

    @property
    def clause(self) -> str:
        """The state after a request's id: `R7 has failed`."""
        return _CLAUSES.get(self, f"is {self.words}")


_CLAUSES = {
    State.AWAITING_CONFIRMATION: "waits for its confirmation",
    State.AWAITING_APPROVAL: "waits for approval",
    State.QUEUED: "is starting",
    State.SUCCEEDED: "has succeeded",
    State.FAILED: "has failed",
    State.STOPPED: "was stopped",
    State.CANCELLED: "was cancelled",
    State.REJECTED: "was rejected",
    State.EXPIRED: "has expired",
}

MOVES: dict[State, frozenset[State]] = {
    State.AWAITING_CONFIRMATION: frozenset(
        {State.AWAITING_APPROVAL, State.QUEUED, State.CANCELLED, State.EXPIRED}
    ),
    State.AWAITING_APPROVAL: frozenset(
        {State.QUEUED, State.REJECTED, State.CANCELLED, State.EXPIRED}
    ),
    # To the voters as well, where the plan changed once more before its run could go on.
    State.QUEUED: frozenset(
        {State.RUNNING, State.FAILED, State.STOPPING, State.STOPPED, State.AWAITING_APPROVAL}
    ),
    # Back to the queue for another attempt; back to the voters where the plan changed.
    State.RUNNING: frozenset(
        {
            State.SUCCEEDED,
            State.FAILED,
            State.STOPPING,
            State.QUEUED,
            State.AWAITING_APPROVAL,
        }
    ),
    State.STOPPING: frozenset({State.STOPPED, State.SUCCEEDED, State.FAILED}),
    State.SUCCEEDED: frozenset(),
    State.FAILED: frozenset(),
    State.STOPPED: frozenset(),
    State.CANCELLED: frozenset(),
    State.REJECTED: frozenset(),
    State.EXPIRED: frozenset(),
}


NOT_STARTED = frozenset(
    {
        State.AWAITING_CONFIRMATION,
        State.CANCELLED,
        State.REJECTED,
        State.EXPIRED,
    }
)
"""Nothing was spent on a request in these states, but for one that was asked about again.

One that waits for approval is not among them: votes may start it any moment, and with its money.
"""


class IllegalMoveError(Exception):
    """The request cannot go from its state to the asked one."""

    def __init__(self, request_id: str, state: State, to: State) -> None:
        super().__init__(f"{request_id} {state.clause}, so it cannot become {to.words}.")
        self.state = state
        self.to = to


class _Stored(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Line(_Stored):
    """One row of a plan as people read it."""

    label: str
    value: str
    default: bool = False
    """Nobody said it: it is the project's or the policy's default."""


class ApprovalNeed(_Stored):
    """So many approvals by people of this role (of any role that may approve, where None)."""

    count: int
    role: str | None = None


class Plan(_Stored):
    """What a request would do, resolved; what people confirm and vote on."""

    title: str
    lines: tuple[Line, ...]
    price: Money | None = None
    price_note: str | None = None
    needs: tuple[ApprovalNeed, ...] = ()
    dag: str | None = None
    conf: dict[str, Any] | None = None
    """The DAG's plan (`actions/plans.py`); None where the service acts by itself."""
    target: str | None = None
    """The request that this one acts on (`stop_run`)."""
    environment: str | None = None
    hourly: bool = False
    """The price is for an hour: it runs until somebody ends it."""
    approval_seconds: int | None = None
    """How long people have to agree, by the policy's rules."""
    budgeted: str | None = None
    """USD that it took of a month's budget when it was planned; None: no budget weighs it.

    Confirming weighs the plan anew, so this says only whether to.
    """

    @property
    def digest(self) -> str:
        """The plan digest: what a confirmation, a vote and a signature bind to."""
        if self.conf is not None:
            return digest(self.conf)
        return digest({"title": self.title, "target": self.target})


@dataclass(frozen=True, slots=True)
class Place:
    """A Slack conversation. `thread` is the root's ts; None for a slash command's channel."""

    team: str
    channel: str
    thread: str | None = None


@dataclass(frozen=True, slots=True)
class Request:
    """A request as stored. `version` counts changes (optimistic lock)."""

    number: int
    installation: str
    command: str
    params: dict[str, Any]
    project: str | None
    requester_id: str
    requester_name: str
    place: Place
    plan: Plan
    state: State
    created: datetime
    changed: datetime
    expires: datetime | None = None
    attempt: int = 1
    note: str | None = None
    """Why it waits, failed or was refused, for people."""
    version: int = 1
    origin: str | None = None
    """Key of the message that asked for it; one message makes one request."""

    @property
    def id(self) -> str:
        """`R42`."""
        return f"R{self.number}"

    @property
    def run_id(self) -> str:
        """The id outside our database: `demo-R42-a1`."""
        return f"{self.installation}-{self.id}-a{self.attempt}"

    def moved(self, to: State, now: datetime, note: str | None = None) -> "Request":
        """The request in its new state.

        Raises:
            IllegalMoveError: The machine has no such move.
        """
        if to not in MOVES[self.state]:
            raise IllegalMoveError(self.id, self.state, to)
        return replace(self, state=to, changed=now, note=note)

    def asking(self, plan: Plan, now: datetime, note: str | None = None) -> "Request":
        """The request with a plan that people must agree to, for as long as the plan gives them.

        Raises:
            IllegalMoveError: The machine has no such move.
        """
        seconds = plan.approval_seconds
        until = None if seconds is None else now + timedelta(seconds=seconds)
        asked = self.moved(State.AWAITING_APPROVAL, now, note)
        return replace(asked, plan=plan, expires=until)

    def noted(self, note: str | None) -> "Request":
        """The request with another note."""
        return replace(self, note=note)


@dataclass(frozen=True, slots=True)
class Vote:
    """One person's decision on one plan."""

    request: int
    plan_digest: str
    voter_id: str
    voter_name: str
    roles: tuple[str, ...]
    approve: bool
    at: datetime
    reason: str | None = None


def outstanding(plan: Plan, votes: tuple[Vote, ...]) -> tuple[ApprovalNeed, ...]:
    """The approvals that `plan` still waits for.

    Votes on other digests do not count, nor does a second vote of one person; one vote may
    serve several needs whose role the voter has.
    """
    valid = {v.voter_id: v for v in votes if v.approve and v.plan_digest == plan.digest}
    left = []
    for need in plan.needs:
        have = sum(
            1
            for vote in valid.values()
            if vote.roles and (need.role is None or need.role in vote.roles)
        )
        if have < need.count:
            left.append(ApprovalNeed(count=need.count - have, role=need.role))
    return tuple(left)


class StageProgress(_Stored):
    """One stage of a run as the card shows it."""

    name: str
    state: str | None = None
    headline: str | None = None
    started: datetime | None = None
    ended: datetime | None = None


class RunProgress(_Stored):
    """What the worker knows of a run: derived from Airflow and SageMaker, never the truth."""

    run_id: str
    dag: str
    state: str
    stages: tuple[StageProgress, ...] = ()
    phase: str | None = None
    metrics: dict[str, float] = {}
    reports: dict[str, dict[str, Any]] = {}
    started: datetime | None = None
    ended: datetime | None = None
    billable_seconds: int | None = None
    earlier_seconds: int = 0
    """What earlier attempts of the request were billed."""
    failure: str | None = None
    """The job's own reason, where it failed."""
    failure_kind: str | None = None
    """One of actions/failures.py's."""
    parked: bool = False
    """The run waits for people to agree to a changed plan."""
