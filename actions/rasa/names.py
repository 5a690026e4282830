"""Names that people gave, found in a text by looking them up: nothing has to be learned of them."""

import re
from collections.abc import Iterable

_GAP = r"[\s_-]+"


def places(text: str, names: Iterable[str]) -> tuple[tuple[int, int], ...]:
    """Where the names stand in `text` as words of their own, the longest first, none in another.

    Case does not matter, nor whether a hyphen, an underscore or a space joins their parts.
    """
    found: list[tuple[int, int]] = []
    for name in sorted(set(names), key=lambda name: (-len(name), name)):
        parts = [re.escape(part) for part in re.split(_GAP, name) if part]
        if not parts:
            continue
        pattern = rf"(?<![\w-]){_GAP.join(parts)}(?![\w=]|-\w)"
        found += [
            match.span()
            for match in re.finditer(pattern, text, re.IGNORECASE)
            if not any(match.start() < end and start < match.end() for start, end in found)
        ]
    return tuple(sorted(found))


def named(text: str, names: Iterable[str]) -> tuple[str, ...]:
    """The names in `text`, as they are written there."""
    return tuple(text[start:end] for start, end in places(text, names))
