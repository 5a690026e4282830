"""Block Kit as Slack accepts it: which blocks there are and how large each may be.

Sizes: docs.slack.dev/reference/block-kit (characters, counts).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from infra.local.slack.errors import Json, SlackError, invalid_arguments

MESSAGE_BLOCKS = 50
VIEW_BLOCKS = 100
TEXT_CHARACTERS = 40_000
VIEW_BYTES = 250_000
_FILE_ID = re.compile(r"^[F][A-Z0-9]{8,}$")

_SURFACES: dict[str, frozenset[str]] = {
    "message": frozenset(
        [
            "actions",
            "card",
            "carousel",
            "container",
            "context",
            "context_actions",
            "data_table",
            "data_visualization",
            "divider",
            "file",
            "header",
            "image",
            "input",
            "markdown",
            "plan",
            "rich_text",
            "section",
            "table",
            "task_card",
            "video",
        ]
    ),
    "modal": frozenset(
        [
            "actions",
            "alert",
            "context",
            "divider",
            "header",
            "image",
            "input",
            "rich_text",
            "section",
            "video",
        ]
    ),
    "home": frozenset(
        [
            "actions",
            "context",
            "divider",
            "header",
            "image",
            "input",
            "rich_text",
            "section",
            "video",
        ]
    ),
}

_OPTION_ELEMENTS = frozenset(
    ["static_select", "multi_static_select", "overflow", "checkboxes", "radio_buttons"]
)
_ELEMENTS = _OPTION_ELEMENTS | frozenset(
    [
        "button",
        "channels_select",
        "conversations_select",
        "datepicker",
        "datetimepicker",
        "email_text_input",
        "external_select",
        "feedback_buttons",
        "file_input",
        "icon_button",
        "image",
        "multi_channels_select",
        "multi_conversations_select",
        "multi_external_select",
        "multi_users_select",
        "number_input",
        "plain_text_input",
        "rich_text_input",
        "timepicker",
        "url_text_input",
        "users_select",
        "workflow_button",
    ]
)


class _Problems:
    """Collects every mistake with Slack's JSON pointer to it."""

    def __init__(self) -> None:
        self.found: list[str] = []

    def add(self, message: str, at: str) -> None:
        self.found.append(f"{message} [json-pointer:{at}]")

    def text(self, value: Any, most: int, at: str, *, plain: bool = False) -> None:
        if not isinstance(value, dict) or not isinstance(value.get("text"), str):
            self.add("missing required field: text", at)
            return
        if value.get("type") not in ("plain_text", "mrkdwn"):
            self.add("must be one of: plain_text, mrkdwn", f"{at}/type")
        if plain and value.get("type") == "mrkdwn":
            self.add("must be plain_text", f"{at}/type")
        self.string(value["text"], most, f"{at}/text", least=1)

    def string(self, value: Any, most: int, at: str, least: int = 0) -> None:
        if not isinstance(value, str):
            self.add("must be a string", at)
        elif len(value) > most:
            self.add(f"must be less than {most + 1} characters", at)
        elif len(value) < least:
            self.add(f"must be more than {least - 1} characters", at)

    def items(self, value: Any, most: int, at: str, least: int = 1) -> list[Any]:
        if not isinstance(value, list):
            self.add("must be an array", at)
            return []
        if len(value) > most:
            self.add(f"no more than {most} items allowed", at)
        if len(value) < least:
            self.add(f"no less than {least} items required", at)
        return value


def check_message_blocks(blocks: Any) -> None:
    """Raises `invalid_blocks` (or `invalid_blocks_format`) naming every mistake."""
    if not isinstance(blocks, list) or any(not isinstance(block, dict) for block in blocks):
        raise SlackError("invalid_blocks_format")
    problems = _blocks(blocks, "message", MESSAGE_BLOCKS, "/blocks")
    if problems.found:
        raise invalid_blocks(problems.found)


def invalid_blocks(problems: list[str]) -> SlackError:
    """Slack's refusal of a message, with every mistake and its place."""
    messages = [f"[ERROR] {text}" for text in problems]
    return SlackError("invalid_blocks", errors=problems, response_metadata={"messages": messages})


