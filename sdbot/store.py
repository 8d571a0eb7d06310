"""SQLite on a thread of its own: the truth after a restart."""

from __future__ import annotations

import asyncio
import json
import logging
import sqlite3
import time
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any, Self, TypeVar

from diffusion.digest import State
from diffusion.errors import RecipeError
from diffusion.recipe import Recipe
from sdbot.errors import (
    AlreadyAccepted,
    Cancelled,
    ChannelClosed,
    DiedTwice,
    EngineWedged,
    JobFailed,
    ModelGone,
    ModelUnavailable,
    OutOfMemory,
    PictureGone,
    SdbotError,
    StartError,
    TooLarge,
    Undeliverable,
    UnknownJob,
)
from sdbot.jobs import Destination, Job, Order, Posted, Shape, Ticket

_log = logging.getLogger(__name__)

FILE_NAME = "sdbot.sqlite3"

# Migration n brings a database from version n to n + 1; never change one that was released.
_MIGRATIONS = (
    """
    CREATE TABLE jobs (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        state TEXT NOT NULL CHECK (state IN ('accepted', 'delivered', 'failed')),
        interaction_id INTEGER NOT NULL UNIQUE,
        requester_id INTEGER NOT NULL,
        recipe TEXT NOT NULL,
        guild_id INTEGER,
        channel_id INTEGER NOT NULL,
        progress_message_id INTEGER NOT NULL,
        interaction_token TEXT NOT NULL,
        token_expires_at REAL NOT NULL,
        result_message_id INTEGER,
        failure TEXT,
        accepted_at REAL NOT NULL
    );
    CREATE INDEX jobs_by_state ON jobs (state);
    """,
    """
    ALTER TABLE jobs ADD COLUMN count INTEGER NOT NULL DEFAULT 1;
    ALTER TABLE jobs ADD COLUMN scale INTEGER NOT NULL DEFAULT 1;
    ALTER TABLE jobs ADD COLUMN cut TEXT NOT NULL DEFAULT '';
    ALTER TABLE jobs ADD COLUMN received TEXT NOT NULL DEFAULT '';
    ALTER TABLE jobs ADD COLUMN is_enlarged INTEGER NOT NULL DEFAULT 0;
    CREATE INDEX jobs_by_result ON jobs (result_message_id);
    """,
    """
    ALTER TABLE jobs ADD COLUMN deaths INTEGER NOT NULL DEFAULT 0;
    ALTER TABLE jobs ADD COLUMN is_tried INTEGER NOT NULL DEFAULT 1;
    ALTER TABLE jobs ADD COLUMN is_told INTEGER NOT NULL DEFAULT 0;
    ALTER TABLE jobs ADD COLUMN result_channel_id INTEGER;
    UPDATE jobs SET is_told = 1 WHERE state != 'accepted';
    CREATE INDEX jobs_by_progress ON jobs (progress_message_id);
    """,
    """
    CREATE TABLE paces (
        model TEXT NOT NULL,
        width INTEGER NOT NULL,
        height INTEGER NOT NULL,
        count INTEGER NOT NULL,
        seconds TEXT NOT NULL,
        PRIMARY KEY (model, width, height, count)
    );
    """,
    "ALTER TABLE jobs ADD COLUMN turn INTEGER NOT NULL DEFAULT 0;",
    """
    CREATE TABLE digests (
        path TEXT PRIMARY KEY,
        size INTEGER NOT NULL,
        changed_at INTEGER NOT NULL,
        digest TEXT NOT NULL
    );
    """,
)

_ORDER_FIELDS = ("count", "scale", "is_enlarged", "cut", "received")
_DESTINATION_FIELDS = tuple(Destination.__dataclass_fields__)
_SHAPE_FIELDS = tuple(Shape.__dataclass_fields__)

# Those of which a job's owner reads something else than that it failed.
_FAILURES: tuple[type[SdbotError], ...] = (
    *(Cancelled, DiedTwice, OutOfMemory, PictureGone, ModelUnavailable, ModelGone),
    *(ChannelClosed, TooLarge, Undeliverable),
)

_Result = TypeVar("_Result")


