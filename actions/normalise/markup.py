"""Slack's markup around values: links, code, emphasis, mentions (api.slack.com/reference/surfaces/formatting)."""

import re

_LABELLED = re.compile(r"<(?![@#!])[^<>|]+\|([^<>]+)>")
_BARE_LINK = re.compile(r"<((?:https?|s3|mailto):[^<>|]+)>")
_ENTITIES = (("&lt;", "<"), ("&gt;", ">"), ("&amp;", "&"))
_QUOTES = str.maketrans({"\u2018": "'", "\u2019": "'", "\u201c": '"', "\u201d": '"', "\u00a0": " "})


def unwrap(text: str) -> str:
    """`text` without links, code marks and emphasis; mentions stay as Slack writes them."""
    plain = _BARE_LINK.sub(r"\1", _LABELLED.sub(r"\1", text))
    plain = re.sub(r"`+([^`]*)`+", r"\1", plain)
    plain = re.sub(r"(?<![\w*])\*(?!\s)([^*\n]+)(?<!\s)\*(?![\w*])", r"\1", plain)
    plain = re.sub(r"(?<![\w~])~(?!\s)([^~\n]+)(?<!\s)~(?![\w~])", r"\1", plain)
    plain = re.sub(r"(?<![\w_])_(?!\s)([^_\n]+)(?<!\s)_(?![\w_])", r"\1", plain)
    for entity, character in _ENTITIES:
        plain = plain.replace(entity, character)
    return plain.translate(_QUOTES)


def split_reference(text: str) -> tuple[str, str | None]:
    """Model and version of `churn@v7`, `churn:v7`, `churn:latest`; the version None without one."""
    match = re.fullmatch(
        r"([A-Za-z0-9][\w-]*)[@:](v?\d+|latest|champion|challenger)", text.strip(), re.IGNORECASE
    )
    return (match[1], match[2]) if match else (text.strip(), None)
