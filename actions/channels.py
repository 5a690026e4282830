"""Where Cooper may speak: Slack's conversations."""

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Channel:
    """A conversation. `name` is without #, and None for one between Cooper and one person."""

    id: str
    name: str | None = None
    inside: bool = True
    """Whether Cooper is in it."""
    private: bool = False
    archived: bool = False
    shared: bool = False
    """Whether people of another company read it (Slack Connect)."""

    @property
    def direct(self) -> bool:
        """Whether one person alone reads it."""
        return self.name is None

    def __str__(self) -> str:
        """As people know it."""
        return "our direct messages" if self.direct else f"#{self.name}"


class Channels(Protocol):
    """Slack's conversations, as Cooper sees them.

    Every method raises Unavailable where Slack does not let Cooper look.
    """

    async def get(self, channel: str) -> Channel | None:
        """The conversation of this id; None where there is none that Cooper may see."""

    async def called(self, name: str) -> Channel | None:
        """The channel of this name (without #) among those that Cooper is in."""

    async def direct(self, user: str) -> Channel | None:
        """The conversation with this person alone; None where they are not here any more."""

    async def has_member(self, channel: str, user: str) -> bool:
        """Whether the person is in the channel."""
