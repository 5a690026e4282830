"""Sentences that tell of changes, made, wanted or in doubt, and ask for none. Pure.

"Ben approved R42" is no approval, and "churn was trained yesterday" no order. What is done without a
confirmation must not be done on them; the rest need not be planned.
"""

import re

_DONE = (
    r"(?:approved|rejected|declined|denied|vetoed|promoted|rolled(?:\s+[\w-]+){0,2}\s+back|reverted|(?:un|re)?deployed"
    r"|taken(?:\s+[\w-]+){0,2}\s+(?:down|offline)|deleted|removed|shipped|released|(?:re)?trained|stopped|killed|aborted"
    r"|(?:dropped|switched|turned)(?:\s+off)?|tuned|scaled|scheduled|cancell?ed|extended|snoozed|muted|silenced|acked|acknowledged|resolved|closed|fixed|solved"
    r"|scored|(?:un)?subscribed|started)"
)
_ADVERB = r"(?:\w+ly|already|also|just|now|finally|since|never|not|once|still|currently|all|both)"
_CHANGE = re.compile(
    rf"\b(?:{_DONE}|approv\w+|reject|decline|deny|veto|promote|roll(?:\s+[\w-]+){{0,2}}\s*back|revert|(?:un|re)?deploy"
    r"|(?:take|tear|shut)(?:\s+[\w-]+){0,3}\s+(?:down|offline)|delete|remove|ship|release|(?:re)?train|stop|kill|abort"
    r"|tune|scale|schedule|cancel|extend|snooze|mute|silence|ack|acknowledge|resolve|close|fix|score|(?:un)?subscribe"
    r"|start|mark|set|make|put|halt|end|terminate|finish)\b",
    re.IGNORECASE,
)
_CLAUSES = re.compile(
    r"[,;:!?()]|\.(?!\d)|\s[-\u2013\u2014]\s|\b(?:and|but|so|then)\b"
    r"|(?=\b(?:because|since|as|after|before|while|when)\b)",
    re.IGNORECASE,
)
_BESIDE = re.compile(
    r"\W*(?:because|since|as|after|before|while|when|it(?!\s+would)|they|he|she|there)\b",
    re.IGNORECASE,
)
"""How a clause begins that only says more of another."""
_STATES = re.compile(
    r"\b(?:is|was|are|were|(?:it|that|there|what|he|she)['\u2019]s)\b", re.IGNORECASE
)
_LEAST, _REST = 3, 8
"""Words of a clause that may ask for something, and those around a quotation that surely do not."""
_WISHES = re.compile(
    r"\b(?:if|wish|want|need|arrange|make\s+sure|ensure|(?:could|can|would)\s+you)\b",
    re.IGNORECASE,
)
"""Beside a passive, what asks for it: "could you arrange that it is trained every night"."""
_HABIT = re.compile(r"\b(?:every|each|daily|nightly|weekly|monthly)\b", re.IGNORECASE)
"""Beside a passive of the present: "churn is trained every night" may be meant."""
_PLEASE = re.compile(r"\b(?:please|pls|plz)\b", re.IGNORECASE)
_QUOTED = re.compile(
    r"[\"\u201c]([^\"\u201c\u201d]+)[\"\u201d]|(?<!\w)['\u2018]([^'\u2018\u2019]{8,})['\u2019](?!\w)"
)
_WAS = re.compile(
    rf"\b(?:was|were|(?:has|have|had)(?:\s+{_ADVERB})*\s+been|got)(?:\s+{_ADVERB})*\s+{_DONE}\b",
    re.IGNORECASE,
)
""""Run 42 has been cancelled"."""
_IS = re.compile(rf"\b(?:is|are|am)(?:\s+{_ADVERB})*\s+{_DONE}\b", re.IGNORECASE)
_SOMEBODY_DID = re.compile(
    r"^\W*(?:(?:so|and|but|well|ok|hey|hi|yes|no|sorry|oops|actually|cooper|fyi|today|yesterday)\W+)*"
    r"(?:I|we|he|she|they|somebody|someone|everybody|everyone|nobody)"
    rf"(?:\s+(?:have|has|had|{_ADVERB})|['\u2019](?:ve|d|s))*\s+(?:{_DONE}\b(?!\s+by\b)|(?:taken|took)\b[^,;]*\b(?:off|down)\b)",
    re.IGNORECASE,
)
""""I approved R42 already"."""
_NAMED_DID = re.compile(
    rf"^\W*(?!(?:Please|Ok|Okay|Yes|No|Hey|Hi|All|Model|Project)\b)[A-Z][a-z]+\s+(?i:(?:has|had|{_ADVERB})\s+)*(?i:moved|{_DONE})\s+(?i:the|our|all|a|an|my|his|her|their|v?\d|[a-z]+-[a-z])"
)
""""Pavel scaled the endpoint"."""
_BEFORE_NOW = re.compile(
    rf"^\W*{_DONE}\b.*\b(?:yesterday|last\s+(?:night|week|month|year)|ago|already|this\s+morning|(?:on|over)\s+the\s+weekend)\b",
    re.IGNORECASE,
)
""""Tuned fuel-burn yesterday"."""
_MIGHT = re.compile(
    r"\b(?:(?:I|we)\s+(?:might|could|may)|(?:one|they|he|she)(?:\s+(?:would|might|could|may)|['\u2019]d))\s+(?:\w+ly\s+)?"
    r"(?!like\b|love\b|prefer\b|appreciate\b|ask\b|rather\b|be\b|need\b|want\b|have\b|use\b|do\b|better\b|welcome\b|suggest\b)\w+",
    re.IGNORECASE,
)
""""One could deploy it as a shadow"."""
_OTHERS_WANT = re.compile(
    r"^\W*(?!(?:I|we|you|u|who|please|pls|let|our|my)\b)[\w'\u2019.-]+(?:\s+[\w'\u2019.-]+){0,2}?\s+(?:wants?|(?:would|['\u2019]d)\s+(?:like|love|prefer)|plans?|hopes?|intends?|begs?"
    r"|(?:keeps?|keep\s+on)\s+\w+ing(?:\s+(?:us|me))?)\s+to\b",
    re.IGNORECASE,
)
""""Finance would like to stop all notebooks"."""
_OWN_PLAN = re.compile(
    r"^\W*(?:(?:so|and|but|well|ok|tomorrow|tonight|later|now|then|morning)\W+)*(?:I|we)"
    r"(?:(?:['\u2019]ll|\s+will)\s+(?:(?:probably|then|also|just)\s+)*(?!(?:need|want|take|have|be|go|like|handle|look|check|use)\b)\w+"
    r"|(?:['\u2019](?:m|re)|\s+(?:am|are))\s+(?:(?:going|about|planning)\s+to\s+\w+|(?:(?:re)?training|(?:un|re)?deploying|promoting|rolling|shipping"
    r"|releasing|scaling|tuning|stopping)\b))",
    re.IGNORECASE,
)
""""I'll stop my notebook when the plots are done"."""
_PLANS = re.compile(
    r"\b(?:planning|plan|intend|refuse|hesitate|tempted|might\s+have|have\s+yet)\s+to\b"
    r"|\bif\b[^,;.]*\b(?:I|we)(?:\s+would|['\u2019]d)\b"
    r"|\b(?:thinking\s+(?:about|of)|some\s?day|sometime|at\s+some\s+point|later\s+this\s+(?:week|month|year))\b",
    re.IGNORECASE,
)
""""Planning to move to v8"."""
_RAN = re.compile(
    r"\b(?:re)?(?:training|tuning|scoring|predictions?|deploy(?:ment)?|roll-?back|run|job)\b[^,;]*\b(?<!be )(?:finished|ended|failed|completed|crashed|succeeded|(?:ran|went)\s+(?:through|fine|well|wrong)|is\s+(?:done|through|over))\b(?!.*\?)"
    r"|\b\w+ed\s+(?:itself|themselves)\b",
    re.IGNORECASE,
)
""""Tuning of turbidity finished"."""
_OF_OTHERS = re.compile(
    r"\b(?:asked|told|reminded|begged|ordered)\s+(?!you\b|u\b|me\b|us\b|cooper\b)[^,;.]{1,40}?\bto\b",
    re.IGNORECASE,
)
""""I've asked the data team to train it"."""
_WONDERS = re.compile(
    r"^\W*(?:(?:so|and|but|hey|hi|cooper|ok|hmm|well)\W+)*(?:how\s+(?:many|much|often|long|far|come|risky|hard|safe|likely)\b"
    r"|(?:is|was|would)\s+it\s+(?:\w+ly\s+)?(?!possible\b|ok\b|okay\b|alright\b|be\s+(?:possible|ok|okay|alright|too\s+much)\b)"
    r"|does\s|did\s|do\s+(?:we|I|they|people|you\s+(?:know|think|remember|ever))\b|what\s+(?:happens|if|makes|made)\b)",
    re.IGNORECASE,
)
""""Is it wise to train on spot?"."""
_TOLD = (
    *(_SOMEBODY_DID, _NAMED_DID, _BEFORE_NOW, _MIGHT, _OF_OTHERS, _OTHERS_WANT),
    *(_PLANS, _RAN),
)


