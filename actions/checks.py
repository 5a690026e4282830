"""What is checked whenever somebody acts on a request: on the server, in the moment of the effect."""

from datetime import datetime
from typing import Any

from actions.answers import Refusal
from actions.people import Person
from actions.policy import Denied, Policy, may
from actions.requests import MOVES, Request, State
from actions.store import AuditEntry, Transaction


async def locked(tx: Transaction, number: int) -> Request:
    """The request, nobody else's until the transaction ends; a refusal where there is none."""
    request = await tx.request(number, lock=True)
    if request is None:
        raise Refusal(f"There is no R{number}.")
    return request


def still_open(
    request: Request, digest: str | None, state: State, done: str, now: datetime
) -> None:
    """Refuse what is no longer in `state`, has expired, or has another plan than was seen."""
    if request.state is not state:
        raise Refusal(f"{request.id} {request.state.clause}; it cannot be {done} now.")
    if request.expires is not None and request.expires <= now:
        raise Refusal(f"{request.id} has expired. Ask again and I will make a new plan.")
    if digest is not None and digest != request.plan.digest:
        raise Refusal(f"The plan of {request.id} changed since you saw it. Look at it again.")


def same_policy(policy: Policy, request: Request) -> None:
    """Refuse a plan that was made under another policy."""
    conf = request.plan.conf
    if conf is not None and conf["policy"] != policy.digest:
        raise Refusal(
            f"The policy changed since {request.id} was planned. Ask again for a new plan."
        )


def still_allowed(policy: Policy, who: Person, request: Request) -> None:
    """Refuse what the policy no longer lets this person ask for."""
    same_policy(policy, request)
    decision = may(policy, who, request.command, request.project, request.plan.environment)
    if isinstance(decision, Denied):
        raise Refusal(decision.reason)


def can_become(request: Request, state: State) -> bool:
    """Whether the machine has that move."""
    return state in MOVES[request.state]


def entry(who: Person, what: str, request: Request, **detail: Any) -> AuditEntry:
    """The audit's entry for what somebody did to a request."""
    about = {"command": request.command, "plan": request.plan.digest}
    return AuditEntry(who.id, what, request.number, request.project, {**about, **detail})
