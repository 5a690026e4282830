"""A stand-in for Aporia's API, as far as its SDK 3.38.0 speaks it: the recorded contract.

Paths, methods, bodies and the keys that are read from answers were recorded by driving the SDK, and
are what its source says (aporia/sdk/*.py). What the SDK does not send is refused: an unknown path is
404, an unknown or missing key 422, and both are kept in `surprises`, which must be empty after a test.
What the real service checks beyond that is not known.
"""

from __future__ import annotations

import itertools
import json
import re
import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, unquote, urlsplit

TOKEN = "aporia-token-of-the-tests"
ACCOUNT, WORKSPACE = "acme", "default-workspace"


class RefusedError(Exception):
    def __init__(self, status, detail):
        super().__init__(detail)
        self.status = status


class SurpriseError(RefusedError):
    """Something that the SDK is not known to send."""


@dataclass
class Trouble:
    """What befalls the next requests that match: an answer, silence before or after it was done."""

    match: str
    status: int | None = None
    body: object = field(default_factory=lambda: {"detail": "trouble of the test"})
    hangs: str | None = None
    left: int = 1


@dataclass
class Aporia:
    """The state of one workspace, by kind and id."""

    token: str = TOKEN
    account: str = ACCOUNT
    workspace: str = WORKSPACE
    things: dict = field(default_factory=lambda: {kind: {} for kind in KINDS})
    requests: list = field(default_factory=list)
    surprises: list = field(default_factory=list)
    troubles: list = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)
    numbers: itertools.count = field(default_factory=lambda: itertools.count(1))
    released: threading.Event = field(default_factory=threading.Event)

    def add(self, kind, **fields):
        entry = {"id": f"{kind}-{next(self.numbers)}", **fields}
        self.things[kind][entry["id"]] = entry
        return entry

    def all(self, kind):
        return list(self.things[kind].values())

    def named(self, kind, name):
        return next(each for each in self.all(kind) if each["name"] == name)

    @property
    def writes(self):
        return [f"{method} {path}" for method, path in self.requests if method != "GET"]

    def forget_requests(self):
        self.requests.clear()

    # -------------------------------------------------------------- requests

    def answer(self, method, target, headers, body):
        parts = urlsplit(target)
        path, query = parts.path, {key: one for key, (one,) in parse_qs(parts.query).items()}
        with self.lock:
            self.requests.append((method, path))
        trouble = self._trouble(f"{method} {path}")
        if trouble is not None and trouble.status is not None:
            return trouble.status, trouble.body
        if trouble is not None and trouble.hangs == "before":
            self.released.wait(60)
            return 503, {}
        if headers.get("Authorization") != f"Bearer {self.token}":
            return 401, {"detail": "Unauthorized"}
        try:
            with self.lock:
                found = self._served(method, path, query, body)
        except SurpriseError as error:
            self.surprises.append(f"{method} {target} {json.dumps(body)}: {error}")
            return error.status, {"detail": str(error)}
        except RefusedError as error:
            return error.status, {"detail": str(error)}
        if trouble is not None and trouble.hangs == "after":
            self.released.wait(60)
        return 200, found

    def _trouble(self, call):
        for trouble in self.troubles:
            if trouble.left and re.search(trouble.match, call):
                trouble.left -= 1
                return trouble
        return None

    def _served(self, method, path, query, body):
        place = [unquote(part) for part in path.split("/")[1:]]
        mine = [self.account, self.workspace]
        match method, place:
            case "GET", ["v1", "identity-service", "accounts", account, "workspaces", workspace]:
                if [account, workspace] != mine:
                    raise RefusedError(404, "no such workspace")
                return {"name": workspace}
            case _, ["api", "v1", account, workspace, kind, *rest] if [account, workspace] == mine:
                return self._resource(method, kind, rest, query, body)
            case "PUT", ["v1", "crud-service", *home, "datasets", key, "change-query"] if (
                home == mine
            ):
                return self._change_query(key, body)
            case "GET", ["v1", "messaging-service", *home, "integrate", "query", kind] if (
                home == mine
            ):
                return [each for each in self.all("integrations") if each["type"] == kind]
        raise SurpriseError(404, "no such path")

    def _resource(self, method, kind, rest, query, body):
        if kind not in RULES:
            raise SurpriseError(404, "no such kind")
        rules = RULES[kind]
        match method, rest:
            case "GET", [] if set(query) <= rules.filters:
                found = self.all(kind)
                return [each for each in found if all(each[k] == v for k, v in query.items())]
            case "GET", [key]:
                return self._one(kind, key)
            case "POST", [] if rules.required:
                self._check_body(body, rules.required, rules.optional)
                return self.add(kind, **rules.made(self, dict(body)))
            case "PUT", [key] if rules.changed:
                self._check_body(body, set(), rules.changed)
                entry = self._one(kind, key)
                entry.update({name: value for name, value in body.items() if name in entry})
                return entry
            case "DELETE", [key] if kind == "monitors":
                return self.things[kind].pop(self._one(kind, key)["id"])
        raise SurpriseError(404, "no such call")

    def _one(self, kind, key):
        if key not in self.things[kind]:
            raise RefusedError(404, f"no {key}")
        return self.things[kind][key]

    def _change_query(self, key, body):
        known = {"data_source_id", "config", "id_column", "timestamp_column"}
        self._check_body(body, set(), known)
        entry = self._one("datasets", key)
        entry["config"] = body["config"]
        columns = {name: entry["schema"][name] for name in ("id_column", "timestamp_column")}
        return {"config": entry["config"], "data_source_id": entry["data_source_id"], **columns}

    def _check_body(self, body, required, optional):
        if not isinstance(body, dict):
            raise SurpriseError(422, "no object")
        for wrong, keys in (
            ("missing", required - set(body)),
            ("unknown", set(body) - required - optional),
        ):
            if keys:
                raise SurpriseError(422, f"{wrong}: {', '.join(sorted(keys))}")

    def must_have(self, kind, key):
        if key not in self.things[kind]:
            raise SurpriseError(422, f"no {key} in {kind}")


