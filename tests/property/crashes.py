"""The real store, in which the process dies at a chosen line of a transaction."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from infra.store.transaction import PostgresStore, PostgresTransaction


class CrashError(Exception):
    """The process is gone; nothing after this line happened."""


class FragileStore:
    """The store; `at` counts calls down, and the call that reaches zero is the last one."""

    def __init__(self, store: PostgresStore) -> None:
        self._store = store
        self.at: int | None = None

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[_Fragile]:
        async with self._store.transaction() as tx:
            yield _Fragile(tx, self)

    def called(self) -> None:
        if self.at is None:
            return
        self.at -= 1
        if self.at == 0:
            self.at = None
            raise CrashError


class _Fragile:
    """A transaction whose calls all do their work; one of them is the last."""

    def __init__(self, tx: PostgresTransaction, store: FragileStore) -> None:
        self._tx = tx
        self._store = store

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._tx, name)

        async def call(*values: Any, **named: Any) -> Any:
            result = await method(*values, **named)
            self._store.called()
            return result

        return call
