"""`send_digest`: the summary, now."""

from actions import parameters as p
from actions.answers import Answer, Refusal
from actions.context import Context, Params
from actions.digests.gathering import gather
from actions.digests.periods import Window, window
from actions.digests.subscription import FIRST
from actions.digests.writing import written
from actions.spec import Command, Risk, Use

SPEC = Command(
    name="send_digest",
    title="Send the digest",
    summary="The digest, now.",
    risk=Risk.READ,
    uses=(
        Use(p.PERIOD),
        Use(p.PROJECT),
    ),
    examples=(
        "send the digest now",
        "give me a digest of the [last 7 days](period)",
        "digest for [fraud](project)",
        "what happened [yesterday](period)",
        "summary of [this week](period) please",
        "show me the digest of [churn](project) for [last week](period)",
    ),
    aliases=("digest",),
)


async def answer(context: Context, params: Params) -> Answer:
    """What happened in the period, or since the channel's last digest of the same."""
    context.permit(SPEC.name, None, None)
    project = context.project(params["project"]).slug if "project" in params else None
    context.permit(SPEC.name, project, None)
    timezone = context.who.timezone
    if "period" not in params:
        seen = await _since_the_last(context, project)
    else:
        try:
            seen = window(params["period"], context.now, timezone)
        except (ValueError, OverflowError) as error:
            raise Refusal("That is too long ago. Say for example the last 7 days.") from error
    return written(await gather(context, seen, project), timezone, context.world)


async def _since_the_last(context: Context, project: str | None) -> Window:
    place = context.place
    found = await context.tx.digests.of_channel(place.team, place.channel)
    last = next((each.covered for each in found if each.project == project), None)
    return Window(last or context.now - FIRST, context.now)
