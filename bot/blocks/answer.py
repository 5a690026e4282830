"""An answer as a Slack message."""

import json
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from actions.answers import Answer, Choice, Field, Picture, Table
from actions.catalog import COMMANDS
from bot.blocks import elements as e
from bot.blocks.text import bold, cap_markup, code_block, escape, link, mention
from bot.charts.drawing import alt_text

_ICONS = {"info": "", "success": "✅ ", "warning": "⚠️ ", "error": "❌ "}
_TABLE_ROWS = 50
# A longer value gets the message's whole width.
_SHORT = 48


@dataclass(frozen=True, slots=True)
class Message:
    """What `chat.postMessage` gets. `text` is the notification and the fallback."""

    text: str
    blocks: list[e.Block]
    metadata: dict[str, Any] | None = None


def _fields(fields: tuple[Field, ...]) -> list[e.Block]:
    """Two columns; a long value has a section of its own, in its place."""
    blocks: list[e.Block] = []
    for short, group in groupby(fields, key=lambda field: len(field.value) <= _SHORT):
        texts = [f"*{escape(field.label)}*\n{escape(field.value)}" for field in group]
        blocks += e.fields(texts) if short else [e.section(text) for text in texts]
    return blocks


def _table(table: Table) -> list[e.Block]:
    """Slack's own table, which scrolls where a code block would wrap; at most fifty rows."""
    blocks = [e.table(table.columns, table.rows[:_TABLE_ROWS])]
    if len(table.rows) > _TABLE_ROWS:
        blocks.append(e.context(f"… and {len(table.rows) - _TABLE_ROWS} more"))
    return blocks


def _chart(chart: Picture, picture: str | None) -> e.Block:
    if picture is None:
        return e.context("The chart could not be sent to Slack.")
    return e.picture(picture, alt_text(chart))


def draw(answer: Answer, key: str, picture: str | None = None) -> Message:
    """The message for `answer`; `key` finds it again after a crash.

    `picture` is the id of the file with its chart; without one the message says that it is missing.
    """
    icon = _ICONS[answer.tone]
    blocks: list[e.Block] = []
    if answer.title:
        blocks.append(e.section(f"{icon}{bold(answer.title)}\n{escape(answer.text)}".rstrip()))
    else:
        blocks.append(e.section(f"{icon}{escape(answer.text)}"))
    if answer.chart:
        blocks.append(_chart(answer.chart, picture))
    if answer.fields:
        blocks += _fields(answer.fields)
    if answer.table and answer.table.rows:
        blocks += _table(answer.table)
    if answer.code:
        blocks.append(e.section(code_block(answer.code)))
    blocks += _buttons(answer, key)
    if answer.mentions:
        blocks.append(e.section(" ".join(mention(one) for one in answer.mentions[:20])))
    if answer.links:
        blocks.append(e.context(" · ".join(link(x.url, x.text) for x in answer.links)))
    fallback = f"{icon}{answer.title}: {answer.text}" if answer.title else f"{icon}{answer.text}"
    payload: dict[str, Any] = {"key": key, "command": answer.command}
    if answer.asks_for:
        payload |= {
            "request": None,
            "params": answer.params,
            "state": "asking",
            "asks_for": answer.asks_for,
            "plan_digest": None,
        }
    event = "cooper_request" if answer.asks_for else "cooper_message"
    return Message(
        text=cap_markup(escape(fallback).strip() or "–", 3000),
        blocks=blocks[:50],
        metadata={"event_type": event, "event_payload": payload},
    )


def _buttons(answer: Answer, key: str) -> list[e.Block]:
    """What the person might have meant, and a form where one question of several is asked."""
    blocks = []
    if answer.choices:
        meant = [
            e.button(choice.label, f"choose:{i}", _chosen(choice))
            for i, choice in enumerate(answer.choices[:5])
        ]
        blocks.append(e.actions(f"choices:{key}", meant))
    if answer.asks_for and answer.command and len(COMMANDS[answer.command].uses) > 1:
        blocks.append(e.actions(f"form:{key}", [e.button("Fill in a form", "fill", "fill")]))
    return blocks


def _chosen(choice: Choice) -> str:
    """The button's value: the words, or the command as JSON."""
    if choice.command is None:
        return choice.text
    value = {"command": choice.command, "params": choice.params}
    heard = {"heard": choice.heard, "model": choice.model} if choice.heard else {}
    return json.dumps({**value, **heard}, ensure_ascii=False)