def tells(text: str, *, performs: bool = False) -> bool:
    """Whether `text` tells of changes that were made, and no clause of it may ask for one.

    Where the change is made by saying so (it `performs`), "R42 is approved" is no report, and only
    clauses with words of changes ask for one.
    """
    if _WONDERS.match(text):
        return True
    own = _QUOTED.sub(" ", text)
    if _CHANGE.search(text) and not _CHANGE.search(own) and len(own.split()) <= _REST:
        return True
    clauses = [each for each in _CLAUSES.split(own) if not _BESIDE.match(each)]
    asking = [each for each in clauses if _CHANGE.search(each) or (not performs and _may_ask(each))]
    return bool(asking) and all(_reports(each, performs=performs) for each in asking)


def _may_ask(clause: str) -> bool:
    words = clause.split()
    return bool(_PLEASE.search(clause)) or (len(words) >= _LEAST and not _STATES.search(clause))


def _reports(clause: str, *, performs: bool) -> bool:
    if _PLEASE.search(clause):
        return False
    told = _TOLD if performs else (*_TOLD, _OWN_PLAN)
    was, wished = bool(_WAS.search(clause)), bool(_WISHES.search(clause))
    now = bool(_IS.search(clause)) and not _HABIT.search(clause)
    passive = was if performs else (was or now) and not wished
    return passive or any(each.search(clause) for each in told)


