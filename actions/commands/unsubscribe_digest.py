"""`unsubscribe_digest`: no more summaries."""

from actions import parameters as p
from actions.spec import Command, Risk, Use

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
    available=False,
)
