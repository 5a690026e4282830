"""`help`: the commands this person may use."""

from actions import parameters as p
from actions.spec import Command, Risk, Use

SPEC = Command(
    name="help",
    title="Help",
    summary="The commands that you may use, with examples.",
    risk=Risk.READ,
    uses=(Use(p.TOPIC),),
    examples=(
        "help",
        "what can you do",
        "help with [deployments](topic)",
        "how do I [train](topic) a model",
        "which commands are there",
        "help me",
    ),
    aliases=("help",),
)
