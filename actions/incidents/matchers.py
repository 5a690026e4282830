"""Matchers of labels: `severity="high"`, `project!=fraud`, `monitor_type=~".*drift"`, `model!~"t.+"`.

Written and meant as Alertmanager's (https://prometheus.io/docs/alerting/latest/configuration/#matcher):
regular expressions are RE2's (https://github.com/google/re2/wiki/Syntax) and must match the whole
value; a label that is not there is empty. RE2 takes time linear in the value, whatever the pattern.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from typing import Any

MAX_VALUE = 500
"""Characters of a matcher's value or pattern."""
MAX_MATCHERS = 20
"""Matchers of one silence, route or side of an inhibition."""
MAX_MEMORY = 1 << 18
"""Bytes that a compiled pattern may take; RE2 refuses one that needs more."""
_ESCAPED = {'"': '"', "\\": "\\", "n": "\n"}
_LABEL = r"[a-zA-Z_][a-zA-Z0-9_]{0,99}"


class MatcherError(ValueError):
    """This is no matcher; the message says why, and what one looks like."""


class Operator(StrEnum):
    """How a label's value is compared."""

    EQUAL = "="
    NOT_EQUAL = "!="
    MATCHES = "=~"
    MATCHES_NOT = "!~"

    @property
    def regex(self) -> bool:
        """Whether the value is a regular expression."""
        return self in (Operator.MATCHES, Operator.MATCHES_NOT)

    @property
    def negative(self) -> bool:
        """Whether it holds where the comparison does not."""
        return self in (Operator.NOT_EQUAL, Operator.MATCHES_NOT)


@dataclass(frozen=True, slots=True)
class Matcher:
    """One condition on one label.

    Raises:
        MatcherError: The name is none of a label, the value too long, the regular expression invalid.
    """

    label: str
    operator: Operator
    value: str

    def __post_init__(self) -> None:
        if not is_label(self.label):
            raise MatcherError(f"{self.label[:60]!r} is no name of a label: letters, digits and _")
        if len(self.value) > MAX_VALUE:
            raise MatcherError(
                f"the value for {self.label} has {len(self.value)} characters; "
                f"at most {MAX_VALUE} are allowed"
            )
        if self.operator.regex:
            _compiled(self.value)

    def matches(self, labels: Mapping[str, str]) -> bool:
        """Whether the labels meet the condition."""
        value = labels.get(self.label, "")
        if self.operator.regex:
            met = _compiled(self.value).fullmatch(_storable(value)) is not None
        else:
            met = value == self.value
        return met is not self.operator.negative

    def __str__(self) -> str:
        """As `parse` reads it."""
        quoted = self.value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
        return f'{self.label}{self.operator}"{quoted}"'


def is_label(name: str) -> bool:
    """Whether a label can have this name."""
    return re.fullmatch(_LABEL, name) is not None


def parse(text: str) -> Matcher:
    r"""The matcher that is written there: name, operator, value; quotes around the value may be left out.

    In quotes, `\"`, `\\` and `\n` stand for a quote, a backslash and a line break; any other
    backslash stands for itself, so that regular expressions read as they are.

    Raises:
        MatcherError: It is none.
    """
    found = re.fullmatch(rf"\s*({_LABEL})\s*(=~|!~|!=|=)\s*(.*?)\s*", text, re.DOTALL)
    if found is None:
        raise MatcherError(f'{text[:60]!r} is no matcher; write one such as severity="high"')
    label, operator, value = found.groups()
    return Matcher(label, Operator(operator), _unquoted(value))


def all_match(matchers: Iterable[Matcher], labels: Mapping[str, str]) -> bool:
    """Whether the labels meet every condition; none are always met."""
    return all(matcher.matches(labels) for matcher in matchers)


def _unquoted(value: str) -> str:
    if not value.startswith('"'):
        if '"' in value or value.startswith(("=", "~")):
            raise MatcherError(f"{value[:60]!r} is no value; put it in quotes if it is meant so")
        return value
    if re.fullmatch(r'"(?:[^"\\]|\\.)*"', value, re.DOTALL) is None:
        raise MatcherError(f"the quotes in {value[:60]!r} do not go around the value")
    return re.sub(r'\\(["\\n])', lambda found: _ESCAPED[found[1]], value[1:-1])


@lru_cache(maxsize=256)
def _compiled(pattern: str) -> Any:
    import re2  # type: ignore[import-untyped]

    options = re2.Options()
    options.log_errors = False
    options.max_mem = MAX_MEMORY
    try:
        return re2.compile(_storable(pattern), options)
    except re2.error as error:
        why = error.args[0]
        said = why.decode("utf-8", "replace") if isinstance(why, bytes) else str(why)
        raise MatcherError(
            f"{pattern[:60]!r} is no regular expression that can be used: {said[:120]}"
        ) from None


def _storable(text: str) -> str:
    """The text with a mark in place of what no encoding holds: half of a character."""
    return re.sub("[\ud800-\udfff]", "\ufffd", text)
