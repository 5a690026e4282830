"""Values as people type them, to the values of the parse contract.

One function a kind, all pure; Rasa's output, slash commands and modals go through the same.
"""

from collections.abc import Callable
from typing import Any

from actions.normalise.durations import read_duration, read_period
from actions.normalise.errors import HalfSaid, NotReadable, UnreadableError
from actions.normalise.hyperparameters import read_hyperparameters
from actions.normalise.markup import split_reference, unwrap
from actions.normalise.reasons import find_reason
from actions.normalise.schedules import read_schedule
from actions.normalise.words import (
    ENVIRONMENTS,
    INCIDENT_STATES,
    RUN_STATES,
    SEVERITIES,
    STRATEGIES,
    one_of,
    read_boolean,
    read_channel,
    read_dataset,
    read_id,
    read_instance_type,
    read_notebook,
    read_slug,
    read_text,
    read_user,
    read_version,
    read_whole_number,
    read_word,
)
from actions.spec import Kind, Parameter

__all__ = ["UnreadableError", "find_reason", "normalise", "split_reference", "unwrap"]

MAX_LENGTH = 4000
"""Characters; no value of the catalogue is longer, and readers stay fast."""

_READERS: dict[Kind, Callable[[str], Any]] = {
    Kind.SLUG: read_slug,
    Kind.VERSION: read_version,
    Kind.ENVIRONMENT: lambda raw: one_of(raw, ENVIRONMENTS, "environment"),
    Kind.INSTANCE_TYPE: read_instance_type,
    Kind.INTEGER: read_whole_number,
    Kind.BOOLEAN: read_boolean,
    Kind.DURATION: read_duration,
    Kind.PERIOD: read_period,
    Kind.SCHEDULE: read_schedule,
    Kind.REQUEST: lambda raw: read_id(raw, "R", "run|request|job|training|deployment"),
    Kind.ALERT: lambda raw: read_id(raw, "A", "alert|incident|alarm"),
    Kind.STRATEGY: lambda raw: one_of(raw, STRATEGIES, "strategy"),
    Kind.SEVERITY: lambda raw: one_of(raw, SEVERITIES, "severity"),
    Kind.STATE: lambda raw: one_of(raw, RUN_STATES, "state"),
    Kind.INCIDENT_STATE: lambda raw: one_of(raw, INCIDENT_STATES, "state"),
    Kind.WORD: read_word,
    Kind.CHANNEL: read_channel,
    Kind.USER: read_user,
    Kind.HYPERPARAMETERS: read_hyperparameters,
    Kind.DATASET: read_dataset,
    Kind.NOTEBOOK: read_notebook,
    Kind.TEXT: read_text,
}


def normalise(parameter: Parameter, raw: str) -> Any:
    """The value of `raw` for `parameter`, as the parse contract has it.

    Raises:
        UnreadableError: `raw` has no such value; its `problem` says why in words for people.
    """
    if len(raw) > MAX_LENGTH:
        problem = f"that is longer than {MAX_LENGTH} characters."
        raise UnreadableError(parameter, raw[:80], problem)
    text = unwrap(raw).replace("\x00", "").strip()
    if not text:
        raise UnreadableError(parameter, raw, "that is empty.")
    try:
        return _READERS[parameter.kind](text)
    except NotReadable as error:
        half_said = isinstance(error, HalfSaid)
        raise UnreadableError(parameter, raw, str(error), half_said=half_said) from error
