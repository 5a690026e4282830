"""What goes wrong with Aporia, and whether trying again may help."""


class AporiaError(Exception):
    """The registration cannot go on; the message says what is wrong, where, and what to do."""

    lasting = True
    """The same would happen again."""


class PassingError(AporiaError):
    """Aporia does not answer, or not now. What was registered so far is found and kept next time."""

    lasting = False
