import json

import pytest
from project import ENVIRONMENT

from cooper_dags import environments
from cooper_dags.errors import RefusedError


def test_environments_are_read_as_the_stack_writes_them(monkeypatch):
    other = {**ENVIRONMENT, "name": "production"}
    monkeypatch.setenv("COOPER_ENVIRONMENTS", json.dumps([ENVIRONMENT, other]))
    found = environments.configured()
    assert [each.name for each in found] == ["staging", "production"]
    assert found[0].document() == ENVIRONMENT


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (None, "is not set for Airflow's workers"),
        ("", "is not set"),
        ("[", "is no JSON"),
        ("{}", "should be a list like this"),
        ("[1]", r"\[0\] should be an object with name, connection"),
        (json.dumps([ENVIRONMENT, {}]), r"\[1\]\.name is None, should be a text"),
        (json.dumps([{**ENVIRONMENT, "bucket": ""}]), r"\[0\]\.bucket is ''"),
        (json.dumps([{**ENVIRONMENT, "region": 1}]), r"\[0\]\.region is 1"),
        (json.dumps([{**ENVIRONMENT, "role": "x"}]), r"\[0\] has no 'role'; there are name"),
    ],
)
def test_what_is_not_right_is_named(monkeypatch, text, reason):
    monkeypatch.delenv("COOPER_ENVIRONMENTS", raising=False)
    if text is not None:
        monkeypatch.setenv("COOPER_ENVIRONMENTS", text)
    with pytest.raises(RefusedError, match=reason):
        environments.configured()
