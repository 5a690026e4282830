"""Watch documents: what serves on an endpoint and how it is watched, for `monitor_models`.

One for each endpoint, `s3://{bucket}/watch/{installation}/{endpoint}.json`, valid under
`schemas/watch.json`; and one kept for each configuration, so that one that comes back has its own.
"""

import json
from datetime import UTC, datetime
from typing import Any

from cooper_dags import aws, objects
from cooper_dags.conf import Run, canonical, completed
from cooper_dags.errors import RefusedError


def folder(bucket: str, installation: str) -> str:
    """Where the documents of an installation are: `s3://…/`."""
    return f"s3://{bucket}/watch/{installation}/"


def read(s3: Any, uri: str) -> dict[str, Any] | None:
    """The document; None where there is none.

    Raises:
        RefusedError: It is not what we write.
    """
    content = objects.get(s3, uri)
    if content is None:
        return None
    try:
        document = json.loads(content)
    except ValueError as error:
        raise RefusedError(f"The watch document {uri} is no JSON: {error}.") from error
    return completed(document, "watch", f"The watch document {uri} does not fit its schema")


def record(run: Run, config: str, since: datetime) -> None:
    """Let the endpoint be watched as the plan says; as nothing, where it says nothing.

    Safe to repeat: what says the same already keeps its time.

    Args:
        run: The deployment.
        config: The endpoint's configuration.
        since: When the endpoint took it.
    """
    if run.plan["monitoring"] is None:
        forget(run)
        return
    s3, uri = aws.client(run, "s3"), _uri(run)
    document = _document(run, config, since)
    found = _read_ours(s3, uri)
    if found is not None and {**found, "since": None} == {**document, "since": None}:
        return
    _write(run, s3, document)


def bring_back(run: Run, config: str, since: datetime) -> None:
    """Let the endpoint be watched as it was with the earlier configuration."""
    s3 = aws.client(run, "s3")
    document = _read_ours(s3, _kept_uri(run, config))
    if document is None:
        forget(run)
    else:
        _write(run, s3, {**document, "since": _moment(since)})


def forget(run: Run) -> None:
    """Let nobody watch the endpoint."""
    bucket, key = objects.split(_uri(run))
    aws.client(run, "s3").delete_object(Bucket=bucket, Key=key)


def _read_ours(s3: Any, uri: str) -> dict[str, Any] | None:
    """As `read`; one of another format is written anew rather than refused."""
    try:
        return read(s3, uri)
    except RefusedError:
        return None


def _write(run: Run, s3: Any, document: dict[str, Any]) -> None:
    content = canonical(document)
    for uri in (_kept_uri(run, document["config"]), _uri(run)):
        objects.put(s3, uri, content, run.plan["environment"])


def _document(run: Run, config: str, since: datetime) -> dict[str, Any]:
    plan = run.plan
    document = {
        "schema_version": 1,
        "installation": plan["installation"],
        "project": plan["project"],
        "environment": plan["environment"]["name"],
        "endpoint": plan["endpoint"],
        "config": config,
        "model": plan["model"]["name"],
        "version": plan["model"]["version"],
        "monitoring": plan["monitoring"],
        "since": _moment(since),
    }
    return completed(document, "watch", "The watch document does not fit its schema")


def _moment(since: datetime) -> str:
    # Captured records tell full seconds.
    return since.astimezone(UTC).replace(microsecond=0).isoformat()


def _uri(run: Run) -> str:
    plan = run.plan
    return f"{folder(plan['environment']['bucket'], plan['installation'])}{plan['endpoint']}.json"


def _kept_uri(run: Run, config: str) -> str:
    plan = run.plan
    return (
        f"s3://{plan['environment']['bucket']}/watched/{plan['installation']}/"
        f"{plan['endpoint']}/{config}.json"
    )
