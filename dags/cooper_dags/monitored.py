"""The tasks of `monitor_models`: what is watched, and a look at each."""

from datetime import UTC, datetime
from typing import Any

from cooper_dags import environments, failures, objects, watches
from cooper_dags.environments import Environment
from cooper_dags.errors import RefusedError, fails_clearly

_GONE = {"NoSuchBucket", "404"}


def run_find() -> list[dict[str, Any]]:
    """Run `find` inside its task."""
    from airflow.sdk import get_current_context

    @fails_clearly
    def stage(_context: Any) -> list[dict[str, Any]]:
        return [each for one in environments.configured() for each in find(one)]

    result: list[dict[str, Any]] = stage(get_current_context())
    return result


def run_look(watched: dict[str, Any]) -> dict[str, Any]:
    """Run `look` inside its task, for the window that ends when the run was due."""
    from airflow.sdk import get_current_context

    from cooper_dags import watching

    @fails_clearly
    def stage(context: Any) -> dict[str, Any]:
        context["endpoint"] = watched["endpoint"]
        if watched["fault"] is not None:
            raise RefusedError(watched["fault"], watched["kind"])
        environment = environments.parse(watched["environment"], "environment")
        end: datetime = context["dag_run"].run_after.astimezone(UTC)
        return watching.look(environment, watched["uri"], end)

    result: dict[str, Any] = stage(get_current_context())
    return result


def find(environment: Environment) -> list[dict[str, Any]]:
    """What is watched in an environment.

    Environments may share a bucket, so each takes its own. A document that cannot be read, and an
    environment that cannot be looked into, is an entry with its fault: that fails alone.
    """
    from botocore.exceptions import ClientError

    s3 = environment.client("s3")
    try:
        found = [_entry(environment, s3, uri) for uri in _uris(environment, s3)]
        return [each for each in found if each is not None]
    except ClientError as error:
        code = str(error.response["Error"]["Code"])
        if failures.is_denied(code):
            reason = failures.denied(error.operation_name, str(error.response["Error"]["Message"]))
            return [_fault(environment, environment.name, reason, failures.PERMISSION)]
        if code in _GONE:
            reason = f"There is no bucket {environment.bucket}."
            return [_fault(environment, environment.name, reason, failures.REFUSED)]
        raise


def _uris(environment: Environment, s3: Any) -> list[str]:
    folder = watches.folder(environment.bucket, environment.installation)
    bucket, prefix = objects.split(folder)
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix)
    return [f"s3://{bucket}/{each['Key']}" for page in pages for each in page.get("Contents", [])]


def _entry(environment: Environment, s3: Any, uri: str) -> dict[str, Any] | None:
    """None for a document of another environment, and for one that is gone by now."""
    name = objects.file_name(uri).removesuffix(".json")
    try:
        watch = watches.read(s3, uri)
    except RefusedError as error:
        return _fault(environment, name, str(error), error.kind)
    if watch is None or watch["environment"] != environment.name:
        return None
    return {
        "environment": environment.document(),
        "endpoint": name,
        "uri": uri,
        "fault": None,
        "kind": None,
    }


def _fault(environment: Environment, name: str, reason: str, kind: str) -> dict[str, Any]:
    return {
        "environment": environment.document(),
        "endpoint": name,
        "uri": None,
        "fault": f"{name} cannot be watched: {reason}",
        "kind": kind,
    }
