"""Content-addressed files in S3, by boto3."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import boto3
from boto3.exceptions import S3UploadFailedError
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from actions.ports import ArtifactError, CloudUnavailableError

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

_CHUNK = 1024 * 1024
_HASH = "sha256"
_MISSING = frozenset({"404", "NoSuchKey", "NotFound"})


class S3Artifacts:
    """The `Artifacts` port over an S3 client. `kms_key` encrypts what is written."""

    def __init__(self, client: S3Client, kms_key: str | None = None) -> None:
        self._client = client
        self._kms_key = kms_key

    @classmethod
    def connect(cls, region: str, kms_key: str | None = None) -> S3Artifacts:
        """An adapter over boto3's own configuration (variables, profile, role of the machine)."""
        config = Config(connect_timeout=5, read_timeout=60, retries={"max_attempts": 3})
        return cls(boto3.client("s3", region_name=region, config=config), kms_key)

    def put_file(self, bucket: str, key: str, path: str, sha256: str) -> str:
        """Upload the file, unless the key holds this content; returns the `s3://` URI.

        Raises:
            ArtifactError: S3 refuses, or the key holds other content than its name says.
            CloudUnavailableError: S3 does not answer.
        """
        uri = f"s3://{bucket}/{key}"
        stored = self._stored_hash(bucket, key)
        if stored == sha256:
            return uri
        if stored:
            raise ArtifactError(f"{uri} holds other content than {sha256}; it is not overwritten")
        extra = {"Metadata": {_HASH: sha256}, **self._encryption()}
        with _errors(uri):
            self._client.upload_file(path, bucket, key, ExtraArgs=extra)
        return uri

    def put(self, bucket: str, key: str, body: bytes) -> str:
        """Write an object, replacing what was there; returns the `s3://` URI. Raises as `put_file`."""
        uri = f"s3://{bucket}/{key}"
        with _errors(uri):
            self._client.put_object(Bucket=bucket, Key=key, Body=body, **self._encryption())
        return uri

    def get(self, uri: str) -> bytes:
        """The object's content. Raises as `put_file`."""
        return b"".join(self._read(uri))

    def sha256(self, uri: str) -> str:
        """SHA-256 of the object's content in hex, read in pieces of 1 MiB. Raises as `put_file`."""
        digest = hashlib.sha256()
        for piece in self._read(uri):
            digest.update(piece)
        return digest.hexdigest()

    def _encryption(self) -> dict[str, Any]:
        if self._kms_key is None:
            return {}
        return {"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": self._kms_key}

    def _read(self, uri: str) -> Iterator[bytes]:
        bucket, key = _split(uri)
        with _errors(uri):
            body = self._client.get_object(Bucket=bucket, Key=key)["Body"]
            yield from body.iter_chunks(_CHUNK)

    def _stored_hash(self, bucket: str, key: str) -> str | None:
        """The stored hash, empty for an object that came without one, None for no object."""
        uri = f"s3://{bucket}/{key}"
        try:
            with _errors(uri):
                found = self._client.head_object(Bucket=bucket, Key=key)
        except _NotThereError:
            return None
        return found["Metadata"].get(_HASH, "")


class _NotThereError(ArtifactError):
    """There is no such object."""


def _split(uri: str) -> tuple[str, str]:
    bucket, _, key = uri.removeprefix("s3://").partition("/")
    if not uri.startswith("s3://") or not bucket or not key:
        raise ArtifactError(f"{uri!r} is no S3 address; write s3://bucket/key")
    return bucket, key


@contextmanager
def _errors(uri: str) -> Iterator[None]:
    """AWS's errors as ours, with the address and what to do."""
    try:
        yield
    except ClientError as error:
        raise _refused(uri, error) from error
    except S3UploadFailedError as error:
        cause = error.__context__
        if isinstance(cause, ClientError):
            raise _refused(uri, cause) from error
        raise ArtifactError(f"{uri} could not be written: {error}") from error
    except BotoCoreError as error:
        raise CloudUnavailableError(f"S3 does not answer for {uri}: {error}") from error


def _refused(uri: str, error: ClientError) -> ArtifactError:
    code = error.response.get("Error", {}).get("Code", "")
    bucket = uri.removeprefix("s3://").partition("/")[0]
    if code == "NoSuchBucket":
        return ArtifactError(f"the bucket {bucket} does not exist; create it or mend cooper.yaml")
    if code in _MISSING:
        return _NotThereError(f"{uri} does not exist")
    if code in ("AccessDenied", "403"):
        return ArtifactError(f"no permission for {uri}; the role needs s3:GetObject and PutObject")
    return ArtifactError(f"S3 refused {uri}: {error}")
