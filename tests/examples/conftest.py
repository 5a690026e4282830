"""What the stand-in needs to run an example as AWS would."""

import os
from pathlib import Path

import pytest

from infra.local.aws.starter import running
from infra.local.environments import ROOT
from tests.local.aws.support import Aws, furnish


@pytest.fixture(scope="session")
def aws(tmp_path_factory):
    """A stand-in with a bucket; it makes the images that its jobs need."""
    images = Path(os.environ.get("COOPER_IMAGES_DIR") or ROOT / ".cooper" / "images")
    state = tmp_path_factory.mktemp("aws")
    with running(state, images, "--startup-timeout", "120") as url:
        aws = Aws(url)
        furnish(aws)
        yield aws
