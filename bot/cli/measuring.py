"""How well labelled sentences are read: by command and by tag.

Sentences are JSON lines of `{"text", "command", "params", "tag"}`; `params` as the parse contract
has them. Durations and periods compare by value.
"""

import json
import re
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from actions.catalog import COMMANDS
from actions.rasa.reading import contract, read
from actions.spec import Risk
from bot.cli.rasa_model import ROOT, parse_offline

Pair = tuple[dict[str, Any], dict[str, Any]]
"""What was wanted of a sentence, and what was found."""

_ISO = re.compile(
    r"P(?:(\d+)Y)?(?:(\d+)M)?(?:(\d+)W)?(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?)?"
)
_TIMES = frozenset({"duration", "max_runtime", "period"})


def load(path: Path) -> list[dict[str, Any]]:
    """The labelled sentences of a file."""
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def results(wanted: Sequence[dict[str, Any]], root: Path = ROOT) -> list[Pair]:
    """What the trained model finds in each, beside what is wanted.

    Raises:
        NluError: The model can be neither loaded nor trained.
    """
    parses = parse_offline([each["text"] for each in wanted], root)
    return [
        (each, contract(read(parse), each["text"]))
        for each, parse in zip(wanted, parses, strict=True)
    ]


def _length(value: Any) -> Any:
    """A duration's months and seconds; other values as they are."""
    match = _ISO.fullmatch(value) if isinstance(value, str) and len(value) > 1 else None
    if match is None:
        return value
    years, months, weeks, days, hours, minutes, seconds = (int(n or 0) for n in match.groups())
    return 12 * years + months, (7 * weeks + days) * 86400 + hours * 3600 + minutes * 60 + seconds


def comparable(params: dict[str, Any]) -> dict[str, Any]:
    """Parameters as they compare: durations by value."""
    return {name: _length(value) if name in _TIMES else value for name, value in params.items()}


def same_command(pair: Pair) -> bool:
    """Whether the command is the one wanted."""
    return bool(pair[0]["command"] == pair[1]["command"])


def same(pair: Pair) -> bool:
    """Whether the command and all its parameters are those wanted."""
    return same_command(pair) and comparable(pair[0]["params"]) == comparable(pair[1]["params"])


def taken(pair: Pair) -> bool:
    """Whether a command was found."""
    return pair[1]["command"] in COMMANDS


def wrong_change(pair: Pair) -> bool:
    """Whether a command that changes something was found where another was wanted, or none."""
    found = pair[1]["command"]
    return found in COMMANDS and COMMANDS[found].risk is not Risk.READ and not same_command(pair)


def rate(pairs: Sequence[Pair], test: Callable[[Pair], bool]) -> float:
    """The share of `pairs` that pass, from 0 to 1."""
    return sum(map(test, pairs)) / max(len(pairs), 1)


def inside(pairs: Sequence[Pair]) -> list[Pair]:
    """Those of which something is wanted."""
    return [pair for pair in pairs if pair[0]["command"] is not None]


def outside(pairs: Sequence[Pair]) -> list[Pair]:
    """Those of which nothing is wanted."""
    return [pair for pair in pairs if pair[0]["command"] is None]


def figures(pairs: Sequence[Pair]) -> dict[str, float]:
    """The gates' figures, each from 0 to 1."""
    return {
        "commands right": rate(pairs, same_command),
        "with all params": rate(inside(pairs), same),
        "outside, taken": rate(outside(pairs), taken),
        "wrong changes": rate(pairs, wrong_change),
    }


def report(pairs: Sequence[Pair]) -> str:
    """The figures, then what is wrong by command and by tag, the worst first."""
    lines = [f"{name:18} {value:6.2%}" for name, value in figures(pairs).items()]
    lines[0] += f" of {len(pairs)}"
    for key in ("command", "tag"):
        missed = Counter(str(pair[0][key]) for pair in pairs if not same(pair))
        total = Counter(str(pair[0][key]) for pair in pairs)
        ordered = sorted(total, key=lambda name: (-missed[name] / total[name], name))
        lines += ["", *(f"{name:20} {missed[name]:3} of {total[name]:3} wrong" for name in ordered)]
    return "\n".join(lines)


def misses(pairs: Sequence[Pair]) -> str:
    """Every wrong one, three lines each: the text, what was wanted, what was found."""
    return "\n".join(
        f"{want['text']!r}\n    {want['command']} {want['params']}"
        f"\n    {found['command']} {found['params']} ({found['confidence']})"
        for want, found in pairs
        if not same((want, found))
    )
