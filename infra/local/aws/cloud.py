"""What jobs and endpoints need of S3, CloudWatch and Logs: boto3, against the stand-in itself."""

from __future__ import annotations

import gzip
import re
import shutil
import tarfile
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

if TYPE_CHECKING:
    from mypy_boto3_cloudwatch import CloudWatchClient
    from mypy_boto3_logs import CloudWatchLogsClient
    from mypy_boto3_s3 import S3Client

_URI = re.compile(r"^(?:https|s3)://([^/]+)/?(.*)$", re.DOTALL)
# The stand-in checks no signature; what the key says is which account a request is for.
_SECRET = "local"  # noqa: S105


class S3Uri(NamedTuple):
    """A place in S3."""

    bucket: str
    key: str

    @classmethod
    def parse(cls, text: str) -> S3Uri:
        """Read `s3://bucket/key`. Raises ValueError."""
        match = _URI.match(text)
        if match is None:
            raise ValueError(f"{text!r} is no S3 URI (s3://bucket/key)")
        return cls(match[1], match[2])

    def __truediv__(self, more: str) -> S3Uri:
        """Return the place below this one."""
        return S3Uri(self.bucket, f"{self.key.rstrip('/')}/{more}".lstrip("/"))

    def __str__(self) -> str:
        """Return the `s3://` form."""
        return f"s3://{self.bucket}/{self.key}"


class MissingObjectsError(LookupError):
    """Nothing lies where an input was said to be."""


@dataclass(frozen=True)
class Cloud:
    """Clients for one account and region of the stand-in at `url`."""

    url: str
    account: str
    region: str

    def variables(self) -> dict[str, str]:
        """Return what a job's own boto3 is told by SageMaker: region, credentials, and where AWS is."""
        return {
            "AWS_ENDPOINT_URL": self.url,
            "AWS_REGION": self.region,
            "AWS_DEFAULT_REGION": self.region,
            "AWS_ACCESS_KEY_ID": self.account,
            "AWS_SECRET_ACCESS_KEY": _SECRET,
            "AWS_EC2_METADATA_DISABLED": "true",
            "S3_ENDPOINT_URL": self.url,
        }

    def _options(self) -> dict[str, object]:
        return {
            "endpoint_url": self.url,
            "region_name": self.region,
            "aws_access_key_id": self.account,
            "aws_secret_access_key": _SECRET,
            "config": Config(proxies={}, retries={"total_max_attempts": 3}, connect_timeout=5),
        }

    @cached_property
    def s3(self) -> S3Client:
        """S3."""
        return boto3.session.Session().client("s3", **self._options())  # type: ignore[call-overload, no-any-return]

    @cached_property
    def logs(self) -> CloudWatchLogsClient:
        """CloudWatch Logs."""
        return boto3.session.Session().client("logs", **self._options())  # type: ignore[call-overload, no-any-return]

    @cached_property
    def cloudwatch(self) -> CloudWatchClient:
        """CloudWatch."""
        return boto3.session.Session().client("cloudwatch", **self._options())  # type: ignore[call-overload, no-any-return]

    def exists(self, uri: S3Uri) -> bool:
        """Say whether the object is there."""
        try:
            self.s3.head_object(Bucket=uri.bucket, Key=uri.key)
        except ClientError:
            return False
        return True

    def download(self, uri: S3Uri, folder: Path, *, unzip: bool = False) -> None:
        """Download every object whose key starts with `uri` into `folder`, as SageMaker lays them out.

        Raises MissingObjectsError when there is none.
        """
        folder.mkdir(parents=True, exist_ok=True)
        count = 0
        for key in self._keys(uri):
            if key.endswith("/"):
                continue
            self._fetch(uri.bucket, key, folder / _relative(key, uri.key), unzip=unzip)
            count += 1
        if not count:
            raise MissingObjectsError(f"no object in S3 starts with {uri}")

    def fetch(self, uri: S3Uri, path: Path) -> None:
        """Download one object. Raises MissingObjectsError."""
        try:
            self._fetch(uri.bucket, uri.key, path)
        except ClientError as error:
            raise MissingObjectsError(f"cannot read {uri}: {error}") from error

    def upload(self, folder: Path, uri: S3Uri, *, newer_than: float = 0) -> None:
        """Upload the files below `folder` that changed after `newer_than` (seconds since the epoch)."""
        if not folder.is_dir():
            return
        for path in sorted(folder.rglob("*")):
            if path.is_file() and path.stat().st_mtime > newer_than:
                target = uri / str(path.relative_to(folder))
                self.s3.upload_file(str(path), target.bucket, target.key)

    def upload_archive(self, folder: Path, uri: S3Uri) -> None:
        """Upload what `folder` holds as one tar.gz."""
        archive = folder.with_name(f"{folder.name}.tar.gz")
        with tarfile.open(archive, "w:gz", compresslevel=1) as tar:
            for path in sorted(folder.iterdir()):
                tar.add(path, arcname=path.name)
        try:
            self.s3.upload_file(str(archive), uri.bucket, uri.key)
        finally:
            archive.unlink()

    def _keys(self, uri: S3Uri) -> list[str]:
        pages = self.s3.get_paginator("list_objects_v2").paginate(Bucket=uri.bucket, Prefix=uri.key)
        try:
            return [each["Key"] for page in pages for each in page.get("Contents", [])]
        except ClientError as error:
            raise MissingObjectsError(f"cannot list {uri}: {error}") from error

    def _fetch(self, bucket: str, key: str, path: Path, *, unzip: bool = False) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self.s3.download_file(bucket, key, str(path))
        if unzip and path.suffix == ".gz":
            with gzip.open(path) as packed, path.with_suffix("").open("wb") as plain:
                shutil.copyfileobj(packed, plain)
            path.unlink()


def _relative(key: str, prefix: str) -> str:
    """Return where an object lands below the folder: relative to the last `/` of the prefix."""
    if key.startswith(prefix.rstrip("/") + "/") and prefix:
        relative = key[len(prefix.rstrip("/")) + 1 :]
    else:
        relative = key[prefix.rfind("/") + 1 :]
    parts = [part for part in relative.split("/") if part not in {"", ".", ".."}]
    return "/".join(parts)
