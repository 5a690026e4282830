"""Whether a text asks for the command that it was taken for: in its words, but for no change. Pure."""

import re

from actions.catalog import COMMANDS
from actions.normalise import find_reason
from actions.rasa.deeds import does
from actions.rasa.moods import (
    asks_about,
    asks_whether,
    ends_something,
    forbids,
    names_nothing_else,
    refuses,
)
from actions.rasa.reports import goes_on, tells
from actions.rasa.spans import Span
from actions.spec import Kind, Risk

_MACHINES = re.compile(
    rf"\b(?:{'|'.join(name for name in COMMANDS if '_' in name)})\b|<\||\b(?:action|utter)_\w|^\s*[\[{{].*[\]}}]\W*$"
)
_MAY_END = frozenset({"unsubscribe_digest", "cancel_schedule"})
"""Commands that a "don't … any more" asks for."""
_SETTLES = frozenset({"resolve_alert"})
"""Commands that are asked for by saying that something is over."""


def asks_for(
    command: str, text: str, spans: tuple[Span, ...], asked: tuple[int, int] | None = None
) -> bool:
    """Whether `text` may ask for `command`: "don't deploy it" and "who approved R42" ask for no change.

    `asked` is where a long text asks for it. What is done without a confirmation is not done on a
    question either ("is R42 approved"), nor where neither an id nor the request at hand is meant
    ("approve my vacation").
    """
    risk = COMMANDS[command].risk
    asking = text[slice(*asked)] if asked else text
    if risk is Risk.READ:
        return not refuses(asking)
    order = _order(command, asking)
    ends = command in _MAY_END and ends_something(order)
    if (forbids(order) and not ends) or asks_about(order):
        return False
    decides = any(parameter.name == "request" for parameter in COMMANDS[command].parameters)
    settles = command in _SETTLES
    if tells(order, performs=decides or settles) or (settles and goes_on(order)):
        return False
    if risk is not Risk.DIRECT:
        return True
    values = [span for span in spans if span.by_pattern and span.name == "run"]
    meant = not decides or bool(values) or names_nothing_else(_before_reason(asking))
    done = does(command, _order(command, text))
    return done and meant and not asks_whether(order)


def _order(command: str, text: str) -> str:
    """The text without its reason, where the command takes one."""
    explains = any(parameter.kind is Kind.TEXT for parameter in COMMANDS[command].parameters)
    return _before_reason(text) if explains else text


def _before_reason(text: str) -> str:
    reason = find_reason(text)
    return text[: reason[0]] if reason else text


def is_for_machines(text: str) -> bool:
    """Whether `text` calls what people never write: a command by its inner name, a model's markup."""
    return bool(_MACHINES.search(text))
