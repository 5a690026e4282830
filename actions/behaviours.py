"""What each command does: reads answer, changes plan, direct ones act."""

from actions.answers import Answer
from actions.behaviour import AnswerCommand, DirectCommand, PlanCommand
from actions.catalog import COMMANDS
from actions.commands import (
    acknowledge_alert,
    approve_request,
    compare_models,
    deploy_model,
    help,  # noqa: A004 -- the module is named after its command, as all are
    list_alerts,
    list_approvals,
    list_endpoints,
    list_models,
    list_runs,
    predict,
    promote_model,
    reject_request,
    resolve_alert,
    rollback_model,
    send_digest,
    show_drift,
    show_endpoint,
    show_logs,
    show_model,
    show_run,
    snooze_alert,
    stop_run,
    subscribe_digest,
    train_model,
    undeploy_model,
    unsubscribe_digest,
)
from actions.context import Context, Params


async def _help(context: Context, params: Params) -> Answer:
    return help.answer(COMMANDS, context, params)


READS: dict[str, AnswerCommand] = {
    compare_models.SPEC.name: compare_models.answer,
    help.SPEC.name: _help,
    list_alerts.SPEC.name: list_alerts.answer,
    list_approvals.SPEC.name: list_approvals.answer,
    list_endpoints.SPEC.name: list_endpoints.answer,
    list_models.SPEC.name: list_models.answer,
    list_runs.SPEC.name: list_runs.answer,
    predict.SPEC.name: predict.answer,
    send_digest.SPEC.name: send_digest.answer,
    show_drift.SPEC.name: show_drift.answer,
    show_endpoint.SPEC.name: show_endpoint.answer,
    show_logs.SPEC.name: show_logs.answer,
    show_model.SPEC.name: show_model.answer,
    show_run.SPEC.name: show_run.answer,
}
"""Commands that answer at once."""

CHANGES: dict[str, PlanCommand] = {
    deploy_model.SPEC.name: deploy_model.plan,
    promote_model.SPEC.name: promote_model.plan,
    rollback_model.SPEC.name: rollback_model.plan,
    stop_run.SPEC.name: stop_run.plan,
    train_model.SPEC.name: train_model.plan,
    undeploy_model.SPEC.name: undeploy_model.plan,
}
"""Commands that show a plan first."""

DIRECT: dict[str, DirectCommand] = {
    acknowledge_alert.SPEC.name: acknowledge_alert.act,
    approve_request.SPEC.name: approve_request.act,
    reject_request.SPEC.name: reject_request.act,
    resolve_alert.SPEC.name: resolve_alert.act,
    snooze_alert.SPEC.name: snooze_alert.act,
    subscribe_digest.SPEC.name: subscribe_digest.act,
    unsubscribe_digest.SPEC.name: unsubscribe_digest.act,
}
"""Commands that act at once, on what was shown before."""
