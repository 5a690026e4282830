"""`estimate_cost`: what it would cost."""

from actions import parameters as p
from actions.spec import Command, Risk, Use

SPEC = Command(
    name="estimate_cost",
    title="Estimate a cost",
    summary="A price estimate, with its source and date.",
    risk=Risk.READ,
    uses=(
        Use(p.PROJECT),
        Use(p.INSTANCE_TYPE),
        Use(p.GPU_COUNT),
        Use(p.INSTANCE_COUNT),
        Use(p.DURATION),
    ),
    examples=(
        "how much would training [fraud](project) on [4 gpus](gpu_count) cost",
        "estimate the cost of [ml.p3.2xlarge](instance_type) for [5 hours](duration)",
        "price of [2 instances](instance_count) [g5.xlarge](instance_type) for [a day](duration)",
        "what does it cost to train [churn](project)",
        "cost estimate for [8 gpus](gpu_count)",
    ),
    aliases=("estimate",),
    available=False,
)
