"""What the workspace remembers, on SQLite: people's channels, messages, files, Home tabs, marks.

Calls are synchronous: each is one small statement on a local file (tens of microseconds), so the
event loop is never held noticeably.
"""

from __future__ import annotations

import json
import sqlite3
import time
from collections.abc import Iterable
from pathlib import Path

from infra.local.slack.errors import Json

_SCHEMA = """
CREATE TABLE IF NOT EXISTS channels (id TEXT PRIMARY KEY, body TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS members (
    channel TEXT NOT NULL, user TEXT NOT NULL, PRIMARY KEY (channel, user));
CREATE TABLE IF NOT EXISTS messages (
    channel TEXT NOT NULL, ts TEXT NOT NULL, thread_ts TEXT, broadcast INTEGER NOT NULL DEFAULT 0,
    only_for TEXT, body TEXT NOT NULL, PRIMARY KEY (channel, ts));
CREATE INDEX IF NOT EXISTS messages_thread ON messages (channel, thread_ts);
CREATE TABLE IF NOT EXISTS reactions (
    channel TEXT NOT NULL, ts TEXT NOT NULL, name TEXT NOT NULL, user TEXT NOT NULL,
    PRIMARY KEY (channel, ts, name, user));
CREATE TABLE IF NOT EXISTS files (id TEXT PRIMARY KEY, body TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS homes (user TEXT PRIMARY KEY, body TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS read_marks (
    user TEXT NOT NULL, channel TEXT NOT NULL, ts TEXT NOT NULL, PRIMARY KEY (user, channel));
CREATE TABLE IF NOT EXISTS facts (name TEXT PRIMARY KEY, value TEXT NOT NULL);
"""


