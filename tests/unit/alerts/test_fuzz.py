"""No body, however made, is anything but alerts that can be stored or a refusal that names a field."""

from __future__ import annotations

import copy
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.alerts.cloudwatch import CloudWatch
from bot.alerts.source import PayloadError, UnauthenticatedError
from tests.unit.alerts.examples import ALARM, EXAMPLES, NOW, Example
from tests.unit.alerts.sns import TOPIC, confirmation, notification


async def _no_fetch(url):
    raise AssertionError(f"nothing is to be fetched from {url}")


_SIGNED = {
    "SignatureVersion": "1",
    "Signature": "AAAA",
    "SigningCertURL": "https://sns.us-west-2.amazonaws.com.evil.com/a.pem",
}
CLOUDWATCH = CloudWatch(frozenset({TOPIC}), _no_fetch, lambda: NOW)
ALL = EXAMPLES | {
    "cloudwatch": Example(CLOUDWATCH, notification() | _SIGNED, 1, {}),
    "subscription": Example(CLOUDWATCH, confirmation() | _SIGNED, 0, {}),
}

_SCALARS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=20)
    | st.sampled_from(
        ["\0", "\ud800", "\udcff", "x" * 20_000, 10**400, -0.0, "9999-12-31T23:59:59-12:00", "NaN"]
    )
)
_JSON = st.recursive(
    _SCALARS,
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4)
    ),
    max_leaves=12,
)


def places(value, at=()):
    """The paths of all that is in a body, itself included."""
    yield at
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from places(inner, (*at, key))
    elif isinstance(value, list):
        for place, inner in enumerate(value):
            yield from places(inner, (*at, place))


def replaced(body, at, value):
    if not at:
        return value
    found = copy.deepcopy(body)
    inner = found
    for part in at[:-1]:
        inner = inner[part]
    inner[at[-1]] = value
    return found


def encoded(body):
    """Lone surrogates as escapes or as bytes that are no UTF-8; numbers as Python writes them."""
    try:
        return json.dumps(body).encode()
    except RecursionError:
        return b"["


def parsed(example, raw):
    try:
        return example.source.parse(example.incoming(raw)), None
    except PayloadError as refused:
        return None, refused


def check(example, raw):
    delivery, refused = parsed(example, raw)
    if delivery is None:
        assert refused.field
        assert refused.expected
        assert len(refused.field) <= 200
        return
    for alert in delivery.alerts:
        texts = [alert.fingerprint, alert.title, alert.description, alert.monitor, alert.model]
        texts += [alert.monitor_type, alert.environment or "", alert.version or ""]
        texts += [alert.link or "", *(part for pair in alert.labels for part in pair)]
        assert all("\0" not in text and len(text) <= 3000 for text in texts)
        assert "".join(texts).encode()  # no half of a pair
        assert alert.severity in {"low", "medium", "high"}
        assert len(alert.labels) <= 50


@pytest.mark.parametrize("name", ALL)
@given(raw=st.binary(max_size=200))
def test_any_bytes(name, raw):
    check(ALL[name], raw)


@pytest.mark.parametrize("name", ALL)
@given(body=_JSON)
def test_any_json(name, body):
    check(ALL[name], encoded(body))


@pytest.mark.parametrize("name", ALL)
@given(data=st.data())
@settings(max_examples=200)
def test_the_example_with_anything_anywhere(name, data):
    body = ALL[name].body
    at = data.draw(st.sampled_from(list(places(body))))
    check(ALL[name], encoded(replaced(body, at, data.draw(_JSON))))


@given(data=st.data())
@settings(max_examples=200)
def test_an_alarm_with_anything_anywhere(data):
    at = data.draw(st.sampled_from(list(places(ALARM))))
    alarm = replaced(ALARM, at, data.draw(_JSON))
    check(ALL["cloudwatch"], encoded(notification(Message=encoded(alarm).decode()) | _SIGNED))


@given(data=st.data())
async def test_an_envelope_with_anything_anywhere_is_never_authentic(data):
    body = ALL["cloudwatch"].body
    at = data.draw(st.sampled_from(list(places(body))))
    raw = encoded(replaced(body, at, data.draw(_JSON)))
    with pytest.raises((PayloadError, UnauthenticatedError)):
        await CLOUDWATCH.authenticate(ALL["cloudwatch"].incoming(raw))


_DEEP = 50_000


@pytest.mark.parametrize("name", ALL)
@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"null",
        b"[" * _DEEP,
        b'{"a":' * _DEEP + b"1" + b"}" * _DEEP,
        b'{"alerts": ' + b"9" * 100_000 + b"}",
        b'{"findings": [' + b"null," * 100_000 + b"null]}",
        b'{"violations": [' + b"{}," * 100_000 + b"{}]}",
        '{"alert_id": "\ud800"}'.encode("utf-8", "surrogatepass"),
        b'\xef\xbb\xbf{"alert_id": 1}',
        b'{"alert_id": "\x00"}',
    ],
    ids=lambda raw: raw[:12].decode("utf-8", "replace"),
)
def test_hostile_bodies(name, raw):
    with pytest.raises(PayloadError):
        ALL[name].source.parse(ALL[name].incoming(raw))


@pytest.mark.parametrize("name", EXAMPLES)
def test_a_megabyte_of_text_is_cut(name):
    body = json.dumps(EXAMPLES[name].body)
    longest = max(
        (text for text in _texts(EXAMPLES[name].body) if text not in {"firing", "resolved"}),
        key=len,
    )
    check(EXAMPLES[name], body.replace(json.dumps(longest), json.dumps("é" * 1_000_000)).encode())


def _texts(value):
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for inner in value.values():
            yield from _texts(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _texts(inner)
