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


def written(value: float, unit: str = "") -> str:
    """A figure of four digits, with its unit."""
    return f"{value:.4g} {unit}".rstrip()
