"""The two shapes of a command's behaviour."""

from collections.abc import Awaitable, Callable

from actions.answers import Answer
from actions.context import Context, Params
from actions.requests import Plan

AnswerCommand = Callable[[Context, Params], Awaitable[Answer]]
"""A read: looks and answers."""
PlanCommand = Callable[[Context, Params], Awaitable[Plan]]
"""A change: says what it would do, resolved and priced; nothing is done yet."""
