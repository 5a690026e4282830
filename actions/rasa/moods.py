"""Sentences that speak of a change without asking for it: they forbid it, or ask about it. Pure."""

import re

_LEAD = r"\W*(?:(?:please|pls|but|no|nope|so|ok|well|hey|hi|cooper|and|wait|sorry|actually),?\s+)*"
_FORBIDS = re.compile(
    _LEAD
    + r"(?:do\s+not|don[’']?t|never|no\s+need\s+to|nobody\s+should|(?:let[’']?s|rather|better)\s+not)\b"
    r"(?!\s+(?:forget|hesitate|let\b))",
    re.IGNORECASE,
)
_CHANGES = (
    r"(?:approv(?:e|ed|ing)|reject(?:ed|ing)?|declin(?:e|ed|ing)|promot(?:e|ed|ing)"
    r"|roll(?:ed|ing)?(?:\s+[\w-]+){0,2}\s+back|roll(?:ed|ing)?\s*back|revert(?:ed|ing)?"
    r"|(?:un|re)?deploy(?:ed|ing)?|(?:take|taken|taking|tear|shut)(?:\s+[\w-]+){0,3}\s+(?:down|offline)"
    r"|delet(?:e|ed|ing)|remov(?:e|ed|ing)|ship(?:ped|ping)?|releas(?:e|ed|ing)"
    r"|(?:re)?train(?:ed|ing)?|stop(?:ped|ping)?|kill(?:ed|ing)?|abort(?:ed|ing)?)"
)
_NEGATED = re.compile(
    r"(?<!why )(?:\b\w+n[’']t|\bdont|\bcannot|\bnot|\bnever)\s+"
    r"(?:(?:be|been|get|to|want|wish|going|allowed|need|like|ever|yet|just|have|let|you|us|anyone)\s+)*"
    rf"{_CHANGES}\b",
    re.IGNORECASE,
)
_ASKS = re.compile(
    _LEAD
    + r"(?:who|whom|whose|when|where|why(?!\s+(?:don[’']?t|not))|was|were|did|how\s+(?:do|did|can|to))\b",
    re.IGNORECASE,
)
_DECIDED = re.compile(
    _LEAD + r"(?:is|are|has|have|had|will|does|what|which)\b(?!.*\b(?:please|pls)\b)", re.IGNORECASE
)


def forbids(text: str) -> bool:
    """Whether `text` says not to: "don't deploy it", "R42 must not be approved"."""
    return bool(_FORBIDS.match(text) or _NEGATED.search(text))


def asks_about(text: str) -> bool:
    """Whether `text` asks about something that was or will be: "who approved R42?"."""
    return bool(_ASKS.match(text))


def asks_whether(text: str) -> bool:
    """Whether `text` asks how something stands, where an order is never put so: "is R42 approved"."""
    return bool(_DECIDED.match(text))
