import math

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from scipy import stats
from scipy.spatial import distance

from monitoring import divergence

tables = (
    st.integers(1, 30)
    .flatmap(lambda k: st.tuples(*[st.lists(st.integers(0, 10**6), min_size=k, max_size=k)] * 2))
    .filter(lambda pair: all(map(any, pair)))
)
arrays = tables.map(lambda pair: tuple(map(np.array, pair)))


@given(arrays)
def test_chi_squared_equals_scipy(pair):
    found = divergence.chi_squared(*pair)
    table = np.stack(pair)
    table = table[:, table.sum(axis=0) > 0]
    assume(table.shape[1] > 1)
    wanted = stats.chi2_contingency(table, correction=False)
    assert found.statistic == pytest.approx(wanted.statistic, rel=1e-9, abs=1e-9)
    assert found.degrees == wanted.dof
    assert found.p_value == pytest.approx(wanted.pvalue, rel=1e-6, abs=1e-12)


@given(arrays)
def test_jensen_shannon_equals_scipy(pair):
    wanted = distance.jensenshannon(*pair, base=2)
    assert divergence.jensen_shannon(*pair) == pytest.approx(wanted, abs=1e-7)


@given(arrays)
def test_psi_is_that_of_its_formula_with_half_a_row_in_each_bucket(pair):
    p, q = ([(each + 0.5) / (sum(side) + len(side) / 2) for each in side] for side in pair)
    wanted = math.fsum((b - a) * math.log(b / a) for a, b in zip(p, q, strict=True))
    assert divergence.psi(*pair) == pytest.approx(wanted, rel=1e-9, abs=1e-12)
    assert divergence.psi(*pair) == pytest.approx(divergence.psi(*pair[::-1]), rel=1e-9, abs=1e-12)


@given(arrays)
def test_equal_shares_are_no_divergence(pair):
    reference = pair[0]
    assert divergence.psi(reference, reference) == 0
    assert divergence.jensen_shannon(reference, reference) == pytest.approx(0, abs=1e-7)
    assert divergence.chi_squared(reference, reference).p_value == pytest.approx(1)


def test_nothing_in_common_is_a_distance_of_one():
    assert divergence.jensen_shannon(np.array([5, 0]), np.array([0, 9])) == pytest.approx(1)


def test_a_new_category_weighs_by_its_share():
    reference = np.array([500_000, 500_000, 0])
    values = [
        divergence.psi(reference, np.array([1000 - new, 1000 - new, 2 * new]))
        for new in (1, 10, 100)
    ]
    assert values == sorted(values)
    assert values[0] < 0.02 < 1 < values[2]


def test_one_category_has_nothing_to_tell_apart():
    assert divergence.chi_squared(np.array([7]), np.array([3])) == divergence.ChiSquared(
        0.0, 0, 1.0
    )


@pytest.mark.parametrize(
    "function", [divergence.psi, divergence.jensen_shannon, divergence.chi_squared]
)
@pytest.mark.parametrize("pair", [([1, 2], [1, 2, 3]), ([], [])])
def test_tables_of_other_buckets_or_none_are_refused(function, pair):
    with pytest.raises(ValueError, match=r"buckets|distribution"):
        function(*map(np.array, pair))


@pytest.mark.parametrize("function", [divergence.jensen_shannon, divergence.chi_squared])
def test_a_table_without_rows_is_refused(function):
    with pytest.raises(ValueError, match="distribution"):
        function(np.array([1, 2]), np.array([0, 0]))
