"""Objects in S3: looked at, hashed, copied."""

import hashlib
import tarfile
import tempfile
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any
from urllib.parse import urlsplit

from cooper_dags import failures
from cooper_dags.errors import RefusedError

_CHUNK = 1 << 20
_SINGLE_COPY = 5 * 1024**3
"""Bytes that one CopyObject call can copy; more needs a multipart copy."""


def split(uri: str) -> tuple[str, str]:
    """Bucket and key of an `s3://` URI."""
    parts = urlsplit(uri)
    return parts.netloc, parts.path.lstrip("/")


def file_name(uri: str) -> str:
    """The last part of the URI's key."""
    return PurePosixPath(split(uri)[1]).name


@dataclass(frozen=True, slots=True)
class Fetched:
    """A downloaded object; `size` in bytes."""

    path: Path
    size: int
    etag: str


def fetch(s3: Any, artifact: dict[str, Any], folder: Path, what: str) -> Fetched:
    """Download a plan's artifact and check that it still has the hash of the plan.

    Raises:
        RefusedError: It is not there, or its content is another.
    """
    from botocore.exceptions import ClientError

    bucket, key = split(artifact["uri"])
    try:
        answer = s3.get_object(Bucket=bucket, Key=key)
    except ClientError as error:
        code = error.response["Error"]["Code"]
        if code in {"NoSuchKey", "NoSuchBucket", "404"}:
            raise RefusedError(
                f"The {what} {artifact['uri']} cannot be read: {code}. Register the project again."
            ) from error
        if failures.is_denied(code):
            raise RefusedError(
                f"The {what} {artifact['uri']} cannot be read: the permission s3:GetObject is missing.",
                failures.PERMISSION,
            ) from error
        raise
    path = folder / file_name(artifact["uri"])
    hasher, size = hashlib.sha256(), 0
    with path.open("wb") as output:
        for chunk in answer["Body"].iter_chunks(_CHUNK):
            output.write(chunk)
            hasher.update(chunk)
            size += len(chunk)
    if hasher.hexdigest() != artifact["sha256"]:
        raise RefusedError(
            f"The {what} {artifact['uri']} changed: its SHA-256 is {hasher.hexdigest()[:12]}…, "
            f"the plan's is {artifact['sha256'][:12]}…. Register the project again."
        )
    return Fetched(path, size, answer["ETag"])


def put(s3: Any, uri: str, body: bytes, environment: dict[str, Any]) -> None:
    """Write an object, encrypted with the environment's key where it has one."""
    bucket, key = split(uri)
    kms_key = environment["kms_key"]
    encrypted = {"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": kms_key} if kms_key else {}
    s3.put_object(Bucket=bucket, Key=key, Body=body, **encrypted)


def get(s3: Any, uri: str) -> bytes | None:
    """An object's content; None where there is none."""
    from botocore.exceptions import ClientError

    bucket, key = split(uri)
    try:
        body: bytes = s3.get_object(Bucket=bucket, Key=key)["Body"].read()
    except ClientError as error:
        if error.response["Error"]["Code"] in {"NoSuchKey", "404"}:
            return None
        raise
    return body


def copy(s3: Any, artifact: dict[str, Any], target: str, fetched: Fetched) -> None:
    """Copy the very object that was fetched, inside S3, to the URI `target`."""
    bucket, key = split(artifact["uri"])
    to_bucket, to_key = split(target)
    source = {"Bucket": bucket, "Key": key}
    if fetched.size > _SINGLE_COPY:
        s3.copy(source, to_bucket, to_key)
        return
    s3.copy_object(Bucket=to_bucket, Key=to_key, CopySource=source, CopySourceIfMatch=fetched.etag)


def count_rows(path: Path) -> int | None:
    """Rows of a CSV or Parquet file; None for other formats."""
    formats = {".csv": "csv", ".parquet": "parquet"}
    if path.suffix not in formats:
        return None
    import pyarrow.csv
    import pyarrow.dataset

    kind: Any = formats[path.suffix]
    if kind == "csv":
        kind = pyarrow.dataset.CsvFileFormat(
            parse_options=pyarrow.csv.ParseOptions(newlines_in_values=True)
        )
    return int(pyarrow.dataset.dataset(path, format=kind).count_rows())


def check_source(path: Path, entry_points: list[str]) -> None:
    """See that a source package is an archive that holds its entry points at its root.

    Raises:
        RefusedError: It does not.
    """
    try:
        with tarfile.open(path) as archive:
            names = {name.removeprefix("./") for name in archive.getnames()}
    except tarfile.TarError as error:
        raise RefusedError(f"The source package is no tar archive: {error}.") from error
    missing = [name for name in entry_points if name not in names]
    if missing:
        raise RefusedError(f"The source package has no {' and no '.join(missing)}.")


def extracted(archive: Path, folder: Path) -> Path:
    """Unpack `archive` below `folder`, nothing outside it (PEP 706's data filter)."""
    with tarfile.open(archive) as content:
        content.extractall(folder, filter="data")
    return folder


def workspace() -> tempfile.TemporaryDirectory[str]:
    """A folder for what a task downloads, gone when the task ends."""
    return tempfile.TemporaryDirectory(prefix="cooper-")
