"""Data capture as the tests ask for it, and what it wrote."""

import json
from datetime import UTC, datetime

from infra.local.aws.exchange import Exchange
from tests.local.aws.support import BUCKET, until


def capturing(target=f"s3://{BUCKET}/capture", **changes):
    """A DataCaptureConfig; what is changed to None is left out."""
    config = {
        "EnableCapture": True,
        "InitialSamplingPercentage": 100,
        "DestinationS3Uri": target,
        "CaptureOptions": [{"CaptureMode": "InputAndOutput"}],
        "CaptureContentTypeHeader": {"JsonContentTypes": ["application/json"]},
        **changes,
    }
    return {name: value for name, value in config.items() if value is not None}


def exchange(**changes):
    """An exchange that is captured."""
    values = {
        "endpoint": "claims",
        "config": "c1",
        "variant": "v1",
        "at": datetime(2026, 3, 4, 10, 59, 59, 123456, tzinfo=UTC),
        "request_type": "application/json",
        "request": b"{}",
        "response_type": "application/json",
        "response": b"{}",
        "status": 200,
        "latency": 0.01,
        "inference_id": None,
        "custom_attributes": None,
    }
    return Exchange(**(values | changes))


def files(aws, prefix, bucket=BUCKET):
    """The records below a prefix, by key."""
    found = aws.s3.list_objects_v2(Bucket=bucket, Prefix=prefix).get("Contents", [])
    return {
        each["Key"]: [
            json.loads(line)
            for line in aws.s3.get_object(Bucket=bucket, Key=each["Key"])["Body"].iter_lines()
        ]
        for each in found
    }


def records(aws, prefix, bucket=BUCKET):
    return [each for found in files(aws, prefix, bucket).values() for each in found]


def ids(found):
    return [each["eventMetadata"].get("inferenceId") for each in found]


def captured(aws, name, inference_id, prefix="capture"):
    """The record of one request, once it is written."""
    found = until(
        lambda: records(aws, f"{prefix}/{name}/"), lambda found: inference_id in ids(found), 20
    )
    return found[ids(found).index(inference_id)]
