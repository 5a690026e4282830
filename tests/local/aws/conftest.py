"""The stand-in as a real process, real boto3 clients, and tiny real scikit-learn code."""

import os
from pathlib import Path

import pytest

from infra.local.aws.starter import Process
from infra.local.environments import ROOT
from infra.local.images.build import build
from tests.local.aws.support import Aws, furnish
from tests.support.postgres import database_url, postgres

__all__ = ["database_url", "postgres"]


@pytest.fixture(scope="session")
def images():
    folder = Path(os.environ.get("COOPER_IMAGES_DIR") or ROOT / ".cooper" / "images")
    build("sklearn", folder)
    return folder


@pytest.fixture
def start(tmp_path, images):
    """Start a stand-in over this test's state, as often as the test likes."""
    started = []

    def begin(*options):
        process = Process(tmp_path / "aws", images, "--stop-grace", "1", *options)
        started.append(process)
        return process

    yield begin
    for process in started:
        process.stop()


@pytest.fixture(scope="session")
def aws(tmp_path_factory, images):
    """A stand-in the tests share, with a bucket and a little data."""
    process = Process(
        tmp_path_factory.mktemp("aws"), images, "--stop-grace", "1", "--startup-timeout", "60"
    )
    aws = Aws(process.url, process.process.pid)
    furnish(aws)
    yield aws
    process.stop()


@pytest.fixture(scope="session")
def trained(aws):
    """The description of a job that really trained: y = 2x."""
    job = aws.trained(aws.train(hyperparameters={"slope": 1.0}))
    assert job["TrainingJobStatus"] == "Completed", job.get("FailureReason")
    return job


@pytest.fixture(scope="session")
def artefact(trained):
    """The URI of the model.tar.gz it wrote."""
    return trained["ModelArtifacts"]["S3ModelArtifacts"]
