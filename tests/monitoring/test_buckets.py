import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitoring import divergence
from monitoring.buckets import decile_buckets

values = st.one_of(
    st.lists(st.floats(allow_nan=False), max_size=300),
    st.lists(st.sampled_from([-np.inf, 0.0, 1.0, 1.5, np.inf]), max_size=300),
    st.lists(st.integers(0, 30).map(float), max_size=300),
)


def psi(reference, current):
    buckets = decile_buckets(np.sort(np.asarray(reference, dtype=float)))
    counts = [
        buckets.count(np.sort(np.asarray(side, dtype=float))) for side in (reference, current)
    ]
    return divergence.psi(*counts)


@given(values, values)
def test_every_value_is_in_the_one_bucket_that_its_edges_say(reference, current):
    buckets = decile_buckets(np.sort(np.array(reference)))
    wanted = [0] * (len(buckets.edges) + 1)
    for value in current:
        inside = [
            value <= edge if closed else value < edge
            for edge, closed in zip(buckets.edges, buckets.closed, strict=True)
        ]
        wanted[inside.index(True) if True in inside else len(inside)] += 1
    assert buckets.count(np.sort(np.array(current))).tolist() == wanted


@given(values)
def test_no_edge_stands_twice_with_the_same_side(reference):
    buckets = decile_buckets(np.sort(np.array(reference)))
    pairs = list(zip(buckets.edges.tolist(), buckets.closed.tolist(), strict=True))
    assert len(set(pairs)) == len(pairs)
    assert pairs == sorted(pairs)


def test_distinct_values_are_spread_over_ten_equal_buckets():
    ordered = np.sort(np.random.default_rng(0).lognormal(size=1000))
    assert decile_buckets(ordered).count(ordered).tolist() == [100] * 10


def test_bounds_are_the_quantiles_of_numpy():
    ordered = np.sort(np.random.default_rng(0).normal(size=977))
    wanted = np.quantile(ordered, np.arange(1, 10) / 10, method="inverted_cdf")
    assert decile_buckets(ordered).edges.tolist() == wanted.tolist()


@pytest.mark.parametrize("moved", [0.999, 1.001, -np.inf, np.inf])
def test_a_constant_that_moves_either_way_is_seen(moved):
    assert psi([1.0] * 500, [1.0] * 500) == 0
    assert psi([1.0] * 500, [moved] * 500) > 5


def test_a_value_between_two_known_ones_is_seen():
    assert psi([0.0, 1.0] * 500, [0.0, 1.0, 0.5] * 300) > 1


def test_a_value_that_holds_many_rows_has_a_bucket_of_its_own():
    r = np.random.default_rng(1)
    reference = np.append(np.zeros(400), r.lognormal(size=600))
    gone = np.append(np.full(400, -1e-9), r.lognormal(size=600))
    assert psi(reference, reference) == 0
    assert psi(reference, gone) > 1


@pytest.mark.parametrize(("rows", "apart"), [(110, True), (90, False)])
def test_from_a_tenth_of_the_rows_on_a_value_stands_apart(rows, apart):
    r = np.random.default_rng(1)
    reference = np.sort(np.append(np.zeros(rows), r.normal(size=1000 - rows)))
    edges = decile_buckets(reference).edges.tolist()
    assert (edges.count(0.0) == 2) == apart


def test_no_values_make_one_bucket_for_all():
    assert decile_buckets(np.array([])).count(np.array([1.0, 2.0])).tolist() == [2]


def test_a_heavy_tail_that_moves_is_seen_where_equal_widths_see_nothing():
    """What equal-width bins, Evidently's and NannyML's, make of it: all rows fall into one."""
    r = np.random.default_rng(2)
    reference, current = r.lognormal(0, 3, 100_000), r.lognormal(1, 3, 100_000)
    both = np.concatenate([reference, current])
    edges = np.histogram_bin_edges(both, bins="sturges")
    equal_widths = [np.histogram(side, edges)[0] for side in (reference, current)]
    assert divergence.psi(*equal_widths) < 0.01
    assert psi(reference, current) > 0.09
