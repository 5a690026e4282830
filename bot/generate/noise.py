"""How people really type: case, punctuation, slips of the finger; values stay as they are."""

import re
from random import Random

_VALUE = re.compile(r"(\[[^\]]+\]\(\w+\))")
_MIN_WORD = 4


def _slip(word: str, rng: Random) -> str:
    at = rng.randrange(1, len(word) - 1)
    kind = rng.randrange(3)
    if kind == 0:
        return word[:at] + word[at + 1] + word[at] + word[at + 2 :]
    if kind == 1:
        return word[:at] + word[at + 1 :]
    return word[:at] + word[at] + word[at:]


def with_slip(sentence: str, rng: Random) -> str:
    """`sentence` with one typing error outside the values, half the time in its first long word."""
    parts = _VALUE.split(sentence)
    places = [
        (index, match.span())
        for index, part in enumerate(parts)
        if not _VALUE.fullmatch(part)
        for match in re.finditer(r"[A-Za-z]+", part)
        if len(match[0]) >= _MIN_WORD
    ]
    if not places:
        return sentence
    index, (start, end) = places[0] if rng.random() < 0.5 else rng.choice(places)
    part = parts[index]
    parts[index] = part[:start] + _slip(part[start:end], rng) + part[end:]
    return "".join(parts)


def as_typed(sentence: str, rng: Random) -> str:
    """`sentence` as one of many people would type it."""
    if rng.random() < 0.12:
        sentence = with_slip(sentence, rng)
    if rng.random() < 0.3 and sentence and not sentence.startswith("["):
        sentence = sentence[0].upper() + sentence[1:]
    if rng.random() < 0.15:
        sentence += rng.choice((".", "?", "!", " :)", " ..."))
    return sentence
