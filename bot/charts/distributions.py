"""Small histograms, in each one what was beside what is, so that a shift is seen at once."""

from collections.abc import Iterator
from typing import Any

from actions.answers import Distribution, Distributions
from bot.blocks.text import cap
from bot.charts.style import QUIET, SERIES, frame, legend, panel_heading

_ACROSS = 2
_WIDTH, _ALONE, _HEIGHT = 250, 520, 130
_MOST_PANELS, _MOST_BARS = 6, 14


def spoken(shown: Distributions) -> str:
    """What a screen reader says of the histograms: where each moved most."""
    parts = [_most_moved(each, shown) for each in shown.panels]
    heading = ". ".join(text for text in ("Histograms", shown.title, shown.subtitle) if text)
    return f"{heading}. {'; '.join(parts)}."


def _most_moved(panel: Distribution, shown: Distributions) -> str:
    moves = zip(panel.labels, panel.before, panel.now, strict=True)
    label, before, now = max(moves, key=lambda each: abs(each[2] - each[1]))
    return f"{panel.name}: {label}, {shown.before} {before:.0%}, {shown.now} {now:.0%}"


def description(shown: Distributions) -> dict[str, Any]:
    """The histograms in Vega-Lite's words."""
    width = _WIDTH if len(shown.panels) > 1 else _ALONE
    notes = [cap(shown.subtitle, 80)] if shown.subtitle else []
    return frame(cap(shown.title, 60), notes) | {
        "data": {"values": list(_rows(shown))},
        "facet": {"field": "panel", "title": None, "header": panel_heading(14)},
        "columns": _ACROSS,
        "spacing": 18,
        # Each column has labels of its own; shares are on one scale.
        "resolve": {"scale": {"x": "independent"}},
        "spec": {
            "width": width,
            "height": _HEIGHT,
            # What was stands broad behind what is.
            "layer": [_bars(shown.before, 0.84), _bars(shown.now, 0.4)],
            "encoding": {
                "x": {"field": "label", "type": "nominal", "axis": _labels()},
                "y": {
                    "field": "share",
                    "type": "quantitative",
                    "axis": {
                        "title": None,
                        "format": ".0%",
                        "tickCount": 3,
                        "grid": False,
                        "labelColor": QUIET,
                    },
                },
                "color": {
                    "field": "when",
                    "type": "nominal",
                    "scale": {"domain": [shown.before, shown.now], "range": list(SERIES[:2])},
                    "legend": legend(),
                },
            },
        },
    }


def _bars(when: str, band: float) -> dict[str, Any]:
    return {
        "transform": [{"filter": {"field": "when", "equal": when}}],
        "mark": {"type": "bar", "cornerRadiusEnd": 2, "width": {"band": band}},
    }


def _rows(shown: Distributions) -> Iterator[dict[str, Any]]:
    for i, panel in enumerate(shown.panels[:_MOST_PANELS]):
        bars = zip(panel.labels, panel.before, panel.now, strict=True)
        for place, (label, before, now) in enumerate(list(bars)[:_MOST_BARS]):
            for when, share in ((shown.before, before), (shown.now, now)):
                yield {
                    "panel": f"{i:02d}{cap(panel.name, 40)}",
                    "label": f"{place:02d}{cap(label, 18)}",
                    "when": when,
                    "share": share,
                }


def _labels() -> dict[str, Any]:
    return {
        "title": None,
        "labelExpr": "slice(datum.value, 2)",
        "labelAngle": -40,
        "labelFontSize": 10,
        "labelColor": QUIET,
        "labelLimit": 0,
        "ticks": False,
    }
