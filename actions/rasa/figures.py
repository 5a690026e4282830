"""Figures in a text that no pattern takes: which may be values, and of what. Pure."""

import re

from actions.catalog import COMMANDS
from actions.rasa.spans import Places, class_of, touches
from actions.spec import Kind, Parameter, Risk

FIGURE = re.compile(r"(?<!\S)[^\s\d]?\d[\w.,:%/-]*(?:\s+[a-z]{3,12}\b)?", re.IGNORECASE)
"""A figure with the word behind it: "-2 gpus"."""
_LONE = re.compile(
    r"(?<![^\s(])[1-9]\d{0,3}(?![.,:]?\d)(?=[\s,.!?;)]*(?:$|\d+(?![^\s,.!?;)])|(?:and|vs|versus|against|or|with|in|on"
    r"|for|of|please|pls|thx|thanks|now|asap|staging|stage|stg|production|prod|live)\b))",
    re.IGNORECASE,
)
"""A figure that counts nothing said and is no part of anything: "scale churn 3", "compare churn 20 19"."""
_COUNTED = frozenset({Kind.INTEGER, Kind.VERSION})


def counted(command: str) -> list[Parameter]:
    """What lone figures may be: all that the command counts, where it is of one kind.

    Of what changes something, only what the command cannot do without.
    """
    uses = [use for use in COMMANDS[command].uses if use.parameter.kind in _COUNTED]
    alike = len({class_of(use.parameter.name) for use in uses}) == 1
    reads = COMMANDS[command].risk is Risk.READ
    sure = alike and (reads or all(use.required for use in uses))
    return [use.parameter for use in uses] if sure else []


def lone(text: str, start: int, end: int, taken: Places) -> list[re.Match[str]]:
    """Figures by themselves in `text[start:end]`, outside of what is `taken`."""
    found = _LONE.finditer(text, start, end)
    return [each for each in found if not touches(each.start(), each.end(), taken)]
