from decimal import Decimal

import pytest

from actions import prices


@pytest.mark.parametrize(
    ("name", "usd"),
    [("ml.m5.xlarge", "0.23"), ("ml.g4dn.xlarge", "0.7364"), ("ml.g5.48xlarge", "20.36")],
)
def test_a_known_price_carries_its_source_and_date(name, usd):
    found = prices.price(name)
    assert found is not None
    assert found.usd_per_hour == Decimal(usd)
    assert (found.region, found.as_of) == ("us-east-1", "2026-01")
    assert "not checked" in found.source


@pytest.mark.parametrize(
    "name", ["ml.p4d.24xlarge", "ml.p5.48xlarge", "ml.m5.large", "m5.xlarge", ""]
)
def test_an_unknown_price_is_never_guessed(name):
    assert prices.price(name) is None
    assert prices.estimate(name, 1, 3600) is None


def test_an_estimate_is_exact_to_the_second_and_counts_every_instance():
    found = prices.estimate("ml.m5.xlarge", 3, 90 * 60)
    assert found is not None
    assert found.usd == Decimal("1.0350")
    assert str(found) == "about $1.04 (estimate, prices as of 2026-01)"


def test_spot_is_estimated_at_the_most_it_can_cost():
    found = prices.estimate("ml.g5.12xlarge", 1, 3600, spot=True)
    assert found is not None
    assert found.usd == Decimal("7.0900")
    assert str(found).startswith("at most $7.09")


def test_less_than_a_cent_is_not_called_free():
    shown = str(prices.estimate("ml.m5.xlarge", 1, 10))
    assert shown == "less than $0.01 (estimate, prices as of 2026-01)"


@pytest.mark.parametrize(("count", "seconds"), [(0, 60), (-1, 60), (1, -1)])
def test_nonsense_is_refused(count, seconds):
    with pytest.raises(ValueError, match="cannot price"):
        prices.estimate("ml.m5.xlarge", count, seconds)


@pytest.mark.parametrize(
    ("gpus", "expected"),
    [
        (1, ("ml.g4dn.xlarge", "ml.g5.xlarge", "ml.g6.12xlarge")),
        (2, ("ml.g6.12xlarge", "ml.g5.12xlarge", "ml.g5.48xlarge")),
        (8, ("ml.g5.48xlarge", "ml.p4d.24xlarge", "ml.p5.48xlarge")),
        (9, ()),
    ],
)
def test_the_smallest_then_cheapest_type_with_enough_gpus_comes_first(gpus, expected):
    assert prices.instances_with_gpus(gpus, prices.known_instances())[:3] == expected


def test_only_allowed_types_with_gpus_are_offered():
    assert prices.instances_with_gpus(1, ["ml.m5.xlarge"]) == ()
    assert prices.instances_with_gpus(2, ["ml.g5.48xlarge", "ml.g5.xlarge"]) == ("ml.g5.48xlarge",)


def test_gpus_are_known_where_the_price_is_not():
    assert prices.gpu_count("ml.p5.48xlarge") == 8
    assert prices.gpu_count("ml.m5.xlarge") == 0
    assert prices.gpu_count("ml.m5.large") is None


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("ml.m5.xlrge", "ml.m5.xlarge"),
        ("G5.12xlarge", "ml.g5.12xlarge"),
        ("p4d.24", "ml.p4d.24xlarge"),
    ],
)
def test_a_typing_mistake_finds_the_type_that_was_meant(typed, meant):
    assert prices.nearest_instances(typed)[0] == meant


def test_what_is_like_nothing_finds_nothing():
    assert prices.nearest_instances("toaster") == ()
