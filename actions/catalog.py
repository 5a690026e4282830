"""The one catalogue of commands and intents."""

from actions.commands import (
    acknowledge_alert,
    approve_request,
    batch_predict,
    cancel_schedule,
    compare_models,
    deploy_model,
    estimate_cost,
    explain_model,
    extend_notebook,
    help,  # noqa: A004 -- the module is named after its command, as all are
    list_alerts,
    list_approvals,
    list_datasets,
    list_endpoints,
    list_features,
    list_models,
    list_notebooks,
    list_runs,
    list_schedules,
    predict,
    promote_model,
    reject_request,
    resolve_alert,
    rollback_model,
    scale_endpoint,
    schedule_training,
    send_digest,
    show_audit,
    show_costs,
    show_drift,
    show_endpoint,
    show_feature,
    show_logs,
    show_model,
    show_run,
    snooze_alert,
    start_notebook,
    stop_notebook,
    stop_run,
    subscribe_digest,
    train_model,
    tune_model,
    undeploy_model,
    unsubscribe_digest,
)
from actions.intents import INTENTS
from actions.spec import Command, Intent, Parameter

COMMANDS: dict[str, Command] = {
    module.SPEC.name: module.SPEC
    for module in (
        train_model,
        tune_model,
        batch_predict,
        stop_run,
        show_run,
        show_logs,
        list_runs,
        schedule_training,
        cancel_schedule,
        list_schedules,
        list_models,
        show_model,
        compare_models,
        explain_model,
        deploy_model,
        promote_model,
        rollback_model,
        undeploy_model,
        scale_endpoint,
        list_endpoints,
        show_endpoint,
        predict,
        start_notebook,
        stop_notebook,
        extend_notebook,
        list_notebooks,
        show_drift,
        list_alerts,
        acknowledge_alert,
        snooze_alert,
        resolve_alert,
        subscribe_digest,
        unsubscribe_digest,
        send_digest,
        list_features,
        show_feature,
        list_datasets,
        estimate_cost,
        show_costs,
        approve_request,
        reject_request,
        list_approvals,
        show_audit,
        help,
    )
}
"""All commands by name, in the order of help."""

CONVERSATION: dict[str, Intent] = {intent.name: intent for intent in INTENTS}
"""Conversation intents by name."""

PARAMETERS: dict[str, Parameter] = {
    parameter.name: parameter for command in COMMANDS.values() for parameter in command.parameters
}
"""Every parameter that some command uses, by name."""
