"""How a plain stage runs inside its task."""

from collections.abc import Callable
from typing import Any

from cooper_dags.conf import Run, checked_report, verified
from cooper_dags.errors import fails_clearly


def run_stage(body: Callable[..., dict[str, Any]], *reports: dict[str, Any]) -> dict[str, Any]:
    """Verify the run's conf, call `body` with it and earlier reports, and check its report."""
    from airflow.sdk import get_current_context

    @fails_clearly
    def stage(context: Any) -> dict[str, Any]:
        run: Run = verified(context)
        return checked_report(body(run, *reports))

    result: dict[str, Any] = stage(get_current_context())
    return result
