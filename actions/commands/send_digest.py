"""`send_digest`: the summary, now."""

from actions import parameters as p
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
    available=False,
)
