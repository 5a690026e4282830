import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from scipy import stats

from monitoring import ks
from monitoring.profile import thinned

few = st.sampled_from([-np.inf, -1.0, -0.0, 0.0, 5e-324, 1.0, 2.0, np.inf])
anything = st.floats(allow_nan=False)
integers = st.integers(-(2**53), 2**53).map(float)
samples = st.one_of(
    *(st.lists(each, min_size=1, max_size=400) for each in (few, anything, integers))
)


def by_scipy(first, second):
    return stats.ks_2samp(first, second, method="asymp")


def assert_as_scipy(first, second):
    found = ks.two_sample(np.sort(first), np.sort(second))
    if len(first) == len(second) == 1:
        assert found.p_value == 1  # scipy has none.
        return
    wanted = by_scipy(first, second)
    assert found.d == wanted.statistic
    if len(first) * len(second) / (len(first) + len(second)) < 5_000:
        assert found.p_value == wanted.pvalue
    else:
        assert found.p_value == pytest.approx(wanted.pvalue, rel=2e-3, abs=1e-12)


@given(samples, samples)
@example([1.0], [1.0])
@example([0.0], [1.0])
@example([1.0] * 200, [1.0] * 199 + [2.0])
@example([np.inf] * 70, [-np.inf] * 130)
def test_equals_scipy_on_ties_infinities_constants_and_tiny_samples(first, second):
    assert_as_scipy(np.array(first), np.array(second))


@given(st.integers(0, 2**32), st.integers(1, 3000), st.integers(1, 3000), st.integers(0, 3))
def test_equals_scipy_on_heavy_tails_and_rounded_values(seed, n, m, digits):
    r = np.random.default_rng(seed)
    assert_as_scipy(r.standard_cauchy(n), r.standard_cauchy(m) * 1.2)
    assert_as_scipy(r.normal(size=n).round(digits), r.normal(0.1, size=m).round(digits))


@pytest.mark.parametrize("shift", [0.0, 0.001, 0.05, 3.0])
@pytest.mark.parametrize("sizes", [(50_000, 30_000), (64, 50_000), (50_000, 65)])
def test_equals_scipy_where_most_stretches_are_left_out(shift, sizes):
    r = np.random.default_rng(7)
    assert_as_scipy(r.normal(size=sizes[0]), r.normal(shift, size=sizes[1]))


@given(st.integers(0, 2**32), st.integers(1, 5000), st.integers(1, 500), st.integers(0, 2))
def test_a_thinned_reference_is_off_by_half_a_step_at_most(seed, n, kept, digits):
    r = np.random.default_rng(seed)
    full, current = np.sort(r.normal(size=n).round(digits)), np.sort(r.normal(size=300))
    exact = ks.two_sample(full, current)
    found = ks.two_sample(thinned(full, kept), current, len(full))
    assert abs(found.d - exact.d) <= 0.5 / min(kept, n) + 1e-12


def test_the_p_value_of_a_thinned_reference_is_that_of_all_its_rows():
    r = np.random.default_rng(3)
    full, current = np.sort(r.normal(size=20_000)), np.sort(r.normal(0.03, size=5_000))
    found = ks.two_sample(thinned(full, 2_000), current, len(full))
    assert found.p_value == pytest.approx(by_scipy(full, current).pvalue, rel=0.2)
    assert found.p_value < 0.1 * ks.two_sample(thinned(full, 2_000), current).p_value + 0.05


def test_values_kept_in_single_precision_are_no_drift():
    values = np.sort(np.repeat([0.1, 0.2, 0.3, 0.7], 50))
    assert ks.two_sample(values, values.astype(np.float32)).d == 0
    assert ks.two_sample(values.astype(np.float32), values).d == 0


@pytest.mark.parametrize("sides", [([], [1.0]), ([1.0], []), ([], [])])
def test_an_empty_sample_is_refused(sides):
    with pytest.raises(ValueError, match="need a value"):
        ks.two_sample(*(np.array(side) for side in sides))
