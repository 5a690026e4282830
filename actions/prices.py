"""What an instance costs: a small table of estimates, each row with its source and date.

A price that the table does not hold is unknown, never derived: there is no constant factor between
EC2 and SageMaker prices.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

from rapidfuzz import fuzz, process

REGION = "us-east-1"

_PUBLIC = "public price tables, not checked against AWS's price list"
_SDK = "instance_gpu_info.json of the SageMaker SDK"
_KARPENTER = "Karpenter's generated instance table (Apache-2.0)"  # the SDK's lacks the row
_AS_OF = "2026-01"


@dataclass(frozen=True, slots=True)
class Price:
    """On-demand price of a SageMaker instance in `region`. `as_of` is a year and month."""

    instance_type: str
    usd_per_hour: Decimal
    region: str
    source: str
    as_of: str


@dataclass(frozen=True, slots=True)
class Estimate:
    """An upper bound in USD for the whole time, on demand; `spot` jobs cost this or less."""

    usd: Decimal
    price: Price
    instance_count: int
    seconds: int
    spot: bool

    def __str__(self) -> str:
        """`about $0.23 (estimate, prices as of 2026-01)`."""
        cents = self.usd.quantize(Decimal("0.01"), ROUND_HALF_UP)
        shown = f"{'at most' if self.spot else 'about'} ${cents}" if cents else "less than $0.01"
        return f"{shown} (estimate, prices as of {self.price.as_of})"


@dataclass(frozen=True, slots=True)
class InstanceType:
    """A row of the table; `usd_per_hour` is None where no SageMaker price is known."""

    name: str
    gpus: int
    usd_per_hour: str | None
    gpu_source: str


TABLE: tuple[InstanceType, ...] = (
    InstanceType("ml.m5.xlarge", 0, "0.23", "CPU instance"),
    InstanceType("ml.g4dn.xlarge", 1, "0.7364", _SDK),
    InstanceType("ml.g5.xlarge", 1, "1.408", _KARPENTER),
    InstanceType("ml.g5.12xlarge", 4, "7.09", _SDK),
    InstanceType("ml.g5.48xlarge", 8, "20.36", _SDK),
    InstanceType("ml.g6.12xlarge", 4, "5.752", _KARPENTER),
    InstanceType("ml.p4d.24xlarge", 8, None, _SDK),
    InstanceType("ml.p5.48xlarge", 8, None, _SDK),
)
"""Rows for us-east-1, cheapest first within a number of GPUs where prices are known."""

_ROWS = {row.name: row for row in TABLE}


def known_instances() -> tuple[str, ...]:
    """The names of all rows, in the order of the table."""
    return tuple(_ROWS)


def price(instance_type: str) -> Price | None:
    """The price per hour, or None where the type or its price is unknown."""
    row = _ROWS.get(instance_type)
    if row is None or row.usd_per_hour is None:
        return None
    return Price(row.name, Decimal(row.usd_per_hour), REGION, _PUBLIC, _AS_OF)


def gpu_count(instance_type: str) -> int | None:
    """GPUs of one instance, or None for a type that is not in the table."""
    row = _ROWS.get(instance_type)
    return row.gpus if row else None


def estimate(
    instance_type: str, instance_count: int, seconds: int, *, spot: bool = False
) -> Estimate | None:
    """The cost of so many instances for so long, or None where the price is unknown.

    Billing is by the second. Spot capacity has no fixed price, so it is estimated at the on-demand
    price, which it never exceeds. Raises ValueError for a count below 1 or a negative time.
    """
    if instance_count < 1 or seconds < 0:
        raise ValueError(f"cannot price {instance_count} instances for {seconds} s")
    found = price(instance_type)
    if found is None:
        return None
    usd = found.usd_per_hour * instance_count * seconds / 3600
    usd = usd.quantize(Decimal("0.0001"), ROUND_HALF_UP)
    return Estimate(usd, found, instance_count, seconds, spot)


def instances_with_gpus(gpus: int, allowed: Iterable[str]) -> tuple[str, ...]:
    """Allowed types with at least so many GPUs, the smallest first, then the cheapest.

    `allowed` holds instance types. A type without a known price comes after those with one.
    """
    names = set(allowed)
    rows = [row for row in TABLE if row.name in names and row.gpus >= max(gpus, 1)]
    return tuple(row.name for row in sorted(rows, key=_size))


def nearest_instances(name: str, limit: int = 3) -> tuple[str, ...]:
    """Known types most like a mistyped name, the nearest first."""
    found = process.extract(
        name.lower(), known_instances(), scorer=fuzz.ratio, limit=limit, score_cutoff=50
    )
    return tuple(str(one[0]) for one in found)


def _size(row: InstanceType) -> tuple[int, bool, Decimal, str]:
    cost = Decimal(row.usd_per_hour or 0)
    return (row.gpus, row.usd_per_hour is None, cost, row.name)
