"""How data capture waits and writes: by time, by size, at the end, and past a bad destination."""

import threading
import uuid
from dataclasses import replace
from datetime import timedelta

import pytest

from infra.local.aws import capture as capture_module
from infra.local.aws.capture import DataCapture
from infra.local.aws.cloud import Cloud
from infra.local.aws.context import ACCOUNT
from tests.local.aws.captures import capturing, exchange, files, records
from tests.local.aws.support import BUCKET, until


@pytest.fixture
def cloud(aws):
    return Cloud(aws.url, ACCOUNT, "us-east-1")


@pytest.fixture
def patient(monkeypatch):
    """Data capture that writes by size, or at its end, and not by the clock."""
    monkeypatch.setattr(capture_module, "_FLUSH_SECONDS", 3600)
    monkeypatch.setattr(capture_module, "_FLUSH_BYTES", 1000)
    monkeypatch.setattr(capture_module, "_MOST_BYTES", 2000)
    writer = DataCapture()
    yield writer
    writer.close()


def test_size_makes_it_write_before_its_time(aws, cloud, patient):
    prefix = f"sized-{uuid.uuid4()}"
    config = capturing(f"s3://{BUCKET}/{prefix}")
    patient.record(cloud, config, exchange(request=b"1" * 998))
    patient.record(cloud, config, exchange(request=b"2" * 10))
    assert len(until(lambda: records(aws, prefix), bool, 20)) == 2


def test_an_hour_has_its_own_folder_and_the_end_writes_what_waits(aws, cloud, patient):
    prefix = f"hours-{uuid.uuid4()}"
    config = capturing(f"s3://{BUCKET}/{prefix}/")
    first = exchange()
    for seconds in (0, 0.5, 1):
        patient.record(cloud, config, replace(first, at=first.at + timedelta(seconds=seconds)))
    patient.record(cloud, config, replace(first, variant="v2"))
    assert aws.keys(prefix) == []
    patient.close()

    found = files(aws, prefix)
    folders = {
        key.rsplit("/", 1)[0].removeprefix(prefix): len(lines) for key, lines in found.items()
    }
    assert folders == {
        "/claims/v1/2026/03/04/10": 2,
        "/claims/v1/2026/03/04/11": 1,
        "/claims/v2/2026/03/04/10": 1,
    }
    assert any(key.rsplit("/", 1)[1].startswith("59-59-123-") for key in found)


def test_too_many_that_wait_are_left_out_and_said(cloud, monkeypatch, caplog, patient):
    is_free = threading.Event()
    monkeypatch.setattr(DataCapture, "_flush", lambda _: is_free.wait(20))
    config = capturing()
    patient.record(cloud, config, exchange(request=b"1" * 1900))
    patient.record(cloud, config, exchange(request=b"2" * 200))
    assert len(patient._waiting) == 1
    assert "a record was left out" in caplog.text
    is_free.set()


def test_one_bad_destination_does_not_take_another_with_it(aws, cloud, patient, caplog):
    prefix = f"good-{uuid.uuid4()}"
    bad = "s3://no-such-bucket-anywhere"
    patient.record(cloud, capturing(bad), exchange())
    patient.record(cloud, capturing(f"s3://{BUCKET}/{prefix}"), exchange())
    patient.close()
    assert len(records(aws, prefix)) == 1
    assert patient.is_failing("claims", bad)
    assert not patient.is_failing("claims", f"s3://{BUCKET}/{prefix}")
    assert "1 records are lost" in caplog.text
    patient.forget("claims")
    assert not patient.is_failing("claims", bad)
