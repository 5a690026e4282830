"""The severities of many tools, as `low`, `medium` or `high`. Pure."""

from typing import Final

DEFAULT: Final = "medium"
"""Where a source tells none, or one that nobody knows."""

_WORDS: Final = {
    "low": ("low", "info", "information", "informational", "notice", "debug", "verbose", "none"),
    "medium": ("medium", "moderate", "minor", "warn", "warning", "average"),
    "high": ("high", "major", "severe", "error", "critical", "page", "fatal", "alert", "emergency"),
}
_PRIORITIES: Final = {"p1": "high", "p2": "high", "p3": "medium", "p4": "low", "p5": "low"}
_KNOWN: Final = {word: name for name, words in _WORDS.items() for word in words} | _PRIORITIES


def severity(text: str | None) -> str:
    """What the source's word means, whatever its case; `DEFAULT` for an unknown one."""
    return _KNOWN.get((text or "").strip().casefold(), DEFAULT)