def check_view(view: Any) -> None:
    """Raises `invalid_arguments` naming every mistake of a modal or Home view."""
    if not isinstance(view, dict) or view.get("type") not in ("modal", "home"):
        raise invalid_arguments("must be one of: modal, home [json-pointer:/view/type]")
    kind = str(view["type"])
    blocks = view.get("blocks")
    if not isinstance(blocks, list) or any(not isinstance(block, dict) for block in blocks):
        raise invalid_arguments("missing required field: blocks [json-pointer:/view]")
    problems = _blocks(blocks, kind, VIEW_BLOCKS, "/view/blocks")
    if kind == "modal":
        problems.text(view.get("title"), 24, "/view/title", plain=True)
        for part in ("submit", "close"):
            if view.get(part) is not None:
                problems.text(view[part], 24, f"/view/{part}", plain=True)
        if view.get("submit") is None and any(b.get("type") == "input" for b in blocks):
            problems.add("submit is required when an input block is present", "/view/submit")
    for name, most in (("private_metadata", 3000), ("callback_id", 255), ("external_id", 255)):
        if view.get(name) is not None:
            problems.string(view[name], most, f"/view/{name}")
    if problems.found:
        raise invalid_arguments(*problems.found)


def _blocks(blocks: list[Json], surface: str, most: int, at: str) -> _Problems:
    problems = _Problems()
    problems.items(blocks, most, at, least=0)
    seen: set[str] = set()
    for index, block in enumerate(blocks):
        where = f"{at}/{index}"
        kind = block.get("type")
        if kind not in _SURFACES[surface]:
            problems.add(f"unsupported type: {kind}", f"{where}/type")
            continue
        if block.get("block_id") is not None:
            problems.string(block["block_id"], 255, f"{where}/block_id", least=1)
            if block["block_id"] in seen:
                problems.add("`block_id` already exists", f"{where}/block_id")
            seen.add(str(block["block_id"]))
        _block(problems, str(kind), block, where)
    return problems


def _block(problems: _Problems, kind: str, block: Json, at: str) -> None:
    check = _CHECKS.get(kind)
    if check is not None:
        check(problems, block, at)


def _header(problems: _Problems, block: Json, at: str) -> None:
    problems.text(block.get("text"), 150, f"{at}/text", plain=True)


def _actions(problems: _Problems, block: Json, at: str) -> None:
    for index, item in enumerate(problems.items(block.get("elements"), 25, f"{at}/elements")):
        _element(problems, item, f"{at}/elements/{index}")
    _unique_actions(problems, block.get("elements"), at)


def _context(problems: _Problems, block: Json, at: str) -> None:
    for index, item in enumerate(problems.items(block.get("elements"), 10, f"{at}/elements")):
        if isinstance(item, dict) and item.get("type") == "image":
            _image(problems, item, f"{at}/elements/{index}")
        else:
            problems.text(item, 2000, f"{at}/elements/{index}")


def _markdown(problems: _Problems, block: Json, at: str) -> None:
    problems.string(block.get("text"), 12_000, f"{at}/text", least=1)


def _input(problems: _Problems, block: Json, at: str) -> None:
    problems.text(block.get("label"), 2000, f"{at}/label", plain=True)
    if block.get("hint") is not None:
        problems.text(block["hint"], 2000, f"{at}/hint", plain=True)
    _element(problems, block.get("element"), f"{at}/element")


def _rich_text(problems: _Problems, block: Json, at: str) -> None:
    problems.items(block.get("elements"), 10_000, f"{at}/elements", least=0)


def _table(problems: _Problems, block: Json, at: str) -> None:
    for row in problems.items(block.get("rows"), 100, f"{at}/rows"):
        problems.items(row, 20, f"{at}/rows")


def _section(problems: _Problems, block: Json, at: str) -> None:
    if block.get("text") is None and not block.get("fields"):
        problems.add("must define either text or fields", at)
    if block.get("text") is not None:
        problems.text(block["text"], 3000, f"{at}/text")
    if block.get("fields") is not None:
        for index, field in enumerate(problems.items(block["fields"], 10, f"{at}/fields")):
            problems.text(field, 2000, f"{at}/fields/{index}")
    if block.get("accessory") is not None:
        _element(problems, block["accessory"], f"{at}/accessory")


