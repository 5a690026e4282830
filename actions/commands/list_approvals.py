"""`list_approvals`: what waits for whose decision."""

from collections.abc import Sequence
from decimal import Decimal

from actions import parameters as p
from actions.answers import Answer, Field
from actions.context import Context, Params
from actions.decisions import spoken
from actions.people import Person
from actions.policy import Allowed, holders, may, roles_of
from actions.requests import ApprovalNeed, Plan, Request, State, Vote, outstanding
from actions.spec import Command, Risk, Use

SPEC = Command(
    name="list_approvals",
    title="List approvals",
    summary="Requests that wait for a decision, and whose.",
    risk=Risk.READ,
    uses=(Use(p.USER),),
    examples=(
        "list approvals",
        "what waits for [my](user) approval",
        "pending approvals",
        "is anything waiting for <@UBEN00001>",
        "which requests need approval",
        "what do [I](user) have to approve",
    ),
    aliases=("approvals",),
)

_LOOKED_AT, _SHOWN = 200, 15


async def answer(context: Context, params: Params) -> Answer:
    """What waits, oldest first: for anybody, or for the person who was named."""
    context.permit(SPEC.name, None, None)
    said = params.get("user")
    person = None if said is None else await _person(context, said)
    fields = []
    for request in await _waiting(context):
        votes = await context.tx.votes(request.number)
        left = outstanding(request.plan, votes)
        if person is None or _waits_for(context, person, request, left, votes):
            fields.append(await _described(context, request, left, votes))
    if not fields:
        return Answer(text=_nothing(context, person), command=SPEC.name)
    more = f" The oldest {_SHOWN} of {len(fields)}." if len(fields) > _SHOWN else ""
    return Answer(
        title="Waiting for approval",
        text="Each has its card, with the plan and the buttons, in its thread; or say "
        f"“approve R…”.{more}",
        fields=tuple(fields[:_SHOWN]),
        command=SPEC.name,
    )


async def _person(context: Context, said: str) -> Person:
    if said in {"me", context.who.id}:
        return context.who
    # Whom nobody has met holds what the policy gives to the id itself.
    return await context.tx.person(context.place.team, said) or Person(said, said)


async def _waiting(context: Context) -> list[Request]:
    found = await context.tx.requests(states=(State.AWAITING_APPROVAL,), limit=_LOOKED_AT)
    return [
        request
        for request in reversed(found)
        if request.project is not None
        and context.may_see(SPEC.name, request.project)
        and (request.expires is None or request.expires > context.now)
    ]


def _waits_for(
    context: Context,
    person: Person,
    request: Request,
    left: Sequence[ApprovalNeed],
    votes: Sequence[Vote],
) -> bool:
    """Whether a missing approval could be this person's."""
    if person.id == request.requester_id or person.id in _voted(request.plan, votes):
        return False
    policy, environment = context.world.policy, request.plan.environment
    wanted = {need.role for need in left}
    if wanted & roles_of(policy, person, request.project, environment):
        return True
    allowed = may(policy, person, "approve_request", request.project, environment)
    return None in wanted and isinstance(allowed, Allowed)


def _voted(plan: Plan, votes: Sequence[Vote]) -> set[str]:
    return {vote.voter_id for vote in votes if vote.plan_digest == plan.digest}


async def _described(
    context: Context, request: Request, left: tuple[ApprovalNeed, ...], votes: Sequence[Vote]
) -> Field:
    who = await _deciders(context, request, left, votes)
    until = request.expires.strftime("until %Y-%m-%d %H:%M UTC") if request.expires else "no limit"
    parts = [
        _price(request.plan),
        f"asked by {request.requester_name}",
        f"missing: {spoken(left)}" + (f", from {', '.join(who)}" if who else ""),
        until,
    ]
    return Field(label=f"{request.id} · {request.plan.title}", value=" · ".join(parts))


async def _deciders(
    context: Context, request: Request, left: Sequence[ApprovalNeed], votes: Sequence[Vote]
) -> list[str]:
    """Names of those whose role is still missing; a group that Slack alone knows, by its id."""
    policy = context.world.policy
    roles = {need.role for need in left if need.role is not None}
    if any(need.role is None for need in left):
        roles |= {role for role in policy.file.roles if "approve_request" in policy.grants(role)}
    out = {request.requester_id, *_voted(request.plan, votes)}
    ids = holders(policy, roles, request.project, request.plan.environment)
    known = [
        (one, await context.tx.person(context.place.team, one)) for one in ids if one not in out
    ]
    return [person.name if person is not None else one for one, person in known]


def _price(plan: Plan) -> str:
    if plan.price is None:
        return plan.price_note or "price unknown"
    return f"${Decimal(plan.price.amount):,.2f}" + (" an hour" if plan.hourly else "")


def _nothing(context: Context, person: Person | None) -> str:
    if person is None:
        return "Nothing waits for an approval."
    whose = "you" if person.id == context.who.id else person.name
    return f"Nothing waits for an approval by {whose}."
