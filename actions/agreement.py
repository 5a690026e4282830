"""Who has to agree to a plan, by the policy's rules."""

from dataclasses import dataclass
from decimal import Decimal

from actions.answers import Refusal
from actions.context import Context
from actions.policy import Need, approvals, people_able
from actions.requests import ApprovalNeed


@dataclass(frozen=True, slots=True)
class Agreement:
    """The approvals that a plan waits for, and for how many seconds at most (None: for ever)."""

    needs: tuple[ApprovalNeed, ...]
    seconds: int | None


def agreement(
    context: Context, command: str, project: str, environment: str, usd: Decimal | None
) -> Agreement:
    """What the rules ask for; an unknown or endless cost (None) is above every limit.

    Raises:
        Refusal: Too few people could ever agree, so that waiting would lead nowhere.
    """
    rule = approvals(context.world.policy, command, environment, usd)
    for need in rule.needs:
        _attainable(context, need, project, environment)
    return Agreement(
        tuple(ApprovalNeed(count=need.count, role=need.role) for need in rule.needs),
        None if rule.expiry is None else int(rule.expiry.total_seconds()),
    )


def _attainable(context: Context, need: Need, project: str, environment: str) -> None:
    able = people_able(context.world.policy, need.role, project, environment)
    if able is None:
        return
    others = len(able - {context.who.id})
    if others < need.count:
        role = need.role or "any approver"
        raise Refusal(
            f"This needs approval by {need.count} × {role} other than you, and the policy names "
            f"{others or 'none'}. Let somebody else ask for it, or ask the platform owner for more."
        )
