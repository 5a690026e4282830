"""Where values of closed classes stand in a sentence: one pattern a parameter.

The NLU's regex extractor finds them with these; the readers of this package read what they find.
"""

from actions.normalise.durations import DURATIONS, PERIOD
from actions.normalise.hyperparameters import PATTERN as HYPERPARAMETER
from actions.normalise.numbers import NUMBER, NUMBER_WORD
from actions.normalise.schedules import PATTERN as SCHEDULE
from actions.normalise.words import slips

# Mistyped sizes too ("xlrage"): what is meant as an instance type is checked and refused with the
# nearest ones, never passed over in favour of a default.
_INSTANCE = (
    r"(?:ml\.[a-z0-9-]+\.[a-z0-9]+"
    r"|[a-z]{1,4}\d{1,2}[a-z]{0,4}(?:-[a-z0-9]+)?\.\d{0,2}[xlmsn][a-z]{3,7})\b"
)
_GPU_MODEL = r"(?:(?:nvidia|[avhtl]\d{1,4}[a-z]?)\s+)?"

_MACHINES = r"(?:instances?|machines?|nodes?|box(?:es)?|hosts?|workers?|replicas?|servers?|copies|containers?|vms?)"

_NUMBERS = rf"(?:\d{{1,6}}|{NUMBER_WORD})"
VERSION_PAIR = (
    rf"\bversions\s+(?:v|#)?({_NUMBERS})\s*(?:and|with|to|vs\.?|versus|against|or|&|,|/)\s*"
    rf"(?:v|#|version )?({_NUMBERS})\b|(?<![\w.])(\d+)\s*(?:vs\.?|versus)\s*(\d+)\b"
    rf"|\b(?:version |v)({_NUMBERS})\s*(?:and|with|vs\.?|versus|against|or|&|/)\s*({_NUMBERS})"
    r"(?=\s*(?:$|[.,;!?)]|(?:of|for|from|in|on|please|pls)\b))"
)
"""Two versions said together, a group each: "versions 3 and 4", "3 vs 4", "version 3 and 4 of churn"."""

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

_TO_ME = "|".join(
    rf"(?<=\b{before} )"
    for before in (
        "dm",
        "dming",
        "dms to",
        "dm to",
        "direct message",
        "message to",
        "direct message to",
        "whisper",
    )
)
"""Behind these words "me" is a direct message to the speaker; "send me" may mean any place."""

_SPAN = r"(?:h|hrs?|hours?|m|mins?|minutes?|d|days?|w|wks?|weeks?)\b"

_HANDLED = "|".join(
    rf"(?<=\b{verb} )"
    for verb in ("ack", "acknowledge", "resolve", "snooze", "mute", "silence", "close")
)
_DECIDED = "|".join(rf"(?<=\b{verb} )" for verb in ("approve", "reject", "stop", "kill", "abort"))
"""Behind these words a bare number is an id."""

_MISTYPED = "|".join((*slips("staging"), *slips("production")))

