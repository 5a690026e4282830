"""What Cooper says, free of any surface: `bot/blocks/` draws it for Slack."""

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

Tone = Literal["info", "success", "warning", "error"]


class _Frozen(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Field(_Frozen):
    """A labelled value."""

    label: str
    value: str


class Table(_Frozen):
    """Columns and rows of plain text."""

    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


class Link(_Frozen):
    """A link with our own text."""

    text: str
    url: str


class Choice(_Frozen):
    """A button for what the person might have meant: words to be read, or a whole command."""

    label: str
    text: str = ""
    command: str | None = None
    params: dict[str, Any] = {}


class Answer(_Frozen):
    """One message. All texts are plain; the surface escapes and caps them."""

    text: str
    tone: Tone = "info"
    title: str | None = None
    fields: tuple[Field, ...] = ()
    table: Table | None = None
    code: str | None = None
    links: tuple[Link, ...] = ()
    choices: tuple[Choice, ...] = ()
    asks_for: str | None = None
    """The parameter that this message asks for (a form's question)."""
    command: str | None = None
    params: dict[str, Any] = {}
    """What is known of the command's parameters while one is asked for."""
    private: bool = False
    """Only the speaker sees it."""
    mentions: tuple[str, ...] = ()
    """Slack ids of people and user groups who should notice it."""


class Refusal(Exception):  # noqa: N818 -- a refusal is an answer, not a fault
    """What was asked cannot be done; the message says why and what to do, nothing changed."""

    def __init__(
        self, text: str, *, nearest: tuple[str, ...] = (), parameter: str = "project"
    ) -> None:
        super().__init__(text)
        self.text = text
        self.nearest = nearest
        self.parameter = parameter
        """What `nearest` holds other values of."""