class Store:
    """One SQLite file. Message bodies are Slack message objects, metadata included."""

    def __init__(self, path: Path) -> None:
        self._db = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        self._db.execute("PRAGMA journal_mode=WAL")
        self._db.execute("PRAGMA synchronous=NORMAL")
        self._db.executescript(_SCHEMA)
        self._last_ts = float(self.fact("last_ts") or 0)

    def close(self) -> None:
        self.set_fact("last_ts", f"{self._last_ts:.6f}")
        self._db.close()

    def fact(self, name: str) -> str | None:
        row = self._db.execute("SELECT value FROM facts WHERE name=?", (name,)).fetchone()
        return None if row is None else str(row[0])

    def set_fact(self, name: str, value: str) -> None:
        self._db.execute("INSERT OR REPLACE INTO facts VALUES (?,?)", (name, value))

    def new_ts(self) -> str:
        """A time stamp in seconds with six decimals, later than every one before it."""
        if self._last_ts == 0:
            row = self._db.execute("SELECT max(ts) FROM messages").fetchone()
            self._last_ts = float(row[0] or 0)
        self._last_ts = max(round(time.time(), 6), round(self._last_ts + 0.000001, 6))
        return f"{self._last_ts:.6f}"

    # Channels and members

    def put_channel(self, body: Json) -> None:
        self._db.execute(
            "INSERT OR REPLACE INTO channels VALUES (?,?)", (body["id"], json.dumps(body))
        )

    def channel(self, channel: str) -> Json | None:
        row = self._db.execute("SELECT body FROM channels WHERE id=?", (channel,)).fetchone()
        return None if row is None else _load(row[0])

    def channels(self) -> list[Json]:
        rows = self._db.execute("SELECT body FROM channels ORDER BY rowid")
        return [_load(row[0]) for row in rows]

    def add_member(self, channel: str, user: str) -> bool:
        """Whether the user was not a member before."""
        done = self._db.execute("INSERT OR IGNORE INTO members VALUES (?,?)", (channel, user))
        return done.rowcount > 0

    def remove_member(self, channel: str, user: str) -> bool:
        done = self._db.execute("DELETE FROM members WHERE channel=? AND user=?", (channel, user))
        return done.rowcount > 0

    def members(self, channel: str) -> list[str]:
        rows = self._db.execute(
            "SELECT user FROM members WHERE channel=? ORDER BY rowid", (channel,)
        )
        return [str(row[0]) for row in rows]

    # Messages

    def put_message(self, channel: str, body: Json, only_for: str | None = None) -> None:
        self._db.execute(
            "INSERT OR REPLACE INTO messages VALUES (?,?,?,?,?,?)",
            (
                channel,
                body["ts"],
                body.get("thread_ts"),
                int(body.get("subtype") == "thread_broadcast"),
                only_for,
                json.dumps(body),
            ),
        )

    def message(self, channel: str, ts: str) -> Json | None:
        row = self._db.execute(
            "SELECT body, only_for FROM messages WHERE channel=? AND ts=?", (channel, ts)
        ).fetchone()
        return None if row is None else self._dress(channel, _load(row[0]), row[1])

    def audience(self, channel: str, ts: str) -> str | None:
        """The one person who may see this message, or None where all of the channel may."""
        row = self._db.execute(
            "SELECT only_for FROM messages WHERE channel=? AND ts=?", (channel, ts)
        ).fetchone()
        return None if row is None else row[0]

    def delete_message(self, channel: str, ts: str) -> None:
        self._db.execute("DELETE FROM messages WHERE channel=? AND ts=?", (channel, ts))
        self._db.execute("DELETE FROM reactions WHERE channel=? AND ts=?", (channel, ts))

    def has_replies(self, channel: str, ts: str) -> bool:
        return bool(self._reply_rows(channel, ts))

    def history(
        self, channel: str, oldest: str = "0", latest: str = "9", viewer: str | None = None
    ) -> list[Json]:
        """Top-level messages with oldest <= ts <= latest, oldest first; `viewer`'s ephemerals too."""
        rows = self._db.execute(
            "SELECT body, only_for FROM messages WHERE channel=?"
            " AND (thread_ts IS NULL OR thread_ts=ts OR broadcast=1) AND (only_for IS NULL OR only_for=?) AND ts>=? AND ts<=? ORDER BY ts",
            (channel, viewer or "", oldest, latest),
        )
        return [self._dress(channel, _load(row[0]), row[1]) for row in rows.fetchall()]

    def replies(self, channel: str, thread_ts: str, viewer: str | None = None) -> list[Json]:
        """The root and its replies, oldest first; `viewer`'s ephemerals too."""
        rows = self._db.execute(
            "SELECT body, only_for FROM messages WHERE channel=? AND (ts=? OR thread_ts=?)"
            " AND (only_for IS NULL OR only_for=?) ORDER BY ts",
            (channel, thread_ts, thread_ts, viewer or ""),
        )
        return [self._dress(channel, _load(row[0]), row[1]) for row in rows.fetchall()]

    def _reply_rows(self, channel: str, ts: str) -> list[tuple[str, str]]:
        return self._db.execute(
            "SELECT ts, json_extract(body, '$.user') FROM messages"
            " WHERE channel=? AND thread_ts=? AND ts<>? AND only_for IS NULL ORDER BY ts",
            (channel, ts, ts),
        ).fetchall()

    def _dress(self, channel: str, body: Json, only_for: str | None) -> Json:
        """The stored body with what Slack derives: thread figures, reactions, ephemerality."""
        if only_for is not None:
            body["is_ephemeral"] = True
            return body
        reactions = self.reactions(channel, body["ts"])
        if reactions:
            body["reactions"] = reactions
        if body.get("thread_ts", body["ts"]) == body["ts"]:
            rows = self._reply_rows(channel, body["ts"])
            if rows:
                users = list(dict.fromkeys(user for _, user in rows if user))
                body.update(
                    thread_ts=body["ts"],
                    reply_count=len(rows),
                    reply_users_count=len(users),
                    latest_reply=rows[-1][0],
                    reply_users=users[:5],
                    is_locked=False,
                    subscribed=False,
                )
        return body

    # Reactions

    def react(self, channel: str, ts: str, name: str, user: str) -> bool:
        done = self._db.execute(
            "INSERT OR IGNORE INTO reactions VALUES (?,?,?,?)", (channel, ts, name, user)
        )
        return done.rowcount > 0

    def unreact(self, channel: str, ts: str, name: str, user: str) -> bool:
        done = self._db.execute(
            "DELETE FROM reactions WHERE channel=? AND ts=? AND name=? AND user=?",
            (channel, ts, name, user),
        )
        return done.rowcount > 0

    def reactions(self, channel: str, ts: str) -> list[Json]:
        found: dict[str, list[str]] = {}
        for name, user in self._db.execute(
            "SELECT name, user FROM reactions WHERE channel=? AND ts=? ORDER BY rowid",
            (channel, ts),
        ):
            found.setdefault(name, []).append(user)
        return [{"name": n, "users": users, "count": len(users)} for n, users in found.items()]

    # Files, Home tabs, read marks

    def put_file(self, body: Json) -> None:
        self._db.execute(
            "INSERT OR REPLACE INTO files VALUES (?,?)", (body["id"], json.dumps(body))
        )

    def file(self, file: str) -> Json | None:
        row = self._db.execute("SELECT body FROM files WHERE id=?", (file,)).fetchone()
        return None if row is None else _load(row[0])

    def put_home(self, user: str, view: Json) -> None:
        self._db.execute("INSERT OR REPLACE INTO homes VALUES (?,?)", (user, json.dumps(view)))

    def home(self, user: str) -> Json | None:
        row = self._db.execute("SELECT body FROM homes WHERE user=?", (user,)).fetchone()
        return None if row is None else _load(row[0])

    def homes(self) -> Iterable[tuple[str, Json]]:
        return [(str(u), _load(b)) for u, b in self._db.execute("SELECT user, body FROM homes")]

    def mark_read(self, user: str, channel: str, ts: str) -> None:
        self._db.execute("INSERT OR REPLACE INTO read_marks VALUES (?,?,?)", (user, channel, ts))

    def unread(self, user: str, channel: str) -> int:
        """Top-level messages and replies by others since the person last looked."""
        row = self._db.execute(
            "SELECT count(*) FROM messages WHERE channel=? AND (only_for IS NULL OR only_for=?)"
            " AND coalesce(json_extract(body, '$.user'),'')<>? AND ts>coalesce("
            "(SELECT ts FROM read_marks WHERE user=? AND channel=?), '0')",
            (channel, user, user, user, channel),
        ).fetchone()
        return int(row[0])


def _load(text: str) -> Json:
    body: Json = json.loads(text)
    return body
