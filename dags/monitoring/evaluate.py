"""The one way in: monitors, a profile and a window give a report."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import timedelta

import polars as pl

from monitoring.column_checks import COLUMN_CHECKS, columns_of, summarise
from monitoring.findings import Finding, Report, Skipped
from monitoring.judging import judge, unjudged
from monitoring.metrics import NotMeasurableError
from monitoring.monitors import Monitor
from monitoring.profile import Column, Profile
from monitoring.summary import Summary
from monitoring.threads import each_in_threads
from monitoring.window import Window
from monitoring.window_checks import WINDOW_CHECKS

_EMPTY = "the window has no row."
_WITHOUT_ROWS = frozenset({"activity", "staleness"})


def evaluate(monitors: Sequence[Monitor], profile: Profile, window: Window) -> Report:
    """Hold the window against the reference, monitor by monitor.

    A monitor that looks back less far than the window sees its last part. What cannot be judged is
    a finding without a verdict, with the reason. The same input gives the same report.
    """
    by_span: dict[timedelta, list[int]] = defaultdict(list)
    for place, monitor in enumerate(monitors):
        by_span[monitor.window].append(place)
    found: dict[int, list[Finding]] = {place: [] for place in range(len(monitors))}
    for span, places in by_span.items():
        try:
            part = window.last(span, profile.schema.timestamp)
        except NotMeasurableError as error:
            for place in places:
                found[place].append(unjudged(monitors[place], str(error)))
            continue
        for place, finding in _findings({at: monitors[at] for at in places}, profile, part):
            found[place].append(finding)
    return Report(
        window.start,
        window.end,
        len(window.rows),
        profile.rows,
        tuple(finding for findings in found.values() for finding in findings),
        tuple(_skipped(profile, window)),
    )


def _findings(
    monitors: dict[int, Monitor], profile: Profile, window: Window
) -> Iterator[tuple[int, Finding]]:
    on_columns: dict[str, list[int]] = {}
    for place, monitor in monitors.items():
        if not len(window.rows) and monitor.check not in _WITHOUT_ROWS:
            yield place, unjudged(monitor, _EMPTY)
        elif monitor.check in COLUMN_CHECKS:
            names = columns_of(monitor, profile.schema, profile.columns)
            if not names:
                yield place, unjudged(monitor, "the reference has no column that it can look at.")
            for name in names:
                on_columns.setdefault(name, []).append(place)
        else:
            for finding in _of_window(monitor, profile, window):
                yield place, finding
    # Column by column and not monitor by monitor: each is read once, and then let go of.
    for findings in each_in_threads(
        lambda name: _of_column(
            name, [(place, monitors[place]) for place in on_columns[name]], profile, window
        ),
        _in_order(on_columns, profile),
    ):
        yield from findings


def _in_order(names: Iterable[str], profile: Profile) -> list[str]:
    known = {name: place for place, name in enumerate(profile.columns)}
    return sorted(names, key=lambda name: (known.get(name, len(known)), name))


def _of_window(monitor: Monitor, profile: Profile, window: Window) -> Iterator[Finding]:
    try:
        yield from WINDOW_CHECKS[monitor.check](monitor, profile, window)
    except NotMeasurableError as error:
        yield unjudged(monitor, str(error))


def _of_column(
    name: str, monitors: Sequence[tuple[int, Monitor]], profile: Profile, window: Window
) -> list[tuple[int, Finding]]:
    reference = profile.columns.get(name)
    if reference is None:
        reason = "the reference has no statistics of the column."
        return [(place, unjudged(monitor, reason, name)) for place, monitor in monitors]
    is_absent = name not in window.rows.columns
    column = pl.Series(name, [None] * len(window.rows)) if is_absent else window.rows[name]
    current = summarise(column, reference)
    found = []
    for place, monitor in monitors:
        if is_absent and monitor.check != "missing_values":
            finding = unjudged(monitor, "the column is not in the window.", name)
        else:
            finding = _of_summary(monitor, reference, current, name)
        found.append((place, finding))
    return found


def _of_summary(monitor: Monitor, reference: Column, current: Summary, name: str) -> Finding:
    try:
        return judge(monitor, COLUMN_CHECKS[monitor.check](monitor, reference, current), name)
    except NotMeasurableError as error:
        return unjudged(monitor, str(error), name)


def _skipped(profile: Profile, window: Window) -> Iterator[Skipped]:
    for name, reason in profile.skipped:
        yield Skipped(name, f"{reason}.")
    known = {*profile.schema.columns, profile.schema.timestamp}
    for name in window.rows.columns:
        if name not in known:
            yield Skipped(name, "is not in the model's schema.")
