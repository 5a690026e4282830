"""What Cooper says, free of any surface: `bot/blocks/` draws it for Slack."""

from typing import Annotated, Any, Literal, Self

from pydantic import AwareDatetime, BaseModel, ConfigDict, FiniteFloat, model_validator
from pydantic import Field as Constraint

Tone = Literal["info", "success", "warning", "error"]


class _Frozen(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Field(_Frozen):
    """A labelled value."""

    label: str
    value: str


class Table(_Frozen):
    """Columns and rows of plain text."""

    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


class Series(_Frozen):
    """One value for each label of a chart; None where it has none."""

    name: str
    values: tuple[FiniteFloat | None, ...]


class Chart(_Frozen):
    """A picture: for each label a group of bars, one a series, on a scale of the label's own."""

    kind: Literal["bars"] = "bars"
    title: str
    subtitle: str = ""
    labels: tuple[str, ...]
    series: tuple[Series, ...]
    unit: str = ""
    """Stands after every value."""
    reference: Series | None = None
    """Where a line is drawn across the label's bars: a bound, a target."""

    @model_validator(mode="after")
    def _fits(self) -> Self:
        drawn = (*self.series, *([self.reference] if self.reference else []))
        if not self.labels or not self.series:
            raise ValueError("a chart needs a label and a series")
        if any(len(each.values) != len(self.labels) for each in drawn):
            raise ValueError("every series has one value for each label")
        return self


class Trend(_Frozen):
    """How one value moved: when it was what, oldest first."""

    name: str
    points: Annotated[tuple[tuple[AwareDatetime, FiniteFloat], ...], Constraint(min_length=1)]


class Trends(_Frozen):
    """A picture of small charts on one scale, one a trend."""

    kind: Literal["trends"] = "trends"
    title: str
    subtitle: str = ""
    trends: Annotated[tuple[Trend, ...], Constraint(min_length=1)]
    bound: FiniteFloat | None = None
    """Where a line is drawn across every chart."""
    bound_name: str = ""
    """What the line stands for: "threshold"."""


class Distribution(_Frozen):
    """Shares of the rows by label, once and now; both are numbers from 0 to 1."""

    name: str
    labels: Annotated[tuple[str, ...], Constraint(min_length=1)]
    before: tuple[FiniteFloat, ...]
    now: tuple[FiniteFloat, ...]

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if not len(self.before) == len(self.now) == len(self.labels):
            raise ValueError("both have one share for each label")
        return self


class Distributions(_Frozen):
    """A picture of small histograms, in each one what was beside what is."""

    kind: Literal["distributions"] = "distributions"
    title: str
    subtitle: str = ""
    before: str
    """What is compared with: "training"."""
    now: str
    panels: Annotated[tuple[Distribution, ...], Constraint(min_length=1)]


Picture = Annotated[Chart | Trends | Distributions, Constraint(discriminator="kind")]


class Link(_Frozen):
    """A link with our own text."""

    text: str
    url: str


class Choice(_Frozen):
    """A button for what the person might have meant: words to be read, or a whole command."""

    label: str
    text: str = ""
    command: str | None = None
    params: dict[str, Any] = {}
    heard: str = ""
    """The words that were not understood, of which this is one meaning."""
    model: str | None = None
    """Hash of the language model that did not understand them."""


class Answer(_Frozen):
    """One message. All texts are plain; the surface escapes and caps them."""

    text: str
    tone: Tone = "info"
    title: str | None = None
    fields: tuple[Field, ...] = ()
    table: Table | None = None
    chart: Picture | None = None
    code: str | None = None
    links: tuple[Link, ...] = ()
    choices: tuple[Choice, ...] = ()
    asks_for: str | None = None
    """The parameter that this message asks for (a form's question)."""
    command: str | None = None
    params: dict[str, Any] = {}
    """What is known of the command's parameters while one is asked for."""
    private: bool = False
    """Only the speaker sees it."""
    mentions: tuple[str, ...] = ()
    """Slack ids of people and user groups who should notice it."""


class Refusal(Exception):  # noqa: N818 -- a refusal is an answer, not a fault
    """What was asked cannot be done; the message says why and what to do, nothing changed."""

    def __init__(
        self, text: str, *, nearest: tuple[str, ...] = (), parameter: str = "project"
    ) -> None:
        super().__init__(text)
        self.text = text
        self.nearest = nearest
        self.parameter = parameter
        """What `nearest` holds other values of."""
