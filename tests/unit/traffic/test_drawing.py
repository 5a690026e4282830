"""Which rows are drawn: each as often as the others, or the rare labels as often as asked."""

from collections import Counter
from itertools import islice
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.traffic.drawing import drawn, rare_labels, shifted
from bot.traffic.holdout import Example
from bot.traffic.injections import InjectionError


def examples(*labels):
    return [Example({"number": number}, label) for number, label in enumerate(labels)]


@given(count=st.integers(1, 50), rounds=st.integers(1, 3), seed=st.integers())
def test_every_row_comes_before_any_comes_again(count, rounds, seed):
    rows = examples(*range(count))
    found = list(islice(drawn(rows, Random(seed)), count * rounds))
    for start in range(0, len(found), count):
        assert Counter(each.label for each in found[start : start + count]) == Counter(range(count))
    assert found == list(islice(drawn(rows, Random(seed)), count * rounds))


LABELS = st.lists(
    st.none() | st.sampled_from(["a", "b", "c"]) | st.booleans(), min_size=1, max_size=60
) | st.lists(st.none() | st.integers(0, 60) | st.floats(0, 1), min_size=1, max_size=200)


@given(labels=LABELS, share=st.sampled_from([0.0, 1.0]), seed=st.integers())
def test_rare_labels_come_as_often_as_asked_with_their_own_rows(labels, share, seed):
    rows = examples(*labels)
    if len({label for label in labels if label is not None}) < 2:
        with pytest.raises(InjectionError, match="all labels of the holdout are alike"):
            shifted(rows, share, Random(seed))
        return
    rare = rare_labels(rows)
    found = list(islice(shifted(rows, share, Random(seed)), 40))
    assert all(each in rows for each in found)
    assert all((each.label in rare) is (share == 1.0) for each in found)


def test_a_share_of_them_is_that_share():
    rows = examples(*["often"] * 990, *["seldom"] * 10)
    found = [each.label for each in islice(shifted(rows, 0.3, Random(7)), 4000)]
    assert found.count("seldom") == pytest.approx(1200, abs=180)


@pytest.mark.parametrize(
    ("labels", "rare"),
    [
        (["a"] * 3 + ["b"], {"b"}),
        ([0, 0, 1, None], {1}),
        ([True, False, False], {True}),
        (list(range(100)), set(range(90, 100))),
        # More than nine tenths are 0: all others are rare.
        ([0] * 400 + list(range(1, 31)), set(range(1, 31))),
        ([str(number) for number in range(30)] * 2 + ["30"], {"30"}),
    ],
)
def test_rare_is_the_least_frequent_class_or_the_highest_tenth(labels, rare):
    assert rare_labels(examples(*labels)) == rare
