"""SageMaker's resources on disk: JSON documents by kind and name, and the tags of ARNs, in one SQLite file.

A document is what `Describe…` answers, times in seconds since the epoch; members that start with `_` are ours.
"""

from __future__ import annotations

import json
import sqlite3
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

Document = dict[str, Any]

_SCHEMA = """
CREATE TABLE IF NOT EXISTS resource (
    kind TEXT NOT NULL, name TEXT NOT NULL, document TEXT NOT NULL, PRIMARY KEY (kind, name));
CREATE TABLE IF NOT EXISTS tag (
    arn TEXT NOT NULL, key TEXT NOT NULL, value TEXT NOT NULL, PRIMARY KEY (arn, key));
"""


class Store:
    """Every change is committed before the call returns, so that a SIGKILL loses none."""

    def __init__(self, path: Path) -> None:
        """Open the file, making it when it is new."""
        path.parent.mkdir(parents=True, exist_ok=True)
        self._lock = threading.RLock()
        self._database = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
        self._database.execute("PRAGMA journal_mode=WAL")
        self._database.executescript(_SCHEMA)

    def close(self) -> None:
        """Close the file; what comes later is an error."""
        with self._lock:
            self._database.close()

    def get(self, kind: str, name: str) -> Document | None:
        """Return a copy of the document, or None."""
        with self._lock:
            row = self._database.execute(
                "SELECT document FROM resource WHERE kind = ? AND name = ?", (kind, name)
            ).fetchone()
        return None if row is None else json.loads(row[0])

    def all(self, kind: str) -> list[Document]:
        """Return copies of all documents of a kind, oldest first."""
        with self._lock:
            rows = self._database.execute(
                "SELECT document FROM resource WHERE kind = ? ORDER BY rowid", (kind,)
            ).fetchall()
        return [json.loads(row[0]) for row in rows]

    def add(self, kind: str, name: str, document: Document) -> bool:
        """Add a document; False when the name is taken, and then nothing changes."""
        with self._lock:
            cursor = self._database.execute(
                "INSERT OR IGNORE INTO resource VALUES (?, ?, ?)",
                (kind, name, json.dumps(document)),
            )
        return cursor.rowcount == 1

    def change(self, kind: str, name: str, edit: Callable[[Document], None]) -> Document:
        """Apply `edit` to the document and save it with a fresh LastModifiedTime. Raises KeyError."""
        with self._lock:
            document = self.get(kind, name)
            if document is None:
                raise KeyError(f"{kind} {name}")
            edit(document)
            document["LastModifiedTime"] = time.time()
            self._database.execute(
                "UPDATE resource SET document = ? WHERE kind = ? AND name = ?",
                (json.dumps(document), kind, name),
            )
        return document

    def remove(self, kind: str, name: str) -> bool:
        """Remove the document; False when it was not there."""
        with self._lock:
            cursor = self._database.execute(
                "DELETE FROM resource WHERE kind = ? AND name = ?", (kind, name)
            )
        return cursor.rowcount == 1

    def tags(self, arn: str) -> dict[str, str]:
        """Return the tags of an ARN."""
        with self._lock:
            rows = self._database.execute(
                "SELECT key, value FROM tag WHERE arn = ? ORDER BY rowid", (arn,)
            ).fetchall()
        return dict(rows)

    def set_tags(self, arn: str, tags: dict[str, str]) -> None:
        """Add or replace tags of an ARN."""
        with self._lock:
            self._database.executemany(
                "INSERT INTO tag VALUES (?, ?, ?) "
                "ON CONFLICT (arn, key) DO UPDATE SET value = excluded.value",
                [(arn, key, value) for key, value in tags.items()],
            )

    def drop_tags(self, arn: str, keys: list[str] | None = None) -> None:
        """Remove the named tags of an ARN, or all."""
        with self._lock:
            if keys is None:
                self._database.execute("DELETE FROM tag WHERE arn = ?", (arn,))
            else:
                self._database.executemany(
                    "DELETE FROM tag WHERE arn = ? AND key = ?", [(arn, key) for key in keys]
                )
