"""The shapes of a command's behaviour."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Protocol

from actions.answers import Answer
from actions.context import Context, Params
from actions.people import Person
from actions.requests import Plan, Request

AnswerCommand = Callable[[Context, Params], Awaitable[Answer]]
"""A read: looks and answers."""
PlanCommand = Callable[[Context, Params], Awaitable[Plan]]
"""A change: says what it would do, resolved and priced; nothing is done yet."""


class Decisions(Protocol):
    """People's decisions on requests (`actions/voting.py`)."""

    async def vote(
        self,
        who: Person,
        number: int,
        digest: str | None,
        *,
        approve: bool,
        reason: str | None = None,
    ) -> Request:
        """Decide on the plan with this digest; None: as it is now."""

    async def explain(self, who: Person, number: int, reason: str) -> None:
        """Add the reason to one's own rejection."""


@dataclass(frozen=True, slots=True)
class Acting:
    """One direct command by one person, within one transaction."""

    context: Context
    decisions: Decisions


DirectCommand = Callable[[Acting, Params], Awaitable[Answer]]
"""A change without a plan: what it decides on was shown before, or is small and reversible."""
