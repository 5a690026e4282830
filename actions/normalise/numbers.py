"""Whole numbers as people write them: "4", "two", "twenty-five", "a dozen"."""

import re

_SMALL = (
    "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven",
    "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen",
)  # fmt: skip
_TENTHS = ("twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")
_UNITS = {word: value for value, word in enumerate(_SMALL)}
_TENS = {word: 10 * value for value, word in enumerate(_TENTHS, start=2)}
_OTHERS = {"a": 1, "an": 1, "single": 1, "couple": 2, "pair": 2, "dozen": 12}
_WORDS = {**_UNITS, **_TENS}
_VAGUE = re.compile(r"\ban? (?:lot|few|bit|bunch|ton|handful|little|number|while|load|tad)\b")
"""How many this is nobody knows; "a" alone is one."""

NUMBER_WORD = "(?:" + "|".join(sorted((*_WORDS, "hundred"), key=len, reverse=True)) + ")"
"""Pattern of one word of a number."""
SPELLED = rf"{NUMBER_WORD}(?:(?:[ -]|(?<=hundred) and ){NUMBER_WORD})*"
"""Pattern of a number in words: "three hundred and forty"."""
NUMBER = rf"(?:\d{{1,6}}|{SPELLED}|(?:a )?(?:couple|pair|dozen)(?: of)?)"
"""Pattern of a whole number in digits or words."""


def _below_hundred(words: list[str]) -> int | None:
    if len(words) == 1:
        return _WORDS.get(words[0])
    if len(words) == 2 and words[0] in _TENS and 0 < _UNITS.get(words[1], 0) < 10:
        return _TENS[words[0]] + _UNITS[words[1]]
    return None


def words_to_number(words: list[str]) -> int | None:
    """The number below 1,000 that `words` (lower case) spell, or None where they spell none."""
    known = [word for word in words if word not in {"and", "of"}]
    if len(known) > 1 and known[0] in {"a", "an"} and known[1] in {"couple", "pair", "dozen"}:
        known = known[1:]
    if len(known) == 1 and known[0] in _OTHERS:
        return _OTHERS[known[0]]
    if "hundred" not in known:
        return _below_hundred(known)
    at = known.index("hundred")
    hundreds = 1 if known[:at] in ([], ["a"]) else _below_hundred(known[:at])
    rest = _below_hundred(known[at + 1 :]) if known[at + 1 :] else 0
    if hundreds is None or rest is None or not 0 < hundreds < 10:
        return None
    return 100 * hundreds + rest


def read_integer(text: str) -> int | None:
    """The one whole number in `text`, in digits or words; None where there is none or more.

    Signs and decimals are no whole numbers: "-2" and "1.5" give None.
    """
    lowered = text.strip().lower()
    digits = re.findall(r"[-+]?\d[\d,._]*", lowered)
    if digits:
        first = digits[0].rstrip(".,_")
        plain = re.fullmatch(r"\+?(\d{1,9}|\d{1,3}(?:[,_]\d{3})+)", first)
        if len(digits) > 1 or not plain:
            return None
        return int(re.sub(r"[,_]", "", plain[1]))
    words = re.findall(r"[a-z]+", _VAGUE.sub(" ", lowered))
    for size in range(len(words), 0, -1):
        for start in range(len(words) - size + 1):
            found = words_to_number(words[start : start + size])
            if found is not None:
                return found
    return None
