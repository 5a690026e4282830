"""A made-up model that tells which insurance policies will lapse, and its data."""

from datetime import UTC, datetime, timedelta

import numpy as np
import polars as pl

from monitoring.schema import Schema, Task

NOW = datetime(2026, 11, 22, tzinfo=UTC)
DAY = timedelta(days=1)

LAPSE = Schema(
    features=("age", "premium", "product"),
    task=Task.BINARY,
    prediction="predicted",
    target="lapsed",
    scores=(("yes", "score"),),
    positive="yes",
    timestamp="time",
)


def lapses(rows, seed=0, *, shift=0.0, flipped=0.0):
    """Policies whose scores are calibrated: `flipped` of the labels are then turned round."""
    r = np.random.default_rng(seed)
    age = r.normal(45 + 10 * shift, 10, rows)
    score = 1 / (1 + np.exp(-(age - 45) / 5))
    lapsed = (r.random(rows) < score) ^ (r.random(rows) < flipped)
    times = pl.datetime_range(
        NOW - DAY, NOW, DAY / max(rows, 1), closed="left", eager=True, time_zone="UTC"
    )
    return pl.DataFrame(
        {
            "age": age,
            "premium": r.lognormal(6, 1, rows),
            "product": r.choice(["term", "whole", "unit"], rows, p=[0.6, 0.3, 0.1]),
            "score": score,
            "predicted": np.where(score > 0.5, "yes", "no"),
            "lapsed": np.where(lapsed, "yes", "no"),
            "time": times[:rows],
        }
    )
