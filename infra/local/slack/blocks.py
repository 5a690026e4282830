"""Finding and completing the interactive parts of blocks."""

from __future__ import annotations

import copy
import secrets
from collections.abc import Iterator
from typing import Any

from infra.local.slack.errors import Json

_NESTED = ("blocks", "actions", "elements", "cards", "items")


def complete(blocks: list[Json]) -> list[Json]:
    """The blocks with a `block_id` and `action_id` wherever Slack would make one up."""
    done = copy.deepcopy(blocks)
    for block in done:
        block.setdefault("block_id", secrets.token_urlsafe(4))
        for element in elements(block):
            if element.get("type") not in ("image", "plain_text", "mrkdwn"):
                element.setdefault("action_id", secrets.token_urlsafe(4))
    return done


def elements(block: Json) -> Iterator[Json]:
    """Every element of a block that a person could act on."""
    for name in ("element", "accessory"):
        if isinstance(block.get(name), dict):
            yield block[name]
    if block.get("type") in ("actions", "context_actions"):
        yield from (item for item in block.get("elements", []) if isinstance(item, dict))
    if block.get("type") in ("card", "carousel", "container"):
        for name in _NESTED:
            for child in block.get(name, []) if isinstance(block.get(name), list) else []:
                if isinstance(child, dict):
                    if "action_id" in child:
                        yield child
                    else:
                        yield from elements(child)


def uploaded_images(blocks: list[Json]) -> Iterator[tuple[str, Json]]:
    """Every `slack_file` of an image, with the JSON pointer to it."""
    for index, block in enumerate(blocks):
        within = [
            (f"/blocks/{index}", block),
            (f"/blocks/{index}/accessory", block.get("accessory")),
        ]
        if block.get("type") == "context":
            elements = block.get("elements") or []
            within += [(f"/blocks/{index}/elements/{i}", one) for i, one in enumerate(elements)]
        for at, one in within:
            if isinstance(one, dict) and one.get("type") == "image" and one.get("slack_file"):
                yield f"{at}/slack_file", one["slack_file"]


def find_action(
    blocks: list[Json], action_id: str, block_id: str | None = None, value: Any = None
) -> tuple[Json, Json] | None:
    """The (block, element) with this action id; several alike are told apart by `value`."""
    found = [
        (block, element)
        for block in blocks
        if block_id is None or block.get("block_id") == block_id
        for element in elements(block)
        if element.get("action_id") == action_id
    ]
    for block, element in found:
        if value is not None and element.get("value") == value:
            return block, element
    return found[0] if found else None


def action_ids(blocks: list[Json]) -> list[str]:
    return [
        str(element["action_id"])
        for block in blocks
        for element in elements(block)
        if "action_id" in element
    ]


def options_of(element: Json) -> list[Json]:
    options: list[Json] = list(element.get("options") or [])
    for group in element.get("option_groups") or []:
        options.extend(group.get("options") or [])
    return options
