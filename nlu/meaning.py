"""What of a text tells which command is meant: without slips, asides and what is not wanted. Pure."""

import re
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet

_ACTIONS = (
    r"(?:(?:re)?train\w*|fit|(?:un)?deploy\w*|ship|releas\w+|roll(?:ing|ed)?|rollback|revert\w*|push|put|promot\w+"
    r"|stop\w*|kill\w*|abort\w*|cancel\w*|halt\w*|end|terminat\w+|show\w*|list\w*|give|tell|compar\w+|predict\w*"
    r"|score|approv\w+|reject\w*|declin\w+|deny|veto|take|remov\w+|delet\w+|tear|shut|logs?|get|display|send|make"
    r"|move|serve|restore|undo|start\w*|run|tun(?:e|ing)|optimi[sz]\w+|scor(?:e|ing)|schedul\w+|explain\w*|scal(?:e|ing)"
    r"|extend\w*|keep|snooz\w+|mut(?:e|ing)|silenc\w+|ack\w*|resolv\w+|clos(?:e|ing)|(?:un)?subscrib\w+|post|switch"
    r"|turn|launch\w*|kick|set|put|open|estimat\w+|calculat\w+|work|check|find|look|describ\w+|mark|do|bring|pull"
    r"|draw|print|add|book|fire|spin|bump|resiz\w+|mail|dm|let|have|call|leave|drop|pause|end|create|prepare|produce"
    r"|report|compute|return|execut\w+|perform|trigger|repeat|refresh|fetch|obtain|offer|test|try|go)"
)
_THINGS = (
    r"(?:runs?|logs?|models?|versions?|endpoints?|production|prod|staging|anything|approvals?)"
)
_SUBJECT = r"(?:(?:i|we|you)\s+)?"
_ANY = r"(?!ask\b|forget\b|hesitate\b|worry\b|wait\b)[a-z][\w']+"
_REFUSAL = (
    rf"{_SUBJECT}(?:do\s+not|don[’']?t|never|can[’']?t|cannot|won[’']?t|no\s+need\s+(?:to|for)"
    rf"|no\s+longer|didn[’']?t)\s+(?:[\w’']+\s+){{0,3}}?(?:{_ACTIONS}|{_THINGS}|{_ANY})\b"
)
_CONTRAST = r"not\s+(?:#\w|<[#@]|a\d|the|in|on|from|to|for|v\.?\d|r\d|version|run|request)\b"
_LEAD = r"(?:^|[,;.!:]\s)\W*(?:(?:please|pls|but|no|hi|hey|hello|cooper|and|ok|so|well|wait|sorry)[,\s]+)*"
_TURN = r"(?:(?:want|need|would like|'d like) to|first|now|but|just|only|instead|rather|please|pls|simply|then|so|and|yes|better|can you|could you|let[’']?s|i|we)"
_ORDER = rf"\s*(?:{_TURN}[,\s]+)*(?:{_ACTIONS}\b|(?<=just )(?:the|its)\b|(?<=only )(?:the|its)\b)"
_NEGATED = re.compile(
    rf"{_LEAD}(?P<clause>(?:{_REFUSAL}|{_CONTRAST})[^,;.!?:]*?)(?:[,;.!?:]+|\s+(?=just\b|only\b|but\b))(?={_ORDER})",
    re.IGNORECASE,
)
_INSTEAD = re.compile(
    rf"(?<=\w)(?:,\s*(?:(?:and|but)\s+)?not|\s(?:and|but)\s+not|,?\s(?:instead\s+of|rather\s+than))\s+"
    rf"(?!(?!run\s+\d)(?:be|been|yet|now|today|sure|so|{_ACTIONS})\b)"
    r"(?:(?:the|in|on|of|to|from|for|at|with|version|run|request|alert|our|those)\s+){0,3}[\w@#-]+(?:\.\w+)*"
    r"(?:\s+(?:one|model|version|endpoint|gpus?|instances?|machines?|training|run|\d+))?"
    r"(?=\s*(?:[,;.!?)]|$|please\b|pls\b|thanks\b))",
    re.IGNORECASE,
)
_RATHER_THAN = re.compile(
    r"(?<=\w),?\s+not\s+(?:in |on |to |the )?(?:prod(?:uction)?|live|staging|stage|stg|v\d+|version \d+|spot|on-demand|canary|linear|shadow"
    r"|all[- ]at[- ]once)(?=\W*$|,)|\bnot\s+(?:for |in |on |to |the )?[\w.-]+(?=,?\s+but\s+(?!not\b)(?:rather |for |in |on |to )?\w)|(?P<rather>\brather\b[^,.;]{2,60}?)(?P<than>\s+than\s+(?:the |in |on |to )?[\w-]+)(?=\W*$)",
    re.IGNORECASE,
)
"""A value that another takes the place of: "prod not staging", "rather the challenger than the latest"."""
_NOT_THIS = re.compile(
    rf"^\W*(?P<clause>(?:not (?!sure|yet|bad|now\b|really|necessar|that|at all|again|any ?more)|(?:no,? )?{_SUBJECT}(?:do\s+not|don[’']?t)"
    r" (?:want|need|mean|care|bother|show|list|give|tell|reject|approve|stop|deploy|train|promote)\b|(?:i|we)(?:['’]m| am|['’]re| are) not after"
    r"|no need to |no (?!rush|hurry|problem|worr|idea|spot|more than)(?=[^,;.:]*[,;.:]\s*(?:just|only|rather|simply|but|instead)\b)"
    r"|leave (?=[^,;.:]*\b(?:alone|running|as (?:it|they) (?:is|are)|as is|untouched)\b))[^,;.:]*(?:,|;|:|\.)\s*)"
    r"(?=(?!(?:it|we|they|he|she|that|this|there|because|as|since|let|leave|keep|thanks|please don|not|nor|neither)\b)\S+(?:\s+\S+)+)",
    re.IGNORECASE,
)
"""What is not wanted, said first, with what is wanted behind it: "not R40, the logs of R41"."""
_REFUSED_FIRST = re.compile(
    r"^\W*(?:(?:please|pls|but|no|hi|hey|hello|cooper|and|ok|so|well|wait|sorry)[,\s]+)*"
    r"(?P<clause>(?:(?:i|we|you)\s+)?(?:(?:do\s+not|don[’']?t|dont|never)(?!\s+(?:ask|forget|hesitate|worry|wait)\b)|no need (?:to|for)|no longer"
    r"|(?:(?:i[’']?m|i am|we[’']?re|we are) )?not (?:asking|looking|talking)|no (?:more )?\w+ing\b|no \w+(?: \w+)? (?:please|pls)\b"
    r"|no (?!rush|hurry|problem|worr|idea|spot|more than|one\b|way\b|thank|thx|longer)[\w-]+(?: (?:for|of|in|on|from|to) (?=[^,;.:]{2,40}[,;.:])| [\w-]+(?=[,;]))"
    r"|leave\b(?=[^,;.:]*\b(?:out|alone|running|untouched)\b)|skip the|forget (?:about )?the|hold off)[^,;.:]*?[,;.:\u2013-]+\s*"
    r"(?:(?:it|that|this)(?:[’']?s| is| was| has been)\b[^,;.:]*[,;.:]\s*)?)"
    r"(?=(?!(?:let|leave|keep|thanks|please don|it|we|they|he|she|that|this|there|because|as|since|not|nor|neither)\b)"
    rf"(?:(?:want|need|would like|'d like) to\s|{_TURN}[,\s]+)*"
    rf"(?:{_ACTIONS}\b\s+\S|(?:i|we)(?:[’']?m|[’']?re| am| are)? (?:only|just|rather|simply|asking)\b|(?:which|what|how|who)\b|all i\b))",
    re.IGNORECASE,
)
"""A refusal before the request itself: "no snoozing, resolve it", "don't scale it, I only wonder about its latency"."""
_LAST = re.compile(
    rf"{_LEAD}(?:{_TURN}[,\s]+|(?:could|can|would|will) (?:you|u) )*{_ACTIONS}\b.*?(?P<clause>[,;.]\s*(?:but |and |please )*"
    r"(?:do\s+not|don[’']?t|never|no\s+need\s+to|nothing)\b.*)$",
    re.IGNORECASE | re.DOTALL,
)
_MAY_REFUSE = re.compile(
    r"n[’']?t\b|\bno(?:t|thing)?\b|\b(?:never|cannot|leave|skip|forget|hold|rather|instead)\b",
    re.IGNORECASE,
)
"""What no refusal can do without: texts that lack it, odd ones too, cost no search for the rest."""
_BECAUSE = re.compile(r"(?<=\w)\W+(?:because|bc|cuz|coz|'cause)\b", re.IGNORECASE)


