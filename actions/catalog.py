"""The one catalogue of commands and intents."""

from actions.commands import (
    approve_request,
    compare_models,
    deploy_model,
    help,  # noqa: A004 -- the module is named after its command, as all are
    list_approvals,
    list_endpoints,
    list_models,
    list_runs,
    predict,
    promote_model,
    reject_request,
    rollback_model,
    show_endpoint,
    show_logs,
    show_model,
    show_run,
    stop_run,
    train_model,
    undeploy_model,
)
from actions.intents import INTENTS
from actions.spec import Command, Intent, Parameter

COMMANDS: dict[str, Command] = {
    module.SPEC.name: module.SPEC
    for module in (
        train_model,
        show_run,
        show_logs,
        list_runs,
        stop_run,
        list_models,
        show_model,
        compare_models,
        deploy_model,
        promote_model,
        rollback_model,
        undeploy_model,
        list_endpoints,
        show_endpoint,
        predict,
        approve_request,
        reject_request,
        list_approvals,
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
