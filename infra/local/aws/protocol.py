"""SageMaker's wire protocol (JSON 1.1), held to AWS's own service model as botocore ships it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from functools import cache
from typing import Any

import botocore.session
from botocore.model import OperationModel, ServiceModel, Shape

from infra.local.aws.errors import AwsError, validation

_PLAIN = {"string": str, "boolean": bool, "integer": int, "long": int, "map": dict, "list": list}


@cache
def service() -> ServiceModel:
    """Return the service model of SageMaker."""
    return botocore.session.Session().get_service_model("sagemaker")


def operation(name: str) -> OperationModel | None:
    """Return the model of a call, or None when SageMaker has no such call."""
    return service().operation_model(name) if name in service().operation_names else None


def read(model: OperationModel, body: bytes) -> dict[str, Any]:
    """Parse and validate a request. Raises AwsError (ValidationException, SerializationException)."""
    try:
        request = json.loads(body or b"{}")
    except ValueError as error:
        raise AwsError("SerializationException", f"the body is no JSON: {error}") from error
    if not isinstance(request, dict):
        raise AwsError("SerializationException", "the body must be a JSON object")
    problems = list(_problems(model.input_shape, request, "")) if model.input_shape else []
    if problems:
        count = f"{len(problems)} validation error{'s' if len(problems) > 1 else ''} detected: "
        raise validation(count + "; ".join(problems))
    return request


def write(model: OperationModel, result: dict[str, Any]) -> bytes:
    """Serialise a result: only the members the call's output has."""
    members = model.output_shape.members if model.output_shape else {}
    return json.dumps({key: result[key] for key in members if result.get(key) is not None}).encode()


def _problems(shape: Any, value: object, at: str) -> Iterator[str]:
    """Yield AWS's sentence for each broken constraint, depth first."""
    wrong_type = _PLAIN.get(shape.type_name)
    if wrong_type is not None and not isinstance(value, wrong_type):
        yield f"Value at '{at}' must be of type {shape.type_name}"
    elif shape.type_name == "structure":
        yield from _structure(shape, value, at)
    elif isinstance(value, list):
        yield from _bounds(shape, len(value), value, at, "length")
        for index, each in enumerate(value):
            yield from _problems(shape.member, each, f"{at}.{index + 1}.member")
    elif isinstance(value, dict):
        yield from _bounds(shape, len(value), value, at, "length")
        for key, each in value.items():
            yield from _problems(shape.value, each, f"{at}.{key}")
    elif isinstance(value, str):
        yield from _string(shape, value, at)
    elif shape.type_name in {"integer", "long"} and isinstance(value, int):
        yield from _bounds(shape, value, value, at, "value")


def _structure(shape: Any, value: object, at: str) -> Iterator[str]:
    if not isinstance(value, dict):
        yield f"Value at '{at or 'the request'}' must be a structure"
        return
    for name in shape.metadata.get("required", []):
        if value.get(name) is None:
            yield f"Value null at '{_join(at, name)}' failed to satisfy constraint: Member must not be null"
    for name, each in value.items():
        if name in shape.members and each is not None:
            yield from _problems(shape.members[name], each, _join(at, name))


def _string(shape: Shape, value: str, at: str) -> Iterator[str]:
    yield from _bounds(shape, len(value), value, at, "length")
    allowed = shape.metadata.get("enum")
    if allowed and value not in allowed:
        yield _sentence(value, at, f"Member must satisfy enum value set: [{', '.join(allowed)}]")
    pattern = shape.metadata.get("pattern")
    if pattern and not _matches(pattern, value):
        yield _sentence(value, at, f"Member must satisfy regular expression pattern: {pattern}")


def _matches(pattern: str, value: str) -> bool:
    try:
        return re.fullmatch(pattern, value) is not None
    except re.error:
        # A few patterns use Java's Unicode classes, which Python's engine does not know.
        return True


def _bounds(shape: Shape, measured: int, value: object, at: str, what: str) -> Iterator[str]:
    low, high = shape.metadata.get("min"), shape.metadata.get("max")
    noun = "have length" if what == "length" else "have value"
    if low is not None and measured < low:
        yield _sentence(value, at, f"Member must {noun} greater than or equal to {low}")
    if high is not None and measured > high:
        yield _sentence(value, at, f"Member must {noun} less than or equal to {high}")


def _sentence(value: object, at: str, constraint: str) -> str:
    return f"Value '{value}' at '{at}' failed to satisfy constraint: {constraint}"


def _join(at: str, name: str) -> str:
    member = name[:1].lower() + name[1:]
    return f"{at}.{member}" if at else member