def _image(problems: _Problems, block: Json, at: str) -> None:
    url, file = block.get("image_url"), block.get("slack_file")
    if not url and not file:
        problems.add("missing required field: image_url", at)
    elif url and file:
        problems.add("must define only one of image_url or slack_file", at)
    if url:
        problems.string(url, 3000, f"{at}/image_url")
    if file:
        _slack_file(problems, file, f"{at}/slack_file")
    problems.string(block.get("alt_text", ""), 2000, f"{at}/alt_text", least=1)
    if block.get("title") is not None:
        problems.text(block["title"], 2000, f"{at}/title", plain=True)


def _slack_file(problems: _Problems, file: Any, at: str) -> None:
    named = [name for name in ("id", "url") if isinstance(file, dict) and file.get(name)]
    if len(named) != 1:
        problems.add("must define exactly one of id or url", at)
    elif named == ["id"] and not _FILE_ID.match(str(file["id"])):
        problems.add(f"input must match regex pattern: {_FILE_ID.pattern}", f"{at}/id")


def _unique_actions(problems: _Problems, elements: Any, at: str) -> None:
    if not isinstance(elements, list):
        return
    ids = [e["action_id"] for e in elements if isinstance(e, dict) and e.get("action_id")]
    for twice in sorted({i for i in ids if ids.count(i) > 1}):
        problems.add(f'`action_id` "{twice}" already exists for this block', f"{at}/elements")


def _element(problems: _Problems, item: Any, at: str) -> None:
    kind = item.get("type") if isinstance(item, dict) else None
    if kind not in _ELEMENTS:
        problems.add(f"unsupported type: {kind}", f"{at}/type")
        return
    if kind == "image":
        _image(problems, item, at)
        return
    if item.get("action_id") is not None:
        problems.string(item["action_id"], 255, f"{at}/action_id", least=1)
    if kind == "button":
        _button(problems, item, at)
    if item.get("placeholder") is not None:
        problems.text(item["placeholder"], 150, f"{at}/placeholder", plain=True)
    if kind in _OPTION_ELEMENTS:
        _options(problems, str(kind), item, at)
    if item.get("confirm") is not None:
        _confirm(problems, item["confirm"], f"{at}/confirm")


def _button(problems: _Problems, item: Json, at: str) -> None:
    problems.text(item.get("text"), 75, f"{at}/text", plain=True)
    if item.get("value") is not None:
        problems.string(item["value"], 2000, f"{at}/value")
    if item.get("url") is not None:
        problems.string(item["url"], 3000, f"{at}/url")
    if item.get("style") not in (None, "primary", "danger"):
        problems.add("must be one of: primary, danger", f"{at}/style")


def _options(problems: _Problems, kind: str, item: Json, at: str) -> None:
    most = {"overflow": 5, "checkboxes": 10, "radio_buttons": 10}.get(kind, 100)
    groups = item.get("option_groups")
    if groups is not None and kind in ("static_select", "multi_static_select"):
        for index, group in enumerate(problems.items(groups, 100, f"{at}/option_groups")):
            where = f"{at}/option_groups/{index}"
            problems.text(group.get("label"), 75, f"{where}/label", plain=True)
            _option_list(problems, group.get("options"), most, f"{where}/options")
        return
    _option_list(problems, item.get("options"), most, f"{at}/options")


def _option_list(problems: _Problems, options: Any, most: int, at: str) -> None:
    for index, option in enumerate(problems.items(options, most, at)):
        if not isinstance(option, dict):
            problems.add("must be an object", f"{at}/{index}")
            continue
        problems.text(option.get("text"), 75, f"{at}/{index}/text")
        problems.string(option.get("value"), 150, f"{at}/{index}/value")


def _confirm(problems: _Problems, confirm: Json, at: str) -> None:
    for name, most in (("title", 100), ("text", 300), ("confirm", 30), ("deny", 30)):
        if confirm.get(name) is not None:
            problems.text(confirm[name], most, f"{at}/{name}")


_CHECKS: dict[str, Callable[[_Problems, Json, str], None]] = {
    "actions": _actions,
    "context": _context,
    "header": _header,
    "image": _image,
    "input": _input,
    "markdown": _markdown,
    "rich_text": _rich_text,
    "section": _section,
    "table": _table,
}
