"""What a workspace of Aporia has, by the SDK's client.

Lists are read as they are. The SDK's own classes refuse a whole workspace for one model or monitor of
a kind that they do not know, such as the documented `code_based_metric`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import requests
from aporia.sdk.client import BackendRuntimeError, Client, EntityNotFoundException

from aporia import Aporia
from cooper_aporia.connection import Connection
from cooper_aporia.errors import AporiaError, PassingError

Entry = dict[str, Any]
"""A resource as Aporia answers it; `id` is always there."""

TIMEOUT = (5.0, 30.0)
"""Seconds to connect, and between bytes. The SDK itself waits for ever."""
_PASSING = {408, 425, 429}


class _Session(requests.Session):
    """Ends a call that takes too long, and follows nobody: a redirected POST would become a GET."""

    def request(self, *args: Any, **options: Any) -> requests.Response:
        response = super().request(
            *args, **{"timeout": TIMEOUT, "allow_redirects": False, **options}
        )
        if 300 <= response.status_code < 400:
            raise AporiaError(
                f"{response.url} sends on to {response.headers.get('location')}: give the address "
                "that is meant as the connection's host."
            )
        return response


@dataclass(frozen=True, slots=True)
class Workspace:
    """One workspace, reached with a token that it takes."""

    client: Client

    def model(self, name: str) -> Entry | None:
        """The model of this name."""
        return _one(self._list("/models"), name, "models")

    def versions(self, model: Entry) -> Mapping[str, Entry]:
        """The model's versions by name."""
        return _by_name(self._list("/model-versions", model_id=model["id"]), "versions")

    def datasets(self, version: Entry) -> Mapping[str, Entry]:
        """The version's datasets by stage: `serving`, `training`."""
        found = self._list("/datasets", model_version_id=version["id"])
        return _by_name(found, "datasets", "stage")

    def monitors(self, model: Entry) -> list[Entry]:
        """The model's monitors; Aporia lists those of the whole workspace."""
        return [each for each in self._list("/monitors") if _monitored(each) == model["id"]]

    def data_source(self, name: str) -> Entry:
        """The data source of this name. Raises AporiaError where there is none."""
        entries = self._list("/data-sources")
        found = _one(entries, name, "data sources")
        if found is None:
            raise AporiaError(
                f"Aporia has no data source {name!r}{_known(each['name'] for each in entries)}. Add "
                "it on Aporia's page Integrations, or correct `data_source` in the connection."
            )
        return found

    def webhook(self, named: str) -> str:
        """The id of the webhook integration with this name or id. Raises AporiaError.

        Which key holds the name is not documented; an id works in any case.
        """
        response = self.client.send_request(
            "/integrate/query/WEBHOOK",
            "GET",
            url_search_replace=("/api/v1/", "/v1/messaging-service/"),
        )
        entries = self._entries(response)
        found = [each["id"] for each in entries if named in (each["id"], each.get("name"))]
        if len(found) == 1:
            return str(found[0])
        many = "more than one webhook integration" if found else "no webhook integration"
        known = _known(str(each.get("name") or each["id"]) for each in entries)
        raise AporiaError(
            f"Aporia has {many} {named!r}{known}. Correct `integration` in the connection: the id is "
            "taken as well."
        )

    def _list(self, path: str, **params: str) -> list[Entry]:
        return self._entries(self.client.send_request(path, "GET", params=params or None))

    def _entries(self, response: requests.Response) -> list[Entry]:
        self.client.assert_response(response)
        found = response.json()
        if not isinstance(found, list) or not all(isinstance(each, dict) for each in found):
            raise AporiaError(f"{response.url} answers no list of things: is it Aporia's address?")
        return found


@contextmanager
def opened(connection: Connection) -> Iterator[Workspace]:
    """The connection's workspace, for the time of the block.

    Raises:
        AporiaError: Aporia refuses, or answers what cannot be read.
        PassingError: It does not answer, or not now.
    """
    with _Session() as session:
        with _explained(connection, "Its account or workspace may be called otherwise"):
            # The constructor sees whether the workspace is there and takes the token.
            aporia = Aporia(
                token=connection.token,
                account_name=connection.account,
                workspace_name=connection.workspace,
                base_url=connection.url,
                requests_session=session,
            )
        with _explained(connection, "Something was deleted there meanwhile; clear the task"):
            yield Workspace(aporia.client)


@contextmanager
def _explained(connection: Connection, absent: str) -> Iterator[None]:
    """The SDK's and the transport's errors in words that say what to do."""
    url = connection.url
    try:
        yield
    except EntityNotFoundException as error:
        raise AporiaError(f"{url} does not know what was asked for (404). {absent}.") from error
    except BackendRuntimeError as error:
        raise _of_status(url, error) from error
    except requests.exceptions.JSONDecodeError as error:
        raise AporiaError(f"{url} answers no JSON: is it Aporia's address?") from error
    except (
        requests.ConnectionError,
        requests.Timeout,
        requests.exceptions.ChunkedEncodingError,
    ) as error:
        raise PassingError(f"{url} does not answer: {type(error).__name__}.") from error


def _of_status(url: str, error: BackendRuntimeError) -> AporiaError:
    status, said = error.status_code, " ".join(str(error.body).split())[:300]
    if status in {401, 403}:
        return AporiaError(
            f"{url} refuses the token ({status}). Make one in Aporia that may write, and set it as "
            "the password of Airflow's connection `aporia`."
        )
    if status >= 500 or status in _PASSING:
        return PassingError(f"{url} could not do it just now ({status}): {said}")
    return AporiaError(f"{url} refuses what it was sent ({status}): {said}")


def _one(entries: Iterable[Entry], name: str, what: str, key: str = "name") -> Entry | None:
    found = [each for each in entries if each[key] == name]
    if len(found) > 1:
        raise AporiaError(f"Aporia has {len(found)} {what} called {name!r}. Leave one there.")
    return found[0] if found else None


def _by_name(entries: Iterable[Entry], what: str, key: str = "name") -> dict[str, Entry]:
    entries = list(entries)
    for each in entries:
        _one(entries, each[key], what, key)
    return {each[key]: each for each in entries}


def _monitored(entry: Entry) -> Any:
    return entry["configuration"]["identification"]["models"]["id"]


def _known(names: Iterable[str]) -> str:
    listed = ", ".join(sorted(names)[:10])
    return f"; it has {listed}" if listed else "; it has none"