def negated(text: str) -> tuple[tuple[int, int], ...]:
    """Where `text` says what is not wanted beside what is.

    "Don't retrain it, just deploy it" says so first, "deploy it to staging, not production" last.
    """
    if not _MAY_REFUSE.search(text):
        return ()
    before = _NEGATED.search(text) or _NOT_THIS.match(text) or _REFUSED_FIRST.match(text)
    first = (before.span("clause"),) if before else ()
    later = [found.span() for found in _INSTEAD.finditer(text, before.end() if before else 0)]
    last, than = _LAST.match(text), _RATHER_THAN.search(text)
    found = [*first, *later, *((last.span("clause"),) if last and not before else ())]
    if than:
        start, end = than.span("than") if than["than"] else than.span()
        found += [] if any(at < end and start < to for at, to in found) else [(start, end)]
    return tuple(found)


_ASKS = re.compile(
    r"(?:^|(?<=[\s,;:.!?(\u2013\u2014-]))(?:(?:so|and|then|therefore|hence|which is why|that's why)[, ]+)?"
    r"(?:(?:could|can|would|will|might|may) (?:you|u|we|i|somebody|someone|anyone|it)"
    r"(?: (?:please|kindly|pls|possibly|maybe|perhaps|just|be so (?:kind|good|nice) (?:as to|and)|mind))*"
    rf"|(?:please|pls|plz|kindly|just)\b(?=[ ,]+(?:\w+ly )?(?:do |also |then |now )?{_ACTIONS}\b)"
    r"|(?:i|we)(?:'d| would) (?:like|love|appreciate|be (?:glad|grateful|happy))"
    r"(?: (?:you to|to|it if you(?: could)?|if you(?: could)?))?"
    r"|(?:i|we) (?:need|want|have|wish)(?: you)? to|go ahead and|let's?|time to|do me a favou?r and"
    r"|(?:all|what) i (?:need|want) is(?: for you)?(?: to)?|is it possible to)\b",
    re.IGNORECASE,
)
_STOPS = re.compile(r"[.!?;](?:\s|$)|\s[-\u2013\u2014]\s")
_WORD = re.compile(r"\w[\w'\u2019-]*")
_LONG = 12
"""Words from which a text may tell a story around what it asks for."""


