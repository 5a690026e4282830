"""Sentences with the words of a change that ask for none: they forbid it, or ask about it. Pure."""

import re

from rapidfuzz import fuzz, process

_LEAD = r"\W*(?:(?:please|pls|but|no|nope|so|ok|well|hey|hi|cooper|and|wait|sorry|actually),?\s+)*"
_FORBIDS = re.compile(
    _LEAD
    + r"(?:do\s+not|don[’']?t|never|no\s+need\s+to|(?:nobody|no one)\s+(?:should|must)|leave\b.*\b(?:alone|running|as\b|on\b)|(?:let[’']?s|rather|better)\s+not"
    r"|no\s+(?:(?:re)?train|tun|(?:re|un)?deploy|promot|scal|approv|scor|stopp|snooz)ing)\b"
    r"(?!\s+(?:forget|hesitate|let\b))",
    re.IGNORECASE,
)
_CHANGES = (
    r"(?:approv(?:e|ed|ing)|reject(?:ed|ing)?|declin(?:e|ed|ing)|promot(?:e|ed|ing)"
    r"|roll(?:ed|ing)?(?:\s+[\w-]+){0,2}\s+back|roll(?:ed|ing)?\s*back|revert(?:ed|ing)?"
    r"|(?:un|re)?deploy(?:ed|ing)?|(?:take|taken|taking|tear|shut)(?:\s+[\w-]+){0,3}\s+(?:down|offline)"
    r"|delet(?:e|ed|ing)|remov(?:e|ed|ing)|ship(?:ped|ping)?|releas(?:e|ed|ing)"
    r"|(?:re)?train(?:ed|ing)?|stop(?:ped|ping)?|kill(?:ed|ing)?|abort(?:ed|ing)?"
    r"|tun(?:e|ed|ing)|scal(?:e|ed|ing)|schedul(?:e|ed|ing)|cancel(?:l?ed|l?ing)?|extend(?:ed|ing)?"
    r"|snooz(?:e|ed|ing)|mut(?:e|ed|ing)|silenc(?:e|ed|ing)|ack(?:ed|nowledged?|nowledging)?"
    r"|resolv(?:e|ed|ing)|clos(?:e|ed|ing)|scor(?:e|ed|ing)|(?:un)?subscrib(?:e|ed|ing)|start(?:ed|ing)?|touch(?:ed|ing)?)"
)
_NEGATED = re.compile(
    r"(?<!why )(?:\b\w+n[’']t|\bdont|\bcannot|\bnot|\bnever)\s+"
    r"(?:(?:be|been|get|to|want|wish|going|allowed|need|like|ever|yet|just|have|let|you|us|anyone|it|this|that|them)\s+)*"
    rf"{_CHANGES}\b",
    re.IGNORECASE,
)
_ASKS = re.compile(
    _LEAD
    + r"(?:who|whom|whose|when|where|why(?!\s+(?:don[’']?t|not))|was|were|did|how\s+(?:do|did|can|to))\b",
    re.IGNORECASE,
)
_DECIDED = re.compile(
    _LEAD + r"(?:is|are|has|have|had|will|does|what|which(?! means))\b(?!.*\b(?:please|pls)\b)",
    re.IGNORECASE,
)


