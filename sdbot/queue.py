"""Who is painted next: a bounded line, as a plain data structure."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager

from sdbot.errors import QueueFull
from sdbot.jobs import Job


class JobQueue:
    """Jobs in the order of their acceptance; `limit` bounds how many may be asked for and wait."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._jobs: deque[Job] = deque()
        self._reserved = 0

    @contextmanager
    def seat(self) -> Iterator[None]:
        """Hold a place while a job is being accepted; `put` it inside. Raises `QueueFull`."""
        if len(self._jobs) + self._reserved >= self._limit:
            raise QueueFull(self._limit)
        self._reserved += 1
        try:
            yield
        finally:
            self._reserved -= 1

    def put(self, job: Job) -> None:
        """Append a job; jobs from before a restart come without a seat and are never refused."""
        self._jobs.append(job)

    def take(self) -> Job | None:
        """Remove and return the next job, or None."""
        return self._jobs.popleft() if self._jobs else None

    def __len__(self) -> int:
        return len(self._jobs)

    def __iter__(self) -> Iterator[Job]:
        """The waiting jobs, the next one first."""
        return iter(tuple(self._jobs))