def request(text: str) -> tuple[int, int] | None:
    """Where a long text says what it asks for: from the last "could you …" or "please …" to its end.

    None where the text is short, or has no such words.
    """
    if len(text.split()) < _LONG:
        return None
    found = None
    for asks in _ASKS.finditer(text):
        stop = _STOPS.search(text, asks.end())
        end = stop.start() if stop else len(text)
        if len(_WORD.findall(text, asks.end())) > 1:
            found = (asks.start(), end) if len(_WORD.findall(text, asks.end(), end)) > 1 else None
    return found


_ORDERS_AROUND = re.compile(
    r"^\W*(?:(?:system|admin|root|developer|assistant|override|important|urgent|note to (?:the )?bot|debug)"
    r"(?: (?:notice|override|message|prompt|note|mode|instruction|update))?\s*[:>\]-]+(?:[^.:;,]*[.:;,](?=\s*\w+\s+\w))?"
    r"|(?:please )?(?:ignore|forget|disregard|override|skip|bypass)\b(?=[^.:;]*\b(?:instruction|rule|prompt|told|said|before"
    r"|polic|check|order|approval|guardrail|above|safety|limit)\w*)[^.:;,]*?(?:[.:;,]+|\band\b)"
    r"|(?:you are|you're|act as if you were|pretend(?: that)?|imagine|assume|as (?:your|an?|the|root))\b[^.:;,]*?"
    r"(?:[.:;,]+|\band\b|\bso\b))\s*(?=\w+\W+\w)",
    re.IGNORECASE,
)
"""What a text says of its own rights before it asks: it has none, and the request stays one."""
_POWER = (
    r"(?:admin\w*|root|sudo|overrid\w+|developer|debug|god|instructions?|prompts?|safety|approvals?|polic\w+|rules?|obey|creator"
    r"|restrict\w+|system|unrestricted|checks?|confirmations?|permissions?|guard ?rails?)"
)
_OVER_US = (
    r"(?:you|your|you're|i am|i'm|ignor\w+|forget|disregard|skip|bypass|drop|stop following|modes?|void|lifted|message"
    r"|note|override|role|as (?:your|an?|root))"
)
_RIGHTS = re.compile(
    rf"^(?![^.:;,!?\]\n]{{0,90}}\bbecause\b)\W*(?:dear \w+,\s*)?(?:(?=[^.:;,!?\]\n]{{0,90}}\b{_POWER}\b)(?=[^.:;,!?\]]{{0,90}}\b{_OVER_US}\b)[^.:;,!?\]]{{3,90}}?(?:[.:;,!\]}}\"]+|\band\b)\s*){{1,4}}"
    rf"(?:[^.:;,!?]{{0,40}}[.:]\s*)?(?=(?:{_TURN}[,\s]+)*(?:{_ACTIONS}|which|what|how|who)\b\W+\w)",
    re.IGNORECASE,
)
"""Claims to rights and talk to the machine, as far as the request behind them."""
_BEHIND = re.compile(
    r"(?:[.;,?!|]\s*|\s+)(?:\([^()]*\b(?:approv\w*|ask|admin|system|root|check\w*|confirm\w*|permission)\b[^()]*\)\W*$"
    r"|(?:(?:also|and),? )?from now on,? you\b|(?:and )?you(?:['\u2019]re| are) (?:now )?(?:root|admin|an admin|a pirate|free)\b|sudo\b"
    r"|(?:no|without) (?:an? )?(?:approval|confirmation|permission)s?\b|(?:system|admin|developer) (?:note|message|mode|override)\b|BEGIN [A-Z]+ MODE"
    r"|i(?:['\u2019]m| am) (?:root|an? admin)\b|\| ?(?:curl|bash|sh|python)\b|OR '?1'?='?1).*$",
    re.IGNORECASE | re.DOTALL,
)
"""The same behind a request."""
_JUNK = re.compile(
    r"(?:'?\)?\s*;+|&&|\|\||\$\(|<(?=/?\w)|\s--(?=\w))\s*['\")]*\s*(?:drop|update|delete|insert|select|alter|truncate|rm|sudo"
    r"|curl|wget|aws|kubectl|script|alert\(|cat|exit|shutdown|reboot|bash|sh|python|eval|exec|img|svg|iframe|promote --|force"
    r"|\w+ --\w).*$|\s(?:--)?force\b\W*$",
    re.IGNORECASE | re.DOTALL,
)
"""What machines might run, behind a request."""


