"""Small charts side by side, on one scale, so that the eye finds the one that stands out."""

from collections.abc import Iterator
from typing import Any

from actions.answers import Trends
from bot.blocks.text import cap
from bot.charts.style import INK, LINE, QUIET, SERIES, frame, panel_heading, written

_ACROSS = 2
_WIDTH, _ALONE, _HEIGHT = 210, 440, 90
_MOST_PANELS = 8
_NAME = 36  # Characters that fit above a chart.
_MOST_POINTS = 300


def spoken(trends: Trends) -> str:
    """What a screen reader says of the small charts."""
    parts = [
        f"{each.name}: now {written(each.points[-1][1])}, "
        f"at most {written(max(value for _, value in each.points))}"
        for each in trends.trends
    ]
    bound = "" if trends.bound is None else f"{_bound_name(trends)} {written(trends.bound)}"
    heading = ". ".join(text for text in ("Charts", trends.title, trends.subtitle, bound) if text)
    return f"{heading}. {'; '.join(parts)}."


def description(trends: Trends) -> dict[str, Any]:
    """The small charts in Vega-Lite's words."""
    layers = [_curve(), _last()]
    if trends.bound is not None:
        layers.insert(0, _bound(trends.bound))
    width = _WIDTH if len(trends.trends) > 1 else _ALONE
    notes = [cap(trends.subtitle, 70)] if trends.subtitle else []
    if trends.bound is not None:
        notes.append(f"Dashed line: {cap(_bound_name(trends), 40)}. Times in UTC")
    else:
        notes.append("Times in UTC")
    return frame(cap(trends.title, 60), notes) | {
        "data": {"values": list(_rows(trends))},
        "facet": {"field": "panel", "title": None, "header": panel_heading(13)},
        "columns": _ACROSS,
        "spacing": {"row": 18, "column": 40},
        "spec": {
            "width": width,
            "height": _HEIGHT,
            "encoding": {
                "x": {
                    "field": "at",
                    "type": "temporal",
                    "scale": {"type": "utc"},
                    "axis": _times(),
                },
                "y": {
                    "field": "value",
                    "type": "quantitative",
                    "scale": {"zero": True},
                    "axis": {"title": None, "tickCount": 3, "grid": False, "labelColor": QUIET},
                },
            },
            "layer": layers,
        },
    }


def _rows(trends: Trends) -> Iterator[dict[str, Any]]:
    for i, trend in enumerate(trends.trends[:_MOST_PANELS]):
        # The end is what people want to know; a longer past is thinned.
        step = -(-len(trend.points) // _MOST_POINTS)
        kept = trend.points[::-1][::step][::-1]
        for at, value in kept:
            yield {
                "panel": f"{i:02d}{cap(trend.name, _NAME)}",
                "at": at.timestamp() * 1000,
                "value": value,
                "last": written(value) if at == kept[-1][0] else "",
            }


def _bound_name(trends: Trends) -> str:
    return trends.bound_name or "bound"


def _times() -> dict[str, Any]:
    return {
        "title": None,
        "tickCount": 3,
        "format": "%d %b %H:%M",
        "grid": False,
        "labelColor": QUIET,
        "labelFontSize": 11,
        "labelOverlap": True,
    }


def _curve() -> dict[str, Any]:
    return {"mark": {"type": "line", "color": SERIES[1], "strokeWidth": 2, "interpolate": "linear"}}


def _last() -> dict[str, Any]:
    """The newest value, as a point with its figure."""
    return {
        "transform": [{"filter": "datum.last !== ''"}],
        "layer": [
            {"mark": {"type": "point", "filled": True, "color": SERIES[1], "size": 50}},
            {
                "mark": {"type": "text", "align": "left", "dx": 7, "fontSize": 13, "color": INK},
                "encoding": {"text": {"field": "last"}},
            },
        ],
    }


def _bound(bound: float) -> dict[str, Any]:
    return {
        "mark": {"type": "rule", "color": LINE, "strokeDash": [5, 4], "strokeWidth": 2},
        "encoding": {"y": {"datum": bound}, "x": None},
    }
