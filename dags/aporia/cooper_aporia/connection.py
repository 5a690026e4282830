"""How Aporia is reached, and where it reads the model's data: an installation's own settings."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote, urlsplit

from cooper_aporia.errors import AporiaError

_LOOPBACK = {"127.0.0.1", "::1", "localhost"}


@dataclass(frozen=True, slots=True)
class Connection:
    """Addresses, names and the token.

    `account` and `workspace` are ready for a URL. `integration` is the webhook that alerts go to, by
    name or id. `data_source` is the name of one on Aporia's page of integrations; `serving` and
    `training` say what to read from it, as a dataset's `connection_data`: `{endpoint}` and
    `{version}` stand for those of the model.
    """

    url: str
    account: str
    workspace: str
    integration: str
    token: str = field(repr=False)
    data_source: str | None = None
    serving: Mapping[str, Any] | None = None
    training: Mapping[str, Any] | None = None


def parse(settings: Mapping[str, Any], token: str) -> Connection:
    """Read the connection's settings.

    Raises:
        AporiaError: Something is missing or cannot be; no message holds the token.
    """
    if not token or not token.isascii() or not token.isprintable() or " " in token:
        # It goes into a header, and requests would repeat a bad one in its error.
        raise AporiaError("The token is empty, or no token: it has spaces or line ends in it.")
    absent = [key for key in ("account", "integration") if not settings.get(key)]
    if absent:
        raise AporiaError(f"The connection's extra has no {' and no '.join(absent)}.")
    reads = {key: _reading(settings, key) for key in ("serving", "training")}
    if reads["training"] and not reads["serving"]:
        raise AporiaError("The connection's extra has `training`, but no `serving` to compare.")
    if reads["serving"] and not settings.get("data_source"):
        raise AporiaError(
            "The connection's extra has `serving`, but no `data_source` to read from."
        )
    return Connection(
        url=_url(str(settings.get("host") or "")),
        account=quote(str(settings["account"]), safe=""),
        workspace=quote(str(settings.get("workspace") or "default-workspace"), safe=""),
        integration=str(settings["integration"]),
        token=token,
        data_source=settings.get("data_source"),
        serving=reads["serving"],
        training=reads["training"],
    )


def filled(reading: Mapping[str, Any], endpoint: str, version: str) -> dict[str, Any]:
    """`connection_data` with the model's names in place; other braces are left (Spark's `{data}`)."""
    return {
        key: value.replace("{endpoint}", endpoint).replace("{version}", version)
        if isinstance(value, str)
        else value
        for key, value in reading.items()
    }


def _reading(settings: Mapping[str, Any], key: str) -> Mapping[str, Any] | None:
    found = settings.get(key)
    if found is not None and (not isinstance(found, Mapping) or not found):
        raise AporiaError(
            f'`{key}` in the connection\'s extra should be an object such as {{"query": "SELECT …"}}'
        )
    return found


def _url(host: str) -> str:
    url = (host if "://" in host else f"https://{host}").rstrip("/")
    parts = urlsplit(url)
    if not parts.hostname or parts.scheme not in {"http", "https"}:
        raise AporiaError(f"The connection's host is {host!r}, not https://platform.aporia.com.")
    if parts.username is not None:
        raise AporiaError("The connection's host holds a user; only the address belongs there.")
    if parts.scheme == "http" and parts.hostname not in _LOOPBACK:
        raise AporiaError(f"{url} would get the token unencrypted; give an https address.")
    return url
