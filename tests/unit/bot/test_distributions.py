"""Small histograms: whatever they hold they are drawn, in order, and read aloud."""

from __future__ import annotations

import struct

import pytest
from pydantic import ValidationError

from actions.answers import Distribution, Distributions
from bot.charts.distributions import description
from bot.charts.drawing import alt_text, png

ODD = "a'\"b]\\ <!channel> ${x} datum.value\n😀"


def panel(
    name="age", labels=("< 30", "≥ 30", "missing"), before=(0.5, 0.5, 0), now=(0.2, 0.7, 0.1)
):
    return Distribution(name=name, labels=labels, before=before, now=now)


def shown(*panels, **changes):
    values = {"title": "What moved most", "before": "training", "now": "now"} | changes
    return Distributions(panels=panels or (panel(),), **values)


@pytest.mark.parametrize(
    "odd",
    [
        shown(),
        shown(*(panel(str(i)) for i in range(20))),
        shown(panel(ODD, (ODD, ODD + "2", "c")), title=ODD, subtitle=ODD),
        shown(panel("x" * 500, tuple("y" * 500 + str(i) for i in range(3)))),
        shown(panel(labels=tuple(map(str, range(50))), before=(0.02,) * 50, now=(0.02,) * 50)),
        shown(panel(before=(0, 0, 0), now=(0, 0, 0))),
    ],
)
async def test_whatever_it_holds_it_is_drawn_for_a_phone(odd):
    picture = await png(odd)
    assert picture[:8] == b"\x89PNG\r\n\x1a\n"
    width, height = struct.unpack(">II", picture[16:24])
    assert 600 <= width <= 1600
    assert 200 <= height <= 2000


def test_the_bars_stand_in_the_order_of_the_buckets():
    labels = ("9 – 10", "< 3", "missing")
    rows = description(shown(panel(labels=labels)))["data"]["values"]
    ordered = dict.fromkeys(row["label"] for row in rows)
    assert [label[2:] for label in sorted(ordered)] == list(labels)


def test_what_moved_most_is_read_aloud():
    assert "age: < 30, training 50%, now 20%" in alt_text(shown())


@pytest.mark.parametrize(
    "wrong",
    [
        {"labels": ()},
        {"before": (0.5,)},
        {"now": (0.1, 0.2, float("nan"))},
    ],
)
def test_what_does_not_fit_together_is_refused(wrong):
    with pytest.raises(ValidationError):
        panel(**wrong)
