"""The one catalogue of commands and intents."""

from actions.commands import (
    deploy_model,
    help,  # noqa: A004 -- the module is named after its command, as all are
    list_models,
    list_runs,
    predict,
    show_endpoint,
    show_run,
    stop_run,
    train_model,
)
from actions.intents import INTENTS
from actions.spec import Command, Intent, Parameter

COMMANDS: dict[str, Command] = {
    module.SPEC.name: module.SPEC
    for module in (
        train_model,
        show_run,
        list_runs,
        stop_run,
        deploy_model,
        show_endpoint,
        predict,
        list_models,
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
