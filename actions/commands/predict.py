"""`predict`: sends a sample to an endpoint."""

import json
from collections.abc import Mapping
from typing import Any

from actions import parameters as p
from actions.answers import Answer, Field, Refusal
from actions.commands.show_endpoint import live_endpoints
from actions.context import Context, Params
from actions.ports import EndpointError
from actions.spec import Command, Risk, Use

SPEC = Command(
    name="predict",
    title="Try a prediction",
    summary="Send the project's sample to its endpoint and show the answer.",
    risk=Risk.READ,
    uses=(Use(p.PROJECT, required=True), Use(p.ENVIRONMENT)),
    examples=(
        "predict with [claims-frequency](project)",
        "predict",
        "try a prediction on [fraud](project) in [staging](environment)",
        "send a sample to [churn](project)",
        "score an example with [pricing](project) on [prod](environment)",
        "test the [fraud](project) endpoint with a sample",
    ),
    aliases=("predict", "score"),
)


_SHOWN = 1500


async def answer(context: Context, params: Params) -> Answer:
    """The endpoint's answer to the project's sample, with its latency."""
    project = context.project(params["project"])
    live = await live_endpoints(context, SPEC.name, project, params.get("environment"))
    wanted = params.get("environment")
    where = wanted or "any environment"
    if not live:
        raise Refusal(
            f"{project.slug} has no endpoint in {where}. "
            f"“deploy {project.slug} to {wanted or 'staging'}” makes one."
        )
    environment, state = next(iter(live.items()))
    try:
        answered = await context.world.cloud.invoke(state.name, project.sample)
    except EndpointError as error:
        raise Refusal(f"{state.name} did not answer: {error}") from error
    return Answer(
        title=f"{project.slug} in {environment}",
        text="The model answered the project's sample.",
        tone="success",
        fields=(
            Field(label="Prediction", value=_prediction(answered.body)),
            Field(label="Latency", value=f"{answered.latency_ms:.0f} ms"),
        ),
        code=_readable(project.sample)[:_SHOWN],
        command=SPEC.name,
    )


def _prediction(body: object) -> str:
    values = body.get("predictions", body) if isinstance(body, dict) else body
    if isinstance(values, list) and all(isinstance(value, int | float) for value in values):
        return ", ".join(f"{value:.4g}" for value in values)[:_SHOWN]
    return json.dumps(values, ensure_ascii=False)[:_SHOWN]


def _readable(sample: Mapping[str, Any]) -> str:
    """One `name: value` line a column where the sample is a single row, else its JSON.

    The shapes are those of MLflow's scoring server (`dataframe_split`, `dataframe_records`).
    """
    row: dict[str, Any] = {}
    split, records = sample.get("dataframe_split"), sample.get("dataframe_records")
    if isinstance(split, dict) and len(split.get("data", ())) == 1 and "columns" in split:
        row = dict(zip(split["columns"], split["data"][0], strict=False))
    elif isinstance(records, list) and len(records) == 1:
        row = records[0]
    if not row:
        return json.dumps(sample, ensure_ascii=False)
    width = max(len(str(name)) for name in row)
    return "\n".join(f"{name!s:<{width}}  {value}" for name, value in row.items())
