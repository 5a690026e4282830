"""What digests ask of the database."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from actions.digests.periods import Window
from actions.digests.subscription import Subscription
from actions.requests import Request


@dataclass(frozen=True, slots=True)
class Sent:
    """One digest: of which due time, and the time that it tells of."""

    subscription: int
    due: datetime
    window: Window


class Digests(Protocol):
    """Subscriptions and what was sent for them, within one transaction."""

    async def new_number(self) -> int:
        """A number that no subscription has; gaps are fine, repeats are not."""

    async def of_channel(
        self, team: str, channel: str, *, lock: bool = False
    ) -> Sequence[Subscription]:
        """The channel's, the one to all projects first; locked until the commit where `lock`."""

    async def standing(self, team: str) -> Sequence[Subscription]:
        """Those that `cooper.yaml` has, by number."""

    async def save(self, subscription: Subscription) -> None:
        """Keep a new one, or an old one as it is now."""

    async def end(self, number: int) -> None:
        """No more digests for it; what was sent is forgotten."""

    async def due(self, now: datetime) -> Sequence[Subscription]:
        """Those whose time has come, the longest due first."""

    async def take(self, number: int) -> Subscription | None:
        """The subscription, nobody else's until the commit; None where it has ended."""

    async def record(self, sent: Sent) -> bool:
        """Keep that it was sent; False where that due time's was before."""

    async def ended_runs(
        self, commands: Sequence[str], projects: Sequence[str], window: Window
    ) -> Sequence[Request]:
        """Requests of these commands that came to an end in the window, oldest first."""
