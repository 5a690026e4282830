"""A secret that comes in a header, compared in constant time."""

import base64
from dataclasses import dataclass, field
from hmac import compare_digest

from pydantic import SecretStr

from bot.alerts.source import Incoming, UnauthenticatedError

_AUTHORIZATION = "Authorization"


@dataclass(frozen=True, slots=True)
class Credentials:
    """What the header may hold."""

    header: str
    _accepted: tuple[bytes, ...] = field(repr=False)

    def check(self, incoming: Incoming) -> None:
        """Return where the header holds one of them.

        Raises:
            UnauthenticatedError: It is missing or holds something else.
        """
        given = incoming.headers.get(self.header)
        if given is None:
            raise UnauthenticatedError(f"The header {self.header} is missing.")
        # As its bytes came: aiohttp keeps those that are not UTF-8 as surrogates.
        raw = given.encode("utf-8", "surrogateescape")
        if self.header == _AUTHORIZATION:
            scheme, _, rest = raw.partition(b" ")
            raw = scheme.lower() + b" " + rest.strip()
        # Each is compared, so that the time does not tell which was near.
        matches = [compare_digest(raw, accepted) for accepted in self._accepted]
        if not any(matches):
            raise UnauthenticatedError(f"The header {self.header} does not hold the secret.")


def in_header(header: str, secret: SecretStr) -> Credentials:
    """The secret itself in a header of the sender's choice."""
    return Credentials(header, (secret.get_secret_value().encode(),))


def bearer(secret: SecretStr) -> Credentials:
    """`Authorization: Bearer {secret}` (RFC 6750)."""
    return Credentials(_AUTHORIZATION, (b"bearer " + secret.get_secret_value().encode(),))


def bearer_or_basic(secret: SecretStr, user: str) -> Credentials:
    """As `bearer`, or the secret as the password of `user` (RFC 7617)."""
    pair = f"{user}:{secret.get_secret_value()}".encode()
    basic = b"basic " + base64.b64encode(pair)
    accepted = (b"bearer " + secret.get_secret_value().encode(), basic)
    return Credentials(_AUTHORIZATION, accepted)
