"""Captured records and labels, as SageMaker writes them."""

import base64
import json
import uuid

from project import BUCKET


def split(columns, rows):
    return {"dataframe_split": {"columns": columns, "data": rows}}


def record(body, predictions, at, event=None, inference=None, encoding="JSON"):
    def part(content):
        text = json.dumps(content)
        if encoding == "BASE64":
            text = base64.b64encode(text.encode()).decode()
        return {"observedContentType": "application/json", "data": text, "encoding": encoding}

    metadata = {"eventId": event or str(uuid.uuid4()), "inferenceTime": f"{at:%Y-%m-%dT%H:%M:%SZ}"}
    if inference:
        metadata["inferenceId"] = inference
    return {
        "captureData": {
            "endpointInput": part(body),
            "endpointOutput": part({"predictions": predictions}),
        },
        "eventMetadata": metadata,
        "eventVersion": "0",
    }


def truth(event, data, encoding="CSV"):
    return {
        "groundTruthData": {"data": data, "encoding": encoding},
        "eventMetadata": {"eventId": event},
        "eventVersion": "0",
    }


def put(s3, folder, at, records, name=None):
    """Write records as one file into the folder of an hour."""
    lines = [each if isinstance(each, str) else json.dumps(each) for each in records]
    key = f"{folder}/{at:%Y/%m/%d/%H}/{name or uuid.uuid4()}.jsonl"
    s3.put_object(Bucket=BUCKET, Key=key, Body="\n".join(lines).encode())
    return key


def captured(s3, endpoint, at, records, name=None):
    return put(s3, f"capture/{endpoint}/AllTraffic", at, records, name)


def labels(s3, endpoint, at, records, name=None):
    return put(s3, f"labels/{endpoint}", at, records, name)
