"""Registered projects in a text: names, whatever words they are made of ("stop loss", "pricing")."""

import re
from collections.abc import Iterable, Iterator, Sequence
from copy import copy

from rasa.nlu.tokenizers.spacy_tokenizer import POS_TAG_KEY
from rasa.nlu.tokenizers.tokenizer import Token

SOME_NAME = "xname"
"""Lemma of every word that is not known: which project it is tells nothing of what is wanted."""
MEANT = "meant"
"""Of a token: the word without its slip."""
_A_PROJECT = "heron"
"""As which every registered project is read."""
_MOST = 3
"""Names of one text that are tried as words of the request as well."""

Places = tuple[tuple[int, int], ...]
"""Stretches of a text: start and end of each."""


def places(text: str, names: "Iterable[str]") -> Places:
    """Where the names stand as words of their own, the longest first, none in another."""
    found: list[tuple[int, int]] = []
    for name in sorted({" ".join(name.split()) for name in names} - {""}, key=len, reverse=True):
        pattern = r"\s+".join(map(re.escape, name.split()))
        found += [
            match.span()
            for match in re.finditer(rf"(?<![\w-]){pattern}(?![\w=]|-\w)", text, re.IGNORECASE)
            if not any(match.start() < end and start < match.end() for start, end in found)
        ]
    return tuple(sorted(found))


def readings(
    text: str, tokens: "list[Token]", names: "Iterable[str]"
) -> "Iterator[tuple[list[Token], Places]]":
    """The ways to read the text: its tokens, and which places are names in them.

    A project may be called as requests go ("cost", "live"). Such a word is read both ways, and
    whoever asked meant the one that makes a request.
    """
    found = places(text, names)
    either = [each for each in found if _may_be_said(text, _within(tokens, each))][:_MOST]
    names_only = tuple(each for each in found if each not in either)
    alone = [(each,) for each in either] if len(either) > 1 else []
    for chosen in ((), *alone, tuple(either)) if either else ((),):
        taken = tuple(sorted((*names_only, *chosen)))
        yield _with_names(tokens, taken), taken


def _may_be_said(text: str, within: "Sequence[Token]") -> bool:
    """Whether the name is a single word of requests, in a text of more than that word."""
    if len(within) != 1 or within[0].get(POS_TAG_KEY) != "known":
        return False
    return bool(re.search(r"\w", text[: within[0].start] + text[within[0].end :]))


def _within(tokens: "Sequence[Token]", place: "tuple[int, int]") -> "list[Token]":
    return [each for each in tokens if place[0] <= each.start < place[1]]


def _with_names(tokens: "Sequence[Token]", taken: Places) -> "list[Token]":
    """The tokens, each name read as one made-up word."""
    firsts = {within[0].start for place in taken if (within := _within(tokens, place))}
    inside = {each.start for place in taken for each in _within(tokens, place)}
    return [
        _named(each, first=each.start in firsts) if each.start in inside else each
        for each in tokens
    ]


def _named(token: Token, *, first: bool) -> Token:
    named = copy(token)
    named.data = {**token.data, MEANT: _A_PROJECT if first else "", POS_TAG_KEY: "new"}
    named.lemma = SOME_NAME if first and token.lemma else ""
    return named
