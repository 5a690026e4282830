"""What a model takes, by its MLflow signature. The model itself is never loaded here."""

import json
import tarfile
from pathlib import PurePosixPath
from typing import Any

from cooper_dags import objects

_LARGEST = 4 * 1024 * 1024
"""Bytes of an MLmodel file that is read; MLflow writes some thousand."""


def inputs(s3: Any, uri: str) -> dict[str, str] | None:
    """The named inputs of the model in a `model.tar.gz`, each with its MLflow type, in order.

    None where the archive holds no MLflow model, or one without named inputs (tensors).
    """
    bucket, key = objects.split(uri)
    body = s3.get_object(Bucket=bucket, Key=key)["Body"]
    # As a stream: a model may be larger than the disk of a worker.
    with tarfile.open(fileobj=body, mode="r|gz") as archive:
        found = {
            PurePosixPath(member.name): content.read()
            for member in archive
            if PurePosixPath(member.name).name == "MLmodel" and member.size <= _LARGEST
            if (content := archive.extractfile(member)) is not None
        }
    if not found:
        return None
    nearest = min(found, key=lambda path: (len(path.parts), str(path)))
    return named_inputs(found[nearest])


def named_inputs(mlmodel: bytes) -> dict[str, str] | None:
    """As `inputs`, of the content of an MLmodel file.

    https://mlflow.org/docs/latest/ml/model/#mlmodel-file-format
    """
    import yaml

    try:
        document = yaml.safe_load(mlmodel)
        columns = json.loads(document["signature"]["inputs"])
        return {column["name"]: str(column["type"]) for column in columns}
    except (yaml.YAMLError, KeyError, TypeError, ValueError):
        return None
