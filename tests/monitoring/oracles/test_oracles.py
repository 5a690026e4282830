"""Our statistics beside Evidently's and NannyML's: equal where both keep to theory, else the reason."""

import math

import numpy as np
import pytest
from scipy import stats

from monitoring import divergence, ks
from monitoring.buckets import decile_buckets
from monitoring.estimate import estimate
from monitoring.schema import Task

ROWS = 20_000
WORDS = np.array(["term", "whole", "unit", "group", "pension"])


def side(seed, shift=0.0, rows=ROWS, shares=(0.3, 0.25, 0.2, 0.15, 0.1)):
    r = np.random.default_rng(seed)
    return {
        "normal": r.normal(shift, 1, rows),
        "tail": r.lognormal(10 * shift, 3, rows),
        "rounded": r.normal(shift, 1, rows).round(1),
        "word": r.choice(WORDS, rows, p=shares),
    }


REFERENCE = side(1)
CURRENT = side(2, 0.02, shares=(0.29, 0.26, 0.2, 0.15, 0.1))
NUMBERS = ("normal", "tail", "rounded")


def two_sample(name, reference=REFERENCE, current=CURRENT):
    return ks.two_sample(np.sort(reference[name]), np.sort(current[name]))


def psi(name, reference=REFERENCE, current=CURRENT):
    buckets = decile_buckets(np.sort(reference[name]))
    return divergence.psi(*(buckets.count(np.sort(each[name])) for each in (reference, current)))


def counts(current=CURRENT):
    return [
        np.array([(each["word"] == word).sum() for word in WORDS]) for each in (REFERENCE, current)
    ]


def scored(seed, shape):
    """Calibrated scores, with labels."""
    r = np.random.default_rng(seed)
    score = r.beta(*shape, ROWS)
    told = {"predicted": score > 0.5, "label": r.random(ROWS) < score}
    return {"score": score, **{name: flags.astype(np.int64) for name, flags in told.items()}}


MOVED = side(3, 0.2, rows=ROWS // 2)
SMALL = side(1, rows=5_000), side(2, 0.1, rows=3_000)
SCORED = scored(1, (2, 2)), scored(2, (2, 3))
NEW = {**CURRENT, "word": np.where(np.arange(ROWS) % 10 == 0, "loan", CURRENT["word"])}


@pytest.fixture(scope="module")
def evidently(ask):
    return ask("evidently", {"near": (REFERENCE, CURRENT), "moved": (REFERENCE, MOVED)})


@pytest.fixture(scope="module")
def nannyml(ask):
    near = {"near": (REFERENCE, CURRENT), "moved": (REFERENCE, MOVED), "new": (REFERENCE, NEW)}
    return ask("nannyml", {**near, "small": SMALL, "scored": SCORED})


def test_ks_is_evidentlys(evidently):
    for name in NUMBERS:
        assert two_sample(name).p_value == pytest.approx(evidently["near"][name]["ks"], rel=1e-3)


def test_jensen_shannon_of_categories_is_evidentlys_in_bits(evidently):
    found = divergence.jensen_shannon(*counts()) * math.sqrt(math.log(2))
    assert found == pytest.approx(evidently["near"]["word"]["jensenshannon"], rel=1e-9)


def test_psi_of_categories_is_evidentlys_but_for_half_a_row(evidently):
    assert divergence.psi(*counts()) == pytest.approx(evidently["near"]["word"]["psi"], rel=0.01)


def test_evidentlys_chi_squared_takes_the_reference_for_the_truth(evidently):
    """A test of goodness of fit forgets that the reference is a sample: twice the statistic here."""
    reference, current = counts()
    assert evidently["near"]["word"]["chisquare"] == pytest.approx(
        stats.chisquare(current, reference).pvalue, rel=1e-9
    )
    found = divergence.chi_squared(reference, current)
    assert stats.chisquare(current, reference).statistic == pytest.approx(
        2 * found.statistic, rel=0.02
    )
    assert found.p_value > 2 * evidently["near"]["word"]["chisquare"]


def test_evidentlys_psi_of_equal_widths_misses_a_heavy_tail_that_moves(evidently):
    """All rows but a few lie in the first of the equal bins; the reference's deciles see it."""
    assert evidently["moved"]["tail"]["psi"] < 0.1  # Its own threshold.
    assert psi("tail", current=MOVED) > 0.3


def test_ks_of_a_small_reference_is_nannymls(nannyml):
    for name in NUMBERS:
        found = two_sample(name, *SMALL)
        assert found.d == pytest.approx(nannyml["small"][name]["kolmogorov_smirnov"], abs=1e-12)


def test_nannymls_ks_of_a_large_reference_is_near_and_ours_exact(nannyml):
    for name in ("normal", "rounded"):
        exact = stats.ks_2samp(REFERENCE[name], CURRENT[name], method="asymp").statistic
        assert two_sample(name).d == exact
        assert nannyml["near"][name]["kolmogorov_smirnov"] == pytest.approx(exact, abs=1e-3)


def test_nannymls_ks_of_a_large_reference_misses_a_heavy_tail_that_moves(nannyml):
    """It cuts the range into 10,000 equal parts, and nearly all of a heavy tail is in the first."""
    exact = stats.ks_2samp(REFERENCE["tail"], MOVED["tail"], method="asymp").statistic
    assert two_sample("tail", current=MOVED).d == exact
    assert exact > 0.2
    assert nannyml["moved"]["tail"]["kolmogorov_smirnov"] < 0.75 * exact


def test_chi_squared_is_nannymls(nannyml):
    assert divergence.chi_squared(*counts()).statistic == pytest.approx(
        nannyml["near"]["word"]["chi2"], rel=1e-9
    )


def test_jensen_shannon_of_categories_is_nannymls(nannyml):
    assert divergence.jensen_shannon(*counts()) == pytest.approx(
        nannyml["near"]["word"]["jensen_shannon"], rel=1e-9
    )


def test_a_new_category_is_as_far_for_nannyml(nannyml):
    known = counts(NEW)
    new = [np.append(known[0], 0), np.append(known[1], (NEW["word"] == "loan").sum())]
    found = nannyml["new"]["word"]
    assert divergence.jensen_shannon(*new) == pytest.approx(found["jensen_shannon"], rel=1e-9)
    assert divergence.chi_squared(*new).statistic == pytest.approx(found["chi2"], rel=1e-9)


def test_estimated_performance_is_nannymls(nannyml):
    score, told = SCORED[1]["score"], SCORED[1]["predicted"].astype(str)
    found = estimate(Task.BINARY, score[:, None], told, ("1",))
    for name, value in nannyml["scored"]["estimated"].items():
        assert found.metrics[name] == pytest.approx(value, abs=0.002), name
