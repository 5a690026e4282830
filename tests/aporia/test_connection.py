"""The installation's settings: what is taken, what is refused, and that a token is never told."""

import pytest
from cooper_aporia.connection import filled, parse
from cooper_aporia.errors import AporiaError
from hypothesis import given
from hypothesis import strategies as st

SETTINGS = {"host": "https://platform.aporia.com", "account": "acme", "integration": "cooper"}


@given(
    st.text().filter(lambda text: not (text.isascii() and text.isprintable() and " " not in text))
)
def test_what_cannot_be_a_token_is_refused_and_not_repeated(token):
    with pytest.raises(AporiaError) as raised:
        parse(SETTINGS, "secret" + token)
    assert "secret" not in str(raised.value)


def test_no_token_is_refused():
    with pytest.raises(AporiaError, match="token is empty"):
        parse(SETTINGS, "")


def test_a_connection_does_not_show_its_token():
    assert "hidden-token" not in repr(parse(SETTINGS, "hidden-token"))


@pytest.mark.parametrize(
    ("host", "url"),
    [
        ("platform.aporia.com", "https://platform.aporia.com"),
        ("https://platform-eu.aporia.com/", "https://platform-eu.aporia.com"),
        ("http://127.0.0.1:8000", "http://127.0.0.1:8000"),
    ],
)
def test_hosts_that_are_taken(host, url):
    assert parse(SETTINGS | {"host": host}, "t").url == url


@pytest.mark.parametrize(
    ("host", "said"),
    [
        ("", "host is ''"),
        ("ftp://aporia", "host is"),
        ("http://platform.aporia.com", "unencrypted"),
        ("https://me:pass@platform.aporia.com", "holds a user"),
    ],
)
def test_hosts_that_are_refused(host, said):
    with pytest.raises(AporiaError, match=said):
        parse(SETTINGS | {"host": host}, "t")


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"account": ""}, "no account"),
        ({"account": None, "integration": None}, "no account and no integration"),
        ({"serving": {"query": "q"}}, "no `data_source`"),
        ({"training": {"query": "q"}}, "no `serving`"),
        ({"serving": "SELECT 1"}, "`serving` in the connection's extra should be an object"),
        ({"serving": {}}, "should be an object"),
    ],
)
def test_settings_that_are_refused(changes, said):
    with pytest.raises(AporiaError, match=said):
        parse(SETTINGS | changes, "t")


def test_only_our_own_names_are_filled_in():
    reading = {
        "regex": "{endpoint}/{version}/*.json",
        "query": "SELECT {x} FROM {data}",
        "header": True,
    }
    assert filled(reading, "demo-a", "3") == {
        "regex": "demo-a/3/*.json",
        "query": "SELECT {x} FROM {data}",
        "header": True,
    }


def test_the_workspace_is_aporias_default():
    assert parse(SETTINGS, "t").workspace == "default-workspace"
