"""`batch_predict`: a batch transform over a data set."""

from actions import parameters as p
from actions.spec import Command, Risk, Use

SPEC = Command(
    name="batch_predict",
    title="Predict a data set",
    summary="Score a whole data set with a model, offline.",
    risk=Risk.CHANGE,
    uses=(
        Use(p.PROJECT, required=True),
        Use(p.VERSION),
        Use(p.DATASET, required=True),
    ),
    examples=(
        "score [claims-2026-10](dataset) with [fraud](project)",
        "batch predict [s3://data/claims/2026-10.csv](dataset) with [churn](project)",
        "run batch predictions of [pricing](project) [v3](version) on [renewals-q3](dataset)",
        "batch transform [s3://lake/policies/](dataset) with [the champion](version) of [lapse-risk](project)",
        "run a batch prediction with [fraud](project)",
    ),
    aliases=("batch",),
    available=False,
)