_PLEASE = re.compile(r"\W*(?:please|pls)\b", re.IGNORECASE)
_MAY = r"(?:is|are|am|was|were|should|must|may|shall|ought|has|have|had|needs?)"
_RULED_OUT = re.compile(
    r"\b(?:(?:under|in|on) no (?:circumstances?|case|account|event|condition)|by no means|in no way|never ever"
    r"|(?:nobody|no one|noone|none of (?:you|us|them)) (?:should|must|may|shall|(?:has|have|needs?|is|are)(?: (?:supposed|allowed|permitted|meant))? to)\b"
    rf"|(?:nobody|no one|noone) (?:please )?(?:touch|{_CHANGES})"
    rf"|no (?:[\w-]+ ){{1,4}}{_MAY} (?:not )?(?:to )?be\b|no (?!longer)[\w-]+ (?:needed|necessary|required|wanted)\b"
    rf"|{_MAY} neither\b|neither (?:\w+ )?{_CHANGES}"
    r"|there(?:(?:['\u2019]?s| is| was) (?:(?:really|absolutely|just|simply) )?no|(?: is| was)(?: not|n['\u2019]?t)(?: any)?)"
    r" (?:reason|need|point|sense|use|cause) (?:to|in|for)\b"
    r"|no (?:reason|point|sense|use) (?:to|in)\b|(?:is|it['\u2019]?s|are) ?(?:n['\u2019]?t|not) (?:necessary|needed|required|a good idea|the time|time|worth|wise)\b"
    r"|unnecessary to|not a good idea|bad idea to|too (?:early|soon|late|risky) (?:to|for)|(?:wrong|a mistake|foolish|premature|madness|crazy) to"
    r"|refrain(?:ing)? from|hold(?:ing)? off|abstain from|desist from|steer clear of|(?:hands|fingers|paws) off|(?:stay|keep) away from"
    r"|leave\b[^,;.]{2,60}\b(?:alone|as (?:it|they) (?:is|are)|as is|untouched|in peace)\b"
    r"|decided (?:against|not to)|decision against|(?:rather|prefer(?:red)?(?: it)?(?: if)?) (?:you|we|i|nobody|no one|they) (?:did(?: not|n['\u2019]?t)|never)"
    rf"|(?:is|are|was|were)(?: not|n['\u2019]?t) (?:to be|going to be|supposed to|meant to|allowed to)\b|{_CHANGES} (?:nothing|no one|nobody|none)\b"
    r"|(?:wo|wouldn|shouldn|mustn|needn)(?:n)?['\u2019]?t be \w+ing)",
    re.IGNORECASE,
)
"""What rules something out in other words than "don't"."""


def forbids(text: str) -> bool:
    """Whether `text` says not to: "don't deploy it", "R42 must not be approved"."""
    return bool(_FORBIDS.match(text) or _NEGATED.search(text) or _RULED_OUT.search(text))


_DECLINES = re.compile(
    r"\b(?:not (?:at all )?interested in|(?:nobody|no one|noone) (?:asked|wants|needs|should|must|cares|has to|needs to)"
    r"|(?:didn['\u2019]?t|did not|haven['\u2019]?t|never) (?:ask(?:ed)?|request(?:ed)?)\b"
    r"|(?:don['\u2019]?t|do not|dont) (?:need|want|have) to (?:show|tell|see|list|know|hear)"
    r"|no need (?:to|for)|needn['\u2019]?t|need not|(?:i['\u2019]?d|i would|we['\u2019]?d) rather not"
    r"|(?:does|do) ?n['o\u2019]?t need)",
    re.IGNORECASE,
)


_WILL_NOT = re.compile(
    _LEAD
    + r"(?:we|i|you|they)\s+(?:will not|won['\u2019]?t|should ?n['o\u2019]?t|must ?n['o\u2019]?t|can['\u2019]?t|cannot"
    r"|(?:are ?n['o\u2019]?t|am not) going to|(?:do|did) ?n['o\u2019]?t)\b(?!\s+(?:know|understand|find|see|get|remember))",
    re.IGNORECASE,
)
_NOT_NOW = re.compile(
    r"^\W*no (?!rush\b|hurry\b|problem\b|worries\b|idea\b|spot\b|more than\b)(?:more )?[\w -]{3,60}\b(?:this time|today|tonight|for now|right now|at the moment|please|pls)\b",
    re.IGNORECASE,
)


def refuses(text: str) -> bool:
    """Whether `text` says that nothing is to be shown: "don't list them", "nobody asked for it"."""
    plainly = _FORBIDS.match(text) or _WILL_NOT.match(text) or _NOT_NOW.match(text)
    return bool(plainly or _DECLINES.search(text) or _RULED_OUT.search(text))


_FOR_ANOTHER = re.compile(
    r"\b(?:as if (?:you|i) (?:were|was)|pretend(?:ing)? to be|act(?:ing)? as|in the name of|on behalf of"
    r"|impersonat\w+|pos(?:e|ing) as|as)\s+(?:<@|@\w)",
    re.IGNORECASE,
)


