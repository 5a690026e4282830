"""What is said when a value cannot be read."""

from actions.spec import Parameter


class UnreadableError(ValueError):
    """A value as typed has no meaning for its parameter; `problem` says why, kindly."""

    def __init__(
        self, parameter: Parameter, raw: str, problem: str, *, half_said: bool = False
    ) -> None:
        super().__init__(f"{parameter.label}: {problem}")
        self.half_said = half_said
        self.parameter = parameter
        self.raw = raw
        self.problem = problem


class NotReadable(ValueError):  # noqa: N818 -- internal; callers see UnreadableError
    """A reader of one kind could not read; its text is the problem, in words for people."""


class HalfSaid(NotReadable):
    """What was said is a part of a value, and the rest is to be asked for: "every monday"."""