PATTERNS: dict[str, str] = {
    "instance_type": rf"(?<![\w.]){_INSTANCE}",
    "gpu_count": rf"\b(?:an?(?: single)? |single |{_WHOLE}\s*x?\s*){_GPU_MODEL}(?:gpus?|cards)\b"
    rf"|\b{_WHOLE}\s*x?\s*(?:a10g?|a100|h100|h200|v100|t4|l4|l40s)s?\b",
    "instance_count": (
        rf"\b{_WHOLE}\s*(?:x\s*)?{_MACHINES}\b|\b(?:{_MACHINES}(?: count)?|instance[_ ]count)\s*(?:=|:|to|of)\s*\d+"
        rf"|(?<=\bto ){NUMBER}(?=\s*(?:$|[.,!?)]|(?:in|on|for|please|pls|plz|now|thx|thanks|rn|asap|from|because|so)\b))"
        rf"|\b{_WHOLE}\s*x?(?=\s+{_INSTANCE})|\b\d+x(?={_INSTANCE})"
    ),
    "version": (
        rf"{VERSION_PAIR}|\bv(?:er(?:sion)?)?\.?\s?#?\d+\b|\bversion {NUMBER}\b|(?<!\w)(?<!run )#\d+\b"
        r"|\b(?:the )?(?:latest|newest|most recent)(?: version)?\b(?! (?:runs|jobs|trainings))"
        r"|\b(?:the )?(?:champion|champ|challenger|candidate)\b"
    ),
    "environment": rf"\b(?:staging|stage|stg|production|prod|prd|live|{_MISTYPED})\b",
    "run": (
        rf"\b(?:run|request|job)\s*(?:(?:number|no\.?) )?#?\s*(?:r?\d+|{NUMBER})\b|\br-?\d+\b|(?<!\w)#\d+\b"
        rf"|(?:{_DECIDED})\d{{1,6}}\b(?!\s*{_SPAN})"
    ),
    "hyperparameters": HYPERPARAMETER,
    "spot": (
        r"\b(?:no|not on|without|not) spot(?: instances?)?\b"
        r"|\bon[- ]demand\b|\b(?:on |with |using )?spot(?: instances?)?\b"
    ),
    "duration": rf"\b{DURATIONS}",
    "period": PERIOD,
    "schedule": SCHEDULE,
    "dataset_version": r"\b20\d{2}-\d{2}(?:-\d{2})?\b",
    "percent": rf"\b{_WHOLE}\s*(?:%|percent\b|per cent\b)",
    "strategy": (
        r"\b(?:as a |as |with a )?canary\b|\blinear(?:ly)?\b|\bshadow\b"
        r"|\b(?:blue[/ -]?green )?all[- ]at[- ]once\b|\bblue[/ -]green\b"
    ),
    "state": (
        r"(?<!\w)(?:running|failed|failing|crashed|errored|died|bombed|flopped|faceplanted|blew up|keeled over|fell over|went (?:ka)?boom|went south|succeeded|successful|finished|completed"
        r"|waiting|pending|queued|in progress|in flight|ongoing|going on|still going(?! to\b)|under ?way|active"
        r"|firing|(?:un)?ack(?:nowledg)?ed|ack'd|snoozed|snoozing|silenced|muted|resolved|closed|fixed)\b"
    ),
    "trials": (
        rf"\b{_WHOLE}\s*(?:x\s*)?(?:(?:different|more|random|hpo|tuning) )?(?:trials?|trails|tries|attempts?|combinations?|combos"
        r"|configurations?|configs?|experiments?|iterations?|rounds?|candidates|jobs|runs|samples)\b"
        r"|\b(?:n_?|max[ _-]?|num[ _-]?)?trials?\s*(?:[=:]|of|to)?\s*\d+"
    ),
    "metric": (
        r"\b(?:(?:pr|roc)[-_ ]?auc|auc(?:[-_ ](?:pr|roc))?|auroc|auprc|f1(?:[- ]score)?|f2|accuracy|precision|recall|rmsle|rmse"
        r"|mape|smape|wape|mae|mse|log[- ]?loss|gini|r2|r\^2|ks|brier(?: score)?|lift|ndcg|map|mrr|poisson deviance"
        r"|gamma deviance|deviance|cross[- ]entropy|pinball loss|val(?:idation)?[:_][\w:-]+)(?![\w-])"
    ),
    "dataset": r"\bs3://[^\s<>|,;\"']+|(?<![\w./-])[\w./-]+\.(?:csv|parquet|jsonl?|tsv|avro)(?:\.gz)?\b",
    "notebook": (
        r"\b(?:all|every|each)(?: of)?(?: (?:my|the|our|those|these|running|open|active))*"
        r" (?:notebooks?|jupyters?|workspaces?|sessions?|boxes|instances)\b|\beverything\b|\ball of (?:them|mine)\b"
    ),
    "channel": (
        r"<#[CGD][A-Z0-9]+(?:\|[^>]*)?>|(?<![\w&])#[a-z_][\w-]{0,79}|\b(?:this|current) channel\b"
        r"|\b(?:in|into|to|for) here\b|(?<=\bdigest )here\b|(?<=\bsubscribe )here\b|\bhere(?=[,.!?]|$| (?:please|pls|every|each|on|at|daily|weekly|weekdays|mondays)\b)"
        rf"|(?:{_TO_ME})me\b|\bmy (?:dms?|inbox|direct messages?|private messages?)\b|\b(?:a|as|by|via) (?:dm|direct message)\b"
        r"|\b(?!(?:this|that|our|my|every|each|same|right|which|the|a|an|slack|current|whole) channel)(?<![#<\w-])[\w-]+(?= channel\b)"
    ),
    "alert": (
        rf"\b(?:alert|incident|alarm)s?\s*(?:no\.?|number|id)?\s*#?\s*(?:a-?\d+|(?:\d+|{NUMBER})(?!\s*{_SPAN}))\b"
        rf"|\ba-?\d{{1,6}}\b|(?<!\w)#\d+\b|(?:{_HANDLED})\d{{1,6}}\b(?!\s*{_SPAN})"
    ),
    "severity": (
        r"\b(?:sev(?:erity)?[ :=-]{0,2})?(?:low|med(?:ium)?|moderate|high|critical|severe|urgent|minor|major)"
        r"(?:[ -](?:sev|severity|prio(?:rity)?))?\b"
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

LOOKS_LIKE: dict[str, str] = {
    "request": "run",
    "other_version": "version",
    "max_runtime": "duration",
}
"""Parameters whose values look like another's: which one is meant, only the command can say."""
