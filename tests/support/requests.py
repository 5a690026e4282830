"""Requests and plans for tests, valid in every part."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from actions.plans import Money
from actions.requests import ApprovalNeed, Line, Place, Plan, Request, State, Vote

NOW = datetime(2026, 11, 20, 9, 30, tzinfo=UTC)
HERE = Place("T0COOPER1", "CML000001", "1700000000.000100")


def plan(**changes: Any) -> Plan:
    """A training's plan."""
    values: dict[str, Any] = {
        "title": "Train claims-frequency",
        "lines": (Line(label="Runs on", value="1 × ml.m5.xlarge", default=True),),
        "price": Money(amount="0.2300", as_of="2026-01", source="tests"),
        "dag": "train_model",
        "conf": {
            "project": "claims-frequency",
            "policy": "sha256:0",
            "resources": {"max_runtime_seconds": 3600},
        },
        "environment": "staging",
    }
    return Plan(**(values | changes))


def request(number: int = 1, **changes: Any) -> Request:
    """A request of Ana's that waits for her confirmation."""
    made = Request(
        number=number,
        installation="demo",
        command="train_model",
        params={"project": "claims-frequency"},
        project="claims-frequency",
        requester_id="UANA00001",
        requester_name="Ana Lima",
        place=HERE,
        plan=plan(),
        state=State.AWAITING_CONFIRMATION,
        created=NOW,
        changed=NOW,
        expires=NOW + timedelta(hours=1),
    )
    return replace(made, **changes)


def needing(*needs: tuple[int, str | None], **changes: Any) -> Plan:
    """A plan that needs so many approvals of each role."""
    return plan(needs=tuple(ApprovalNeed(count=n, role=role) for n, role in needs), **changes)


def vote(on: Plan, voter: str = "UBEN00001", *roles: str, **changes: Any) -> Vote:
    """A vote for `on`."""
    made = Vote(
        request=1,
        plan_digest=on.digest,
        voter_id=voter,
        voter_name=voter.title(),
        roles=roles or ("approver",),
        approve=True,
        at=NOW,
    )
    return replace(made, **changes)
