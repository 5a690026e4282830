"""Columns side by side."""

import os
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

_MOST = 4
"""Columns at once: each holds a copy of itself while it is looked at."""
_Item = TypeVar("_Item")
_Result = TypeVar("_Result")


def each_in_threads(call: Callable[[_Item], _Result], items: Iterable[_Item]) -> list[_Result]:
    """The results in the items' order. polars and NumPy let other threads run while they work."""
    with ThreadPoolExecutor(min(_MOST, os.cpu_count() or 1)) as pool:
        return list(pool.map(call, items))