def speaks_for_another(text: str) -> bool:
    """Whether `text` asks in somebody else's name: who asks is who writes."""
    return bool(_FOR_ANOTHER.search(text))


_PERSON = r"(?:<@[UW]\w+(?:\|[^>]*)?>|@(?!cooper\b|here\b|channel\b|everyone\b)\w[\w.-]*)"
_NOBODY = (
    r"(?:Cooper|Bot|There|All|Team|Everyone|Everybody|Folks|Guys|Again|Please|Pls|Hey|Hi|Hello|Hallo|Dear|Ok|Okay|So|Well|Sorry"
    r"|Thanks|Thx|Cheers|Actually|Also|And|But|Now|Then|Yes|Yep|Yeah|No|Nope|Sure|Right|Alright|Great|Good|Nice|Cool|Perfect"
    r"|Morning|Today|Tomorrow|Tonight|Quick|Question|Anyway|First|Second|Finally|Next|Btw|Fyi|Hmm|Um|Oh|Ah|Wait|Listen|Look"
    r"|Buddy|Mate|Friend|Robot|If|When|As|Once|After|Before|Since|What|Which|How|Who|Whom|Whose|Why|Where|Is|Are|Do|Does|Did|Can|Could|Would|Will|Should|May|Might|Shall"
    r"|I|We|You|It|He|She|They|This|That|These|Those|The|My|Our|Your|Let|Maybe|Perhaps|Kindly|Show|List|Give|Tell|Override|System"
    r"|Urgent|Help|Stop|Deploy|Train|Retrain|Instead|Otherwise)\b"
)
_NAMED = rf"(?!{_NOBODY})[A-Z][a-z]{{1,12}}"
_ASKS_OF = r"(?:please|pls|plz|kindly|you|u|can|could|would|will|might|don[’']?t|do|if you|when you|let me know)\b"
_TO_ANOTHER = re.compile(
    rf"^\W*(?:(?i:hey|hi|hello|dear|ok|so|good morning|morning)[\s,]+)?(?:{_PERSON}[\s,:;-]+|{_NAMED}(?:\s*[,:]\s*|\s+(?=(?:please|pls|could you|can you|would you|will you)\b)))"
    rf"(?i:{_ASKS_OF}|\w+\s+(?:your|the|this|that|it)\b)"
    rf"|\b(?i:tell|ask|remind|nudge|ping|beg|let)\s+(?:{_PERSON}|{_NAMED})\s+(?i:to|that|whether|if|know|please)\b"
)
"""Orders to somebody by name, and such that are to be passed on."""
_GREETS_ANOTHER = re.compile(
    rf"^\W*(?:hey|hi|hello|yo|dear)\s+(?!{_NOBODY}|coop)[a-z]{{2,12}}\s*,\s*(?:can|could|would|will|may) (?:you|u)\b",
    re.IGNORECASE,
)
"""A name that is typed small: "hey ines, can you …"."""


_CALLED = re.compile(
    rf"\b(?:your|you|u)\b[^.!?]*,\s+(?!{_NOBODY}|(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day\b|Coop)[A-Z][a-z]{{2,12}}\s*(?:[,?!.;]|$)"
)
"""A name at the end: "please stop your notebook, Mia"."""


def asks_another(text: str) -> bool:
    """Whether `text` asks a person by name: "Ingrid, please approve R42", "tell Karim to stop it"."""
    return any(each.search(text) for each in (_TO_ANOTHER, _GREETS_ANOTHER, _CALLED))


_GIVES_UP = re.compile(
    r"^\W*(?:(?:no|nope|nah|ok|okay|oh|ah|well|please|pls|actually|just|yes)\W+)*"
    r"(?:canc(?:el|le|ell)|nvm|never ?mind|forget (?:about )?it|scrap (?:it|this|that)|drop (?:it|this|that))\b"
    r"(?:\W+(?:it|that|this|the whole thing|please|pls|plz|thanks|thx|then|for now|cooper|again|sorry|all))*\W*$",
    re.IGNORECASE,
)


