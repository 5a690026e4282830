"""Hyperparameters: "lr=0.01, max depth 8" to `{"lr": 0.01, "max_depth": 8}`."""

import re

from actions.normalise.errors import NotReadable

Value = str | int | float | bool

_NUMBER = r"[-+]?(?:\d+\.?\d*|\.\d+)(?:e[-+]?\d+)?"
_WORD = r"[a-z][a-z0-9_.-]*"
_ASSIGNED = re.compile(
    rf"(?P<key>{_WORD}(?: {_WORD}){{0,3}}?)\s*[=:]\s*(?P<value>[^\s,;]+)", re.IGNORECASE
)
_SPOKEN = re.compile(
    rf"(?P<key>{_WORD}(?:[ ]{_WORD}){{0,3}}?)\s+(?:of |to |at |is )?(?P<value>{_NUMBER})(?![\w.])",
    re.IGNORECASE,
)
_COUNTED = re.compile(r"(?P<value>\d+)\s+(?P<key>epochs)\b", re.IGNORECASE)
_LEAD = re.compile(r"^(?:with|and|a|an|the|set|using|use)\s+", re.IGNORECASE)

KNOWN = (
    "lr", "learning rate", "max depth", "depth", "epochs", "batch size", "dropout", "weight decay",
    "n estimators", "num trees", "momentum", "alpha", "gamma", "seed", "max iter", "min child weight",
    "subsample", "num leaves", "warmup steps", "hidden size", "l2",
)  # fmt: skip
"""Names that are hyperparameters even where no = stands behind them."""

PATTERN = (
    rf"(?:(?:{'|'.join(name.replace(' ', '[ _-]') for name in KNOWN)})"
    rf"(?:\s*[=:]\s*|\s+(?:of |to |at )?){_NUMBER}(?![\w.])|\b[a-z][a-z0-9_.]*\s?=\s?[^\s,;]+"
    r"|(?<![\w.,-])\d+\s+epochs\b)"
)
"""Pattern of one hyperparameter inside a sentence."""


def read_value(text: str) -> Value:
    """Number, boolean or the word itself."""
    lowered = text.lower()
    if lowered in {"true", "false"}:
        return lowered == "true"
    if re.fullmatch(r"[-+]?\d+", text):
        return int(text)
    if re.fullmatch(_NUMBER, lowered):
        return float(text)
    return text.strip("'\"")


def _key(text: str) -> str:
    previous = ""
    while previous != text:
        previous, text = text, _LEAD.sub("", text)
    return re.sub(r"[\s.-]+", "_", text.strip().lower())


def read_hyperparameters(raw: str) -> dict[str, Value]:
    """Every hyperparameter in `raw`, keys in snake case as said, numbers as numbers.

    Raises:
        NotReadable: There is none, or text is left over that is none.
    """
    found: dict[str, Value] = {}
    rest = raw.strip()
    for pattern in (_ASSIGNED, _SPOKEN, _COUNTED):
        for match in pattern.finditer(rest):
            found[_key(match["key"])] = read_value(match["value"].rstrip(".,;?!"))
        rest = pattern.sub(" ", rest)
    left = re.sub(r"\b(?:and|with|a|the|using)\b|[,;&]", " ", rest).strip()
    if not found or left or "" in found:
        msg = f"“{raw.strip()}” is not of the form name=value, for example lr=0.01."
        raise NotReadable(msg)
    return found
