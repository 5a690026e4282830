import tempfile
from pathlib import Path

import pytest

from infra.local.stack.layout import Layout
from infra.local.stack.sweep import sweep


@pytest.fixture
def layout():
    """A stack of its own, whose processes are ended and folders removed whatever the test does."""
    with tempfile.TemporaryDirectory(prefix="cooper-test-", ignore_cleanup_errors=True) as folder:
        found = Layout.at(Path(folder) / "state")
        yield found
        sweep(found)
        import shutil

        shutil.rmtree(found.sockets, ignore_errors=True)
