"""Charts as pictures for a message: Vega-Lite draws them, in the project's few colours."""

import asyncio
from typing import Any

from actions.answers import Chart, Distributions, Picture, Trends
from bot.blocks.text import ALT_LIMIT, cap
from bot.charts import bars, distributions, trends

# Twice the pixels of the page, for the screen of a phone.
_SCALE = 2.0


async def png(chart: Picture) -> bytes:
    """The chart as a PNG, about a thousand pixels wide."""
    return await asyncio.to_thread(_drawn, chart)


def alt_text(chart: Picture) -> str:
    """What a screen reader says in place of the picture."""
    return cap(_read_out(chart), ALT_LIMIT)


def _read_out(chart: Picture) -> str:
    match chart:
        case Trends():
            return trends.spoken(chart)
        case Distributions():
            return distributions.spoken(chart)
        case Chart():
            return bars.spoken(chart)


def _drawn(chart: Picture) -> bytes:
    # Half a second to load, and only a worker that draws needs it.
    import vl_convert

    # No address may be looked up: all data are in the description.
    return vl_convert.vegalite_to_png(_described(chart), scale=_SCALE, allowed_base_urls=[])


def _described(chart: Picture) -> dict[str, Any]:
    match chart:
        case Trends():
            return trends.description(chart)
        case Distributions():
            return distributions.description(chart)
        case Chart():
            return bars.description(chart)
