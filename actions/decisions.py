"""What is said in the thread while people decide on a request."""

from actions.answers import Answer, Field
from actions.policy import Policy, holders
from actions.requests import ApprovalNeed, Request, outstanding


def spoken(needs: tuple[ApprovalNeed, ...]) -> str:
    """The needs as people say them."""
    parts = [f"{need.count} × {need.role or 'any approver'}" for need in needs]
    shared = " (one person may be both)" if len(parts) > 1 else ""
    return "approval by " + " and ".join(parts) + shared


def asking(request: Request, policy: Policy) -> Answer:
    """Calls those who may decide; the card above holds all that they need."""
    left = outstanding(request.plan, ())
    roles = {need.role for need in left if need.role is not None}
    called = holders(policy, roles, request.project, request.plan.environment)
    return Answer(
        text=f"{request.id} waits for {spoken(left)}. Its card above has the plan and the buttons.",
        mentions=tuple(one for one in called if one != request.requester_id),
    )


def approved(request: Request, by: str) -> Answer:
    """The last vote was given."""
    return Answer(
        text=f"{request.id} is approved by {by} and starts now.",
        tone="success",
        mentions=(request.requester_id,),
    )


def rejected(request: Request, by: str, reason: str | None) -> Answer:
    """Somebody decided against it."""
    because = f": {reason}" if reason else ""
    return Answer(
        text=f"{request.id} was rejected by {by}{because}. Nothing was started.",
        tone="warning",
        mentions=(request.requester_id,),
    )


def explained(request: Request, by: str, reason: str) -> Answer:
    """Who decided against it says why."""
    return Answer(
        text=f"{by} on {request.id}: {reason}", tone="warning", mentions=(request.requester_id,)
    )


def asking_again(request: Request, changes: tuple[Field, ...], policy: Policy) -> Answer:
    """The plan is no longer the one that people agreed to; `request` has the new one."""
    left = outstanding(request.plan, ())
    roles = {need.role for need in left if need.role is not None}
    called = holders(policy, roles, request.project, request.plan.environment)
    return Answer(
        title=f"{request.id} waits for you again",
        text="What it rests on changed since you agreed, and nothing was done yet. "
        f"The new plan needs {spoken(left)}; its card above has it.",
        fields=changes,
        tone="warning",
        mentions=tuple(one for one in called if one != request.requester_id),
    )


def another_attempt(request: Request, reason: str, most: int) -> Answer:
    """The job lost its capacity, and the same is tried again."""
    return Answer(
        text=f"{request.id}: {reason} Attempt {request.attempt} of at most {most} starts now. It goes "
        "on from the last checkpoint where there is one, and stays within the plan's price.",
        tone="warning",
    )


def impossible(request: Request) -> Answer:
    """What people agreed to can no longer be done."""
    return Answer(
        title=f"{request.id} cannot go on",
        text=f"{request.note} Nothing was changed.",
        tone="error",
        mentions=(request.requester_id,),
    )
