"""The command names that a policy may hold, with their risks, as the parse contract settles them.

The catalogue's own declarations come first wherever it has the command (see `load_policy`).
"""

from __future__ import annotations

from collections.abc import Mapping

_READ = (
    "show_run list_runs show_logs list_schedules list_models show_model compare_models "
    "explain_model list_endpoints show_endpoint predict list_notebooks show_drift list_alerts "
    "send_digest list_features show_feature list_datasets estimate_cost show_costs list_approvals "
    "show_audit help"
)
_DIRECT = (
    "acknowledge_alert snooze_alert resolve_alert subscribe_digest unsubscribe_digest "
    "approve_request reject_request"
)
_CHANGE = (
    "batch_predict stop_run schedule_training cancel_schedule scale_endpoint start_notebook "
    "stop_notebook extend_notebook"
)
_GUARDED = "train_model tune_model deploy_model promote_model rollback_model undeploy_model"

SETTLED: Mapping[str, str] = {
    name: risk
    for names, risk in (
        (_READ, "read"),
        (_DIRECT, "direct"),
        (_CHANGE, "change"),
        (_GUARDED, "guarded"),
    )
    for name in names.split()
}
