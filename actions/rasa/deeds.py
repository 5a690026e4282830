"""Whether a text does what is done on words alone: "approve R42" does, "Ines will approve R42 tonight" does not. Pure.

A decision on a request counts at once, as do an acknowledgement and the end of an incident. So the
words for it must stand where an order or a statement of one's own has them; where they stand
otherwise, Cooper asks.
"""

import re
from dataclasses import dataclass
from functools import cache


@dataclass(frozen=True)
class Words:
    """The verbs of a deed as alternatives of a pattern: to `do` it, `doing` it, it is `done`; `noun`s for it."""

    do: str
    doing: str
    done: str
    noun: str

    @property
    def any(self) -> str:
        """Any of them."""
        return f"(?:{self.do})s?|{self.doing}|{self.done}|{self.noun}"


_WORDS = {
    "approve_request": Words(
        do=r"approve|accept|say\s+yes|endorse|authori[sz]e|sign\s+off|green-?\s?light",
        doing=r"approving|accepting|endorsing|authori[sz]ing|signing\s+off",
        done=r"approved|accepted|endorsed|authori[sz]ed|signed\s+off|green-?lit",
        noun=r"approvals?|blessing|the\s+(?:ok|okay|go-?ahead|nod|green-?\s?light)",
    ),
    "reject_request": Words(
        do=r"reject|decline|say\s+no|deny|veto|refuse|turn(?:\s+\w+){0,3}\s+down",
        doing=r"rejecting|declining|denying|vetoing|refusing|turning(?:\s+\w+){0,3}\s+down",
        done=r"rejected|declined|denied|vetoed|refused|turned(?:\s+\w+){0,3}\s+down",
        noun=r"rejections?|refusal",
    ),
    "acknowledge_alert": Words(
        do=r"acknowledge|ack|(?:take\s+)?note|looking\s+into|mark|flag|stop\s+(?:the\s+)?(?:escalat\w+|paging|calling|ringing)",
        doing=r"acknowledging|acking|looking\s+into",
        done=r"acknowledged|acked|ack['\u2019]?d",
        noun=r"acknowledge?ments?",
    ),
    "resolve_alert": Words(
        do=r"resolve|close|shut|solve|mark|set|put|call|dismiss|strike|flag|wrap(?:\s+\w+)?\s+up|tick(?:\s+\w+)?\s+off",
        doing=r"resolving|closing|marking",
        done=r"(?:marked\s+(?:as\s+)?)?(?:resolved|closed)|solved|fixed|sorted|settled|dealt\s+with|over|gone|done|history",
        noun=r"resolution",
    ),
}
_ID = r"(?:(?:the|this|that|request|run|alert|incident|number|no\.?|id|it)\s+)*#?[ra]?\d+|(?:request|run|alert|incident)(?:\s+(?:number\s+)?[a-z-]+){1,4}|it|this|that"
_THING = r"request|run|job|training|deploy(?:ment)?|promotion|rollback|plan|alert|alarm|incident|page|problem|issue|case"
_LEAD = (
    r"(?:\W*(?:please|pls|plz|plse|kindly|cooper|mention|bot|hey|hi|hello|yo|dear|ok|okay|k|yes|yep|yeah|yup|no|nope|nah|sure|lgtm|well|fine"
    r"|good|great|nice|cool|perfect|alright|right|now|just|also|only|still|simply|hereby|immediately|however|though|instead|do"
    rf"|go\s+ahead|thanks|thx|sorry|ugh|cc|fyi|here|all|team|everyone|x"
    rf"|(?:the|this|that|a)\s+(?:{_THING})|{_THING}|{_ID})\b)*\W*"
)
"""What may stand before an order."""
_PARTS = re.compile(
    r"[,;:!?()]|\.(?!\d)|\s[-\u2013\u2014]+\s|\b(?:and|but|so|then|or|plus)\b"
    r"|(?=\b(?:because|since|if(?!\s+you)|when|once|until|unless|whether|before|after|while|who|which)\b)",
    re.IGNORECASE,
)
_BESIDE = re.compile(
    r"^\W*(?:only\s+|even\s+|not\s+)?(?:because|since|if(?!\s+you)|when|once|until|unless|whether|before|after|while|who|which)\b",
    re.IGNORECASE,
)
_QUOTED = re.compile(r"[\"\u201c\u201d\u00ab]([^\"\u201c\u201d\u00bb]+)[\"\u201c\u201d\u00bb]")
_PERSON = re.compile(r"<@[^<>]*>")
_MARKED = re.compile(r"<[^<>]*>|\bhttps?://\S+")
"""Channels and addresses, which may stand anywhere."""
_ASKS_OTHERS = re.compile(
    r"^\W*(?:(?:so|and|but|hey|hi|cooper|ok|hmm|well)\W+)*(?:can|could|would|will|should|shall|does|did|is|are|was|were|has|have|may|might|must)\s+"
    r"(?!you\b|u\b|ya\b|(?:someone|somebody|anyone|anybody)\b(?!\s+(?:from|in|of|at|on|else)\b)|cooper\b|mention\b|it\s+possible\b|to\b|my\b)",
    re.IGNORECASE,
)
_LATER = re.compile(
    r"\b(?:tomorrow|tonight|later|next\s+(?:week|time|month|quarter)|not\s+(?:now|yet)|some\s?day|eventually|probably|maybe|perhaps"
    r"|in\s+theory|theoretically|hypothetically|about\s+to|if\s+(?:only|i\s+could|we\s+could))\b",
    re.IGNORECASE,
)
_POLITE = re.compile(
    r"\b(?:please|pls|plz|you|u|ya|someone|somebody|anyone|anybody)\b", re.IGNORECASE
)
_LACKS = re.compile(
    r"\b(?:no|not|never|\w+n['\u2019]?t|needs?|awaits?|lacks?|without|waits?|waiting|wants?|requires?|deserves?|pending|will|would|revoked|withdrawn|withdrew|lost)\b|^\W*got\b",
    re.IGNORECASE,
)
_NO_WAY = re.compile(r"\b(?:no\s+way|as\s+if|far\s+from|instead\s+of)\b", re.IGNORECASE)
_SENTENCES = re.compile(r"(?<=[.!?])\s+(?!(?:please|pls)\W*$)")
_NO_ORDER = r"to|will|would|should|could|can|may|might|must|not|never|probably|maybe|[a-z]+ly|he|she|they|who|ll|d|t|cannot|did|does|do|is|are|was|am|be|been|nobody|everybody|somebody"
"""Words before a verb that is no order: "will probably approve it"."""
_SHORT, _TERSE = 10, 8
"""Words of a text that may do it without its words ("thumbs up for R5"), and with no more than its participle."""


