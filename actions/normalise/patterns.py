"""Where values of closed classes stand in a sentence: one pattern a parameter.

The NLU's regex extractor finds them with these; the readers of this package read what they find.
"""

from actions.normalise.durations import DURATIONS
from actions.normalise.hyperparameters import PATTERN as HYPERPARAMETER
from actions.normalise.numbers import NUMBER, NUMBER_WORD
from actions.normalise.words import slips

# Mistyped sizes too ("xlrage"): what is meant as an instance type is checked and refused with the
# nearest ones, never passed over in favour of a default.
_INSTANCE = (
    r"(?:ml\.[a-z0-9-]+\.[a-z0-9]+"
    r"|[a-z]{1,4}\d{1,2}[a-z]{0,4}(?:-[a-z0-9]+)?\.\d{0,2}[xlmsn][a-z]{3,7})\b"
)
_GPU_MODEL = r"(?:(?:nvidia|[avhtl]\d{1,4}[a-z]?)\s+)?"

_NUMBERS = rf"(?:\d{{1,6}}|{NUMBER_WORD})"
VERSION_PAIR = (
    rf"\bversions\s+(?:v|#)?({_NUMBERS})\s*(?:and|with|to|vs\.?|versus|against|or|&|,|/)\s*"
    rf"(?:v|#|version )?({_NUMBERS})\b|(?<![\w.])(\d+)\s*(?:vs\.?|versus)\s*(\d+)\b"
)
"""Two versions said together, a group each: "versions 3 and 4", "3 vs 4"."""

# Not the end of "3.5", "1,000" or "-2", which are no count of anything: better unread than misread.
_WHOLE = rf"(?<![\d.,-]){NUMBER}"

_OBLIGED = r"(?:(?:still )?(?:have to|need to|must|should|can|could|may|got to|gotta) )"
_AWAITED = "(?:{})".format(
    "|".join(
        rf"(?<={before} )"
        for before in ("waiting for", "waiting on", "waits for", "waits on", "wait for", "pending for",
                       "approvals for", "approval by", "approval from", "open for", "left for",
                       "assigned to", "needed from", "needs from", "blocked on", "there for",
                       "anything for", "expected from", "requests for", "queue for")
    )
)  # fmt: skip
"""Behind these words "me" is the person who is waited for; behind others it is politeness."""

_OTHERS = (
    r"(?:day|week|weekend|holidays?|vacation|boss|manager|lead|teams?|colleagues?|customers?|report|meeting"
    r"|presentation|mistake|laptop|mind|way|head|apologies|bad|load test|demo|slides|goodness)\b"
)
"""What is the speaker's own and tells of no requests or runs of theirs: "before I start my day"."""

_MISTYPED = "|".join((*slips("staging"), *slips("production")))

PATTERNS: dict[str, str] = {
    "instance_type": rf"(?<![\w.]){_INSTANCE}",
    "gpu_count": rf"\b(?:an?(?: single)? |single |{_WHOLE}\s*x?\s*){_GPU_MODEL}(?:gpus?|cards)\b",
    "instance_count": (
        rf"\b{_WHOLE}\s*(?:x\s*)?(?:instances?|machines?|nodes?|boxes|hosts?|workers?)\b"
        rf"|\b{_WHOLE}\s*x?(?=\s+{_INSTANCE})|\b\d+x(?={_INSTANCE})"
    ),
    "version": (
        rf"{VERSION_PAIR}|\bv(?:er(?:sion)?)?\.?\s?#?\d+\b|\bversion {NUMBER}\b|(?<!\w)(?<!run )#\d+\b"
        r"|\b(?:the )?(?:latest|newest|most recent)(?: version)?\b(?! (?:runs|jobs|trainings))"
        r"|\b(?:the )?(?:champion|challenger|candidate)\b"
    ),
    "environment": rf"\b(?:staging|stage|stg|production|prod|prd|live|{_MISTYPED})\b",
    "run": rf"\b(?:run|request|job)\s*#?\s*(?:r?\d+|{NUMBER})\b|\br-?\d+\b|(?<!\w)#\d+\b",
    "hyperparameters": HYPERPARAMETER,
    "spot": (
        r"\b(?:no|not on|without|not) spot(?: instances?)?\b"
        r"|\bon[- ]demand\b|\b(?:on |with |using )?spot(?: instances?)?\b"
    ),
    "max_runtime": rf"\b{DURATIONS}",
    "dataset_version": r"\b20\d{2}-\d{2}(?:-\d{2})?\b",
    "percent": rf"\b{_WHOLE}\s*(?:%|percent\b|per cent\b)",
    "strategy": (
        r"\b(?:as a |as |with a )?canary\b|\blinear(?:ly)?\b|\bshadow\b"
        r"|\b(?:blue[/ -]?green )?all[- ]at[- ]once\b|\bblue[/ -]green\b"
    ),
    "state": (
        r"\b(?:running|failed|failing|crashed|errored|succeeded|successful|finished|completed"
        r"|waiting|pending|queued|in progress|in flight|ongoing|active)\b"
    ),
    "user": (
        rf"<@[UW][A-Z0-9]+(?:\|[^>]*)?>|(?<!\S)@(?!cooper\b)[a-z](?:[\w.-]*\w)?|\bmine\b|\bmy\b(?! {_OTHERS})"
        r"|\bi(?= (?:have |had )?(?:started|launched|kicked|ran\b|trained|submitted|own\b|queued))"
        r"|(?<=\bdid )i(?= (?:start|launch|kick|train|submit|queue|run)\b)"
        rf"|\bi(?= (?:still |yet )?{_OBLIGED}?(?:approve|decide|sign|review|vote)\b)"
        rf"|\bi(?= (?:have|got|need) (?:anything|something|requests|approvals)\b)|{_AWAITED}\bme\b"
    ),
}
"""By parameter name; Python's regular expressions, used without regard to case."""

LOOKS_LIKE: dict[str, str] = {"request": "run", "other_version": "version"}
"""Parameters whose values look like another's: which one is meant, only the command can say."""
