"""`resolve_alert`: an incident is over."""

from actions import parameters as p
from actions.spec import Command, Risk, Use

SPEC = Command(
    name="resolve_alert",
    title="Resolve an alert",
    summary="Close an incident.",
    risk=Risk.DIRECT,
    uses=(
        Use(p.ALERT, required=True),
        Use(p.REASON),
    ),
    examples=(
        "resolve [A17](alert)",
        "close [alert 12](alert) because [the feed is back](reason)",
        "mark [A4](alert) as resolved",
        "[A9](alert) is fixed, close it",
        "resolve [incident 3](alert): [false alarm](reason)",
    ),
    aliases=("resolve",),
    available=False,
)
