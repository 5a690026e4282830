"""What all charts share: the project's few colours, letters for the screen of a phone, the frame."""

from collections.abc import Sequence
from typing import Any

INK, QUIET, LINE = "#1d1c1d", "#616061", "#c1121f"
# What is compared with comes first and stands back.
SERIES = ("#a8b5c4", "#1d3557", "#2a9d8f", "#e9a23b")
_FONT = "Liberation Sans, Arial, sans-serif"


def frame(title: str, notes: Sequence[str]) -> dict[str, Any]:
    """The parts of a description in Vega-Lite's words that stand around the drawing.

    https://vega.github.io/vega-lite/docs/
    """
    return {
        "$schema": "https://vega.github.io/schema/vega-lite/v5.json",
        "background": "#ffffff",
        "padding": 20,
        "title": {
            "text": title,
            "subtitle": list(notes),
            "anchor": "start",
            "fontSize": 20,
            "subtitleFontSize": 14,
            "color": INK,
            "subtitleColor": QUIET,
            "offset": 14,
        },
        "config": {"font": _FONT, "view": {"stroke": None}},
    }


def panel_heading(size: int) -> dict[str, Any]:
    """A panel's name, without the two digits before it that order the panels.

    No text of others' may be in an expression. Texts are cut before they come here: Vega would cut
    an emoji in half.
    """
    return {
        "labelExpr": "slice(datum.value, 2)",
        "labelAnchor": "start",
        "labelFontSize": size,
        "labelFontWeight": "bold",
        "labelColor": INK,
        "labelLimit": 0,
    }


def legend() -> dict[str, Any]:
    """The names of the series above the drawing; cut before they come here, as panels' names are."""
    return {
        "orient": "top",
        "direction": "horizontal",
        "title": None,
        "labelFontSize": 15,
        "labelColor": INK,
        "labelLimit": 0,
        "symbolType": "square",
        "symbolSize": 180,
    }


def written(value: float, unit: str = "") -> str:
    """A figure of four digits, with its unit."""
    return f"{value:.4g} {unit}".rstrip()