class Store:
    """Jobs and what became of them. Each call is one transaction, on disk when it returns."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="store")
        self._database: sqlite3.Connection

    async def __aenter__(self) -> Self:
        """Create or migrate the database. Raises `StartError` where that cannot be done."""
        try:
            self._database = await self._in_thread(self._connect)
        except (OSError, sqlite3.Error) as error:
            raise StartError(f"STATE_PATH: {self._folder} cannot be used: {error}") from error
        return self

    async def __aexit__(self, *_error: object) -> None:
        """Close the database and end its thread."""
        await self._in_thread(lambda: self._database.close())
        self._thread.shutdown()

    async def add(
        self,
        *,
        interaction_id: int,
        requester_id: int,
        order: Order,
        turn: int,
        destination: Destination,
    ) -> Job:
        """Store a job as accepted. Raises `AlreadyAccepted` for an interaction that made one."""
        values = {
            "state": "accepted",
            "interaction_id": interaction_id,
            "requester_id": requester_id,
            "recipe": order.recipe.to_json(),
            **{field: getattr(order, field) for field in _ORDER_FIELDS},
            "turn": turn,
            "accepted_at": time.time(),
            "is_tried": False,
            **asdict(destination),
        }
        columns, marks = ", ".join(values), ", ".join(f":{name}" for name in values)
        rows = await self._execute(
            f"INSERT INTO jobs ({columns}) VALUES ({marks}) "
            "ON CONFLICT (interaction_id) DO NOTHING RETURNING id",
            values,
        )
        if not rows:
            raise AlreadyAccepted
        return Job(
            id=rows[0]["id"],
            interaction_id=interaction_id,
            requester_id=requester_id,
            order=order,
            turn=turn,
            destination=destination,
        )

    async def job(self, job_id: int) -> Job:
        """A job of any state. Raises `UnknownJob`, or `RecipeError` on a recipe it cannot read."""
        rows = await self._execute("SELECT * FROM jobs WHERE id = ?", (job_id,))
        if not rows:
            raise UnknownJob(job_id)
        return _job(rows[0])

    async def job_of_message(self, message_id: int) -> Job | None:
        """The job whose pictures or progress a message shows. Raises `RecipeError` as `job`."""
        rows = await self._execute(
            "SELECT * FROM jobs WHERE ? IN (result_message_id, progress_message_id)", (message_id,)
        )
        return _job(rows[0]) if rows else None

    async def unfinished(self) -> list[Job]:
        """Jobs that were accepted and have not ended, the oldest first.

        One whose recipe this version cannot read is marked as failed and left out.
        """
        jobs = []
        for row in await self._execute(
            "SELECT * FROM jobs WHERE state = 'accepted' ORDER BY id", ()
        ):
            try:
                jobs.append(_job(row))
            except RecipeError as error:
                facts = {"job": row["id"], "error": repr(error)}
                _log.error("its recipe cannot be read", extra=facts)
                await self._mark_failed(row["id"], str(error))
        return jobs

    async def untold(self) -> dict[Ticket, Posted | SdbotError]:
        """Jobs that have ended and whose owners were not told of it, with their ends."""
        rows = await self._execute(
            "SELECT * FROM jobs WHERE state != 'accepted' AND NOT is_told ORDER BY id", ()
        )
        return {_ticket(row): _posted(row) or _failure(row) for row in rows}

    @asynccontextmanager
    async def painting(self, job: Job) -> AsyncIterator[int]:
        """Around the painting of a job: how often the process has died in here with it.

        It is about to where this raises `EngineWedged`.
        """
        (row,) = await self._execute(
            "UPDATE jobs SET deaths = deaths + 1 WHERE id = ? RETURNING deaths", (job.id,)
        )
        is_dying = False
        try:
            yield row["deaths"] - 1
        except EngineWedged:
            is_dying = True
            raise
        finally:
            if not is_dying:
                await self._execute("UPDATE jobs SET deaths = deaths - 1 WHERE id = ?", (job.id,))

    async def is_tried(self, job: Job) -> bool:
        """Whether the job's pictures may stand in Discord already."""
        (row,) = await self._execute("SELECT is_tried FROM jobs WHERE id = ?", (job.id,))
        return bool(row["is_tried"])

    async def mark_tried(self, job: Job) -> None:
        """From now on the job's pictures may stand in Discord."""
        await self._execute("UPDATE jobs SET is_tried = 1 WHERE id = ?", (job.id,))

    async def mark_delivered(self, job: Job, posted: Posted) -> None:
        """The job's pictures stand in Discord."""
        await self._execute(
            "UPDATE jobs SET state = 'delivered', result_channel_id = ?, result_message_id = ? "
            "WHERE id = ?",
            (posted.channel_id, posted.message_id, job.id),
        )

    async def keep_turns(self, jobs: list[Job]) -> None:
        """These jobs have other turns than before."""
        turns = [(job.turn, job.id) for job in jobs]
        await self._execute_many("UPDATE jobs SET turn = ? WHERE id = ?", turns)

    async def mark_told(self, ticket: Ticket) -> None:
        """The job's owner knows how it ended."""
        await self._execute("UPDATE jobs SET is_told = 1 WHERE id = ?", (ticket.id,))

    async def mark_failed(self, job: Job, failure: SdbotError) -> None:
        """The job ended without a picture."""
        await self._mark_failed(job.id, repr(failure))

    async def paces(self) -> dict[Shape, list[float]]:
        """Seconds for a unit of cost, of the last paintings of each shape."""
        rows = await self._execute("SELECT * FROM paces", ())
        return {
            Shape(**{field: row[field] for field in _SHAPE_FIELDS}): json.loads(row["seconds"])
            for row in rows
        }

    async def keep_pace(self, shape: Shape, seconds: list[float]) -> None:
        """Keep these instead of what was kept of the shape."""
        await self._execute(
            "INSERT OR REPLACE INTO paces VALUES (:model, :width, :height, :count, :seconds)",
            {**asdict(shape), "seconds": json.dumps(seconds)},
        )

    async def digests(self) -> dict[State, str]:
        """SHA-256 of files as they were when it was kept."""
        rows = await self._execute("SELECT * FROM digests", ())
        return {(Path(path), size, changed_at): digest for path, size, changed_at, digest in rows}

    async def keep_digests(self, digests: Mapping[State, str]) -> None:
        """Keep these instead of what was kept of the same files."""
        rows = [(str(path), *state, digest) for (path, *state), digest in digests.items()]
        await self._execute_many("INSERT OR REPLACE INTO digests VALUES (?, ?, ?, ?)", rows)

    async def _mark_failed(self, job_id: int, failure: str) -> None:
        await self._execute(
            "UPDATE jobs SET state = 'failed', failure = ? WHERE id = ?", (failure, job_id)
        )

    async def _execute(self, statement: str, parameters: Any) -> list[sqlite3.Row]:
        def execute() -> list[sqlite3.Row]:
            with self._database:
                return self._database.execute(statement, parameters).fetchall()

        return await self._in_thread(execute)

    async def _execute_many(self, statement: str, rows: Sequence[Sequence[object]]) -> None:
        def execute() -> None:
            with self._database:
                self._database.executemany(statement, rows)

        await self._in_thread(execute)

    async def _in_thread(self, work: Callable[[], _Result]) -> _Result:
        return await asyncio.get_running_loop().run_in_executor(self._thread, work)

    def _connect(self) -> sqlite3.Connection:
        self._folder.mkdir(parents=True, exist_ok=True)
        database = sqlite3.connect(self._folder / FILE_NAME)
        database.row_factory = sqlite3.Row
        # Held as long as the connection: two bots never share a state folder.
        database.execute("PRAGMA locking_mode = EXCLUSIVE")
        database.execute("PRAGMA journal_mode = WAL")
        database.execute("PRAGMA synchronous = FULL")
        _migrate(database)
        return database