_SETTLED = (
    r"(?:fixed|solved|resolved|closed|over|gone|done|sorted|finished|fix|solve|resolve|close)"
)
_UNSETTLED = re.compile(
    rf"(?:\b\w+n['\u2019]t|\b(?:is|are|was|wo|ca|does|did|has|have)nt|\bcannot|\bnot|\bnever|\bhardly|\bbarely)\s+(?:\w+\s+){{0,3}}?{_SETTLED}\b"
    rf"|\b(?:will|should|shall|must|needs?|has|have|going|supposed|about)\s+(?:to\s+)?be\s+{_SETTLED}\b(?=.*\b(?:tomorrow|soon|later|tonight|next|by|on)\b)"
    rf"|\b(?:needs?|has|have)\s+to\s+be\s+(?:fixed|solved)\b|\bfix(?:ing)?\b"
    r"|\b(?:is|are|was|came|comes)\s+back\b(?!\s+(?:to|in|up|at|within|below|under|on|online)\b)|\b(?:fired|fires|firing|rang|rings)\s+again\b|\bstill\b",
    re.IGNORECASE,
)
""""A17 is not fixed", "it fired again"."""
_SETTLES = re.compile(
    r"\b(?:close|resolve|mark|set|put|yeet|solve|finish|end|dismiss|clear)\b|\b(?:can|may|should|is to|to) be (?:closed|resolved|marked)\b",
    re.IGNORECASE,
)


def goes_on(text: str) -> bool:
    """Whether `text` says that an incident goes on, or may: "A17 is not fixed", "A17 fired again"."""
    orders = any(
        _SETTLES.search(each) and not _UNSETTLED.search(each) for each in _CLAUSES.split(text)
    )
    return not orders and bool(_UNSETTLED.search(text))
