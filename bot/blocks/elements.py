"""The Block Kit elements that Cooper uses, capped to Slack's limits.

https://docs.slack.dev/reference/block-kit
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from bot.blocks.text import (
    ALT_LIMIT,
    CELL_LIMIT,
    CONTEXT_LIMIT,
    FIELD_LIMIT,
    HEADER_LIMIT,
    SECTION_LIMIT,
    cap,
    cap_markup,
)

Block = dict[str, Any]

INPUT_LIMIT = 3000


def mrkdwn(text: str, limit: int = SECTION_LIMIT) -> Block:
    """A text object in Slack's markup; Slack refuses one without words."""
    return {"type": "mrkdwn", "text": cap_markup(text, limit) if text.strip() else "–"}


def plain(text: str, limit: int) -> Block:
    """A plain text object."""
    return {"type": "plain_text", "text": cap(text.strip() or "–", limit), "emoji": True}


def header(text: str) -> Block:
    """A header block."""
    return {"type": "header", "text": plain(text, HEADER_LIMIT)}


def section(text: str) -> Block:
    """A section of text."""
    return {"type": "section", "text": mrkdwn(text)}


def fields(pairs: Sequence[str]) -> list[Block]:
    """Sections of two-column fields, ten a section."""
    return [
        {"type": "section", "fields": [mrkdwn(text, FIELD_LIMIT) for text in pairs[i : i + 10]]}
        for i in range(0, len(pairs), 10)
    ]


def table(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> Block:
    """A table of plain text below its column names; one a message, at most 99 rows.

    https://docs.slack.dev/reference/block-kit/blocks/table-block
    """
    return {
        "type": "table",
        "rows": [
            [{"type": "raw_text", "text": cap(cell or "–", CELL_LIMIT)} for cell in row]
            for row in [columns, *rows]
        ],
    }


def context(*texts: str) -> Block:
    """Small print."""
    return {"type": "context", "elements": [mrkdwn(text, CONTEXT_LIMIT) for text in texts[:10]]}


def picture(file: str, alt: str) -> Block:
    """An uploaded image, by its file's id; `alt` is what a screen reader says."""
    return {
        "type": "image",
        "slack_file": {"id": file},
        "alt_text": cap(alt.strip() or "–", ALT_LIMIT),
    }


def divider() -> Block:
    """A line."""
    return {"type": "divider"}


def button(
    text: str,
    action_id: str,
    value: str,
    *,
    style: str | None = None,
    confirm: Block | None = None,
    label: str | None = None,
) -> Block:
    """A button; `label` is what a screen reader says."""
    element: Block = {
        "type": "button",
        "text": plain(text, 75),
        "action_id": action_id,
        "value": cap(value, 2000),
    }
    if style:
        element["style"] = style
    if confirm:
        element["confirm"] = confirm
    if label:
        element["accessibility_label"] = cap(label, 75)
    return element


def confirmation(title: str, text: str, yes: str) -> Block:
    """A dialog before a dangerous click."""
    return {
        "title": plain(title, 100),
        "text": mrkdwn(text, 300),
        "confirm": plain(yes, 30),
        "deny": plain("Back", 30),
        "style": "danger",
    }


def actions(block_id: str, elements: Sequence[Block]) -> Block:
    """A row of buttons."""
    return {"type": "actions", "block_id": cap(block_id, 255), "elements": list(elements)}


def text_input(
    block_id: str, label: str, value: str | None, hint: str | None, *, optional: bool
) -> Block:
    """A line of text in a modal; its action id is `value`."""
    element: Block = {"type": "plain_text_input", "action_id": "value", "max_length": INPUT_LIMIT}
    if optional:
        element["placeholder"] = plain("default", 150)
    if value is not None:
        element["initial_value"] = cap(value, INPUT_LIMIT)
    block: Block = {
        "type": "input",
        "block_id": block_id,
        "optional": optional,
        "label": plain(label, 2000),
        "element": element,
    }
    if hint:
        block["hint"] = plain(hint, 2000)
    return block


def moment_input(block_id: str, label: str, initial: datetime) -> Block:
    """A day and a time in a modal, in the reader's zone; its action id is `value`."""
    return {
        "type": "input",
        "block_id": block_id,
        "label": plain(label, 2000),
        "element": {
            "type": "datetimepicker",
            "action_id": "value",
            "initial_date_time": int(initial.timestamp()),
        },
    }