def _migrate(database: sqlite3.Connection) -> None:
    (version,) = database.execute("PRAGMA user_version").fetchone()
    if version > len(_MIGRATIONS):
        raise sqlite3.DatabaseError(
            f"its database has version {version}; allowed: up to {len(_MIGRATIONS)}"
        )
    for number, script in enumerate(_MIGRATIONS[version:], version + 1):
        database.executescript(f"BEGIN; {script} PRAGMA user_version = {number}; COMMIT;")


def _job(row: sqlite3.Row) -> Job:
    recipe = Recipe.from_json(row["recipe"])
    order = Order(recipe=recipe, **{field: row[field] for field in _ORDER_FIELDS})
    return Job(**vars(_ticket(row)), order=order, turn=row["turn"])


def _ticket(row: sqlite3.Row) -> Ticket:
    return Ticket(
        id=row["id"],
        interaction_id=row["interaction_id"],
        requester_id=row["requester_id"],
        destination=Destination(**{field: row[field] for field in _DESTINATION_FIELDS}),
    )


def _failure(row: sqlite3.Row) -> SdbotError:
    """As the job's owner is told of it; the log alone knows more."""
    kind = row["failure"].partition("(")[0]
    return next((failure() for failure in _FAILURES if failure.__name__ == kind), JobFailed())


def _posted(row: sqlite3.Row) -> Posted | None:
    if row["state"] != "delivered":
        return None
    return Posted(channel_id=row["result_channel_id"], message_id=row["result_message_id"])
