"""Bars side by side, a row for each metric, against a dashed line."""

from collections.abc import Iterator
from typing import Any

from actions.answers import Chart
from bot.blocks.text import cap
from bot.charts.style import INK, LINE, SERIES, frame, legend, panel_heading, written

_WIDTH, _BAR = 400, 26
_MOST_LABELS = 10
_NAME, _SERIES_NAME = 36, 24  # Characters that fit above the bars, and in the legend.


def spoken(chart: Chart) -> str:
    """What a screen reader says of the bars."""
    parts = [
        f"{label}: " + ", ".join(f"{name} {text}" for name, text in _texts(chart, i))
        for i, label in enumerate(chart.labels)
    ]
    heading = ". ".join(text for text in ("Bar chart", chart.title, chart.subtitle) if text)
    return f"{heading}. {'; '.join(parts)}."


def _texts(chart: Chart, label: int) -> Iterator[tuple[str, str]]:
    series = (*chart.series, *([chart.reference] if chart.reference else []))
    for each in series:
        value = each.values[label]
        if value is not None:
            yield each.name, written(value, chart.unit)


def description(chart: Chart) -> dict[str, Any]:
    """The bars in Vega-Lite's words."""
    layers = [_bars(chart), _values()]
    if chart.reference is not None:
        layers.append(_line())
    return frame(cap(chart.title, 50), _notes(chart)) | {
        "data": {"values": list(_rows(chart))},
        "facet": {"row": _row_heading()},
        "spacing": 12,
        # Metrics are of different sizes; side by side on one scale the small ones would vanish.
        "resolve": {"scale": {"x": "independent"}},
        "spec": {
            "width": _WIDTH,
            "height": {"step": _BAR},
            "encoding": {
                "y": {
                    "field": "series",
                    "type": "nominal",
                    "sort": None,
                    "axis": None,
                    "scale": {"paddingOuter": 0.05},
                },
                "x": {"field": "value", "type": "quantitative", "axis": None},
            },
            "layer": layers,
        },
    }


def _rows(chart: Chart) -> Iterator[dict[str, Any]]:
    for i in range(min(len(chart.labels), _MOST_LABELS)):
        reference = chart.reference.values[i] if chart.reference else None
        for each in chart.series:
            value = each.values[i]
            yield {
                "heading": f"{i:02d}{cap(chart.labels[i], _NAME)}",
                "series": cap(each.name, _SERIES_NAME),
                "value": value or 0.0,
                "text": "no value" if value is None else cap(written(value, chart.unit), 20),
                "reference": reference,
            }


def _notes(chart: Chart) -> list[str]:
    notes = [cap(chart.subtitle, 70)] if chart.subtitle else []
    if chart.reference is not None:
        notes.append(f"Dashed line: {cap(chart.reference.name, 50)}")
    return notes


def _row_heading() -> dict[str, Any]:
    above = {"labelOrient": "top", "labelAngle": 0, "labelPadding": -6}
    return {"field": "heading", "title": None, "header": panel_heading(15) | above}


def _bars(chart: Chart) -> dict[str, Any]:
    colours = [SERIES[i % len(SERIES)] for i in range(len(chart.series))]
    return {
        "mark": {"type": "bar", "cornerRadiusEnd": 3, "height": {"band": 0.84}},
        "encoding": {
            "color": {
                "field": "series",
                "sort": None,
                "scale": {"range": colours},
                "legend": legend(),
            }
        },
    }


def _values() -> dict[str, Any]:
    """In a column of their own, where no bar and no line runs through them."""
    return {
        "mark": {"type": "text", "align": "left", "fontSize": 15, "color": INK},
        "encoding": {"x": {"value": _WIDTH + 10}, "text": {"field": "text"}},
    }


def _line() -> dict[str, Any]:
    return {
        "transform": [{"filter": "datum.reference !== null"}],
        "mark": {"type": "rule", "color": LINE, "strokeDash": [5, 4], "strokeWidth": 2},
        "encoding": {
            "x": {"field": "reference", "type": "quantitative", "aggregate": "max"},
            "y": None,
        },
    }
