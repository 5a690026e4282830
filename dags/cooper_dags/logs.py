"""Lines of jobs and model servers, read from CloudWatch Logs."""

from dataclasses import dataclass
from typing import Any

TRAINING = "/aws/sagemaker/TrainingJobs"
PROCESSING = "/aws/sagemaker/ProcessingJobs"
MAX_LINES = 50_000
"""Most lines of one reading; a job that writes more is read up to here."""


@dataclass(frozen=True, slots=True)
class Line:
    """One event of a log. `timestamp` in milliseconds since 1970."""

    timestamp: int
    text: str


def endpoint_group(endpoint: str) -> str:
    """The log group of an endpoint's containers."""
    return f"/aws/sagemaker/Endpoints/{endpoint}"


def read(
    logs: Any, group: str, prefix: str = "", *, since: int = 0, limit: int = MAX_LINES
) -> list[Line]:
    """The lines of all streams whose name starts with `prefix`, oldest first.

    Args:
        logs: Client of CloudWatch Logs.
        group: The log group; where it does not exist, there are no lines.
        prefix: Start of the streams' names; a job's is its name and a slash.
        since: Streams that were made before are left out. Milliseconds since 1970.
        limit: Most lines.
    """
    found: list[Line] = []
    for name in _streams(logs, group, prefix, since):
        found += _lines(logs, group, name, limit - len(found))
        if len(found) >= limit:
            break
    return sorted(found, key=lambda line: line.timestamp)


def tail(logs: Any, group: str, prefix: str, lines: int) -> list[str]:
    """The last lines of each stream whose name starts with `prefix`."""
    found: list[str] = []
    for name in _streams(logs, group, prefix, 0):
        answer = logs.get_log_events(
            logGroupName=group, logStreamName=name, limit=lines, startFromHead=False
        )
        found += [event["message"] for event in answer["events"]]
    return found


def _streams(logs: Any, group: str, prefix: str, since: int) -> list[str]:
    from botocore.exceptions import ClientError

    named = {"logStreamNamePrefix": prefix} if prefix else {}
    pages = logs.get_paginator("describe_log_streams").paginate(logGroupName=group, **named)
    try:
        streams = [stream for page in pages for stream in page["logStreams"]]
    except ClientError as error:
        if error.response["Error"]["Code"] == "ResourceNotFoundException":
            return []
        raise
    made = [stream for stream in streams if stream.get("creationTime", 0) >= since]
    made.sort(key=lambda stream: stream.get("creationTime", 0))
    return [str(stream["logStreamName"]) for stream in made]


def _lines(logs: Any, group: str, stream: str, limit: int) -> list[Line]:
    found: list[Line] = []
    token: dict[str, str] = {}
    while len(found) < limit:
        answer = logs.get_log_events(
            logGroupName=group, logStreamName=stream, startFromHead=True, **token
        )
        found += [Line(event["timestamp"], event["message"]) for event in answer["events"]]
        # The same token again is how CloudWatch says that this was the end.
        if token.get("nextToken") == answer["nextForwardToken"]:
            break
        token = {"nextToken": answer["nextForwardToken"]}
    return found[:limit]
