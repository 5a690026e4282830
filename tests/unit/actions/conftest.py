from __future__ import annotations

import pytest


@pytest.fixture(autouse=True)
def environment(monkeypatch):
    """boto3 wants credentials before it finds that nothing answers."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
