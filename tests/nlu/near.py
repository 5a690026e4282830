"""Whether a test sentence, or a near copy of it, is among the training sentences."""

import re
from functools import cache

import yaml
from rapidfuzz import fuzz, process

from actions.normalise.patterns import PATTERNS
from bot.cli.rasa_model import ROOT
from bot.generate.language import sentences

_VALUE = re.compile(r"\[([^\]]+)\]\(\w+\)")
_PATTERNS = [re.compile(pattern, re.IGNORECASE) for pattern in PATTERNS.values()]
_LIKE = 92
"""Likeness in percent (edit distance) from which two sentences are near copies."""


def plain(text: str) -> str:
    """Lower case, without annotations and closing punctuation."""
    return _VALUE.sub(r"\1", text).lower().strip(" .?!,")


@cache
def training() -> frozenset[str]:
    """Every training sentence, annotated."""
    found = {text for texts in sentences().values() for text in texts}
    for file in sorted((ROOT / "nlu" / "data" / "handwritten").glob("*.yml")):
        for block in yaml.safe_load(file.read_text(encoding="utf-8"))["nlu"]:
            lines = block["examples"].splitlines()
            found |= {line.strip().removeprefix("- ") for line in lines if line.strip()}
    return frozenset(found)


@cache
def _templates() -> frozenset[str]:
    """Training sentences with a blank for every value."""
    return frozenset(_blank(_VALUE.sub("_", text)) for text in training())


@cache
def _plain() -> list[str]:
    return sorted({plain(text) for text in training()})


def _blank(text: str) -> str:
    for pattern in _PATTERNS:
        text = pattern.sub("_", text)
    return re.sub(r"(?:_\s*)+", "_ ", re.sub(r"[^\w ]+", " ", text.lower())).strip()


def is_near_copy(text: str, names: list[str]) -> bool:
    """Whether `text` is in the training data but for a slip or for its values; `names` are among these."""
    masked = text.lower()
    for name in sorted(names, key=len, reverse=True):
        masked = masked.replace(name.lower(), "_").replace(name.lower().replace("-", " "), "_")
    if _blank(masked) in _templates():
        return True
    return (
        process.extractOne(plain(text), _plain(), scorer=fuzz.ratio, score_cutoff=_LIKE) is not None
    )
