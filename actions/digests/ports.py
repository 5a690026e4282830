"""What digests ask of the outside world."""

from typing import Protocol

from actions.digests.periods import Window
from actions.people import Person


class People(Protocol):
    """Slack's members."""

    async def person(self, team: str, user: str) -> Person:
        """The person as they are now; one who left is external."""


class Traffic(Protocol):
    """What CloudWatch counts of endpoints."""

    async def invocations(self, endpoint: str, window: Window) -> int:
        """Requests that reached the endpoint in the window, those answered with errors included.

        Raises:
            CloudUnavailableError: AWS does not answer.
        """
