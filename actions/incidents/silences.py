"""Silences: alerts that somebody wants to hear nothing of, until then."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from actions.incidents.events import Responder
from actions.incidents.matchers import MAX_MATCHERS, Matcher, all_match
from actions.incidents.moments import utc

LONGEST = timedelta(days=366)
MAX_REASON = 500
"""Characters of a reason."""


class SilenceError(ValueError):
    """There can be no such silence; the message says why."""


@dataclass(frozen=True, slots=True)
class Silence:
    """No notification of incidents that meet every matcher, from `starts` until before `ends`.

    Raises:
        SilenceError: It would never end, cover everything, or say nothing of why.
    """

    matchers: tuple[Matcher, ...]
    starts: datetime
    ends: datetime
    by: Responder
    reason: str

    def __post_init__(self) -> None:
        if utc(self.ends) < utc(self.starts):
            raise SilenceError("a silence should not end before it starts")
        if utc(self.ends) - utc(self.starts) > LONGEST:
            raise SilenceError("a silence lasts at most a year")
        if not self.reason.strip():
            raise SilenceError("a silence needs a reason, for those who find it later")
        if len(self.reason) > MAX_REASON:
            raise SilenceError(f"a silence's reason has at most {MAX_REASON} characters")
        if len(self.matchers) > MAX_MATCHERS:
            raise SilenceError(f"a silence has at most {MAX_MATCHERS} matchers")
        # Alertmanager's rule: what asks for nothing in particular silences everything.
        if all_match(self.matchers, {}):
            raise SilenceError(
                'a silence needs a matcher that asks for something, such as project="fraud"'
            )

    def covers(self, labels: Mapping[str, str], now: datetime) -> bool:
        """Whether it silences such an incident now."""
        return utc(self.starts) <= utc(now) < utc(self.ends) and all_match(self.matchers, labels)

    def ended(self, now: datetime) -> "Silence":
        """The silence as it is when somebody ends it now.

        One that is over stays as it is; one that has not started never covers anything.
        """
        if utc(now) >= utc(self.ends):
            return self
        return replace(self, ends=max(utc(now), utc(self.starts)))


def silenced_until(
    silences: Iterable[Silence], labels: Mapping[str, str], now: datetime
) -> datetime | None:
    """The latest end of the silences that cover such an incident now; None where none does."""
    ends = [utc(silence.ends) for silence in silences if silence.covers(labels, now)]
    return max(ends, default=None)
