"""How well labelled sentences are read: by command and by tag.

Reads JSON lines of `{"text", "command", "params", "tag"}`. From the project's root:
`python -m tests.nlu.measure tests/nlu/development.jsonl`; with `--misses` each wrong one is
printed, which is for the development set only.
"""

import argparse
import json
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

from actions.catalog import COMMANDS
from actions.rasa.reading import contract, read
from actions.spec import Risk
from bot.cli.rasa_model import parse_offline

Pair = tuple[dict[str, Any], dict[str, Any]]


def results(path: Path) -> list[Pair]:
    """What was wanted of each line of `path`, and what was found."""
    wanted = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    parses = parse_offline([each["text"] for each in wanted])
    return [
        (each, contract(read(parse), each["text"]))
        for each, parse in zip(wanted, parses, strict=True)
    ]


def same_command(pair: Pair) -> bool:
    """Whether the command is the one wanted."""
    return bool(pair[0]["command"] == pair[1]["command"])


def same(pair: Pair) -> bool:
    """Whether the command and all its parameters are those wanted."""
    return same_command(pair) and bool(pair[0]["params"] == pair[1]["params"])


def wrong_change(pair: Pair) -> bool:
    """Whether a command that changes something was found where another was wanted, or none."""
    found = pair[1]["command"]
    return found in COMMANDS and COMMANDS[found].risk is not Risk.READ and not same_command(pair)


def share(pairs: list[Pair], test: Callable[[Pair], bool]) -> str:
    """How many of `pairs` pass `test`."""
    passed = sum(map(test, pairs))
    return f"{passed:4} of {len(pairs):4}  {passed / max(len(pairs), 1):6.1%}"


def report(pairs: list[Pair]) -> str:
    """The gates' figures, then commands right by command and by tag, the worst first."""
    inside = [pair for pair in pairs if pair[0]["command"] is not None]
    outside = [pair for pair in pairs if pair[0]["command"] is None]
    lines = [
        f"commands right     {share(pairs, same_command)}",
        f"with all params    {share(inside, same)}",
        f"outside, taken     {share(outside, lambda pair: pair[1]['command'] in COMMANDS)}",
        f"wrong changes      {share(pairs, wrong_change)}",
    ]
    for key in ("command", "tag"):
        missed = Counter(str(pair[0][key]) for pair in pairs if not same_command(pair))
        total = Counter(str(pair[0][key]) for pair in pairs)
        ordered = sorted(total, key=lambda name: (-missed[name] / total[name], name))
        lines += ["", *(f"{name:20} {missed[name]:3} of {total[name]:3} wrong" for name in ordered)]
    return "\n".join(lines)


def misses(pairs: list[Pair]) -> str:
    """Every wrong one, a line each."""
    return "\n".join(
        f"{want['text']!r}\n    {want['command']} {want['params']}"
        f"\n    {found['command']} {found['params']} ({found['confidence']})"
        for want, found in pairs
        if not same((want, found))
    )


def main() -> None:
    """Print the report on the file named."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("file", type=Path)
    parser.add_argument("--misses", action="store_true")
    options = parser.parse_args()
    pairs = results(options.file)
    sys.stdout.write(f"{report(pairs)}\n")
    if options.misses:
        sys.stdout.write(f"{misses(pairs)}\n")


if __name__ == "__main__":
    main()
