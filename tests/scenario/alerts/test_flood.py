"""A flood of alerts at the real bot and worker, while Slack refuses and the worker dies."""

from __future__ import annotations

import pytest

from benchmarks.alerts.flood import Flood, play, quick_config


@pytest.mark.timeout(240)
async def test_a_flood_is_counted_and_told_once_though_the_worker_is_killed(database_url, tmp_path):
    flood = Flood(alerts=1500, fingerprints=40, seconds=9.0, kills=2, limited_every=1.0)
    outcome = await play(flood, database_url, tmp_path, quick_config(tmp_path))
    assert outcome.faults(flood) == []
    assert outcome.incidents == flood.fingerprints
    assert outcome.limited > 0
