"""Small charts: drawn for a phone whatever they hold, and read aloud."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from pydantic import ValidationError

from actions.answers import Answer, Trend, Trends
from bot.charts.drawing import alt_text, png
from tests.unit.bot.test_charts import ODD, size

NOW = datetime(2026, 11, 20, 9, tzinfo=UTC)


def trend(name="claims", *values):
    values = values or (0.2, 0.4, 0.3)
    hours = range(len(values), 0, -1)
    return Trend(
        name=name,
        points=tuple((NOW - timedelta(hours=h), v) for h, v in zip(hours, values, strict=True)),
    )


def trends(*each, **changes):
    values = {"title": "Drift", "trends": each or (trend(), trend("digits"))}
    return Trends(**(values | changes))


@pytest.mark.parametrize(
    "odd",
    [
        trends(),
        trends(trend()),
        trends(trend("claims", 0.0)),
        trends(trend("claims", 0.0, 0.0)),
        trends(trend("claims", -1e300, 1e300)),
        trends(trend("claims", *([0.5] * 5000))),
        trends(*(trend(f"p{i}") for i in range(40))),
        trends(trend(ODD), trend("n" * 500), title=ODD, subtitle=ODD, bound=1, bound_name=ODD),
        trends(title="x" * 500, subtitle="y" * 500, bound=0.25, bound_name="b" * 500),
    ],
)
async def test_whatever_it_holds_it_is_drawn_for_a_phone(odd):
    width, height = size(await png(odd))
    assert 900 <= width <= 1500
    assert 200 <= height <= 3000


async def test_what_it_shows_changes_the_picture():
    pictures = {
        await png(each)
        for each in (
            trends(),
            trends(trend(), trend("fraud")),
            trends(trend("claims", 0.2, 0.4, 0.5), trend("digits")),
            trends(bound=0.25),
            trends(bound=0.35),
            trends(subtitle="since Monday"),
        )
    }
    assert len(pictures) == 6


def test_a_screen_reader_hears_where_each_stands():
    assert alt_text(trends(subtitle="Largest effect", bound=1.0, bound_name="threshold")) == (
        "Charts. Drift. Largest effect. threshold 1. claims: now 0.3, at most 0.4; "
        "digits: now 0.3, at most 0.4."
    )
    assert len(alt_text(trends(*(trend("n" * 200) for _ in range(40))))) <= 2000


@pytest.mark.parametrize(
    "wrong",
    [
        lambda: trends(trends=()),
        lambda: Trend(name="claims", points=()),
        lambda: trend("claims", float("nan")),
        lambda: Trend(name="claims", points=((datetime(2026, 11, 20), 0.1),)),  # noqa: DTZ001
    ],
)
def test_what_cannot_be_drawn_is_refused(wrong):
    with pytest.raises(ValidationError):
        wrong()


def test_both_kinds_of_picture_come_back_from_json_as_they_were():
    answer = Answer(text="Drift", chart=trends(bound=1.0))
    assert Answer.model_validate(answer.model_dump(mode="json")) == answer
