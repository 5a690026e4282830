"""What the domain asks of language understanding; Rasa stands behind it (`infra/clients/nlu.py`)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

from actions.ports import Unavailable
from actions.store import StoredDraft

Outcome = Literal["proposal", "ask", "intent", "unsure", "invalid"]


class UnderstandingUnavailableError(Unavailable):
    """Rasa or its action server does not answer."""


@dataclass(frozen=True, slots=True)
class Guess:
    """A command that the text may have meant."""

    command: str
    confidence: float
    params: dict[str, Any] = field(default_factory=dict)
    """What the text says of the command's parameters."""


@dataclass(frozen=True, slots=True)
class Turn:
    """What one text means where it was said (docs/contracts.md, "bot ⇄ nlu")."""

    outcome: Outcome
    intent: str | None
    confidence: float
    command: str | None = None
    params: dict[str, Any] = field(default_factory=dict)
    draft: StoredDraft | None = None
    asked: str | None = None
    problem: str | None = None
    inferred: tuple[str, ...] = ()
    unread: tuple[str, ...] = ()
    """Figures in the text that no parameter took."""
    nearest: tuple[Guess, ...] = ()
    model: str | None = None


@dataclass(frozen=True, slots=True)
class Parse:
    """The parse contract's object for one text."""

    text: str
    command: str | None
    params: dict[str, Any]
    confidence: float


class Understanding(Protocol):
    """Reads texts; causes nothing."""

    async def turn(
        self, sender: str, text: str, draft: StoredDraft | None, context: Mapping[str, Any]
    ) -> Turn:
        """What `text` means, given the form in progress and the thread's values.

        Raises:
            UnderstandingUnavailableError: It does not answer.
        """

    async def parse(self, texts: Sequence[str]) -> Sequence[Parse]:
        """Each text by itself, in order."""
