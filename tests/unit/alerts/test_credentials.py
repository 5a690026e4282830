"""Secrets in headers: what opens, and what does not."""

from __future__ import annotations

import base64

import pytest
from multidict import CIMultiDict
from pydantic import SecretStr

from bot.alerts.credentials import bearer, bearer_or_basic, in_header
from bot.alerts.source import Incoming, UnauthenticatedError

SECRET = SecretStr("correct-horse-battery-staple")


def incoming(**headers):
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Incoming(CIMultiDict(named), {}, b"")


def basic(pair):
    return "Basic " + base64.b64encode(pair.encode()).decode()


@pytest.mark.parametrize(
    ("credentials", "headers"),
    [
        (in_header("X-Secret", SECRET), {"x_secret": "correct-horse-battery-staple"}),
        (bearer(SECRET), {"Authorization": "Bearer correct-horse-battery-staple"}),
        (bearer(SECRET), {"authorization": "bearer correct-horse-battery-staple"}),
        (bearer_or_basic(SECRET, "am"), {"Authorization": "Bearer correct-horse-battery-staple"}),
        (
            bearer_or_basic(SECRET, "am"),
            {"Authorization": basic("am:correct-horse-battery-staple")},
        ),
    ],
)
def test_the_secret_opens(credentials, headers):
    credentials.check(incoming(**headers))


@pytest.mark.parametrize(
    "value",
    [
        "",
        "Bearer",
        "Bearer ",
        "correct-horse-battery-staple",
        "Bearer Correct-horse-battery-staple",
        "Bearer correct-horse-battery-staple2",
        "Bearer correct-horse-battery-stapl",
        "Bearer correct-horse-battery-staple\0",
        "Digest correct-horse-battery-staple",
        basic("am:correct-horse"),
        basic("other:correct-horse-battery-staple"),
        basic("correct-horse-battery-staple"),
        "Basic ???",
        "Bearer \udcff\udcfe",
        "Bearer ü",
    ],
)
def test_anything_else_does_not(value):
    for credentials in (bearer(SECRET), bearer_or_basic(SECRET, "am")):
        with pytest.raises(UnauthenticatedError) as refused:
            credentials.check(incoming(Authorization=value))
        assert "correct" not in str(refused.value)


def test_a_missing_header_is_named():
    with pytest.raises(UnauthenticatedError, match="X-Secret is missing"):
        in_header("X-Secret", SECRET).check(incoming(Authorization="Bearer x"))


def test_basic_credentials_do_not_open_what_takes_tokens_only():
    with pytest.raises(UnauthenticatedError):
        bearer(SECRET).check(incoming(Authorization=basic("am:correct-horse-battery-staple")))


def test_a_secret_is_not_drawn():
    assert "horse" not in repr(bearer(SECRET))
    assert "horse" not in repr(in_header("X-Secret", SECRET))
