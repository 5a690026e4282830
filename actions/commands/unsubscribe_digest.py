"""`unsubscribe_digest`: no more summaries."""

from collections.abc import Sequence

from actions import parameters as p
from actions.answers import Answer, Refusal
from actions.behaviour import Acting
from actions.context import Params
from actions.digests.places import meant
from actions.digests.subscription import Subscription
from actions.spec import Command, Risk, Use
from actions.store import AuditEntry

SPEC = Command(
    name="unsubscribe_digest",
    title="Unsubscribe from the digest",
    summary="End a channel's digest.",
    risk=Risk.DIRECT,
    uses=(Use(p.CHANNEL),),
    examples=(
        "unsubscribe [#ml-alerts](channel) from the digest",
        "stop the digest",
        "no more digests [here](channel)",
        "stop sending me the digest",
        "cancel the digest in <#C024BE91L|ml>",
    ),
    aliases=("unsubscribe",),
)


async def act(acting: Acting, params: Params) -> Answer:
    """The channel gets no more digests, of whatever projects."""
    context = acting.context
    context.permit(SPEC.name, None, None)
    channel = await meant(context, params.get("channel", "here"))
    found = await context.tx.digests.of_channel(context.place.team, channel.id, lock=True)
    if not found:
        return Answer(text=f"No digest goes to {channel}; nothing to end.", command=SPEC.name)
    ended = [each for each in found if not each.standing]
    stays = _staying([each for each in found if each.standing])
    if not ended:
        raise Refusal(stays)
    for each in ended:
        context.permit(SPEC.name, each.project, None)
    for each in ended:
        await context.tx.digests.end(each.number)
        detail = {"channel": channel.id, "by": each.by_id, "cron": each.recurrence.cron}
        entry = AuditEntry(context.who.id, "digest unsubscribed", None, each.project, detail)
        await context.tx.audit(entry)
    described = "; ".join(_described(each) for each in ended)
    text = f"No more digests to {channel}. Ended: {described}."
    return Answer(text=f"{text} {stays}".rstrip(), tone="success", command=SPEC.name)


def _staying(standing: Sequence[Subscription]) -> str:
    """What is said of those that only the file ends; empty without any."""
    if not standing:
        return ""
    about = "; ".join(f"{each.about}, {each.recurrence.words}" for each in standing)
    return f"`cooper.yaml` sends the digest of {about}: take it out there, under `digests`."


def _described(subscription: Subscription) -> str:
    return (
        f"{subscription.about}, {subscription.recurrence.words}, set up by {subscription.by_name}"
    )
