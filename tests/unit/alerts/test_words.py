"""Texts, figures, times and severities: what of a payload may be stored and shown."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.alerts.mrkdwn import mrkdwn
from bot.alerts.payload import clip, figure, fingerprint, labels, link, moment, optional
from bot.alerts.severity import severity


@given(st.text(), st.integers(min_value=1, max_value=50))
def test_a_clipped_text_is_short_and_storable(text, most):
    found = clip(text, most)
    assert len(found) <= most
    assert "\0" not in found
    if len(text) <= most and "\0" not in text:
        assert found == text


def test_a_cut_is_visible_and_nul_is_replaced():
    assert clip("abcdef", 4) == "abc…"
    assert clip("a\0b", 10) == "a\ufffdb"
    assert optional("") is None
    assert optional(None) is None


def test_labels_are_ordered_and_those_without_a_value_are_left_out():
    assert labels({"b": "2", "a": "1", "c": ""}) == (("a", "1"), ("b", "2"))
    many = labels({f"{number:03}": "x" * 10_000 for number in range(200)})
    assert len(many) == 50
    assert max(len(value) for _, value in many) <= 500


@pytest.mark.parametrize("url", ["https://a.b/c?d=e#f", "http://localhost:9090/graph?g0.expr=a"])
def test_a_link_that_opens_is_kept(url):
    assert link(url) == url


@pytest.mark.parametrize(
    "url",
    [
        None,
        "",
        "$ALERT_URL",
        "javascript:alert(1)",
        "https://a.b/c|<!channel>",
        "https://a.b/ c",
        "https://a.b/c\n",
        "https://a.b/\0",
        "ftp://a.b",
        "https://" + "a" * 5000,
    ],
)
def test_what_is_no_link_is_left_out(url):
    assert link(url) is None


@pytest.mark.parametrize(
    ("text", "value"),
    [("0.31", 0.31), ("1e3", 1000.0), (" 2 ", 2.0), ("", None), (None, None), ("x", None)],
)
def test_a_figure_is_read_where_it_is_one(text, value):
    assert figure(text) == value


@pytest.mark.parametrize("text", ["NaN", "inf", "-Infinity", "1e999"])
def test_a_figure_that_json_cannot_hold_is_none(text):
    assert figure(text) is None


def test_a_moment_has_a_zone_and_a_sensible_year():
    assert moment("2026-01-01T00:00:00Z") == datetime(2026, 1, 1, tzinfo=UTC)
    assert moment("2026-01-01T00:00:00") is None
    assert moment("yesterday") is None
    assert moment(None) is None
    # Both would overflow as soon as somebody asks for another time zone.
    assert moment(datetime.min.replace(tzinfo=timezone(timedelta(hours=5)))) is None
    assert moment(datetime.max.replace(tzinfo=timezone(timedelta(hours=-5)))) is None


_PARTS = st.lists(st.none() | st.text(max_size=5), max_size=4)


@given(_PARTS, _PARTS)
def test_fingerprints_are_the_same_for_the_same_parts_only(one, other):
    def told(parts):
        return [part or "" for part in parts]

    same = fingerprint("s", *one) == fingerprint("s", *other)
    assert same == (told(one) == told(other))
    assert fingerprint("s", *one) != fingerprint("t", *one)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("HIGH", "high"),
        ("High ", "high"),
        ("critical", "high"),
        ("page", "high"),
        ("MEDIUM", "medium"),
        ("warning", "medium"),
        ("Low", "low"),
        ("info", "low"),
        ("P1", "high"),
        ("P3", "medium"),
        ("p5", "low"),
        ("whatever", "medium"),
        ("", "medium"),
        (None, "medium"),
    ],
)
def test_severities_are_read_leniently(text, expected):
    assert severity(text) == expected


@pytest.mark.parametrize(
    ("html", "expected"),
    [
        ("plain", "plain"),
        ("<b>bold</b>", "*bold*"),
        ("<B>bold</B>", "*bold*"),
        ("a<br />b<br>c<br/>d", "a\nb\nc\nd"),
        ("x<ul><li>one</li><li>two</li></ul>y", "x\n• one\n• two\ny"),
        ("<b>never ended", "*never ended*"),
        ("never begun</b>", "never begun"),
        ("<b>a<b>b</b>c</b>", "*ab*c"),
        (
            "<script>x</script> <!channel> a < b && c > d",
            "<script>x</script> <!channel> a < b && c > d",
        ),
        ("<blockquote>", "<blockquote>"),
        ("<br" * 3, "<br" * 3),
        ("a<br /><br /><br /><br />b", "a\n\nb"),
    ],
)
def test_descriptions_are_drawn_as_mrkdwn(html, expected):
    assert mrkdwn(html) == expected


@given(st.lists(st.sampled_from(["<b>", "</b>", "<br />", "<ul>", "<li>", "</li>", "</ul>", "x"])))
def test_every_asterisk_has_its_partner(parts):
    drawn = mrkdwn("".join(parts))
    assert drawn.count("*") % 2 == 0
    assert "<" not in drawn
    assert drawn.count("x") == parts.count("x")


def test_a_megabyte_of_tags_is_read_at_once():
    # Linear: a quadratic reader takes minutes, and the test's time is limited.
    assert mrkdwn("<b" * 500_000).startswith("<b<b")
    assert json.dumps(mrkdwn("<b>" * 300_000))
