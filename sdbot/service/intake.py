"""Accept or refuse."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Self

from sdbot.errors import EngineWedged, ModelUnavailable, NotInLine, Refused, ShuttingDown
from sdbot.jobs import Destination, Job, Order, Waiting
from sdbot.queue import JobQueue
from sdbot.service.events import Event, Kind, Tell, log
from sdbot.service.outbox import Outbox
from sdbot.service.painting import Painting
from sdbot.store import Store

MAX_CLOSING_SECONDS = 2.0


class Intake:
    """What is asked of the bot comes in here; what can be refused from memory, is."""

    def __init__(
        self, queue: JobQueue, store: Store, outbox: Outbox, painting: Painting, tell: Tell = log
    ) -> None:
        self._queue = queue
        self._store = store
        self._outbox = outbox
        self._painting = painting
        self._tell = tell
        self._refusal: type[Refused] | None = None
        self._accepting = asyncio.Lock()
        self._resumed: list[Job] = []
        self._opening: asyncio.Task[None] | None = None
        self._requests: set[asyncio.Task[Any]] = set()

    @contextmanager
    def seat(self, requester_id: int) -> Iterator[None]:
        """Hold a place in the line around `accept`.

        Raises `QueueFull`, `MemberLimitReached`, `ShuttingDown` or `ModelUnavailable`.
        """
        if self._refusal:
            raise self._refusal
        with self._queue.seat(requester_id), self._awaited():
            yield

    async def accept(
        self, *, interaction_id: int, requester_id: int, order: Order, destination: Destination
    ) -> Job:
        """Store a job and put it in the line; call it inside `seat`. Raises `AlreadyAccepted`."""
        # One at a time: the turn of the member's next job is behind this one's.
        async with self._accepting:
            job = await self._store.add(
                interaction_id=interaction_id,
                requester_id=requester_id,
                order=order,
                turn=self._queue.next_turn(requester_id, order),
                destination=destination,
            )
            self._tell(Event(Kind.ACCEPTED, job))
            self._painting.add(job)
        return job

    async def job(self, job_id: int) -> Job:
        """As `Store.job`."""
        return await self._store.job(job_id)

    async def job_of_message(self, message_id: int) -> Job | None:
        """As `Store.job_of_message`."""
        return await self._store.job_of_message(message_id)

    def jobs_of(self, requester_id: int) -> dict[Job, Waiting]:
        """As `Places.of`."""
        return self._painting.places.of(requester_id)

    def waiting(self, job_id: int) -> Job:
        """A job in the line. Raises `NotInLine`."""
        job = self._queue.find(job_id)
        if job is None:
            raise NotInLine(job_id)
        return job

    async def cancel(self, job: Job) -> None:
        """End a job in the line; its owner is told."""
        await self._painting.cancel(job)

    def open(self) -> None:
        """Tell who was not told of a job's end before a restart, and have the model loaded.

        Where that fails, whatever is asked for is refused until the operator has mended it.
        """
        self._opening = asyncio.create_task(self._open())

    async def _open(self) -> None:
        for ticket, end in (await self._store.untold()).items():
            self._outbox.repeat_end(ticket, end)
        for job in self._resumed:
            self._tell(Event(Kind.RESUMED, job))
            is_delivered = await self._outbox.is_delivered(job)
            if is_delivered and (waiting := self._queue.find(job.id)):
                await self._painting.leave_out(waiting)
        try:
            await self._painting.load()
        except EngineWedged as error:
            self._tell(Event(Kind.MODEL_FAILED, error=error))
        except Exception as error:
            self._refusal = ModelUnavailable
            self._tell(Event(Kind.MODEL_FAILED, error=error))
        else:
            self._tell(Event(Kind.MODEL_LOADED))

    async def __aenter__(self) -> Self:
        """The jobs from before a restart are in the line before anybody can ask for more."""
        self._resumed = await self._store.unfinished()
        self._queue.resume(self._resumed)
        return self

    async def __aexit__(self, *_error: object) -> None:
        """Refuse from now on; what is being accepted has a moment."""
        self._refusal = ShuttingDown
        self._tell(Event(Kind.DRAINING))
        if self._opening:
            self._opening.cancel()
        if self._requests:
            await asyncio.wait(self._requests, timeout=MAX_CLOSING_SECONDS)

    @contextmanager
    def _awaited(self) -> Iterator[None]:
        """Around what the task that runs asks for: the end waits for it."""
        task = asyncio.current_task()
        assert task is not None
        self._requests.add(task)
        try:
            yield
        finally:
            self._requests.discard(task)
