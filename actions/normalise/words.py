"""Values that are words out of a set, identifiers and names."""

import re

from actions.normalise.errors import NotReadable
from actions.normalise.markup import split_reference
from actions.normalise.numbers import SPELLED, read_integer
from actions.normalise.reasons import without_marker


def slips(word: str) -> tuple[str, ...]:
    """`word` with one of its letters left out, doubled or swapped with the next; never the first."""
    inner = range(1, len(word))
    left_out = (word[:at] + word[at + 1 :] for at in inner)
    doubled = (word[:at] + word[at] + word[at:] for at in inner)
    swapped = (word[:at] + word[at + 1] + word[at] + word[at + 2 :] for at in inner[:-1])
    return tuple(sorted({*left_out, *doubled, *swapped} - {word}))


ENVIRONMENTS = {
    "staging": (
        *("staging", "stage", "stg", "test", "preprod", "pre-prod", "pre-production"),
        *slips("staging"),
    ),
    "production": ("production", "prod", "prd", "live", *slips("production")),
}
STRATEGIES = {
    "all-at-once": (
        "all-at-once",
        "all at once",
        "blue/green",
        "blue green",
        "blue-green",
        "at once",
    ),
    "canary": ("canary",),
    "linear": ("linear", "linearly", "step by step", "gradually"),
    "shadow": ("shadow",),
}
SEVERITIES = {
    "low": ("low", "minor"),
    "medium": ("medium", "moderate", "med"),
    "high": ("high", "critical", "severe", "urgent", "major"),
}
RUN_STATES = {
    "running": (
        "running",
        "in progress",
        "in-progress",
        "ongoing",
        "active",
        "going on",
        "still going",
        "under way",
        "underway",
        "in flight",
    ),
    "failed": (
        "failed",
        "failing",
        "failures",
        "broken",
        "crashed",
        "errored",
        "unsuccessful",
        "died",
        "bombed",
        "flopped",
        "faceplanted",
        "blew up",
        "keeled over",
        "fell over",
        "went kaboom",
        "went boom",
        "went south",
    ),
    "succeeded": ("succeeded", "successful", "finished", "completed", "done", "passed", "green"),
    "waiting": ("waiting", "pending", "queued", "blocked", "awaiting approval"),
}
INCIDENT_STATES = {
    "firing": ("firing", "unacknowledged", "unacked"),
    "acknowledged": ("acknowledged", "acked", "ack'd"),
    "snoozed": ("snoozed", "silenced", "muted", "snoozing"),
    "resolved": ("resolved", "closed", "fixed"),
}
SLUG = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")
INSTANCE_TYPE = re.compile(r"ml\.[a-z0-9-]+\.[a-z0-9]+")
"""The form only: whether there is such a type is for the plan, which names the nearest."""
_PRONOUNS = {"it", "this", "that", "them", "this one", "that one", "one", "same"}
_PARTICLES = {
    "and",
    "or",
    "vs",
    "versus",
    "with",
    "of",
    "in",
    "on",
    "to",
    "from",
    "for",
    "against",
    "than",
}
_NOISE = {"the", "a", "our", "my", "model", "models", "project", "please", "called", "named"}


def one_of(raw: str, choices: dict[str, tuple[str, ...]], what: str) -> str:
    """The key of `choices` that one of its words in `raw` names.

    Raises:
        NotReadable: None does, or several do.
    """
    text = " ".join(raw.lower().split())
    found = {
        value
        for value, words in choices.items()
        if any(re.search(rf"(?<![\w-]){re.escape(word)}(?![\w-])", text) for word in words)
    }
    if len(found) != 1:
        known = ", ".join(choices)
        msg = f"“{raw.strip()}” is no {what} that I know. There are {known}."
        raise NotReadable(msg)
    return found.pop()


