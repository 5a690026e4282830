"""`list_datasets`: the data there is."""

from actions import parameters as p
from actions.spec import Command, Risk, Use

SPEC = Command(
    name="list_datasets",
    title="List data sets",
    summary="Data sets' versions with rows, hash and date.",
    risk=Risk.READ,
    uses=(Use(p.PROJECT),),
    examples=(
        "list datasets",
        "which data sets are there",
        "what data do we have for [fraud](project)",
        "show the dataset versions of [churn](project)",
        "datasets of [pricing](project)",
    ),
    aliases=("datasets",),
    available=False,
)
