"""Matchers: what they match, what is refused, and that no pattern takes for ever."""

from __future__ import annotations

from time import process_time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actions.incidents.matchers import (
    MAX_VALUE,
    Matcher,
    MatcherError,
    Operator,
    all_match,
    parse,
)

LABELS = {"project": "fraud", "severity": "high", "note": "two\nlines", "odd": 'say "so" \\ no'}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('project="fraud"', True),
        ("project=fraud", True),
        (' project = "fraud" ', True),
        ('project="frau"', False),
        ('project!="fraud"', False),
        ('project!="churn"', True),
        ('project=~"fr.*"', True),
        ('project=~"fraud|churn"', True),
        ("project=~fraud|churn", True),
        ('project=~"frau"', False),
        ('project=~"raud"', False),
        ('project=~"fraud|x"', True),
        ('project=~"x|frau"', False),
        ('project!~"fr.*"', False),
        ('project!~"frau"', True),
        ('project=~"(?i)FRAUD"', True),
        (r'project=~"\w+"', True),
        ('project=~""', False),
        ('absent=""', True),
        ("absent=", True),
        ('absent!=""', False),
        ('absent=~".*"', True),
        ('absent=~".+"', False),
        ('absent!~".+"', True),
        ('note="two\\nlines"', True),
        ('note=~"two.*"', False),
        ('note=~"(?s)two.*"', True),
        (r'odd="say \"so\" \\ no"', True),
        ('project="Fraud"', False),
    ],
)
def test_a_matcher_means_what_alertmanagers_does(text, expected):
    assert parse(text).matches(LABELS) is expected


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "is no matcher; write one such as"),
        ("fraud", "is no matcher"),
        ('="fraud"', "is no matcher"),
        ('1st="x"', "is no matcher"),
        ('pro-ject="x"', "is no matcher"),
        ("x" * 101 + '="x"', "is no matcher"),
        ('project>"x"', "is no matcher"),
        ("project==fraud", "put it in quotes if it is meant so"),
        ('project="fraud', "do not go around"),
        ('project="fra"ud"', "do not go around"),
        ('project="fraud\\"', "do not go around"),
        ('project=fra"ud', "put it in quotes"),
        ('project=~"("', "missing )"),
        ('project=~"*"', "no argument for repetition operator"),
        ('project=~"a{1001}"', "invalid repetition size"),
        ('project=~"(?:(?:a{99}){99}){99}"', "no regular expression that can be used"),
        ('project=~"\\pL{1000}"', "too large"),
        (r'project=~"(a)\1"', "invalid escape sequence"),
        ('project=~"(?=a)"', "invalid perl operator"),
        ('project=~"[z-a]"', "invalid character class"),
        (f'project="{"x" * (MAX_VALUE + 1)}"', "has 501 characters; at most 500"),
    ],
)  # fmt: skip
def test_what_is_no_matcher_is_refused_with_what_would_be_right(text, why):
    with pytest.raises(MatcherError) as refused:
        parse(text)
    assert why in str(refused.value)
    assert len(str(refused.value)) < 300


@given(
    st.from_regex(r"[a-zA-Z_][a-zA-Z0-9_]{0,20}", fullmatch=True),
    st.sampled_from([Operator.EQUAL, Operator.NOT_EQUAL]),
    st.text(max_size=30),
    st.text(max_size=30),
)
def test_what_is_written_is_read_and_compares_exactly(label, operator, value, other):
    matcher = Matcher(label, operator, value)
    assert parse(str(matcher)) == matcher
    assert matcher.matches({label: value}) is (operator is Operator.EQUAL)
    assert matcher.matches({label: other}) is ((value == other) is (operator is Operator.EQUAL))


@given(st.text(max_size=60))
def test_any_text_is_a_matcher_or_refused(text):
    try:
        matcher = parse(text)
    except MatcherError:
        return
    assert matcher.matches({}) in (True, False)


@given(st.text(alphabet="ab|()[]{}*+?.\\^$,-159:iP<>dwWsS", max_size=40), st.text(max_size=40))
def test_any_pattern_is_used_or_refused_and_its_negation_is_the_contrary(pattern, value):
    try:
        matcher = Matcher("a", Operator.MATCHES, pattern)
    except MatcherError:
        with pytest.raises(MatcherError):
            Matcher("a", Operator.MATCHES_NOT, pattern)
        return
    assert parse(str(matcher)) == matcher
    negated = Matcher("a", Operator.MATCHES_NOT, pattern)
    assert matcher.matches({"a": value}) is not negated.matches({"a": value})


@pytest.mark.parametrize(
    "pattern", ["(a+)+b", "(a|a)*b", "(a|aa)+b", "(.*a){9}b", "a*a*a*a*a*a*a*a*a*a*b", "(a*)*b"]
)
def test_no_pattern_takes_longer_than_the_value_is_long(pattern):
    """Each takes years where it is tried out step by step."""
    matcher = Matcher("a", Operator.MATCHES, pattern)
    began = process_time()
    assert not matcher.matches({"a": "a" * 20_000})
    assert process_time() - began < 2


@pytest.mark.parametrize("half", ["\ud800", "x\udfff"])
def test_half_of_a_character_breaks_nothing(half):
    assert not parse("a=~.").matches({"a": "b" + half + "b"})
    assert parse("a=~.+").matches({"a": half})
    assert Matcher("a", Operator.MATCHES, half).matches({"a": half})


def test_all_must_match_and_none_always_do():
    assert all_match((), LABELS)
    assert all_match((parse("project=fraud"), parse("severity=high")), LABELS)
    assert not all_match((parse("project=fraud"), parse("severity=low")), LABELS)
