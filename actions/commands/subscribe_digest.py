"""`subscribe_digest`: a summary, again and again."""

from actions import parameters as p
from actions.spec import Command, Risk, Use

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
    available=False,
)
