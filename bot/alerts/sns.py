"""Amazon SNS over HTTP: its three messages, and the signature that each carries.

docs.aws.amazon.com/sns/latest/dg/sns-verify-signature-of-message.html. The certificate comes from an
address in the message itself, so only SNS's own hosts are asked, over TLS and without redirects; that
is what vouches for it.
"""

import asyncio
import base64
import binascii
import re
from collections.abc import Callable
from datetime import datetime
from typing import Literal
from urllib.parse import parse_qs, urlsplit

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.hashes import SHA1, SHA256
from cryptography.x509 import Certificate, load_pem_x509_certificate
from pydantic import Field

from bot.alerts.fetching import Fetch
from bot.alerts.payload import Shape
from bot.alerts.source import UnauthenticatedError

# The whole address is matched, so there is no room for a user, a port or another host.
_HOST = r"https://sns\.[a-z]{2}(?:-[a-z]+)+-[0-9]\.amazonaws\.com(?:\.cn)?"
_CERTIFICATE = re.compile(_HOST + r"/[A-Za-z0-9_-]{1,200}\.pem")
_SUBSCRIBE = re.compile(_HOST + r"/\?[!-~]{1,2000}")
_SIGNED = {
    "Notification": ("Message", "MessageId", "Subject", "Timestamp", "TopicArn", "Type"),
    "SubscriptionConfirmation": (
        "Message",
        "MessageId",
        "SubscribeURL",
        "Timestamp",
        "Token",
        "TopicArn",
        "Type",
    ),
}
_SIGNED["UnsubscribeConfirmation"] = _SIGNED["SubscriptionConfirmation"]
_MOST_CERTIFICATES = 8


class Envelope(Shape):
    """A message of SNS, with its own names."""

    Type: Literal["Notification", "SubscriptionConfirmation", "UnsubscribeConfirmation"]
    MessageId: str = Field(min_length=1, max_length=100)
    TopicArn: str
    Message: str
    Timestamp: str
    SignatureVersion: Literal["1", "2"]
    Signature: str
    SigningCertURL: str
    Subject: str | None = None
    SubscribeURL: str | None = None
    Token: str | None = None

    def signed(self) -> bytes:
        """What the signature goes over: names and values of what is there, each on a line."""
        values = [(name, getattr(self, name)) for name in _SIGNED[self.Type]]
        lines = [f"{name}\n{value}\n" for name, value in values if value is not None]
        return "".join(lines).encode()


class Certificates:
    """SNS's certificates, each fetched once and kept while it is valid."""

    def __init__(self, fetch: Fetch, now: Callable[[], datetime]) -> None:
        self._fetch = fetch
        self._now = now
        self._known: dict[str, Certificate] = {}
        self._one_at_a_time = asyncio.Lock()

    async def verify(self, envelope: Envelope) -> None:
        """Return where SNS signed the message.

        Raises:
            UnauthenticatedError: It did not.
            UnreachableError: SNS does not hand out its certificate now.
        """
        certificate = await self._certificate(envelope.SigningCertURL)
        key = certificate.public_key()
        if not isinstance(key, RSAPublicKey):
            raise UnauthenticatedError("The certificate holds no RSA key.")
        try:
            signature = base64.b64decode(envelope.Signature, validate=True)
        except (binascii.Error, ValueError):
            raise UnauthenticatedError("The signature is no base64.") from None
        # SHA-1 is what version 1 signs with; a topic's SignatureVersion may be set to 2.
        digest = SHA1() if envelope.SignatureVersion == "1" else SHA256()  # noqa: S303
        try:
            key.verify(signature, envelope.signed(), PKCS1v15(), digest)
        except InvalidSignature:
            raise UnauthenticatedError("The signature does not match the message.") from None

    async def _certificate(self, url: str) -> Certificate:
        if not _CERTIFICATE.fullmatch(url):
            raise UnauthenticatedError("SigningCertURL is no address of a certificate of SNS.")
        async with self._one_at_a_time:
            certificate = self._known.get(url)
            if certificate is None:
                certificate = _loaded(await self._fetch(url))
                while len(self._known) >= _MOST_CERTIFICATES:
                    del self._known[next(iter(self._known))]
                self._known[url] = certificate
        if not certificate.not_valid_before_utc <= self._now() <= certificate.not_valid_after_utc:
            raise UnauthenticatedError("The certificate is not valid at this time.")
        return certificate


def _loaded(pem: bytes) -> Certificate:
    try:
        return load_pem_x509_certificate(pem)
    except ValueError:
        raise UnauthenticatedError("There is no certificate at SigningCertURL.") from None


def confirmation(envelope: Envelope) -> str:
    """The address to visit to confirm the subscription to the envelope's topic.

    Raises:
        UnauthenticatedError: It is none of SNS, or it would confirm something else.
    """
    url = envelope.SubscribeURL or ""
    if _SUBSCRIBE.fullmatch(url):
        asked = parse_qs(urlsplit(url).query)
        topics, actions = asked.get("TopicArn"), asked.get("Action")
        if actions == ["ConfirmSubscription"] and topics == [envelope.TopicArn]:
            return url
    raise UnauthenticatedError("SubscribeURL does not confirm this topic at SNS.")
