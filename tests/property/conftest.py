from __future__ import annotations

import pytest

from tests.support.postgres import postgres

__all__ = ["postgres"]


@pytest.fixture(autouse=True)
def environment(monkeypatch):
    """boto3 wants credentials before it finds that nothing answers."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
