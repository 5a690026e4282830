"""The `Artifacts` port over S3's own protocol."""

import hashlib
import socket

import boto3
import pytest
from botocore.config import Config

from actions.ports import ArtifactError, CloudUnavailableError
from infra.clients.artifacts import S3Artifacts

BUCKET = "cooper-test"
KEYS = {
    "region_name": "us-east-1",
    "aws_access_key_id": "testing",
    "aws_secret_access_key": "testing",
}


@pytest.fixture
def artifacts(client):
    return S3Artifacts(client)


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "claims.csv"
    path.write_bytes(b"visits\n3\n" * 200_000)
    return str(path), hashlib.sha256(path.read_bytes()).hexdigest()


def test_what_is_put_comes_back(artifacts, file):
    path, digest = file
    uri = artifacts.put_file(BUCKET, "round/trip.csv", path, digest)
    assert uri == f"s3://{BUCKET}/round/trip.csv"
    assert hashlib.sha256(artifacts.get(uri)).hexdigest() == digest
    assert artifacts.sha256(uri) == digest


def test_the_same_content_is_sent_once(artifacts, client, file):
    path, digest = file
    artifacts.put_file(BUCKET, "once.csv", path, digest)
    first = client.head_object(Bucket=BUCKET, Key="once.csv")["LastModified"]
    versions = client.list_object_versions(Bucket=BUCKET, Prefix="once.csv")["Versions"]
    artifacts.put_file(BUCKET, "once.csv", "/no/such/file", digest)
    again = client.head_object(Bucket=BUCKET, Key="once.csv")["LastModified"]
    assert (again, len(versions)) == (first, 1)


def test_other_content_under_the_key_is_not_overwritten(artifacts, file):
    path, digest = file
    artifacts.put_file(BUCKET, "held.csv", path, digest)
    with pytest.raises(ArtifactError, match="is not overwritten"):
        artifacts.put_file(BUCKET, "held.csv", path, "0" * 64)
    assert artifacts.sha256(f"s3://{BUCKET}/held.csv") == digest


def test_an_object_that_came_without_a_hash_is_replaced_by_the_right_one(artifacts, client, file):
    path, digest = file
    client.put_object(Bucket=BUCKET, Key="bare.csv", Body=b"half an upload")
    artifacts.put_file(BUCKET, "bare.csv", path, digest)
    assert artifacts.sha256(f"s3://{BUCKET}/bare.csv") == digest


def test_a_kms_key_encrypts_what_is_written(client, file):
    path, digest = file
    S3Artifacts(client, kms_key="key-1").put_file(BUCKET, "secret.csv", path, digest)
    head = client.head_object(Bucket=BUCKET, Key="secret.csv")
    assert (head["ServerSideEncryption"], head["SSEKMSKeyId"]) == ("aws:kms", "key-1")


def test_bytes_are_written_and_written_over(client, artifacts):
    uri = artifacts.put(BUCKET, "labels/one.jsonl", b"first")
    assert uri == f"s3://{BUCKET}/labels/one.jsonl"
    artifacts.put(BUCKET, "labels/one.jsonl", b"second")
    assert artifacts.get(uri) == b"second"
    S3Artifacts(client, "alias/ours").put(BUCKET, "labels/one.jsonl", b"third")
    assert client.head_object(Bucket=BUCKET, Key="labels/one.jsonl")["SSEKMSKeyId"] == "alias/ours"
    with pytest.raises(ArtifactError, match="the bucket nobodys-bucket does not exist"):
        artifacts.put("nobodys-bucket", "labels/one.jsonl", b"")


def test_an_object_that_is_not_there_is_named(artifacts):
    for ask in (artifacts.get, artifacts.sha256):
        with pytest.raises(ArtifactError, match=f"s3://{BUCKET}/nothing does not exist"):
            ask(f"s3://{BUCKET}/nothing")


def test_a_bucket_that_is_not_there_is_named(artifacts, file):
    with pytest.raises(ArtifactError, match="the bucket cooper-missing does not exist"):
        artifacts.put_file("cooper-missing", "a.csv", *file)


@pytest.mark.parametrize("uri", ["", "s3://", "s3://bucket", "s3:///key", "https://bucket/key"])
def test_what_is_no_address_is_refused(artifacts, uri):
    with pytest.raises(ArtifactError, match="is no S3 address"):
        artifacts.get(uri)


def test_a_silent_s3_is_told_apart_from_a_refusal(file):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    config = Config(connect_timeout=1, retries={"max_attempts": 1})
    client = boto3.client("s3", endpoint_url=f"http://127.0.0.1:{port}", config=config, **KEYS)
    with pytest.raises(CloudUnavailableError, match="S3 does not answer"):
        S3Artifacts(client).put_file(BUCKET, "a.csv", *file)