def junk(text: str) -> tuple[int, int] | None:
    """Where `text` ends in what is for machines: "; DROP TABLE runs"."""
    found = _JUNK.search(text)
    return found.span() if found and found.start() > 0 else None


def claims(text: str) -> tuple[tuple[int, int], ...]:
    """Where `text` claims rights or talks to machines, around a request: it has none, and the request stays one."""
    before = [each.span() for each in (_ORDERS_AROUND.match(text), _RIGHTS.match(text)) if each]
    begins = max((end for _, end in before), default=0)
    behind = _BEHIND.search(text, begins)
    stays = behind and len(_WORD.findall(text, begins, behind.start())) > 1
    after = [behind.span()] if behind and stays else []
    return (*before, *after, *((found,) if (found := junk(text)) else ()))


def unwanted(text: str) -> tuple[tuple[int, int], ...]:
    """Where `text` says what is not wanted, and where it claims rights: nothing there is asked for."""
    return (*negated(text), *claims(text))


_QUOTED = re.compile(r"[\"\u201c][^\"\u201c\u201d]*[\"\u201d]")


def quoted(text: str) -> tuple[tuple[int, int], ...]:
    """Where `text` tells somebody's words, three or more, beside some of its own; one or two are a name."""
    quotes = (each.span() for each in _QUOTED.finditer(text))
    found = [(at, to) for at, to in quotes if len(text[at:to].split()) >= _LEAST]
    within = sum(len(_WORD.findall(text, start, end)) for start, end in found)
    return tuple(found) if len(_WORD.findall(text)) - within >= _LEAST else ()


_PRAISE = re.compile(
    r"^\W*(?:(?:ok|nice|great|perfect|cool|good|fine|lovely|awesome|excellent|super|thanks|thank you|thx|looks good|good to know)"
    rf"[,.!;:]+\s*){{1,3}}(?=(?:{_TURN}[,\s]+)*{_ACTIONS}\b\W+\w)",
    re.IGNORECASE,
)
"""What is said of the last answer before the next request: "nice, deploy v6"."""
_SECOND_THOUGHT = re.compile(
    r"^\W*(?:(?:hm+|um+|oh|ah|no|wait|hold on|sorry|actually)\b[\s,.!;:-]+){1,4}"
    rf"(?=(?:i|we)\s(?:need|want|have)\sto\s(?:\w+ly\s)?{_ACTIONS}\b\W+\w)",
    re.IGNORECASE,
)
"""Before another request: "hmm no wait, I need to train a model first"."""
_ANYONE = re.compile(
    r"^\W*(?:(?:hi|hey|hello|ok|so|and|please)\W+)?"
    r"(?:(?:can|could|would)\s(?:somebody|someone)|(?:could|would)\s(?:anyone|anybody))(?=\s+\w)",
    re.IGNORECASE,
)
"""Whoever is asked, Cooper reads it: "could somebody deploy v6". "Can anyone deploy?" asks who may."""


