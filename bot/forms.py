"""What people typed into a modal, as a command's parameters."""

from collections.abc import Mapping
from typing import Any

from actions.catalog import PARAMETERS
from actions.normalise import UnreadableError, normalise

# Slack shows a problem below its field, and little of it.
_LIMIT = 150


def read(values: Mapping[str, str | None]) -> tuple[dict[str, Any], dict[str, str]]:
    """Normalised parameters, and by field what could not be read; empty fields say nothing."""
    params: dict[str, Any] = {}
    problems: dict[str, str] = {}
    for name, typed in values.items():
        if not typed or name not in PARAMETERS:
            continue
        try:
            params[name] = normalise(PARAMETERS[name], typed)
        except UnreadableError as error:
            problems[name] = error.problem[:_LIMIT]
    return params, problems
