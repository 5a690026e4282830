"""What of a text tells which command is meant: without slips, asides and what is not wanted. Pure."""

import re
from collections.abc import Mapping

_ACTIONS = (
    r"(?:(?:re)?train\w*|fit|(?:un)?deploy\w*|ship|releas\w+|roll(?:ing|ed)?|rollback|revert\w*|push|put|promot\w+"
    r"|stop\w*|kill\w*|abort\w*|cancel\w*|halt\w*|end|terminat\w+|show\w*|list\w*|give|tell|compar\w+|predict\w*"
    r"|score|approv\w+|reject\w*|declin\w+|deny|veto|take|remov\w+|delet\w+|tear|shut|logs?|get|display|send|make"
    r"|move|serve|restore|undo|start|run)"
)
_THINGS = (
    r"(?:runs?|logs?|models?|versions?|endpoints?|production|prod|staging|anything|approvals?)"
)
_SUBJECT = r"(?:(?:i|we|you)\s+)?"
_REFUSAL = (
    rf"{_SUBJECT}(?:do\s+not|don[’']?t|never|can[’']?t|cannot|won[’']?t|no\s+need\s+(?:to|for)"
    rf"|no\s+longer|didn[’']?t)\s+(?:[\w’']+\s+){{0,3}}?(?:{_ACTIONS}|{_THINGS})\b"
)
_CONTRAST = r"not\s+(?:the|in|on|from|to|for|v\.?\d|r\d|version|run|request)\b"
_LEAD = r"(?:^|[,;.!:]\s)\W*(?:(?:please|pls|but|no|hi|hey|hello|cooper|and|ok|so|well|wait|sorry)[,\s]+)*"
_TURN = r"(?:but|just|only|instead|rather|please|pls|simply|then|so|and|yes|better|can you|could you|let[’']?s|i|we)"
_ORDER = rf"\s*(?:{_TURN}[,\s]+)*(?:{_ACTIONS}\b|(?<=just )(?:the|its)\b|(?<=only )(?:the|its)\b)"
_NEGATED = re.compile(
    rf"{_LEAD}(?P<clause>(?:{_REFUSAL}|{_CONTRAST})[^,;.!?:]*?)(?:[,;.!?:]+|\s+(?=just\b|only\b|but\b))(?={_ORDER})",
    re.IGNORECASE,
)
_INSTEAD = re.compile(
    rf"(?<=\w)(?:,\s*(?:(?:and|but)\s+)?not|\s(?:and|but)\s+not|,?\s(?:instead\s+of|rather\s+than))\s+"
    rf"(?!(?!run\s+\d)(?:be|been|yet|now|today|sure|so|{_ACTIONS})\b)"
    r"(?:(?:the|in|on|to|from|for|at|with|version|run|request|our)\s+){0,2}[\w@-]+(?:\.\w+)*"
    r"(?:\s+(?:one|model|version|endpoint|gpus?|instances?|machines?|training|run|\d+))?"
    r"(?=\s*(?:[,;.!?)]|$|please\b|pls\b|thanks\b))",
    re.IGNORECASE,
)
_BECAUSE = re.compile(r"(?<=\w)\W+(?:because|bc|cuz|coz|'cause)\b", re.IGNORECASE)


def negated(text: str) -> tuple[tuple[int, int], ...]:
    """Where `text` says what is not wanted beside what is.

    "Don't retrain it, just deploy it" says so first, "deploy it to staging, not production" last.
    """
    before = _NEGATED.search(text)
    first = (before.span("clause"),) if before else ()
    later = (found.span() for found in _INSTEAD.finditer(text, before.end() if before else 0))
    return (*first, *later)


def asides(text: str) -> list[tuple[int, int]]:
    """Stretches of `text` that do not tell what is asked for: what is not wanted, and the why of it."""
    because = _BECAUSE.search(text)
    return [*negated(text), *([(because.start(), len(text))] if because else [])]


_MIN_LENGTH = 4
_SURE_LENGTH = 6
"""Letters from which one wrong letter still leaves no doubt; below, none may be wrong."""
_SLIPS = 15
"""How much more often than its slips a word is typed."""


def _without_one(word: str) -> set[str]:
    return {word[:at] + word[at + 1 :] for at in range(len(word))}


class Spelling:
    """Known words, and the one that a mistyped word was to be: a letter dropped, added or swapped."""

    def __init__(self, words: Mapping[str, int]) -> None:
        """Learn `words` with how often each occurs; what is rare beside its likeness is a slip of it."""
        self._words: dict[str, int] = {}
        self._shorter: dict[str, list[str]] = {}
        for word in sorted(words, key=lambda each: (-words[each], each)):
            near = self.meant(word)
            if near != word and self._words[near] >= _SLIPS * words[word]:
                continue
            self._words[word] = words[word]
            for part in _without_one(word):
                self._shorter.setdefault(part, []).append(word)

    def knows(self, word: str) -> bool:
        """Whether `word` was learned."""
        return word.lower() in self._words

    def meant(self, word: str) -> str:
        """The word meant; `word` itself where it is known, no word, or nothing is near."""
        typed = word.lower()
        if (
            typed in self._words
            or len(typed) < _MIN_LENGTH - 1
            or not typed.isascii()
            or not typed.isalpha()
        ):
            return word
        parts = _without_one(typed)
        added = {
            part
            for part in parts
            if part in self._words
            and len(part) >= _MIN_LENGTH
            and (typed[:-1] != part or typed[-1] == typed[-2])
        }
        dropped = {near for near in self._shorter.get(typed, ()) if len(near) >= _MIN_LENGTH}
        alike = {
            near
            for part in parts
            for near in self._shorter.get(part, ())
            if len(near) == len(typed)
        }
        swapped = {near for near in alike if sorted(near) == sorted(typed)}
        wrong = {near for near in alike if len(near) > _SURE_LENGTH and near[0] == typed[0]}
        for near in (swapped, {each for each in dropped | added if each[0] == typed[0]}, wrong):
            if near:
                return max(sorted(near), key=self._words.__getitem__)
        return word
