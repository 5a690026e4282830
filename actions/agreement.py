"""Who has to agree to a plan, by the policy's rules."""

from dataclasses import dataclass
from decimal import Decimal

from actions.context import Context
from actions.policy import approvals
from actions.requests import ApprovalNeed


@dataclass(frozen=True, slots=True)
class Agreement:
    """The approvals that a plan waits for, and for how many seconds at most (None: for ever)."""

    needs: tuple[ApprovalNeed, ...]
    seconds: int | None


def agreement(context: Context, command: str, environment: str, usd: Decimal | None) -> Agreement:
    """What the rules ask for; an unknown or endless cost (None) is above every limit."""
    rule = approvals(context.world.policy, command, environment, usd)
    return Agreement(
        tuple(ApprovalNeed(count=need.count, role=need.role) for need in rule.needs),
        None if rule.expiry is None else int(rule.expiry.total_seconds()),
    )
