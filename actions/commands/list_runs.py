"""`list_runs`: the runs, newest first."""

from actions import parameters as p
from actions.spec import Command, Risk, Use

SPEC = Command(
    name="list_runs",
    title="List runs",
    summary="Trainings and deployments, newest first.",
    risk=Risk.READ,
    uses=(Use(p.PROJECT), Use(p.STATE), Use(p.USER)),
    examples=(
        "list [my](user) runs",
        "list runs",
        "what is [running](state) right now",
        "show [failed](state) runs of [fraud](project)",
        "which jobs [succeeded](state) for [churn](project)",
        "show all trainings",
        "what did <@UANA00001> train",
        "any runs [in progress](state)?",
    ),
    aliases=("runs",),
)
