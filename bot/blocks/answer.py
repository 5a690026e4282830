"""An answer as a Slack message."""

from dataclasses import dataclass
from typing import Any

from actions.answers import Answer, Table
from bot.blocks import elements as e
from bot.blocks.text import bold, cap, code_block, escape, link

_ICONS = {"info": "", "success": "✅ ", "warning": "⚠️ ", "error": "❌ "}
_TABLE_ROWS = 30


@dataclass(frozen=True, slots=True)
class Message:
    """What `chat.postMessage` gets. `text` is the notification and the fallback."""

    text: str
    blocks: list[e.Block]
    metadata: dict[str, Any] | None = None


def aligned(table: Table) -> str:
    """The table as monospaced text, columns aligned, at most thirty rows."""
    rows = [table.columns, *table.rows[:_TABLE_ROWS]]
    widths = [max(len(row[i]) for row in rows) for i in range(len(table.columns))]
    lines = [
        "  ".join(c.ljust(w) for c, w in zip(row, widths, strict=True)).rstrip() for row in rows
    ]
    lines.insert(1, "  ".join("─" * width for width in widths))
    if len(table.rows) > _TABLE_ROWS:
        lines.append(f"… and {len(table.rows) - _TABLE_ROWS} more")
    return "\n".join(lines)


def draw(answer: Answer, key: str) -> Message:
    """The message for `answer`; `key` finds it again after a crash."""
    icon = _ICONS[answer.tone]
    blocks: list[e.Block] = []
    if answer.title:
        blocks.append(e.section(f"{icon}{bold(answer.title)}\n{escape(answer.text)}".rstrip()))
    else:
        blocks.append(e.section(f"{icon}{escape(answer.text)}"))
    if answer.fields:
        blocks += e.fields([f"*{escape(f.label)}*\n{escape(f.value)}" for f in answer.fields])
    if answer.table and answer.table.rows:
        blocks.append(e.section(code_block(aligned(answer.table))))
    if answer.code:
        blocks.append(e.section(code_block(answer.code)))
    if answer.choices:
        blocks.append(
            e.actions(
                f"choices:{key}",
                [
                    e.button(choice.label, f"choose:{i}", choice.text)
                    for i, choice in enumerate(answer.choices[:5])
                ],
            )
        )
    if answer.links:
        blocks.append(e.context(" · ".join(link(x.url, x.text) for x in answer.links)))
    fallback = f"{icon}{answer.title}: {answer.text}" if answer.title else f"{icon}{answer.text}"
    payload: dict[str, Any] = {"key": key, "command": answer.command}
    if answer.asks_for:
        payload |= {"state": "asking", "asks_for": answer.asks_for}
    event = "cooper_request" if answer.asks_for else "cooper_message"
    return Message(
        text=cap(escape(fallback), 3000),
        blocks=blocks[:50],
        metadata={"event_type": event, "event_payload": payload},
    )
