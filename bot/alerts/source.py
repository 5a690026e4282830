"""The port of a source of alerts: who may send, and what a payload says."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Protocol

from actions.incidents.alert import Alert


class UnauthenticatedError(Exception):
    """The sender did not prove who it is. The message says what is missing, never what is right."""


class PayloadError(Exception):
    """The payload is not what the source sends.

    `field` is the dotted path of the first thing wrong, `body` where there is none; `expected` says
    what should be there.
    """

    def __init__(self, field: str, expected: str) -> None:
        super().__init__(f"{field}: {expected}")
        self.field = field
        self.expected = expected


class UnreachableError(Exception):
    """Something outside that is needed for an answer does not answer now; the sender may try again."""


@dataclass(frozen=True, slots=True)
class Incoming:
    """A request as it came. The names of headers are found without regard to case."""

    headers: Mapping[str, str]
    query: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class Delivery:
    """What a payload says.

    `key` identifies the delivery where the source sends the same one again with the same identity;
    it is stored once. `handshake` is what the source wants done where the payload is no alert but a
    question of the source's own; it raises UnreachableError.
    """

    alerts: tuple[Alert, ...]
    key: str | None = None
    handshake: Callable[[], Awaitable[None]] | None = None


class Source(Protocol):
    """One kind of sender."""

    @property
    def name(self) -> str:
        """The last part of its path."""
        ...

    async def authenticate(self, incoming: Incoming) -> None:
        """Return where the sender is who it should be.

        Raises:
            UnauthenticatedError: It is not.
            PayloadError: The body lacks what would prove it.
            UnreachableError: This cannot be found out now.
        """

    def parse(self, incoming: Incoming) -> Delivery:
        """What the payload says; only called after `authenticate`.

        Raises:
            PayloadError: It is not what this source sends.
        """
        ...
