"""Where a sentence gives its reason: the words behind the marker, to the end of the text."""

import re

_WORDS = (
    r"because(?: of)?|bec(?:uase|asue|ouse|ause)|beacuse|'?cause|cuz|coz|bc|since|due to|given that|on the grounds that"
    r"|(?:(?:the|my|for the) )?reason(?:\s*[:=-]+|\s+(?:is|being|that)\b)(?: that\b)?"
    r"|(?<!soon )(?<!well )as(?! (?:soon|well|usual|always)\b)"
)
_SIGNS = (
    r"\s[-\u2013\u2014]+\s|[\u2013\u2014]|[,;:.!](?=\s)|(?<=\d):(?!\d)|\s\(|\s(?=\"[^\"]+\"\W*$)"
)
_MARKER = re.compile(rf"\b(?:{_WORDS})(?![\w])|{_SIGNS}", re.IGNORECASE)
_BECAUSE = re.compile(r"\bbecause\b", re.IGNORECASE)
_STORY = 7
"""Words between a sign and a "because" from which they are a story and no reason."""
_LEADING = re.compile(rf"^(?:[\s,;:.!(\u2013\u2014-]+|(?:{_WORDS})(?!\w))+", re.IGNORECASE)
_TRAILING = re.compile(r"[\s.,;:!?\u2026\u2013\u2014-]+$")
_DECISION = re.compile(
    r"\b(?:reject|declin|deny|denied|denie|veto|refus|disapprov|turn(?:ed|ing)? |vote |resolv|clos)\w*",
    re.IGNORECASE,
)
_NO = re.compile(r"\bno\b", re.IGNORECASE)
_EMPTY = re.compile(
    r"(?:(?:please|pls|plz|thanks|thank you|thx|ty|cheers|cooper|sorry|now|right now|asap)\W*)*",
    re.IGNORECASE,
)
_GOES_ON = re.compile(
    r"(?:and |or |& |not )?(?:(?:run |request )?(?:#|r-?)\d+\b|(?:run |request )\d+\b|\d+\W*(?:$|,|and\b))",
    re.IGNORECASE,
)
"""Another id in a list: "R42, R43", which is no reason."""
_ASKS_AGAIN = re.compile(
    rf"(?:(?:please|pls|plz|so|and|then|can you|could you|you (?:can|may)|just)\s+)*{_DECISION.pattern}(?<!ed)\b",
    re.IGNORECASE,
)
"""The decision once more: "A7 can be closed, please resolve it because …"."""


def find_reason(text: str) -> tuple[int, int] | None:
    """Start and end of the reason in `text`, its marker included; None where there is none.

    A sign (a comma, a dash, a colon, a full stop) opens a reason only behind the word that decides:
    in "R42: rejected, it leaks" the reason is "it leaks".
    """
    decision = _DECISION.search(text) or _NO.search(text)
    start = decision.end() if decision else 1
    for marker in _MARKER.finditer(text, start):
        rest = without_marker(text[marker.start() :])
        signed = not any(character.isalpha() for character in marker.group())
        if _EMPTY.fullmatch(rest) or (signed and (not decision or _no_reason(rest))):
            continue
        why = _BECAUSE.search(text, marker.end())
        if signed and why and len(text[marker.end() : why.start()].split()) >= _STORY:
            continue
        return marker.start(), len(text)
    return None


def _no_reason(words: str) -> bool:
    """Whether what follows a mere sign goes on with the order."""
    return bool(_GOES_ON.match(words) or _ASKS_AGAIN.match(words))


def without_marker(raw: str) -> str:
    """The words of a reason: no marker in front, no closing punctuation, no quotes around."""
    text = _TRAILING.sub("", _LEADING.sub("", raw.strip()))
    quoted = re.fullmatch(r"\"([^\"]+)\"", text)
    text = _TRAILING.sub("", quoted[1]) if quoted else text
    return text[:-1] if text.endswith(")") and "(" not in text else text
