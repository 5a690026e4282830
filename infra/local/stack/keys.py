"""Secrets of the embedded stack: made once, kept in `.cooper/keys`, readable by their owner only."""

from __future__ import annotations

import base64
import json
import os
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

AIRFLOW_BOT_USER = "cooper"
AIRFLOW_PERSON = "engineer"


def write_private(path: Path, text: str) -> None:
    """Write `text` so that no other user can read it at any moment, whole or not at all."""
    partial = path.with_name(f".{path.name}.{os.getpid()}")
    partial.unlink(missing_ok=True)
    descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(text)
    partial.replace(path)


def _token(prefix: str = "") -> Callable[[], str]:
    return lambda: prefix + secrets.token_urlsafe(32)


def _fernet() -> str:
    return base64.urlsafe_b64encode(secrets.token_bytes(32)).decode()


_MAKERS: dict[str, Callable[[], str]] = {
    "slack-bot-token": _token("xoxb-local-"),
    "slack-app-token": _token("xapp-local-"),
    "slack-signing-secret": lambda: secrets.token_hex(16),
    "nlu-token": _token(),
    "webhook-secret": _token(),
    "alerts-monitor-secret": _token(),
    "airflow-fernet-key": _fernet,
    "airflow-jwt-secret": _token(),
    "airflow-secret-key": _token(),
    f"airflow-{AIRFLOW_BOT_USER}-password": _token(),
    f"airflow-{AIRFLOW_PERSON}-password": lambda: secrets.token_urlsafe(12),
    "mlflow-webhook-key": _fernet,
    "aws-secret-access-key": _token(),
}


@dataclass(frozen=True)
class Keys:
    """The secrets in one folder."""

    folder: Path

    def __getitem__(self, name: str) -> str:
        """Return the secret called `name`, made now if it is asked for the first time."""
        path = self.folder / name
        if not path.exists():
            write_private(path, _MAKERS[name]())
        return path.read_text()

    @property
    def signing(self) -> Path:
        """Private Ed25519 key, PEM: signs what Airflow is asked to do."""
        self._pair()
        return self.folder / "signing.pem"

    @property
    def public(self) -> Path:
        """Public Ed25519 key, PEM: all that Airflow gets."""
        self._pair()
        return self.folder / "signing.pub.pem"

    @property
    def airflow_passwords(self) -> Path:
        """Airflow's file of passwords by user name."""
        path = self.folder / "airflow-passwords.json"
        users = (AIRFLOW_BOT_USER, AIRFLOW_PERSON)
        write_private(path, json.dumps({user: self[f"airflow-{user}-password"] for user in users}))
        return path

    def _pair(self) -> None:
        private, public = self.folder / "signing.pem", self.folder / "signing.pub.pem"
        if private.exists() and public.exists():
            return
        key = Ed25519PrivateKey.generate()
        write_private(
            private,
            key.private_bytes(
                serialization.Encoding.PEM,
                serialization.PrivateFormat.PKCS8,
                serialization.NoEncryption(),
            ).decode(),
        )
        write_private(
            public,
            key.public_key()
            .public_bytes(
                serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
            )
            .decode(),
        )
