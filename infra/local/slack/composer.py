"""Text as a person types it, turned into Slack's markup as its message composer does."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

_CODE = r"(?P<code>```.*?```|`[^`\n]+`)"
_URL = r"(?P<url>https?://[^\s<>|]*[^\s<>|.,;:!?)\]}'\"])"
_EMAIL = r"(?P<email>[\w.+-]+@[\w-]+(?:\.[\w-]+)+)"
_AT = r"(?P<at>(?<![\w@])@)"
_HASH = r"(?P<hash>(?<![\w#&])#)(?P<channel>[a-z0-9][a-z0-9_-]*)"
_TOKEN = re.compile(f"{_CODE}|{_URL}|{_EMAIL}|{_AT}|{_HASH}", re.DOTALL)

BROADCASTS = ("here", "channel", "everyone")


def escape(text: str) -> str:
    """The three characters that Slack escapes."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


@dataclass(frozen=True)
class Names:
    """Whom and what a typed name means: lower-case name → id."""

    users: Mapping[str, str]
    groups: Mapping[str, str]
    channels: Mapping[str, str]


def compose(text: str, names: Names, *, labelled: bool = False) -> str:
    """`@ana`, `#ml`, links and addresses as markup, all else escaped.

    `labelled` writes people as `<@U1|ana>`, as slash commands get them.
    """
    out: list[str] = []
    at = 0
    while found := _TOKEN.search(text, at):
        out.append(escape(text[at : found.start()]))
        markup, at = _markup(text, found, names, labelled=labelled)
        out.append(markup)
    out.append(escape(text[at:]))
    return "".join(out)


def _markup(text: str, found: re.Match[str], names: Names, *, labelled: bool) -> tuple[str, int]:
    if found["url"]:
        return f"<{escape(found['url'])}>", found.end()
    if found["email"]:
        return f"<mailto:{found['email']}|{found['email']}>", found.end()
    if found["at"]:
        return _mention(text, found.end(), names, labelled=labelled)
    if found["channel"]:
        channel = names.channels.get(found["channel"])
        if channel:
            return f"<#{channel}|{found['channel']}>", found.end()
    return escape(found[0]), found.end()


def _mention(text: str, start: int, names: Names, *, labelled: bool) -> tuple[str, int]:
    """The markup for the longest name that follows an @, and where it ends."""

    def user(name: str, target: str) -> str:
        return f"<@{target}|{name}>" if labelled else f"<@{target}>"

    def group(name: str, target: str) -> str:
        return f"<!subteam^{target}|@{name}>" if labelled else f"<!subteam^{target}>"

    kinds: list[tuple[Mapping[str, str], Callable[[str, str], str]]] = [
        (names.users, user),
        (names.groups, group),
        ({name: name for name in BROADCASTS}, lambda name, _: f"<!{name}>"),
    ]
    known = [(name, target, draw) for table, draw in kinds for name, target in table.items()]
    for name, target, draw in sorted(known, key=lambda item: -len(item[0])):
        end = start + len(name)
        if text[start:end].lower() == name and not re.match(r"[\w-]", text[end : end + 1]):
            return draw(name, target), end
    return "@", start