def read_slug(raw: str) -> str:
    """A project's name as a slug: "the Fraud model" is `fraud`, "lapse_risk" is `lapse-risk`.

    Raises:
        NotReadable: Nothing is left that could be a name.
    """
    name, _ = split_reference(re.sub(r"'s\b", "", raw.strip().lower()))
    words = [word for word in re.split(r"[\s]+", name) if word and word not in _NOISE]
    slug = re.sub(r"-{2,}", "-", re.sub(r"[\s_]+", "-", " ".join(words).strip("?!.,"))).strip("-")
    if not SLUG.fullmatch(slug) or " ".join(words) in _PRONOUNS | _PARTICLES:
        msg = f"“{raw.strip()}” is not a name: use letters, digits and hyphens, at most 63."
        raise NotReadable(msg)
    return slug


def read_version(raw: str) -> int | str:
    """`7` of "v7", "version 7", "#7", "seven"; `latest`, `champion` or `challenger`.

    Raises:
        NotReadable: Neither a number from 1 on nor one of the words.
    """
    text = raw.strip().lower()
    for value, words in {
        "latest": ("latest", "newest", "most recent", "last"),
        "champion": ("champion", "champ"),
        "challenger": ("challenger", "candidate"),
    }.items():
        if any(re.search(rf"\b{word}\b", text) for word in words):
            return value
    number = read_integer(re.sub(r"(?:version|ver\.?|v|#|no\.?|number)\s*(?=\d)", "", text))
    if number is None or number < 1:
        msg = f"“{raw.strip()}” is not a version. Say for example v7, latest or champion."
        raise NotReadable(msg)
    return number


def read_instance_type(raw: str) -> str:
    """`ml.g5.2xlarge` of "g5.2xlarge" or "ML.G5.2xlarge".

    Raises:
        NotReadable: Not of the form family.size.
    """
    text = re.sub(r"^(?:an?|on|the)\s+|\s+(?:instances?|machines?)$", "", raw.strip().lower())
    name = text if text.startswith("ml.") else f"ml.{text}"
    if not INSTANCE_TYPE.fullmatch(name):
        msg = f"“{raw.strip()}” is not an instance type. Say for example ml.m5.xlarge."
        raise NotReadable(msg)
    return name


_HARDWARE = re.compile(r"\b(?:a10g?|a100|h100|h200|v100|t4|l4|l40)s?\b")


def read_whole_number(raw: str) -> int:
    """`4` of "4", "four", "4x", "4 gpus", "10%".

    Raises:
        NotReadable: No whole number from 0 on.
    """
    text = _HARDWARE.sub(" ", raw.lower())
    number = read_integer(re.sub(r"(?<=\d)\s*x\b|\bx\s*(?=\d)", " ", text))
    if number is None:
        msg = f"“{raw.strip()}” is not a whole number."
        raise NotReadable(msg)
    return number


_NO = re.compile(r"\b(?:no|not|without|false|off|never|on[- ]?demand|non|don'?t)\b")
_YES = re.compile(r"\b(?:yes|y|true|on|spot|with|sure|ok|please|yep)\b")


def read_boolean(raw: str) -> bool:
    """`False` of "no spot", "on-demand", "off"; `True` of "on spot", "yes".

    Raises:
        NotReadable: Neither.
    """
    text = raw.strip().lower()
    if _NO.search(text) or text == "n":
        return False
    if _YES.search(text):
        return True
    msg = f"“{raw.strip()}” is neither yes nor no."
    raise NotReadable(msg)


def read_id(raw: str, letter: str, words: str) -> str:
    """`R42` of "r42", "run 42", "#42", "42" (with letter R); likewise A for alerts.

    Raises:
        NotReadable: No number from 1 on, or another letter.
    """
    text = re.sub(r"[\s.!?,]+$", "", raw.strip().lower())
    match = re.fullmatch(
        rf"(?:the )?(?:(?:{words})s?\s*)?(?:no\.?|number|id)?\s*#?\s*{letter.lower()}?-?#?\s*(\d{{1,9}})",
        text,
    )
    spelled = re.sub(rf"^(?:the )?(?:(?:{words}) )?(?:(?:number|no\.?|id) )?", "", text)
    number = int(match[1]) if match else None
    if match is None and re.fullmatch(SPELLED, spelled):
        number = read_integer(spelled)
    if not number:
        msg = f"“{raw.strip()}” is not an id. Say for example {letter}42."
        raise NotReadable(msg)
    return f"{letter}{number}"


