"""From what a script or the page says was entered to Slack's state values, and their checks."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, time
from typing import Any

from infra.local.slack import blocks as blockkit
from infra.local.slack.errors import Json, PersonError
from infra.local.slack.views import value_field

_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")


def state_value(element: Json, given: Any) -> Json:
    """The state object for one element.

    `given` is plain ("4", ["a"], options by value) or Slack's own object already. Raises
    PersonError for a value that Slack's client would not take.
    """
    kind = str(element["type"])
    name = value_field(kind)
    if name is None:
        raise PersonError("not_an_input", f"a {kind} holds no value")
    if isinstance(given, dict) and name in given:
        given = given[name]
    if given in (None, "", []):
        return {"type": kind, name: [] if name.endswith("s") else None}
    return {"type": kind, name: _read(element, kind, name, given)}


def _read(element: Json, kind: str, name: str, given: Any) -> Any:
    if name == "selected_option":
        return _option(element, kind, given)
    if name == "selected_options":
        many = given if isinstance(given, list) else [given]
        return [_option(element, kind, one) for one in many]
    if name.endswith("s"):
        return [str(one) for one in (given if isinstance(given, list) else [given])]
    return _single(kind, str(given))


def _single(kind: str, text: str) -> Any:
    if kind == "datetimepicker":
        return _parsed(int, text, "a Unix time like 1790000000", int(text) if text.isdigit() else 0)
    if kind == "datepicker":
        return _parsed(date.fromisoformat, text, "a date like 2026-01-31", text)
    if kind == "timepicker":
        return _parsed(time.fromisoformat, text, "a time like 09:30", text)
    return text


def _parsed(read: Callable[[str], object], text: str, wanted: str, result: Any) -> Any:
    try:
        read(text)
    except ValueError as error:
        raise PersonError("invalid_value", f"{text!r} is not {wanted}") from error
    return result


def _option(element: Json, kind: str, given: Any) -> Json:
    value = given.get("value") if isinstance(given, dict) else str(given)
    if kind.endswith("external_select"):
        return given if isinstance(given, dict) else _made_option(str(given))
    options = blockkit.options_of(element)
    for option in options:
        if value == option.get("value") or value == option.get("text", {}).get("text"):
            return option
    known = ", ".join(str(option.get("value")) for option in options)
    raise PersonError("invalid_option", f"{value!r} is not an option; there are {known}", 404)


def _made_option(value: str) -> Json:
    return {"text": {"type": "plain_text", "text": value, "emoji": True}, "value": value}


def fill(blocks: list[Json], state: Json, values: Json) -> Json:
    """`state` with `values` entered.

    `values` is `{block_id: {action_id: value}}`, `{action_id: value}` or `{block_id: value}`.
    Raises PersonError naming what fits nothing.
    """
    done = {block: dict(entries) for block, entries in state.items()}
    for key, given in values.items():
        for block, element, value in _targets(blocks, key, given):
            entry = state_value(element, value)
            done.setdefault(block["block_id"], {})[element["action_id"]] = entry
    return done


def _targets(blocks: list[Json], key: str, given: Any) -> list[tuple[Json, Json, Any]]:
    block = next((one for one in blocks if one.get("block_id") == key), None)
    if block is not None:
        inside = {e["action_id"]: e for e in blockkit.elements(block) if "action_id" in e}
        if isinstance(given, dict) and given and set(given) <= set(inside):
            return [(block, inside[action], value) for action, value in given.items()]
        if len(inside) == 1:
            return [(block, next(iter(inside.values())), given)]
    found = blockkit.find_action(blocks, key)
    if found is not None:
        return [(*found, given)]
    known = ", ".join(
        f"{one['block_id']}.{e['action_id']}" for one in blocks for e in blockkit.elements(one)
    )
    raise PersonError("no_such_input", f"the view has no input {key!r}; it has {known}", 404)


def problems(blocks: list[Json], state: Json) -> dict[str, str]:
    """What Slack's client would refuse to submit: block_id → message."""
    found: dict[str, str] = {}
    for block in blocks:
        if block.get("type") != "input":
            continue
        element = block["element"]
        name = value_field(str(element["type"]))
        entry = state.get(block["block_id"], {}).get(element.get("action_id"), {})
        value = entry.get(name) if name else None
        if value in (None, "", []):
            if not block.get("optional") and name:
                found[block["block_id"]] = "Please complete this required field."
            continue
        wrong = _wrong(element, value)
        if wrong:
            found[block["block_id"]] = wrong
    return found


def _wrong(element: Json, value: Any) -> str | None:
    kind = element["type"]
    if kind in ("plain_text_input", "email_text_input", "url_text_input"):
        return _wrong_text(element, kind, str(value))
    if kind == "number_input":
        return _wrong_number(element, str(value))
    most = element.get("max_selected_items")
    if most and isinstance(value, list) and len(value) > most:
        return f"Please select at most {most}."
    return None


def _wrong_text(element: Json, kind: str, text: str) -> str | None:
    least, most = element.get("min_length", 0), element.get("max_length", 3000)
    if len(text) < least:
        return f"Please enter at least {least} characters."
    if len(text) > most:
        return f"Please enter at most {most} characters."
    if kind == "email_text_input" and not _EMAIL.fullmatch(text):
        return "Please enter an e-mail address."
    if kind == "url_text_input" and not re.match(r"https?://\S+$", text):
        return "Please enter a URL."
    return None


def _wrong_number(element: Json, text: str) -> str | None:
    try:
        number = float(text)
    except ValueError:
        return "Please enter a number."
    if not element.get("is_decimal_allowed") and not re.fullmatch(r"[+-]?\d+", text.strip()):
        return "Please enter a whole number."
    least, most = element.get("min_value"), element.get("max_value")
    if least is not None and number < float(least):
        return f"Please enter a number that is at least {least}."
    if most is not None and number > float(most):
        return f"Please enter a number that is at most {most}."
    return None
