import math

import numpy as np
import pytest
from scipy import stats

from monitoring import chance, divergence, ks

N = 5_000
REPEATS = 2_000


def fewest(by_chance):
    """The fewest rows of a window at which a monitor judges."""
    return next(m for m in range(2, 20_000) if by_chance(m) <= chance.MOST)


def multinomials(rows, buckets, seed=0):
    return np.random.default_rng(seed).multinomial(rows, [1 / buckets] * buckets, REPEATS)


@pytest.mark.parametrize(
    ("statistic", "by_chance"),
    [(divergence.psi, chance.of_psi), (divergence.jensen_shannon, chance.of_jensen_shannon)],
)
@pytest.mark.parametrize("buckets", [2, 3, 10])
@pytest.mark.parametrize("threshold", [0.1, 0.2])
def test_at_the_fewest_rows_false_alarms_are_as_rare_as_promised(
    statistic, by_chance, buckets, threshold
):
    m = fewest(lambda m: by_chance(threshold, N, m, buckets))
    pairs = zip(multinomials(N, buckets), multinomials(m, buckets, 1), strict=True)
    alarms = sum(statistic(*pair) >= threshold for pair in pairs)
    assert alarms <= 5 * chance.MOST * REPEATS
    half = zip(multinomials(N, buckets), multinomials(m // 4, buckets, 1), strict=True)
    assert sum(statistic(*pair) >= threshold for pair in half) > 10 * chance.MOST * REPEATS


def test_at_the_fewest_rows_ks_is_as_rare_as_promised():
    m = fewest(lambda m: chance.of_ks(0.1, N, m))
    r = np.random.default_rng(4)
    reference = np.sort(r.normal(size=N))
    found = [ks.two_sample(reference, np.sort(r.normal(size=m))).d for _ in range(REPEATS)]
    assert sum(d >= 0.1 for d in found) <= 5 * chance.MOST * REPEATS


def test_the_chance_of_psi_is_the_tail_of_chi_squared():
    wanted = stats.chi2.sf(0.1 / (1 / N + 1 / 300), 9)
    assert chance.of_psi(0.1, N, 300, 10) == pytest.approx(wanted)
    assert chance.of_psi(0.1, N, 300, 1) == 0


def test_the_chance_of_an_auc_is_that_of_the_rank_sum_test():
    r = np.random.default_rng(5)
    first, second = r.normal(size=60), r.normal(0.4, size=90)
    test = stats.mannwhitneyu(
        second, first, alternative="greater", use_continuity=False, method="asymptotic"
    )
    assert chance.of_auc(test.statistic / (60 * 90), 60, 90) == pytest.approx(test.pvalue)


def test_a_small_reference_never_suffices_for_a_small_threshold():
    assert chance.of_psi(0.1, 100, 10**9, 10) > chance.MOST
    assert chance.of_ks(0.02, 100, 10**9) > chance.MOST


@pytest.mark.parametrize(("threshold", "rows"), [(0.01, 100), (0.3, 10), (1.0, 3), (0.1, 30)])
def test_a_share_is_the_binomial_sum(threshold, rows):
    least = math.ceil(threshold * rows - 1e-9)
    wanted = sum(math.comb(rows, k) * 0.2**k * 0.8 ** (rows - k) for k in range(least, rows + 1))
    assert chance.of_share(threshold, 0.2, rows) == pytest.approx(wanted, abs=1e-12)


def test_a_share_beyond_all_rows_never_happens_and_one_of_nothing_always():
    assert chance.of_share(1.2, 0.5, 10) == 0
    assert chance.of_share(0.0, 0.5, 10) == 1


def test_more_rows_make_chance_alone_rarer():
    for by_chance in (
        lambda m: chance.of_psi(0.1, N, m, 10),
        lambda m: chance.of_jensen_shannon(0.1, N, m, 10),
        lambda m: chance.of_ks(0.1, N, m),
        lambda m: chance.of_auc(0.55, N, m),
        lambda m: chance.of_difference(0.1, 0.3, N, m),
    ):
        found = [by_chance(m) for m in (10, 100, 1000)]
        assert found == sorted(found, reverse=True)
        assert found[0] > chance.MOST > found[-1]


def test_without_a_spread_nothing_happens_by_chance():
    assert chance.of_difference(0.1, 0.0, 10, 10) == 0
    assert 0 < chance.pooled(0, 0, 10, 10) < chance.pooled(10, 10, 10, 10) < 1