def read_word(raw: str) -> str:
    """One or more words, lower case, as typed.

    Raises:
        NotReadable: Empty, or longer than 200 characters.
    """
    text = " ".join(raw.strip().lower().split()).strip("?!,;")
    if not text or len(text) > 200:
        msg = "that is empty." if not text else "that is longer than 200 characters."
        raise NotReadable(msg)
    return text


_OF_A_MODEL = re.compile(
    r"\b(?:v\d+|versions?|champion|challenger)\b|^(?:(?:no\.?|number|#)\s*)?\d{1,3}$", re.IGNORECASE
)
"""What says which model, and is no data set: "wait, use v3"."""
_ADDRESS = re.compile(r"[/_]|\w[.-]\w")


def read_dataset(raw: str) -> str:
    """A URI or data set's name, as typed.

    Raises:
        NotReadable: Empty, longer than 200 characters or no name.
    """
    text = raw.strip().lstrip("?!,;\"' ").rstrip("?!,;\"'. \t\n").strip()
    of_a_model = _OF_A_MODEL.search(text) and not _ADDRESS.search(text)
    if of_a_model or read_word(text) in _PRONOUNS | _PARTICLES | _NOISE:
        msg = f"“{text}” is not a data set. Say its name, or an address such as s3://bucket/key."
        raise NotReadable(msg)
    return text


_ALL = re.compile(r"(?:all|every|each)\b.*|everything")


def read_notebook(raw: str) -> str:
    """A notebook's name, lower case, as typed; `all` of "all notebooks" and "everything".

    Raises:
        NotReadable: Empty, longer than 200 characters or no name.
    """
    text = read_word(raw)
    if _ALL.fullmatch(text):
        return "all"
    name = re.sub(r"^(?:the |my |notebook )+|(?: notebook)$", "", text)
    if not name or name in _PRONOUNS | _PARTICLES | _NOISE | {"notebook"}:
        msg = f"“{raw.strip()}” is not a notebook's name."
        raise NotReadable(msg)
    return name


def read_text(raw: str) -> str:
    """The words behind the marker, without closing punctuation: "because it leaks." is "it leaks".

    Raises:
        NotReadable: Nothing is left, or more than 2,000 characters.
    """
    text = without_marker(raw)
    if not text or len(text) > 2000:
        msg = "say why in up to 2,000 characters."
        raise NotReadable(msg)
    return text


def read_channel(raw: str) -> str:
    """`C1` of `<#C1|ml>`, the name without #, `here` for this channel, `me` for a DM.

    Raises:
        NotReadable: No channel's name.
    """
    text = raw.strip()
    match = re.fullmatch(r"<#([CGD][A-Z0-9]+)(?:\|[^>]*)?>", text)
    if match:
        return match[1]
    lowered = text.lower().removeprefix("in ").removeprefix("to ")
    if lowered in {"here", "this channel"}:
        return "here"
    if re.fullmatch(
        r"me|(?:(?:my|a|as|by|via) )*(?:dms?|inbox|direct messages?|private messages?)", lowered
    ):
        return "me"
    name = lowered.removeprefix("the ").removesuffix(" channel").lstrip("#")
    if not re.fullmatch(r"[^\s#@<>,.!?]{1,80}", name):
        msg = f"“{text}” is not a channel. Say for example #ml-alerts."
        raise NotReadable(msg)
    return name


def read_user(raw: str) -> str:
    """`U1` of `<@U1>`, `me` of my, mine and I, the name without @.

    Raises:
        NotReadable: No person's name.
    """
    text = raw.strip()
    match = re.fullmatch(r"<@([UW][A-Z0-9]+)(?:\|[^>]*)?>(?:'s)?", text)
    if match:
        return match[1]
    lowered = re.sub(r"'s?$", "", text.lower())
    if lowered in {"me", "my", "mine", "i", "myself"}:
        return "me"
    name = lowered.lstrip("@")
    if not re.fullmatch(r"[^\s#@<>,!?]{1,80}(?: [^\s#@<>,!?]{1,40})?", name):
        msg = f"“{text}” is not a person. Say for example @ben."
        raise NotReadable(msg)
    return name
