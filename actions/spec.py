"""What a command is: declared once, everything else derives from it.

Help, slash usage, modals, authorization, NLU training data, DAG conf schemas and the
documentation are all made from these declarations (`cooper generate`).
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class Risk(StrEnum):
    """How a command comes to its effect."""

    READ = "read"
    """Answers at once."""
    DIRECT = "direct"
    """Changes something small and reversible without asking to confirm."""
    CHANGE = "change"
    """Shows its plan and asks to confirm."""
    GUARDED = "guarded"
    """Plan, confirmation, then the approvals that the policy asks for."""


class Kind(StrEnum):
    """The type of a parameter's normalised value (the parse contract)."""

    SLUG = "slug"
    VERSION = "version"
    ENVIRONMENT = "environment"
    INSTANCE_TYPE = "instance_type"
    INTEGER = "integer"
    BOOLEAN = "boolean"
    DURATION = "duration"
    PERIOD = "period"
    SCHEDULE = "schedule"
    REQUEST = "request"
    ALERT = "alert"
    STRATEGY = "strategy"
    SEVERITY = "severity"
    STATE = "state"
    INCIDENT_STATE = "incident_state"
    WORD = "word"
    CHANNEL = "channel"
    USER = "user"
    HYPERPARAMETERS = "hyperparameters"
    DATASET = "dataset"
    NOTEBOOK = "notebook"
    TEXT = "text"


@dataclass(frozen=True, slots=True)
class Parameter:
    """One parameter of the catalogue; its name is a contract."""

    name: str
    kind: Kind
    label: str
    """What a person reads beside the value: "GPUs"."""
    question: str
    """What Cooper asks when the value is missing."""
    examples: tuple[str, ...]
    """Surface forms as people type them."""


@dataclass(frozen=True, slots=True)
class Use:
    """A parameter as one command uses it."""

    parameter: Parameter
    required: bool = False
    unless: str | None = None
    """Name of another parameter that makes a required one superfluous: a run's project."""


@dataclass(frozen=True, slots=True)
class Command:
    """The declaration of one command."""

    name: str
    title: str
    summary: str
    risk: Risk
    uses: tuple[Use, ...]
    examples: tuple[str, ...]
    """Training sentences, values annotated as `[two gpus](gpu_count)`; the first is shown in help."""
    dag: str | None = None
    """The DAG that carries the command out; None where the service does it alone."""
    aliases: tuple[str, ...] = field(default=())
    """Other words for the command in `/cooper …`: "train"."""
    available: bool = True
    """False while its work is not built: understood, left out of help, answered with one line."""

    @property
    def parameters(self) -> tuple[Parameter, ...]:
        """All parameters, in the order in which they are asked."""
        return tuple(use.parameter for use in self.uses)

    @property
    def required(self) -> tuple[str, ...]:
        """Names of the parameters without which there is no plan, in the order of asking."""
        return tuple(use.parameter.name for use in self.uses if use.required)

    def missing(self, params: Mapping[str, object]) -> tuple[str, ...]:
        """Names of the required parameters that `params` neither has nor makes superfluous."""
        return tuple(
            use.parameter.name
            for use in self.uses
            if use.required and use.parameter.name not in params and use.unless not in params
        )


@dataclass(frozen=True, slots=True)
class Intent:
    """A conversation intent beside the commands ("greet")."""

    name: str
    examples: tuple[str, ...]
    reply: str | None = None
    """What Cooper answers by itself; None where the dialogue decides."""


_ANNOTATION = re.compile(r"\[([^\]]+)\]\(([a-z_]+)\)")


def spoken(example: str, **values: str) -> str:
    """An annotated example as a person would type it; `values` take the place of its own."""
    return _ANNOTATION.sub(lambda found: values.get(found.group(2), found.group(1)), example)


def plainest(command: Command, projects: Iterable[str] = ()) -> str:
    """The example that says least, about a project that is there."""
    example = min(command.examples, key=lambda each: len(_ANNOTATION.findall(each)))
    project = next(iter(projects), None)
    return spoken(example) if project is None else spoken(example, project=project)
