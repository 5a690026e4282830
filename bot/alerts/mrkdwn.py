"""Aporia's descriptions, to what Slack draws. Pure.

They hold `<b>`, `<br />` and `<ul><li>`. Everything else stays as it is: who draws the text escapes it.
"""

import re

_TAG = re.compile(r"<(/?)(b|strong|br|ul|li)\s*/?>", re.IGNORECASE)
_LINES = re.compile(r"\n{3,}")
_MARKS = {
    ("", "br"): "\n",
    ("/", "ul"): "\n",
    ("", "li"): "\n• ",
}


def mrkdwn(text: str) -> str:
    """Bold as `*…*`, line breaks as such, items of a list as lines with a bullet."""
    drawn = []
    bold = False
    end = 0
    for tag in _TAG.finditer(text):
        drawn.append(text[end : tag.start()])
        end = tag.end()
        closing, name = tag[1], tag[2].lower()
        if name in {"b", "strong"}:
            # Slack knows no nesting, and an asterisk without its partner would be drawn.
            if bold == bool(closing):
                drawn.append("*")
                bold = not bold
        else:
            drawn.append(_MARKS.get((closing, name), ""))
    drawn.append(text[end:] + ("*" if bold else ""))
    lines = [line.rstrip() for line in "".join(drawn).split("\n")]
    return _LINES.sub("\n\n", "\n".join(lines)).strip()
