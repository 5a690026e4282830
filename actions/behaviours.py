"""What each command does: reads answer, changes plan."""

from actions.answers import Answer
from actions.behaviour import AnswerCommand, PlanCommand
from actions.catalog import COMMANDS
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
from actions.context import Context, Params


async def _help(context: Context, params: Params) -> Answer:
    return help.answer(COMMANDS, context, params)


READS: dict[str, AnswerCommand] = {
    help.SPEC.name: _help,
    list_models.SPEC.name: list_models.answer,
    list_runs.SPEC.name: list_runs.answer,
    predict.SPEC.name: predict.answer,
    show_endpoint.SPEC.name: show_endpoint.answer,
    show_run.SPEC.name: show_run.answer,
}
"""Commands that answer at once."""

CHANGES: dict[str, PlanCommand] = {
    deploy_model.SPEC.name: deploy_model.plan,
    stop_run.SPEC.name: stop_run.plan,
    train_model.SPEC.name: train_model.plan,
}
"""Commands that show a plan first."""