def does(command: str, text: str) -> bool:
    """Whether `text` does `command`, where words alone would do it; all others need more, and pass."""
    words = _WORDS.get(command)
    if words is None:
        return True
    text = _MARKED.sub(" ", _PERSON.sub(" mention ", text))
    own = _QUOTED.sub(" ", text) if _QUOTED.sub("", text).strip() else text
    said = re.compile(rf"\b(?:{words.any})\b", re.IGNORECASE)
    if not said.search(own):
        return not said.search(text) and len(text.split()) <= _SHORT
    terse = rf"(?!\W*mention\b){_LEAD}(?:{words.done})\b(?!\s+by\s+(?!me\b))"
    if len(own.split()) <= _TERSE and re.match(terse, own, re.IGNORECASE) and "?" not in own:
        return True
    return any(_orders(words, each) for each in _SENTENCES.split(own) if said.search(each))


def _orders(words: Words, sentence: str) -> bool:
    """Whether a clause of the sentence is an order, and the sentence neither asks whether nor speaks of later."""
    asks = sentence.rstrip().endswith("?") and not _POLITE.search(sentence)
    if asks or _ASKS_OTHERS.match(sentence) or _LATER.search(sentence):
        return False
    order = _order(words)
    return any(
        (order.search(each) and not _NO_WAY.search(each)) or _granted(words, each)
        for each in _PARTS.split(sentence)
        if not _BESIDE.match(each)
    )


