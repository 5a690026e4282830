"""Finding a run by what people call it, and the small formats of its figures."""

from actions.answers import Refusal
from actions.context import Context
from actions.requests import Request


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
