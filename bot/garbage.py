"""Python's garbage collector in a process that lives long and takes bursts of alerts."""

import gc

_YOUNG = 20_000


def collect_rarely() -> None:
    """Look for cycles after 20,000 new objects rather than 700.

    An alert is a dozen objects that live until their commit, so that collections at the default
    thresholds find nothing, and cost an eighth of the CPU at saturation (docs/benchmarks.md).
    """
    gc.set_threshold(_YOUNG)