def asides(text: str, refused: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """Stretches of `text` that do not tell what is asked for.

    What is `refused`, quotes, praise and second thoughts before a request, whoever is asked in general, and
    the why of it.
    """
    found = [*refused, *quoted(text)]
    before = (_PRAISE.match(text), _SECOND_THOUGHT.match(text), _ANYONE.match(text))
    found += [each.span() for each in before if each]
    because = _BECAUSE.search(text)
    if because:
        asked = request(text)
        end = asked[0] if asked and asked[0] > because.start() else len(text)
        found.append((because.start(), end))
    return found


_CLAUSES = re.compile(
    r"[.!?;:]+(?:\s+|$)|\s+[-\u2013\u2014]+\s+"
    r"|,\s+(?=(?:and |but |or )?(?:so|hence|therefore|which|that is|yet|then|now|and|but|or)\b)"
)
_LEAST = 3
"""Words of a clause that may ask for something."""


def clauses(text: str) -> list[tuple[int, int]]:
    """The clauses of a long text, one of which may say what is asked for; none of a short one."""
    if len(text.split()) < _LONG:
        return []
    found, start = [], 0
    for mark in (*_CLAUSES.finditer(text), None):
        end = mark.start() if mark else len(text)
        if len(_WORD.findall(text, start, end)) >= _LEAST:
            found.append((start, end))
        start = mark.end() if mark else end
    marked = request(text)
    return list(dict.fromkeys([*([marked] if marked else []), *found]))


ASSIGNED = re.compile(r"[A-Za-z][\w.-]*=\S+")
"""A word that gives something a value: "lr=0.01". What it is called tells nothing of what is wanted."""

FIGURES = frozenset(
    """
    two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen
    seventeen eighteen nineteen twenty thirty forty fifty sixty seventy eighty ninety hundred
    """.split()  # noqa: SIM905 -- a word a line would fill a page
)
"""Words of numbers; which number it is tells nothing of what is wanted."""


def is_figure(word: str) -> bool:
    """Whether `word`, lower case, is one of a number: "forty", "twenty-five"."""
    return all(part in FIGURES for part in word.split("-"))


def goes_on_as_number(before: str, word: str) -> bool:
    """Whether `word` goes on with a number whose word is `before`: "and" and "forty" of "three hundred and forty"."""
    return (word == "and" and before == "hundred") or (bool(before) and is_figure(word))


_MIN_LENGTH = 4
_SURE_LENGTH = 6
"""Letters from which one wrong letter still leaves no doubt; below, none may be wrong."""
_SLIPS = 15
"""How much more often than its slips a word is typed."""


_ROWS = ("qwertyuiop", "asdfghjkl", "zxcvbnm")
_VOWELS = frozenset("aeiouy")


def _is_beside(one: str, other: str) -> bool:
    """Whether two letters are neighbours on the keyboard, or sound alike: "footfall" is no "football"."""
    at, to = (
        next(
            ((row, letters.index(each)) for row, letters in enumerate(_ROWS) if each in letters),
            None,
        )
        for each in (one, other)
    )
    if at is None or to is None or {one, other} <= _VOWELS:
        return True
    # Each row is half a key to the right of the one above it.
    across = abs((at[1] + at[0] / 2) - (to[1] + to[0] / 2))
    return abs(at[0] - to[0]) <= 1 and across <= 1


def _is_slip(typed: str, meant: str) -> bool:
    """Whether the one letter in which words of one length differ may be a slip of the finger.

    It is beside the one meant on the keyboard, or in the word: "rolbback".
    """
    wrong = [place for place, letter in enumerate(typed) if letter != meant[place]]
    return len(wrong) == 1 and (
        _is_beside(typed[wrong[0]], meant[wrong[0]])
        or typed[wrong[0]] in {typed[wrong[0] - 1], typed[(wrong[0] + 1) % len(typed)]}
    )


def _without_one(word: str) -> set[str]:
    return {word[:at] + word[at + 1 :] for at in range(len(word))}


class Spelling:
    """Known words, and the one that a mistyped word was to be: a letter dropped, added or swapped."""

    def __init__(self, words: Mapping[str, int], real: AbstractSet[str] = frozenset()) -> None:
        """Learn `words` with how often each occurs; what is rare beside its likeness is a slip of it.

        Words of the language, `real`, are no slips, whether they were learned or not.
        """
        self._real = real
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
            or typed in self._real
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
        wrong = {
            near
            for near in alike
            if len(near) > _SURE_LENGTH and near[0] == typed[0] and _is_slip(typed, near)
        }
        for near in (swapped, {each for each in dropped | added if each[0] == typed[0]}, wrong):
            if near:
                return max(sorted(near), key=self._words.__getitem__)
        return word
