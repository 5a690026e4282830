"""From a body to what our alerts hold: shapes, texts that can be stored, figures, times. Pure."""

import hashlib
import math
import re
from datetime import datetime
from typing import Final, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from bot.alerts.source import PayloadError

NAME: Final = 200
"""Characters of a name."""
TITLE: Final = 300
DESCRIPTION: Final = 3000
"""Characters of a description; a section of Block Kit holds as many."""
_LABEL: Final = 500
_LABELS: Final = 50
_PATH: Final = 200
# What Slack takes as a link without a second thought; the rest is not worth a button.
_LINK = re.compile(r"https?://[^\s<>|\x00]{1,2000}")
# Before, a zero value of the sender's language; after, no time zone can be applied any more.
_YEARS = range(1971, 9000)


class Shape(BaseModel):
    """A payload or a part of it; what is not named in the source's documentation is left alone."""

    model_config = ConfigDict(extra="ignore", frozen=True)


_S = TypeVar("_S", bound=Shape)


def read(shape: type[_S], body: bytes | str, within: str | None = None) -> _S:
    """The body as `shape`; `within` is the field that held it, where that was a JSON text itself.

    Raises:
        PayloadError: Names the first field that is not as it should be.
    """
    try:
        return shape.model_validate_json(body)
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False, include_input=False)[0]
        path = [within] if within else []
        path += [str(part) for part in first["loc"]]
        raise PayloadError(clip(".".join(path) or "body", _PATH), first["msg"]) from None


def clip(text: str, most: int) -> str:
    """The text, storable (Postgres keeps no NUL), with at most `most` characters."""
    if "\0" in text:
        text = text.replace("\0", "\N{REPLACEMENT CHARACTER}")
    return text if len(text) <= most else text[: most - 1] + "…"


def optional(text: str | None, most: int = NAME) -> str | None:
    """As `clip`; None for nothing."""
    return clip(text, most) if text else None


def labels(pairs: dict[str, str]) -> tuple[tuple[str, str], ...]:
    """Name and value of each label that has a value, by name; the first fifty."""
    kept = sorted([pair for pair in pairs.items() if pair[1]])[:_LABELS]
    return tuple([(clip(name, NAME), clip(value, _LABEL)) for name, value in kept])


def link(text: str | None) -> str | None:
    """The text if it can be opened in a browser, else None."""
    return text if text and _LINK.fullmatch(text) else None


def figure(text: str | None) -> float | None:
    """The number that the text is; None where it is none, or not finite."""
    if not text:
        return None
    try:
        value = float(text)
    except ValueError:
        return None
    return value if math.isfinite(value) else None


def moment(value: datetime | str | None) -> datetime | None:
    """A time with its zone; None for another text, without a zone, or out of any sensible year."""
    if isinstance(value, str):
        try:
            value = datetime.fromisoformat(value)
        except ValueError:
            return None
    if value is None or value.tzinfo is None or value.year not in _YEARS:
        return None
    return value


def fingerprint(source: str, *parts: str | None) -> str:
    """`{source}:{32 hex digits}`: the same for the same parts, in the same places, only."""
    told = "".join([f"{len(part)}:{part}" if part else "0:" for part in parts])
    digest = hashlib.blake2b(told.encode("utf-8", "surrogatepass"), digest_size=16)
    return f"{source}:{digest.hexdigest()}"
