"""Charts: every one that the domain can describe is drawn, and read aloud."""

from __future__ import annotations

import struct

import pytest
from pydantic import ValidationError

from actions.answers import Chart, Series
from bot.charts.drawing import alt_text, png

ODD = "a'\"b]\\ <!channel> ${x} datum.value\n😀"


def chart(**changes):
    values = {
        "title": "v4 against v3",
        "labels": ("gini", "mae"),
        "series": (Series(name="v3", values=(0.3, 2.0)), Series(name="v4", values=(0.4, None))),
    }
    return Chart(**(values | changes))


def size(picture):
    """Width and height of a PNG."""
    assert picture[:8] == b"\x89PNG\r\n\x1a\n"
    return struct.unpack(">II", picture[16:24])


@pytest.mark.parametrize(
    "odd",
    [
        chart(),
        chart(title=ODD, subtitle=ODD, labels=(ODD, ODD), unit=ODD),
        chart(title="x" * 500, subtitle="y" * 500, labels=("l" * 300, "m" * 300)),
        chart(labels=("😀" * 99, "W" * 99), series=(Series(name="😀" * 99, values=(1, 2)),)),
        chart(series=(Series(name="v3", values=(None, None)),)),
        chart(series=(Series(name="v3", values=(0.0, -1e300)),)),
        chart(series=(Series(name="v3", values=(1e-300, 1e300)),)),
        chart(series=tuple(Series(name=str(i), values=(i, i)) for i in range(9))),
        chart(reference=Series(name="bound", values=(None, 1.9))),
        chart(reference=Series(name="bound", values=(None, None))),
        chart(labels=("l",) * 50, series=(Series(name="a", values=(1.0,) * 50),)),
    ],
)
async def test_whatever_it_holds_it_is_drawn_for_a_phone(odd):
    width, height = size(await png(odd))
    assert 900 <= width <= 1400
    assert 200 <= height <= 3000


async def test_what_it_shows_changes_the_picture():
    pictures = {
        await png(each)
        for each in (
            chart(),
            chart(labels=("gini", "rmse")),
            chart(
                series=(Series(name="v3", values=(0.3, 2.0)), Series(name="v4", values=(0.4, 9)))
            ),
            chart(reference=Series(name="bound", values=(0.35, None))),
            chart(unit="ms"),
            chart(subtitle="on 900 rows"),
        )
    }
    assert len(pictures) == 6


def test_a_screen_reader_hears_every_value():
    bound = Series(name="bound", values=(0.35, None))
    assert alt_text(chart(subtitle="On 900 rows", unit="ms", reference=bound)) == (
        "Bar chart. v4 against v3. On 900 rows. gini: v3 0.3 ms, v4 0.4 ms, bound 0.35 ms; "
        "mae: v3 2 ms."
    )


@pytest.mark.parametrize(
    "wrong",
    [
        {"labels": ()},
        {"series": ()},
        {"labels": ("gini",)},
        {"series": (Series(name="v3", values=(1.0,)),)},
        {"reference": Series(name="bound", values=(1.0,))},
    ],
)
def test_a_chart_whose_parts_do_not_fit_is_refused(wrong):
    with pytest.raises(ValidationError):
        chart(**wrong)


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_a_value_that_is_no_number_is_refused(value):
    with pytest.raises(ValidationError):
        Series(name="v3", values=(value,))
