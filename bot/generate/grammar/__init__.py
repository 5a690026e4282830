"""Sentences from a grammar: rules in YAML beside this file, values filled in and annotated."""

import re
from functools import cache
from importlib import resources
from random import Random

import yaml

from actions.catalog import PARAMETERS
from bot.generate.fillers import fill

_INNER = re.compile(r"\(([^()\[\]]*)\)|\[([^()\[\]]*)\]")
_PIECE = re.compile(r"<(\w+)>|\{(\w+)(?::([^{}]+))?\}")
COMMON = "common.yml"

Rules = dict[str, list[str]]


@cache
def _files() -> dict[str, Rules]:
    folder = resources.files(__name__)
    return {
        entry.name: yaml.safe_load(entry.read_text(encoding="utf-8"))
        for entry in sorted(folder.iterdir(), key=lambda entry: entry.name)
        if entry.name.endswith(".yml")
    }


def _scopes(names: frozenset[str]) -> dict[str, Rules]:
    """Rules that each root sees: the common ones and, before them, all of its file."""
    common = _files()[COMMON]
    return {
        root: {**common, **rules}
        for name, rules in _files().items()
        if name != COMMON
        for root in rules
        if root in names
    }


class Grammar:
    """Draws sentences for one root (a command or intent); the same seed draws the same."""

    def __init__(self, root: str, rules: Rules, rng: Random) -> None:
        self._root = root
        self._rules = rules
        self._rng = rng

    def sentence(self) -> str:
        """One sentence with its values annotated: `train [fraud](project)`."""
        text = self._expand(self._rng.choice(self._rules[self._root]))
        return " ".join(text.split()).replace(" ,", ",").replace(" ?", "?")

    def _choices(self, text: str) -> str:
        """`text` with every (a|b) and [optional] decided, from the inside out."""
        while match := _INNER.search(text):
            if match[1] is not None:
                chosen = self._rng.choice(match[1].split("|"))
            else:
                options = match[2].split("|")
                chosen = self._rng.choice(options) if self._rng.random() < 0.4 else ""
            text = text[: match.start()] + chosen + text[match.end() :]
        return text

    def _expand(self, text: str) -> str:
        return _PIECE.sub(self._piece, self._choices(text))

    def _piece(self, match: re.Match[str]) -> str:
        if match[1]:
            return self._expand(self._rng.choice(self._rules[match[1]]))
        value = match[3] or fill(PARAMETERS[match[2]], self._rng)
        return f"[{value}]({match[2]})"


def grammars(names: frozenset[str], rng: Random) -> dict[str, Grammar]:
    """A grammar for each of `names` that has rules."""
    return {name: Grammar(name, rules, rng) for name, rules in _scopes(names).items()}