@cache
def _order(words: Words) -> "re.Pattern[str]":
    """Where the verb stands in an order, a polite one, or a statement of one's own."""
    some = r"(?:\s+[\w'\u2019]+){0,3}?\s+"
    forms = (
        rf"^{_LEAD}(?:{words.do})\b",
        rf"^{_LEAD}(?:{words.doing})\b",
        rf"^{_LEAD}(?:{words.done})\W*$",
        rf"\b(?:can|could|would|will)\s+(?:you|u|ya|someone|somebody|anyone|anybody|cooper|mention)\b{some}(?:{words.do})\b",
        rf"\b(?:you|u)\s+(?:can|may|could|should|must|are\s+free\s+to|have\s+to|need\s+to)\b{some}?(?:{words.do})\b",
        rf"\b(?:I|we)\s+(?:(?:hereby|do|also|fully|gladly|happily|now|therefore|thus|both|all|just|must|have\s+to|need\s+to|can|can\s+only|want\s+to)\s+)*(?:{words.do})\b",
        rf"\b(?:I['\u2019]?d|we['\u2019]?d|I\s+would|we\s+would)\s+(?:like|love|prefer|ask)\s+(?:you\s+)?to\s+(?:{words.do})\b",
        rf"\b(?:want|need|ask|beg|like|tell(?:ing)?)\s+(?:you|u|cooper)\s+to\s+(?:{words.do})\b",
        rf"\b(?:I['\u2019]?m|I\s+am|we['\u2019]?re|we\s+are)\s+(?:(?:\w+ly|now|just|already|both|all|still|here|online)\s+(?:and\s+)?)*(?:(?:happy|glad|fine|ok|okay|ready|willing|sorry|here|pleased|content)\s+to\s+(?:{words.do})|(?:{words.doing}))\b",
        rf"\b(?:let['\u2019]?s|let\s+(?:us|me)|time\s+to|afraid\s+I\s+(?:must|have\s+to)|go\s+ahead\s+(?:and\s+)?)\s*(?:{words.do})\b",
        rf"\bmind\s+(?:{words.doing})\b",
        rf"\b(?:please|pls|plz|kindly)\s+(?:to\s+)?(?:just\s+|also\s+|now\s+)?(?:{words.do})\b",
        rf"\bkind(?:\s+as)?\s+to\s+(?:please\s+)?(?:{words.do})\b",
        rf"\bif\s+you(?:['\u2019]d|\s+(?:could|would|can))?\s+(?:please\s+)?(?:{words.do})\b",
        rf"\b(?:gotta|got\s+to|time\s+you|lemme|any\s+chance\s+you(?:\s+could)?|possible\s+to|order\s+you\s+to|['\u2019]d\s+rather)\s+(?:{words.do})\b",
        rf"(?:^|\b(?!(?:{_NO_ORDER})\b)[\w-]+\s+)(?:{words.do})\s+(?:it|that|this)\W*(?:(?:please|pls|now|then|thanks|thx)\W*)*$",
        rf"^{_LEAD}(?:put|give|send|count|grant)\b[^,;]*\b(?:{words.done}|{words.noun}|ack)\b(?!\s+by\s+(?!me\b))",
        rf"\b(?:want|like|need|have|get|see|consider|make|mark|flag|log|record|register|treat|set|count|put)\s+(?!been\b)(?:[\w#<@|>-]+\s+){{0,4}}(?:as\s+)?(?:{words.done})\b(?!\s+by\s+(?!me\b))",
        rf"\b(?:can|may|should|must|shall|is\s+to|are\s+to|has\s+to|have\s+to|needs?\s+to)\s+(?:now\s+)?be\s+(?:\w+ly\s+)?(?:{words.done})\b(?!\s+by\s+(?!me\b))",
        rf"\b(?:is|are|['\u2019]s|=)\s*(?:\w+ly\s+|hereby\s+|now\s+|all\s+|well\s+and\s+truly\s+)*(?:{words.done})\b(?!\s+by\s+(?!me\b))",
    )
    return re.compile("|".join(forms), re.IGNORECASE)


def _granted(words: Words, part: str) -> bool:
    """Whether somebody's own word is given: "R15 gets my blessing"."""
    given = re.search(
        rf"\b(?:my|our)\s+(?:\w+\s+)?(?:{words.noun})\b|\b(?:{words.noun})\s+(?:please|pls)\b|\b(?:{words.noun})\b[^,;]*\bfrom\s+(?:me|us|my\s+side)\b",
        part,
        re.IGNORECASE,
    )
    return bool(given) and not _LACKS.search(part)
