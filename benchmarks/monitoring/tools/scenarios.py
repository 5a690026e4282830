"""Drifts of known size: a reference and a window of one column each time. NumPy only."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

Column = np.ndarray
Draw = Callable[[np.random.Generator, int], Column]
_LEAST_REFERENCE = 20_000
_WINDOWS_OF_REFERENCE = 10
"""A reference holds so many windows: NannyML takes its thresholds from them."""


@dataclass(frozen=True, slots=True)
class Scenario:
    """`before` draws the reference, `after` the window; both in order of time."""

    kind: str
    size: str
    before: Draw
    after: Draw

    @property
    def name(self) -> str:
        return f"{self.kind}: {self.size}"


def _normal(mean: float = 0.0, deviation: float = 1.0) -> Draw:
    return lambda r, rows: r.normal(mean, deviation, rows)


def _lognormal(mean: float) -> Draw:
    return lambda r, rows: r.lognormal(mean, 3, rows)


def _rising(end: float) -> Draw:
    return lambda r, rows: r.normal(np.linspace(0, end, rows), 1)


def _students(r: np.random.Generator, rows: int) -> Column:
    return r.standard_t(3, rows) / np.sqrt(3)  # Variance 1, as the normal has.


def _words(shares: Mapping[str, float]) -> Draw:
    return lambda r, rows: r.choice(np.array(list(shares)), rows, p=list(shares.values()))


_KNOWN = {"term": 0.5, "whole": 0.3, "unit": 0.15, "group": 0.05}


def _with_new(share: float) -> Draw:
    known = {name: each * (1 - share) for name, each in _KNOWN.items()}
    return _words({**known, "pension": share})


def _label(share: float) -> Draw:
    return _words({"no": 1 - share, "yes": share})


SCENARIOS = (
    Scenario("nothing", "normal", _normal(), _normal()),
    Scenario("nothing", "heavy tail", _lognormal(0), _lognormal(0)),
    Scenario("nothing", "categories", _words(_KNOWN), _words(_KNOWN)),
    Scenario("mean", "+0.1 σ", _normal(), _normal(0.1)),
    Scenario("mean", "+0.25 σ", _normal(), _normal(0.25)),
    Scenario("mean", "+0.5 σ", _normal(), _normal(0.5)),
    Scenario("deviation", "× 1.2", _normal(), _normal(0, 1.2)),
    Scenario("deviation", "× 1.5", _normal(), _normal(0, 1.5)),
    Scenario("heavy tail", "log-mean +0.1 σ", _lognormal(0), _lognormal(0.3)),
    Scenario("heavy tail", "log-mean +0.5 σ", _lognormal(0), _lognormal(1.5)),
    Scenario("heavy tail", "normal → t(3)", _normal(), _students),
    Scenario("new category", "1 %", _words(_KNOWN), _with_new(0.01)),
    Scenario("new category", "5 %", _words(_KNOWN), _with_new(0.05)),
    Scenario("label", "10 % → 13 %", _label(0.1), _label(0.13)),
    Scenario("label", "10 % → 20 %", _label(0.1), _label(0.2)),
    Scenario("slow drift", "mean 0 → 0.5 σ", _normal(), _rising(0.5)),
    Scenario("slow drift", "mean 0 → 1 σ", _normal(), _rising(1.0)),
)


def tables(
    scenario: Scenario, rows: int, repeats: int, seed: int
) -> tuple[dict[str, Column], dict[str, Column]]:
    """Reference and window with a column for each repetition: all are drawn anew."""
    r = np.random.default_rng([seed, rows, SCENARIOS.index(scenario)])
    names = [f"x{place:03}" for place in range(repeats)]
    known = max(_LEAST_REFERENCE, _WINDOWS_OF_REFERENCE * rows)
    return (
        {name: scenario.before(r, known) for name in names},
        {name: scenario.after(r, rows) for name in names},
    )
