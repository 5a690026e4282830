"""Texts as they come from Slack, made ready for the model. Pure; standard library only."""

import re

MAX_LENGTH = 800
"""Characters that the model reads; nobody asks for one thing in more."""

_BOT = re.compile(r"^\s*(?:<@[UW][A-Z0-9]+(?:\|[^>]*)?>[\s,:]*)")
_LABELLED = re.compile(r"<(?![@#!])[^<>|]+\|([^<>]+)>")
_LINK = re.compile(r"<((?:https?|s3|mailto):[^<>|]+)>")
_CODE = re.compile(r"`+([^`]*)`+")
_STYLES = tuple(
    re.compile(
        rf"(?<![\w{re.escape(c)}]){re.escape(c)}(?!\s)([^{re.escape(c)}\n]+)(?<!\s){re.escape(c)}(?![\w{re.escape(c)}])"
    )
    for c in "*~_"
)
_REFERENCE = re.compile(
    r"(?<![\w/:@.-])([A-Za-z][\w-]*)[@:](v?\d+|latest|champion|challenger)(?![\w:/-]|\.\w)",
    re.IGNORECASE,
)
_EMOJI = re.compile(r"(?<![\w:]):[a-z][a-z0-9_+-]*(?:::skin-tone-\d)?:(?![\w:])")
_COMPACT = re.compile(
    r"(?<![\w.-])(?<!\bat )(?<!\btill )(?<!\buntil )(?<!\bbefore )(?:\d{1,3}[dh]){1,2}\d{1,2}(?:h|m|min)?(?![\w.-]\w|\w)",
    re.IGNORECASE,
)
"""Lengths of time in one word, where it is none of the clock: "1h30m"."""
_ESCAPES = (("&lt;", "<"), ("&gt;", ">"), ("&amp;", "&"))
_QUOTES = str.maketrans(
    {"\u2018": "'", "\u2019": "'", "\u201c": '"', "\u201d": '"', "\u00a0": " ", "\x00": " "}
)
_COMMANDS = re.compile(r"^\s*(?:/[\w-]*\s*(?:\{.*\}?)?|EXTERNAL:.*)\s*$", re.DOTALL)


def prepare(text: str) -> str:
    """`text` without the bot's mention, markup and what Rasa would take for its own commands.

    Empty where nothing is left to understand: Rasa's `/intent{…}` and `EXTERNAL: …` give that.
    """
    text = _BOT.sub("", text[: 4 * MAX_LENGTH])
    text = _LINK.sub(r"\1", _LABELLED.sub(r"\1", text))
    text = _CODE.sub(r"\1", text)
    text = _EMOJI.sub(" ", text)
    for style in _STYLES:
        text = style.sub(r"\1", text)
    for escape, character in _ESCAPES:
        text = text.replace(escape, character)
    text = _REFERENCE.sub(r"\1 \2", text.translate(_QUOTES))
    text = _COMPACT.sub(_spaced, text)
    if _COMMANDS.match(text):
        return ""
    text = re.sub(r"^[\s/]+|EXTERNAL:", " ", text)
    return " ".join(text.split())[:MAX_LENGTH]


def _spaced(compact: "re.Match[str]") -> str:
    """What is written as one word in parts: "1h30m" and "1h30" are "1h 30m"."""
    parts = re.findall(r"\d+[a-z]*", compact[0], re.IGNORECASE)
    last = (
        parts[-1]
        if not parts[-1].isdigit()
        else parts[-1] + ("m" if "h" in parts[-2].lower() else "h")
    )
    return " ".join((*parts[:-1], last))
