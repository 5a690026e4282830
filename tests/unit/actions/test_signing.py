"""Canonical JSON, digests and signatures: nothing changed passes."""

from __future__ import annotations

import base64
import copy
import json
import math

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from actions.canonical import canonical_json, digest
from actions.signing import BadSignatureError, signed_conf, verify_conf

KEY = Ed25519PrivateKey.from_private_bytes(b"1" * 32)
PLAN = {"project": "claims", "resources": {"count": 1, "spot": False}, "rate": 0.05, "no": None}
RUN = "demo-R42-a1"

SCALARS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text()
)
JSON = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


@given(st.dictionaries(st.text(), JSON, max_size=5))
def test_order_of_keys_does_not_matter_and_content_survives(value):
    try:
        canonical = canonical_json(value)
    except UnicodeEncodeError:  # half of a surrogate pair is no text
        return
    assert canonical_json(dict(reversed(value.items()))) == canonical
    assert json.loads(canonical) == value
    assert canonical_json(json.loads(canonical)) == canonical


def test_the_bytes_are_fixed():
    assert canonical_json({"b": [1, 0.5], "a": "é "}) == '{"a":"é ","b":[1,0.5]}'.encode()
    assert digest({}) == ("sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a")


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf, [math.nan], {"a": math.inf}])
def test_what_is_no_number_is_refused(value):
    with pytest.raises(ValueError):
        canonical_json(value)


@pytest.mark.parametrize("value", [{1, 2}, b"x", object()])
def test_what_is_no_json_is_refused(value):
    with pytest.raises(TypeError):
        canonical_json(value)


@given(JSON, JSON)
def test_other_content_has_another_digest(one, other):
    try:
        same = canonical_json(one) == canonical_json(other)
        assert (digest(one) == digest(other)) == same
    except UnicodeEncodeError:
        return


def test_what_was_signed_is_accepted():
    assert verify_conf(signed_conf(PLAN, RUN, KEY), RUN, KEY.public_key()) == PLAN


def test_a_signature_is_for_one_run_alone():
    conf = signed_conf(PLAN, RUN, KEY)
    for run in ("demo-R42-a2", "demo-R43-a1", "", RUN + "\n"):
        with pytest.raises(BadSignatureError):
            verify_conf(conf, run, KEY.public_key())


def test_another_installations_key_is_refused():
    other = Ed25519PrivateKey.generate()
    with pytest.raises(BadSignatureError, match="not this installation's"):
        verify_conf(signed_conf(PLAN, RUN, other), RUN, KEY.public_key())


def paths(value, at=()):
    yield at
    inside = value.items() if isinstance(value, dict) else ()
    for key, one in inside:
        yield from paths(one, (*at, key))


@pytest.mark.parametrize("path", [path for path in paths(PLAN) if path], ids="/".join)
def test_every_field_is_covered(path):
    conf = signed_conf(copy.deepcopy(PLAN), RUN, KEY)
    holder = conf["plan"]
    for key in path[:-1]:
        holder = holder[key]
    holder[path[-1]] = "changed"
    with pytest.raises(BadSignatureError, match="was changed after"):
        verify_conf(conf, RUN, KEY.public_key())
    # A digest that fits the changed plan does not help without the key.
    conf["digest"] = digest(conf["plan"])
    with pytest.raises(BadSignatureError, match="not this installation's"):
        verify_conf(conf, RUN, KEY.public_key())


@pytest.mark.parametrize("byte", range(64))
def test_every_byte_of_the_signature_counts(byte):
    conf = signed_conf(PLAN, RUN, KEY)
    raw = bytearray(base64.b64decode(conf["signature"]))
    raw[byte] ^= 1
    conf["signature"] = base64.b64encode(raw).decode()
    with pytest.raises(BadSignatureError):
        verify_conf(conf, RUN, KEY.public_key())


@pytest.mark.parametrize("missing", ["plan", "digest", "signature"])
def test_a_conf_made_by_hand_is_refused(missing):
    conf = signed_conf(PLAN, RUN, KEY)
    del conf[missing]
    with pytest.raises(BadSignatureError, match=RUN):
        verify_conf(conf, RUN, KEY.public_key())


@pytest.mark.parametrize("signature", [None, 5, "", "not base64!", "AAAA", ["x"], "é"])
def test_a_signature_that_is_none_is_refused(signature):
    conf = signed_conf(PLAN, RUN, KEY) | {"signature": signature}
    with pytest.raises(BadSignatureError):
        verify_conf(conf, RUN, KEY.public_key())


@pytest.mark.parametrize("conf", [{}, None, [], "conf", {"plan": float("nan")}])
def test_anything_else_is_refused(conf):
    with pytest.raises(BadSignatureError):
        verify_conf(conf, RUN, KEY.public_key())


@pytest.mark.parametrize("plan", [{"a": math.nan}, {"a": {1}}, None, [1]])
def test_a_plan_that_is_no_plan_is_refused(plan):
    conf = signed_conf(PLAN, RUN, KEY) | {"plan": plan}
    with pytest.raises(BadSignatureError):
        verify_conf(conf, RUN, KEY.public_key())