def _model(_aporia, body):
    looks = {"description": None, "icon": "general", "color": "#3564C9", "owner": None}
    return {**looks, **body}


def _version(aporia, body):
    aporia.must_have("models", body["model_id"])
    return {**body, "is_active": True}


def _dataset(aporia, body):
    aporia.must_have("models", body["model_id"])
    aporia.must_have("model-versions", body["model_version_id"])
    aporia.must_have("data-sources", body["data_source_id"])
    for group in ("raw_inputs", "features", "predictions", "actuals"):
        # The SDK compares with what it would have sent had it sent empty properties.
        for column in body["schema"][group]:
            column.setdefault("properties", None)
    return body


def _monitor(aporia, body):
    configuration = body["configuration"]
    aporia.must_have("models", configuration["identification"]["models"]["id"])
    for action in configuration["configuration"]["actions"]:
        for notification in action["notification"]:
            aporia.must_have("integrations", notification["integration_id"])
    return body


@dataclass(frozen=True)
class Rules:
    filters: frozenset = frozenset()
    required: frozenset = frozenset()
    optional: frozenset = frozenset()
    changed: frozenset = frozenset()
    made: object = None


_MONITOR = {"name", "type", "scheduling", "configuration", "comment", "is_active"}
RULES = {
    "models": Rules(
        required=frozenset({"name", "type"}),
        optional=frozenset({"description", "icon", "color", "owner", "aggregation_period"}),
        changed=frozenset({"name", "model_type", "description"}),
        made=_model,
    ),
    "model-versions": Rules(
        filters=frozenset({"model_id"}),
        required=frozenset({"name", "model_id"}),
        changed=frozenset({"name", "is_active", "model_id"}),
        made=_version,
    ),
    "datasets": Rules(
        filters=frozenset({"model_version_id"}),
        required=frozenset(
            {"stage", "model_version_id", "model_id", "data_source_id", "config", "schema"}
        ),
        made=_dataset,
    ),
    "monitors": Rules(
        required=frozenset(_MONITOR | {"creator_id"}), changed=frozenset(_MONITOR), made=_monitor
    ),
    "data-sources": Rules(),
}
KINDS = (*RULES, "integrations")


class Server:
    """The stand-in on a free port of the loopback, for the time of a `with` block."""

    def __init__(self, aporia):
        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            wbufsize = -1  # head and body in one packet, or each answer waits for an ACK

            def _do(self):
                length = int(self.headers.get("Content-Length") or 0)
                body = json.loads(self.rfile.read(length)) if length else None
                status, answer = aporia.answer(self.command, self.path, self.headers, body)
                content = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            do_GET = do_POST = do_PUT = do_DELETE = _do  # noqa: N815 -- http.server's names

            def log_message(self, *_):
                pass

        self.aporia = aporia
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._server.handle_error = lambda *_: None  # a client that was killed
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self):
        threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()
        return self

    def __exit__(self, *_):
        self.aporia.released.set()
        self._server.shutdown()
        self._server.server_close()


@contextmanager
def serving():
    """An Aporia with what people set up in its pages before: a data source and a webhook."""
    found = Aporia()
    found.add("data-sources", name="lake", type="athena")
    found.add("integrations", name="cooper", type="WEBHOOK")
    with Server(found) as server:
        found.url = server.url
        yield found


def eventually(look, seconds=20.0):
    deadline = time.monotonic() + seconds
    while not look():
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.02)
