"""`subscribe_digest`: a summary, again and again."""

from datetime import datetime

from actions import parameters as p
from actions.answers import Answer, Refusal
from actions.behaviour import Acting
from actions.channels import Channel
from actions.context import Context, Params
from actions.digests.places import meant, writable
from actions.digests.recurrence import NeverDueError, Recurrence, local
from actions.digests.subscription import Subscription
from actions.spec import Command, Risk, Use
from actions.store import AuditEntry

SPEC = Command(
    name="subscribe_digest",
    title="Subscribe to the digest",
    summary="Send the digest to a channel on a schedule.",
    risk=Risk.DIRECT,
    uses=(
        Use(p.SCHEDULE, required=True),
        Use(p.CHANNEL),
        Use(p.PROJECT),
    ),
    examples=(
        "send the digest to [#ml-alerts](channel) [every monday at 9](schedule)",
        "dm [me](channel) the digest [daily at 8am](schedule)",
        "i want the [fraud](project) digest [on weekdays at 8:30](schedule) [here](channel)",
        "post a digest to <#C024BE91L|ml> [every friday at 4pm](schedule)",
        "subscribe [this channel](channel) to the digest",
    ),
    aliases=("subscribe",),
)


async def act(acting: Acting, params: Params) -> Answer:
    """The channel gets the digest from now on; one that it had of the same is replaced."""
    context = acting.context
    context.permit(SPEC.name, None, None)
    project = context.project(params["project"]).slug if "project" in params else None
    for command in (SPEC.name, "send_digest"):
        context.permit(command, project, None)
    recurrence = Recurrence(params["schedule"], context.who.timezone)
    due = _first(recurrence, context)
    channel = await meant(context, params.get("channel", "here"))
    writable(channel)
    before = await _before(context, channel, project)
    if before is not None and before.standing:
        raise Refusal(_stands(before, channel))
    tx = context.tx
    subscription = Subscription(
        number=await tx.digests.new_number() if before is None else before.number,
        team=context.place.team,
        channel=channel.id,
        project=project,
        recurrence=recurrence,
        by_id=context.who.id,
        by_name=context.who.name,
        made=context.now,
        due=due,
        covered=None if before is None else before.covered,
    )
    await tx.digests.save(subscription)
    schedule = {"cron": recurrence.cron, "timezone": recurrence.timezone}
    await tx.audit(
        AuditEntry(
            context.who.id, "digest subscribed", None, project, {"channel": channel.id, **schedule}
        )
    )
    return Answer(text=_told(subscription, channel, before), tone="success", command=SPEC.name)


def _first(recurrence: Recurrence, context: Context) -> datetime:
    if recurrence.more_than_hourly:
        raise Refusal(
            "A digest comes once an hour at most, or nobody would read it. Say for example every "
            "weekday at 9; of incidents I tell at once."
        )
    try:
        return recurrence.after(context.now)
    except NeverDueError as error:
        raise Refusal(f"{error} Say for example every monday at 9.") from error


async def _before(context: Context, channel: Channel, project: str | None) -> Subscription | None:
    """What the channel has of the same; nobody else changes it until the commit."""
    await context.tx.one_at_a_time(f"digests of {channel.id}")
    found = await context.tx.digests.of_channel(context.place.team, channel.id, lock=True)
    return next((each for each in found if each.project == project), None)


def _stands(before: Subscription, channel: Channel) -> str:
    return (
        f"{channel} has the digest of {before.about} by `cooper.yaml`, {before.recurrence.words}: change it "
        "there, under `digests`, or name another channel."
    )


def _told(subscription: Subscription, channel: Channel, before: Subscription | None) -> str:
    about = subscription.about if subscription.project else f"{subscription.about} that you may see"
    first = local(subscription.due, subscription.recurrence.timezone)
    replaced = (
        ""
        if before is None
        else f" It replaces the one that {before.by_name} set up, {before.recurrence.words}."
    )
    whose = "me" if channel.direct else str(channel)
    return (
        f"I send the digest of {about} to {channel} {subscription.recurrence.words}. "
        f"The next is due {first}.{replaced} To end it, say “unsubscribe {whose} from the digest”."
    )
