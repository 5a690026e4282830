"""A subscription: which channel gets the digest of what, and when."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from actions.digests.recurrence import Recurrence

FIRST = timedelta(days=1)
"""How far back a digest looks that is the first of its kind, at least."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscription:
    """One of a channel and project; `project` None: all projects that its maker may see.

    `due` is when the next digest is, `covered` until when the last one told; times in UTC.
    """

    number: int
    team: str
    channel: str
    """Slack's id."""
    project: str | None
    recurrence: Recurrence
    by_id: str
    by_name: str
    made: datetime
    due: datetime
    covered: datetime | None = None
    standing: bool = False
    """Whether `cooper.yaml` has it, and no person set it up."""

    @property
    def about(self) -> str:
        """What it is of, as people are told."""
        return self.project or "all projects"

    def since(self, due: datetime) -> datetime:
        """From when on the digest of this due time tells."""
        return self.covered or min(self.made, due - FIRST)

    def sent(self, due: datetime, until: datetime) -> "Subscription":
        """The subscription after the digest of this due time, which told until `until`.

        What was due up to then is made up for by that one.
        """
        return replace(self, due=self.recurrence.after(max(due, until)), covered=until)
