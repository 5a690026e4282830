"""`unsubscribe_digest`: no more summaries."""

from actions import parameters as p
from actions.answers import Answer
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
    for each in found:
        context.permit(SPEC.name, each.project, None)
    for each in found:
        await context.tx.digests.end(each.number)
        detail = {"channel": channel.id, "by": each.by_id, "cron": each.recurrence.cron}
        entry = AuditEntry(context.who.id, "digest unsubscribed", None, each.project, detail)
        await context.tx.audit(entry)
    ended = "; ".join(_described(each) for each in found)
    text = f"No more digests to {channel}. Ended: {ended}."
    return Answer(text=text, tone="success", command=SPEC.name)


def _described(subscription: Subscription) -> str:
    about = subscription.project or "all projects"
    return f"{about}, {subscription.recurrence.words}, set up by {subscription.by_name}"
