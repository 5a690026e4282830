"""A stand-in for SNS: an authority, a signing certificate, and HTTPS on loopback under SNS's names."""

from __future__ import annotations

import base64
import json
import socket
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from aiohttp import web
from aiohttp.abc import AbstractResolver, ResolveResult
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA1, SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from bot.alerts.fetching import HttpsFetch
from tests.unit.alerts.examples import ALARM, NOW

HOST = "sns.us-west-2.amazonaws.com"
CERTIFICATE = f"https://{HOST}/SimpleNotificationService-f3ecfb7224c7233fe7bb5f59f96de52f.pem"
TOPIC = "arn:aws:sns:us-west-2:123456789012:MyTopic"


class Authority:
    """Issues certificates; `trust` is a context in which only they are good."""

    def __init__(self) -> None:
        self._key = ec.generate_private_key(ec.SECP256R1())
        self.certificate = self._issue("Test authority", self._key.public_key(), ca=True)

    def issue(self, name: str, key: Any, begun: datetime = NOW, days: int = 30) -> bytes:
        """A certificate for a host, as PEM, valid from `begun` less a day."""
        return self._issue(name, key.public_key(), begun, days).public_bytes(Encoding.PEM)

    def _issue(
        self, name: str, key: Any, begun: datetime = NOW, days: int = 30, *, ca: bool = False
    ) -> x509.Certificate:
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        issuer = subject if ca else self.certificate.subject
        builder = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(issuer)
            .public_key(key)
            .serial_number(x509.random_serial_number())
            .not_valid_before(begun - timedelta(days=1))
            .not_valid_after(begun + timedelta(days=days))
            .add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
            .add_extension(
                x509.AuthorityKeyIdentifier.from_issuer_public_key(self._key.public_key()),
                critical=False,
            )
        )
        if ca:
            builder = builder.add_extension(_signs_certificates(), critical=True)
        else:
            names = x509.SubjectAlternativeName([x509.DNSName(name)])
            builder = builder.add_extension(names, critical=False)
        return builder.sign(self._key, SHA256())

    @property
    def trust(self) -> ssl.SSLContext:
        context = ssl.create_default_context(
            cadata=self.certificate.public_bytes(Encoding.PEM).decode()
        )
        # The certificates are valid around a fixed moment, not around the clock of this machine.
        context.verify_flags |= ssl.VerifyFlags(0x200000)  # X509_V_FLAG_NO_CHECK_TIME
        return context


def _signs_certificates() -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=True,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=True,
        crl_sign=True,
        encipher_only=False,
        decipher_only=False,
    )


@dataclass
class Sns:
    """What it hands out at which path, and what it was asked."""

    authority: Authority
    key: rsa.RSAPrivateKey
    documents: dict[str, bytes]
    status: int = 200
    asked: list[str] = field(default_factory=list)
    port: int = 0

    def fetch(self) -> HttpsFetch:
        """The real fetch; only names lead to loopback, and only this authority is trusted."""
        return HttpsFetch(trust=self.authority.trust, resolver=_Loopback(self.port))

    def sign(self, message: dict[str, str], *, version: str = "2", key: Any = None) -> bytes:
        """The message with its signature, as SNS sends it."""
        signed = message | {"SignatureVersion": version}
        signed.setdefault("SigningCertURL", CERTIFICATE)
        digest = SHA1() if version == "1" else SHA256()
        signature = (key or self.key).sign(string_to_sign(message), PKCS1v15(), digest)
        return json.dumps(signed | {"Signature": base64.b64encode(signature).decode()}).encode()

    async def answer(self, request: web.Request) -> web.Response:
        self.asked.append(str(request.rel_url))
        if self.status in {301, 302, 307, 308}:
            location = {"Location": f"https://{HOST}/elsewhere.pem"}
            return web.Response(status=self.status, headers=location)
        return web.Response(status=self.status, body=self.documents.get(request.path, b"<ok/>"))


def string_to_sign(message: dict[str, str]) -> bytes:
    """As docs.aws.amazon.com/sns/latest/dg/sns-verify-signature-of-message.html tells, by hand."""
    names = ["Message", "MessageId", "Subject", "SubscribeURL", "Timestamp", "Token", "TopicArn"]
    return "".join(
        f"{name}\n{message[name]}\n" for name in [*names, "Type"] if name in message
    ).encode()


def notification(**changes: Any) -> dict[str, str]:
    """An alarm in a notification; `Message` may be given as what is to be JSON."""
    message = changes.pop("Message", ALARM)
    text = message if isinstance(message, str) else json.dumps(message)
    return {
        "Type": "Notification",
        "MessageId": "22b80b92-fdea-4c2c-8f9d-bdfb0c7bf324",
        "TopicArn": TOPIC,
        "Subject": 'ALARM: "claims-5xx" in US West (Oregon)',
        "Message": text,
        "Timestamp": "2025-02-02T12:06:35.520Z",
        "UnsubscribeURL": f"https://{HOST}/?Action=Unsubscribe&SubscriptionArn={TOPIC}:c9135db0",
    } | changes


def confirmation(**changes: str) -> dict[str, str]:
    """The message that SNS sends first."""
    return {
        "Type": "SubscriptionConfirmation",
        "MessageId": "165545c9-2a5c-472c-8df2-7ff2be2b3b1b",
        "Token": "2336412f37",
        "TopicArn": TOPIC,
        "Message": f"You have chosen to subscribe to the topic {TOPIC}.\nTo confirm …",
        "SubscribeURL": f"https://{HOST}/?Action=ConfirmSubscription&TopicArn={TOPIC}&Token=2336412f37",
        "Timestamp": "2012-04-26T20:45:04.751Z",
    } | changes


@asynccontextmanager
async def running_sns(folder: Path) -> AsyncIterator[Sns]:
    """SNS on loopback until the block ends."""
    authority = Authority()
    key = rsa.generate_private_key(65537, 2048)
    served = {"/" + CERTIFICATE.rsplit("/", 1)[1]: authority.issue("sns.amazonaws.com", key)}
    sns = Sns(authority, key, served)
    app = web.Application()
    app.router.add_get("/{rest:.*}", sns.answer)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(
        runner, "127.0.0.1", 0, ssl_context=_server_context(authority, folder)
    ).start()
    sns.port = runner.addresses[0][1]
    try:
        yield sns
    finally:
        await runner.cleanup()


def _server_context(authority: Authority, folder: Path) -> ssl.SSLContext:
    key = ec.generate_private_key(ec.SECP256R1())
    path = folder / "sns.pem"
    secret = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    path.write_bytes(secret + authority.issue(HOST, key))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(path)
    return context


class _Loopback(AbstractResolver):
    """Every name is one port here."""

    def __init__(self, port: int) -> None:
        self._port = port

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        return [
            ResolveResult(
                hostname=host,
                host="127.0.0.1",
                port=self._port,
                family=socket.AF_INET,
                proto=0,
                flags=socket.AI_NUMERICHOST,
            )
        ]

    async def close(self) -> None:
        """Nothing is held."""
