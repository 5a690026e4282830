"""Canonical JSON and digests: the same content has the same bytes, everywhere."""

import hashlib
import json
from typing import Any


def canonical_json(value: Any) -> bytes:
    """Bytes of `value` with sorted keys, no spaces, UTF-8 and no NaN.

    Raises:
        ValueError: A number is not finite.
        TypeError: A value is not JSON.
    """
    text = json.dumps(
        value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False
    )
    return text.encode()


def digest(value: Any) -> str:
    """`sha256:…` over the canonical JSON of `value`."""
    return "sha256:" + hashlib.sha256(canonical_json(value)).hexdigest()
