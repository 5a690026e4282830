"""What all tasks have in common, and how a plain stage runs inside its task."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from cooper_dags.conf import Run, checked_report, verified
from cooper_dags.errors import fails_clearly

DEFAULTS: dict[str, Any] = {
    "owner": "ml-platform",
    "retries": 3,
    "retry_delay": timedelta(seconds=5),
    "retry_exponential_backoff": True,
    "max_retry_delay": timedelta(minutes=2),
}
"""Every task attaches to what it started before, so that trying again is harmless."""


def run_stage(body: Callable[..., dict[str, Any]], *reports: dict[str, Any]) -> dict[str, Any]:
    """Verify the run's conf, call `body` with it and earlier reports, and check its report."""
    from airflow.sdk import get_current_context

    @fails_clearly
    def stage(context: Any) -> dict[str, Any]:
        run: Run = verified(context)
        return checked_report(body(run, *reports))

    result: dict[str, Any] = stage(get_current_context())
    return result
