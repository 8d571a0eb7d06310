"""Documents on disk: one SQLite file, touched by one thread of its own."""

import asyncio
import json
import sqlite3
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

from sdbot.sandbox.documents import Document
from sdbot.sandbox.errors import OtherVersion, StateInUse

T = TypeVar("T")

SCHEMA = """
CREATE TABLE documents (
    kind TEXT NOT NULL, id TEXT NOT NULL, body TEXT NOT NULL, PRIMARY KEY (kind, id)
) WITHOUT ROWID
"""
# Of the documents; a world of another version is not read.
VERSION = 2


class Archive:
    """Documents by kind and id. A call returns when its change is in the file."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="sandbox-archive")

    async def open(self) -> None:
        """Raises StateInUse when another process holds the file, OtherVersion for an old world."""
        try:
            self._connection = await self._run(self._connect)
        except Exception:
            self._thread.shutdown()
            raise

    async def load(self, kind: str) -> dict[str, Document]:
        """All documents of a kind by id, oldest id first."""
        rows = await self._run(self._select, kind)
        return {id: json.loads(body) for id, body in sorted(rows, key=lambda row: int(row[0]))}

    async def save(self, kind: str, *documents: Document) -> None:
        """Write documents under their `id`, in one transaction."""
        rows = [(kind, document["id"], json.dumps(document)) for document in documents]
        await self._run(self._write, "REPLACE INTO documents VALUES (?, ?, ?)", rows)

    async def delete(self, kind: str, *ids: str) -> None:
        rows = [(kind, id) for id in ids]
        await self._run(self._write, "DELETE FROM documents WHERE kind = ? AND id = ?", rows)

    async def close(self) -> None:
        await self._run(self._connection.close)
        self._thread.shutdown()

    async def _run(self, function: Callable[..., T], *arguments: object) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._thread, function, *arguments)

    def _connect(self) -> sqlite3.Connection:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        connection = sqlite3.connect(self._path, timeout=0.5)
        try:
            # The lock lasts as long as the connection: two sandboxes never share a state folder.
            connection.execute("PRAGMA locking_mode = EXCLUSIVE")
            with connection:
                connection.execute("BEGIN EXCLUSIVE")
                self._prepare(connection)
        except sqlite3.OperationalError as error:
            connection.close()
            message = f"{self._path} cannot be written ({error}). Does another sandbox run with it?"
            raise StateInUse(message) from error
        except OtherVersion:
            connection.close()
            raise
        return connection

    def _prepare(self, connection: sqlite3.Connection) -> None:
        (version,) = connection.execute("PRAGMA user_version").fetchone()
        (tables,) = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
        if not tables:
            connection.execute(SCHEMA)
            connection.execute(f"PRAGMA user_version = {VERSION}")
        elif version != VERSION:
            folder = self._path.parent
            raise OtherVersion(f"{folder} was made by another version: delete it, or name another")

    def _select(self, kind: str) -> list[tuple[str, str]]:
        query = "SELECT id, body FROM documents WHERE kind = ?"
        return self._connection.execute(query, (kind,)).fetchall()

    def _write(self, statement: str, rows: list[tuple[str, ...]]) -> None:
        with self._connection:
            self._connection.executemany(statement, rows)
