import numpy as np
import pytest

from monitoring.adaptive import changes, ranks


def errors(*parts, seed=0):
    r = np.random.default_rng(seed)
    return np.concatenate([r.random(rows) < share for rows, share in parts]).astype(float)


def test_a_jump_of_the_error_rate_is_found_where_it_is():
    found = changes(errors((4_000, 0.1), (4_000, 0.2)))
    assert found.starts == (pytest.approx(4_000, abs=150),)
    assert found.largest == pytest.approx(0.1, abs=0.03)
    assert changes(errors((4_000, 0.1), (4_000, 0.9))).starts[0] == pytest.approx(4_000, abs=3)


def test_an_outage_that_ended_is_remembered():
    found = changes(errors((3_000, 0.1), (1_500, 0.6), (3_000, 0.1)))
    assert len(found.starts) >= 2
    assert found.largest == pytest.approx(0.5, abs=0.06)


def test_a_slow_rise_is_found():
    r = np.random.default_rng(1)
    found = changes((r.random(10_000) < np.linspace(0.1, 0.4, 10_000)).astype(float))
    assert found.largest > 0.15


def test_an_error_rate_that_stays_raises_no_alarm():
    alarms = [changes(errors((5_000, 0.15), seed=seed)).largest >= 0.05 for seed in range(40)]
    assert sum(alarms) <= 1


@pytest.mark.parametrize("constant", [0.0, 1.0])
def test_a_constant_never_changes(constant):
    assert changes(np.full(2_000, constant)).starts == ()


def test_ranks_bound_any_tail_and_keep_ties_together():
    found = ranks(np.array([5.0, -1e300, 5.0, np.inf, 1.0]))
    assert found.tolist() == pytest.approx([0.6, 0.1, 0.6, 0.9, 0.3])


def test_a_shift_of_a_heavy_tail_is_found_by_ranks():
    r = np.random.default_rng(2)
    values = np.append(r.standard_cauchy(3_000), r.standard_cauchy(3_000) + 1)
    found = changes(ranks(values))
    assert found.starts[0] == pytest.approx(3_000, abs=400)
    assert found.largest > 0.1
