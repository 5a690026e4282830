"""Text in Slack's dialect: everything that is not ours is escaped and capped.

https://docs.slack.dev/messaging/formatting-message-text
"""

from datetime import UTC, datetime
from decimal import ROUND_UP, Decimal

SECTION_LIMIT = 3000
HEADER_LIMIT = 150
FIELD_LIMIT = 2000
CONTEXT_LIMIT = 2000
CELL_LIMIT = 300
ALT_LIMIT = 2000


def escape(text: str) -> str:
    """Outside text as Slack shows it literally: no mention, link or channel comes alive."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def cap(text: str, limit: int) -> str:
    """At most `limit` characters, an ellipsis where some were cut."""
    return text if len(text) <= limit else text[: limit - 1] + "…"


def cap_markup(text: str, limit: int) -> str:
    """As `cap`, for escaped text: no half of a mention, a link or an escape is left at its end."""
    if len(text) <= limit:
        return text
    cut = text[: limit - 1]
    if cut.rfind("<") > cut.rfind(">"):
        cut = cut[: cut.rfind("<")]
    last = cut.rfind("&")
    if last > cut.rfind(";") and len(cut) - last < len("&amp;"):
        cut = cut[:last]
    return cut + "…"


def bold(text: str) -> str:
    """Outside text in bold; stars inside would end it early."""
    return f"*{escape(text).replace('*', '∗')}*"


def code(text: str) -> str:
    """Outside text as code."""
    return f"`{escape(text).replace('`', 'ˋ')}`"


def code_block(text: str, limit: int = SECTION_LIMIT) -> str:
    """Outside text as a block of code; the end is kept, since logs end with the reason."""
    room = limit - 8
    body = escape(text).replace("```", "ˋˋˋ")
    if len(body) > room:
        body = "…" + body[-(room - 1) :]
    return f"```\n{body}\n```"


def link(url: str, text: str) -> str:
    """A link with our own text."""
    return f"<{url}|{escape(text)}>"


def elapsed(seconds: float) -> str:
    """`42 s`, `3 min 05 s`, `2 h 10 min`."""
    whole = max(0, int(seconds))
    if whole < 60:
        return f"{whole} s"
    minutes, rest = divmod(whole, 60)
    if minutes < 60:
        return f"{minutes} min {rest:02d} s"
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes:02d} min"


def mention(one: str) -> str:
    """A person or a user group, called by Slack id."""
    return f"<!subteam^{one}>" if one.startswith("S") else f"<@{one}>"


def moment(at: datetime) -> str:
    """A time in each reader's own zone, with UTC where Slack cannot."""
    fallback = at.astimezone(UTC).strftime("%Y-%m-%d %H:%M UTC")
    return f"<!date^{int(at.timestamp())}^{{date_short_pretty}} {{time}}|{fallback}>"


def usd(amount: Decimal) -> str:
    """`$0.42`; amounts under a cent say so."""
    if Decimal(0) < amount < Decimal("0.01"):
        return "under $0.01"
    return f"${amount.quantize(Decimal('0.01'), rounding=ROUND_UP):,}"
