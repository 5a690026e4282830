"""Pydantic's errors in the words of the person who wrote the file."""

from __future__ import annotations

import types
from collections.abc import Iterable, Mapping
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails
from rapidfuzz import fuzz, process

from actions.config_yaml import Document, Path, Problem, dotted

_KINDS: Mapping[str, str] = {
    "string_type": "text",
    "int_type": "a whole number",
    "int_from_float": "a whole number",
    "float_type": "a number",
    "bool_type": "true or false",
    "finite_number": "a finite number",
    "tuple_type": "a list",
    "list_type": "a list",
    "dict_type": "`key: value` pairs",
    "model_type": "`key: value` pairs",
    "model_attributes_type": "`key: value` pairs",
}
_BOUNDS: Mapping[str, tuple[str, str]] = {
    "greater_than": ("more than", "gt"),
    "greater_than_equal": ("at least", "ge"),
    "less_than": ("less than", "lt"),
    "less_than_equal": ("at most", "le"),
}


def nearest(word: str, choices: Iterable[str]) -> str:
    """The choice most like `word`, or an empty string where none is like it."""
    found = process.extractOne(word.lower(), list(choices), scorer=fuzz.ratio, score_cutoff=65)
    return str(found[0]) if found else ""


def describe(model: type[BaseModel], document: Document, error: ValidationError) -> list[Problem]:
    """One problem for each of pydantic's errors, at its place in the document."""
    return [_one(model, document, details) for details in error.errors(include_url=False)]


def _one(model: type[BaseModel], document: Document, details: ErrorDetails) -> Problem:
    path = tuple(details["loc"])
    kind = details["type"]
    if path and path[-1] == "[key]":
        return _make(document, path[:-1], _message(details), key=True)
    if kind == "extra_forbidden":
        known = _keys_at(model, path[:-1])
        return _make(
            document,
            path,
            "unknown key",
            "known: " + ", ".join(known),
            nearest(str(path[-1]), known),
            key=True,
        )
    if kind == "missing":
        return _make(document, path, "is missing", _description(model, path))
    if kind == "literal_error":
        choices = _choices(model, path)
        found = _shown(document, path, details)
        return _make(
            document,
            path,
            f"{found} is not one of the allowed values",
            "allowed: " + ", ".join(choices),
            nearest(str(details["input"]), choices),
        )
    if kind in _KINDS:
        return _wrong_kind(model, document, path, details)
    return _make(document, path, _message(details), _description(model, path))


def _make(
    document: Document,
    path: Path,
    message: str,
    allowed: str = "",
    suggestion: str = "",
    *,
    key: bool = False,
) -> Problem:
    line, column = document.position(path, key=key)
    return Problem(document.file, line, column, dotted(path), message, allowed, suggestion)


def _wrong_kind(
    model: type[BaseModel], document: Document, path: Path, details: ErrorDetails
) -> Problem:
    expected, value = _KINDS[details["type"]], details["input"]
    if value is None:
        return _make(
            document, path, f"has no value; it should be {expected}", _description(model, path)
        )
    allowed = _description(model, path)
    if expected == "text" and not isinstance(value, dict | list):
        allowed = f'put it in quotes: "{document.written.get(path, str(value))}"'
    return _make(
        document, path, f"should be {expected}, not {_shown(document, path, details)}", allowed
    )


def _message(details: ErrorDetails) -> str:
    context = details.get("ctx", {})
    bound = _BOUNDS.get(details["type"])
    if bound:
        return f"{details['input']} should be {bound[0]} {context[bound[1]]}"
    if details["type"] == "too_short":
        return f"should hold at least {context['min_length']}, holds {context['actual_length']}"
    if details["type"] == "too_long":
        return f"should hold at most {context['max_length']}, holds {context['actual_length']}"
    message = details["msg"].removeprefix("Value error, ")
    return message[:1].lower() + message[1:] if details["type"] != "value_error" else message


def _shown(document: Document, path: Path, details: ErrorDetails) -> str:
    value = details["input"]
    if isinstance(value, dict):
        return "`key: value` pairs"
    if isinstance(value, list):
        return "a list"
    text = document.written.get(path, str(value))
    short = text if len(text) <= 60 else text[:57] + "…"
    return repr(short) if isinstance(value, str) else short


def _fields(annotation: Any) -> dict[str, FieldInfo]:
    """The fields by the names a file uses."""
    found = _model_of(annotation)
    if found is None:
        return {}
    return {info.alias or name: info for name, info in found.model_fields.items()}


def _keys_at(model: type[BaseModel], path: Path) -> list[str]:
    return list(_fields(_annotation(model, path)))


def _choices(model: type[BaseModel], path: Path) -> list[str]:
    return [str(value) for value in get_args(_bare(_annotation(model, path)))]


def _description(model: type[BaseModel], path: Path) -> str:
    if not path:
        return ""
    info = _fields(_annotation(model, path[:-1])).get(str(path[-1]))
    return info.description or "" if info else ""


def _annotation(model: type[BaseModel], path: Path) -> Any:
    """The type declared at a path of the document, or None where the path leads out of it."""
    current: Any = model
    for step in path:
        current = _bare(current)
        fields = _fields(current)
        if fields:
            info = fields.get(str(step))
            current = info.annotation if info else None
            continue
        arguments = get_args(current)
        origin = get_origin(current)
        if origin is dict or origin is Mapping or getattr(origin, "__name__", "") == "Mapping":
            current = arguments[1]
        elif origin in (tuple, list):
            current = arguments[0]
        else:
            return None
    return current


def _bare(annotation: Any) -> Any:
    """Without `Annotated` and `| None`."""
    if get_origin(annotation) is Annotated:
        return _bare(get_args(annotation)[0])
    if get_origin(annotation) in (Union, types.UnionType):
        rest = [one for one in get_args(annotation) if one is not type(None)]
        return _bare(rest[0])
    return annotation


def _model_of(annotation: Any) -> type[BaseModel] | None:
    bare = _bare(annotation)
    if isinstance(bare, type) and not get_origin(bare) and issubclass(bare, BaseModel):
        return bare
    return None