_GIVES_UP_LAST = re.compile(
    r"(?:[,.;:!?]|\s-|[\u2013\u2014])\s*(?:(?:so|then|but|and|ok|oh|well|please|actually|just)\s+)*"
    r"(?:never ?mind|nvm|forget (?:about )?(?:it|that)|scrap (?:it|that|this))[\s.!]*$",
    re.IGNORECASE,
)
"""Behind the why of it: "something came up, so never mind"."""


def gives_up(text: str) -> bool:
    """Whether `text` ends what is under way and asks for nothing else: "nah, cancel it", "I was wrong, so nvm"."""
    return bool(_GIVES_UP.match(text) or _GIVES_UP_LAST.search(text))


_HESITATES = re.compile(
    r"\?\W*$|\b(?:if|unless|until|once|when|whether|after|before|first|later|tomorrow|tonight|next|soon|but|or|not|nor|never|nobody"
    r"|no(?!\s+(?:problems?|worries|objections?|doubts?|issues?|rush)\b)|\w+n['\u2019]t|dont|cant|cannot|wont|wait|hold|hang\s+on|let\s+me|maybe|perhaps|probably"
    r"|guess|suppose|might|could|would|should|says?|said|saying|ask|asks|tell|check|wonder|who|did|does|know|see|saw|almost|nearly|in\s+theory"
    r"|(?:stop|cancel|abort)(?!\s+(?:it|that|this|the|them|run|training|r?\d)\b)|will(?!\s+do\W*$))\b|^\W*yeah,?\s+right\W*$"
    r"|\b(?:is|are)\s+(?:that|this|it|we|you)\b",
    re.IGNORECASE,
)


def hesitates(text: str) -> bool:
    """Whether what sounds like a yes is less than one: "yes, but after lunch", "Ben says yes", "ok?"."""
    return bool(_HESITATES.search(text))


_ENDS = re.compile(
    r"\b(?:any ?more|any longer|no longer|no more|from now on|ever again|again|stop(?:ped)?|quit|leave out)\b",
    re.IGNORECASE,
)


def ends_something(text: str) -> bool:
    """Whether a text that says not to asks for an end: "don't send me the digest any more"."""
    return bool(_ENDS.search(text))


def asks_about(text: str) -> bool:
    """Whether `text` asks about something that was or will be: "who approved R42?"."""
    return bool(_ASKS.match(text))


def asks_whether(text: str) -> bool:
    """Whether `text` asks how something stands, where an order is never put so: "is R42 approved"."""
    return bool(_DECIDED.match(text)) and not _PLEASE.match(text)


_OF_THE_THREAD = frozenset(
    """
    a above accept accepted against agree agreed ahead all alright also an and answer
    approval approve approved approves approving as authorise authorize behalf but by can
    clear consent cool cooper could decision decline declined denied deny deployment
    disapprove down endorse fine for from give go good grant great green hand happy has have
    having here hereby hey hi i i'd i'll i'm is it it's job let lgtm light like look looks me
    model must need no nope not now of off ok okay on one our owner part perfect plan please
    pls plz promotion proposal put ready refuse refused register reject rejected rejection
    release request retraining right risk rollback run same say ship should side sign sorry
    sure take team thanks that that's the then there thing this through thumbs thx to too
    training turn undeployment up us veto vetoed vote want we we're well will with would
    yeah yes you your
    """.split()  # noqa: SIM905 -- a word a line would fill three pages
)
"""What is said about the request of the thread one is in."""
_MINE = re.compile(
    r"\bmy\s+(?!(?:approval|vote|ok|okay|yes|no|side|blessing|sign-?off|part|veto|rejection|decision"
    r"|opinion|view|answer|team)\b)",
    re.IGNORECASE,
)
_SLIP = 80
"""Likeness in percent from which a word counts as mistyped."""


def names_nothing_else(text: str) -> bool:
    """Whether a decision without an id is about the request at hand: "approve it", "rejected".

    "Approve my expense report" names something that is none of Cooper's.
    """
    words = re.findall(r"[^\W\d_][\w’']*", text.lower().replace("’", "'"))
    known = all(
        word in _OF_THE_THREAD
        or word == "my"
        or process.extractOne(word, _OF_THE_THREAD, scorer=fuzz.ratio, score_cutoff=_SLIP)
        for word in words
    )
    return known and not _MINE.search(text)
