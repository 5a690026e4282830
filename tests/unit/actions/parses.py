"""Parses as Rasa gives them, with its pattern extractor's values and the names that a test says."""

import re
from collections.abc import Mapping
from typing import Any

from actions.normalise.patterns import PATTERNS
from actions.rasa.reading import Reading, read


def parsed(
    intent: str, text: str, found: Mapping[str, str] | None = None, *, sure: float = 0.97
) -> Reading:
    """The reading of `text`; `found` are words of it by entity, learned ones with their confidence.

    "city bikes" is `{"project": "city bikes"}`, or `{"project 0.7": …}` where the tagger doubts it.
    """
    entities: list[dict[str, Any]] = [
        {
            "entity": name,
            "start": each.start(),
            "end": each.end(),
            "extractor": "MeantPatternExtractor",
        }
        for name, pattern in PATTERNS.items()
        for each in re.finditer(pattern, text, re.IGNORECASE)
    ]
    for key, words in (found or {}).items():
        name, _, confidence = key.partition(" ")
        start = text.index(words)
        entities.append(
            {
                "entity": name,
                "start": start,
                "end": start + len(words),
                "confidence_entity": float(confidence or 0.95),
            }
        )
    named = {"name": intent, "confidence": sure}
    return read({"text": text, "intent": named, "intent_ranking": [named], "entities": entities})
