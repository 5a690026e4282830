"""Which rows are sent, in which order."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from random import Random

from bot.traffic.holdout import Example
from bot.traffic.injections import InjectionError

_FEW = 20
"""Up to so many labels are classes; more are amounts."""


def drawn(examples: Sequence[Example], random: Random) -> Iterator[Example]:
    """Examples without an end: all of them in an order by chance, then all again in another."""
    deck = list(examples)
    while True:
        random.shuffle(deck)
        yield from deck


def shifted(examples: Sequence[Example], share: float, random: Random) -> Iterator[Example]:
    """Examples without an end, of which `share`, from 0 to 1, have labels that are rare in them.

    That is label shift: other shares of the labels, and rows that look as they always did with theirs.

    Raises:
        InjectionError: All labels are alike.
    """
    rare = rare_labels(examples)
    often = drawn([example for example in examples if example.label not in rare], random)
    seldom = drawn([example for example in examples if example.label in rare], random)
    return _mixed(often, seldom, share, random)


def _mixed(
    often: Iterator[Example], seldom: Iterator[Example], share: float, random: Random
) -> Iterator[Example]:
    while True:
        yield next(seldom if random.random() < share else often)


def rare_labels(examples: Sequence[Example]) -> frozenset[object]:
    """The least frequent class; of labels that are amounts, the highest tenth.

    Raises:
        InjectionError: All labels are alike.
    """
    labels = [example.label for example in examples if example.label is not None]
    counts = Counter(labels)
    if len(counts) < 2:
        raise InjectionError("all labels of the holdout are alike; they cannot shift")
    if len(counts) <= _FEW or not all(isinstance(label, int | float) for label in labels):
        return frozenset({min(counts, key=lambda label: (counts[label], str(label)))})
    ordered = sorted(labels)
    bound = ordered[int(len(ordered) * 0.9)]
    # Where nine tenths are the lowest label, all others are rare.
    return frozenset(label for label in counts if label >= bound and label > ordered[0])
