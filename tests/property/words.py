"""What the policies' words allow, said a second time: it asks nothing of Cooper's own decisions."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

HEAD = """\
version: 1
installation: demo
environments:
  staging: &env
    account: "000000000000"
    region: us-east-1
    role_arn: arn:aws:iam::000000000000:role/cooper
    connection: aws
    bucket: cooper-demo
  production: *env
roles:
  scientist: [read, train_model, deploy_model]
  approver: [read, approve_request, reject_request]
  risk: [read, approve_request, reject_request]
bindings:
  - {role: scientist, groups: [S0SCIENCE1]}
  - {role: approver, groups: [S0APPROVE1]}
  - {role: risk, groups: [S0RISK0001], environments: [production]}
channels: {default: "#ml", alerts: "#ml-alerts"}
approvals:
"""
TEXTS = {
    "first": HEAD
    + """\
  - {commands: [train_model], above_usd: 5, need: [{count: 1, role: approver}], expiry: PT24H}
  - commands: [deploy_model]
    environments: [production]
    need: [{count: 2, role: approver}, {count: 1, role: risk}]
    expiry: PT8H
""",
    "second": HEAD
    + """\
  - {commands: [train_model], above_usd: 5, need: [{count: 2}], expiry: PT2H}
  - commands: [deploy_model]
    environments: [production]
    need: [{count: 1, role: approver}, {count: 1, role: risk}]
    expiry: PT1H
""",
}
SCIENCE, APPROVE, RISK = "S0SCIENCE1", "S0APPROVE1", "S0RISK0001"
WITHIN = timedelta(hours=1)
"""For its confirmation."""

Needs = tuple[tuple[int, str | None], ...]


@dataclass(frozen=True)
class Rule:
    """What one text asks for before something starts; no needs, no time."""

    needs: Needs = ()
    within: timedelta | None = None


RULES = {
    ("first", "cheap"): Rule(),
    ("first", "dear"): Rule(((1, "approver"),), timedelta(hours=24)),
    ("first", "production"): Rule(((2, "approver"), (1, "risk")), timedelta(hours=8)),
    ("second", "cheap"): Rule(),
    ("second", "dear"): Rule(((2, None),), timedelta(hours=2)),
    ("second", "production"): Rule(((1, "approver"), (1, "risk")), timedelta(hours=1)),
}


@dataclass
class Human:
    """Somebody of the company, or a guest, as Slack describes them now."""

    groups: set[str]
    guest: bool = False

    def asks(self) -> bool:
        """Whether they may ask for trainings and deployments."""
        return not self.guest and SCIENCE in self.groups

    def decides_as(self, kind: str) -> frozenset[str]:
        """The roles that count for a vote there."""
        if self.guest:
            return frozenset()
        roles = {"approver"} if APPROVE in self.groups else set()
        if kind == "production" and RISK in self.groups:
            roles.add("risk")
        return frozenset(roles)


@dataclass
class Ballot:
    voter: str
    digest: str
    roles: frozenset[str]


@dataclass
class Asked:
    """A request as the words would have it."""

    requester: str
    kind: str
    policy: str
    digest: str
    expires: datetime | None
    state: str = "awaiting_confirmation"
    confirmed: str | None = None
    """The digest that the requester agreed to last."""
    earlier: list[str] = field(default_factory=list)
    ballots: list[Ballot] = field(default_factory=list)
    voted: set[tuple[str, str]] = field(default_factory=set)
    parked: bool = False

    @property
    def rule(self) -> Rule:
        return RULES[self.policy, self.kind]

    def is_open(self, state: str, now: datetime) -> bool:
        return self.state == state and (self.expires is None or now < self.expires)

    def asks_for_votes(self, now: datetime) -> None:
        if self.rule.needs:
            self.state = "awaiting_approval"
            self.expires = now + self.rule.within
        else:
            self.state = "queued"

    def agreed(self) -> bool:
        """Whether enough different people with the right roles agreed to this very plan."""
        for count, role in self.rule.needs:
            people = {
                ballot.voter
                for ballot in self.ballots
                if ballot.digest == self.digest
                and ballot.voter != self.requester
                and (ballot.roles if role is None else role in ballot.roles)
            }
            if len(people) < count:
                return False
        return True

    def may_decide(self, voter: str, human: Human) -> bool:
        """Whether this person is among those whom the plan waits for."""
        roles = human.decides_as(self.kind)
        wanted = {role for _, role in self.rule.needs}
        return voter != self.requester and bool(roles if None in wanted else roles & wanted)


def digest(plan: dict[str, Any]) -> str:
    """The plan digest, from the words of docs/architecture.md."""
    text = json.dumps(plan, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return f"sha256:{hashlib.sha256(text.encode()).hexdigest()}"
