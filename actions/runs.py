"""Which commands run in Airflow, finding a run by what people call it, and figures in few digits."""

from actions.answers import Refusal
from actions.context import Context
from actions.requests import Request

SERVING = ("deploy_model", "promote_model", "rollback_model", "undeploy_model")
"""Commands that change an endpoint: one at a time for a project and environment."""
RUNS = ("train_model", *SERVING)
"""Commands that a DAG carries out."""


async def find_run(context: Context, said: str) -> Request:
    """The request `R42`, or a refusal that names the latest ones."""
    digits = said.removeprefix("R")
    found = await context.tx.request(int(digits)) if digits.isdigit() else None
    if found is not None:
        return found
    latest = [request.id for request in await context.tx.requests(limit=5)]
    known = f"The latest are {', '.join(latest)}." if latest else "There are none yet."
    raise Refusal(f"There is no {said}. {known}")


def number(value: float) -> str:
    """A metric with four significant digits."""
    return f"{value:.4g}"
