"""What an endpoint serves, read off its live configuration."""

import re
from typing import Any

from actions.context import Context
from actions.policy import Allowed, may
from actions.ports import EndpointState
from actions.requests import Request
from actions.store import Transaction

_RUN_ID = re.compile(r"-R(\d+)-a\d+$")


async def configured_by(tx: Transaction, config: str) -> Request | None:
    """The request whose run made the endpoint configuration: it carries the run's id."""
    named = _RUN_ID.search(config)
    return await tx.request(int(named.group(1))) if named else None


async def served_version(tx: Transaction, state: EndpointState) -> int | None:
    """The model version behind the live configuration; None where Cooper did not make it."""
    request = await configured_by(tx, state.config)
    conf: dict[str, Any] = (request.plan.conf if request is not None else None) or {}
    return conf["model"]["version"] if "model" in conf else None


def visible_environments(context: Context, command: str, project: str) -> tuple[str, ...]:
    """Environments of the project in which the speaker may use the command."""
    policy = context.world.policy
    return tuple(
        name
        for name in policy.file.environments
        if isinstance(may(policy, context.who, command, project, name), Allowed)
    )
