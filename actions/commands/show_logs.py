"""`show_logs`: why a run failed, and the tail of its log."""

from actions import parameters as p
from actions.spec import Command, Risk, Use

SPEC = Command(
    name="show_logs",
    title="Show the log of a run",
    summary="The reason of a failure first, then the log's last lines.",
    risk=Risk.READ,
    uses=(
        Use(p.RUN, required=True, unless="project"),
        Use(p.PROJECT),
    ),
    examples=(
        "show the logs of [R42](run)",
        "logs of [run 42](run)",
        "why did [r7](run) fail",
        "what went wrong with the [fraud](project) training",
        "give me the log of [#12](run)",
        "what does the log of [churn](project) say",
    ),
    aliases=(
        "logs",
        "log",
    ),
)
