"""Who is painted next: a bounded line, as a plain data structure."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterator
from contextlib import contextmanager

from sdbot.errors import MemberLimitReached, QueueFull
from sdbot.jobs import Job


class JobQueue:
    """Jobs in the order of their acceptance, and the one that is being painted.

    `limit` bounds how many may be asked for and wait; `member_limit` how many of one member may
    be asked for, wait and be painted.
    """

    def __init__(self, limit: int, member_limit: int) -> None:
        self._limit = limit
        self._member_limit = member_limit
        self._jobs: deque[Job] = deque()
        self._reserved: Counter[int] = Counter()
        self.current: Job | None = None
        """The job that was taken last; who paints it sets it back to None."""

    @contextmanager
    def seat(self, requester_id: int) -> Iterator[None]:
        """Hold a place while a job is being accepted; `put` it inside.

        Raises `QueueFull` or `MemberLimitReached`.
        """
        if len(self._jobs) + self._reserved.total() >= self._limit:
            raise QueueFull(self._limit)
        if len(self.of(requester_id)) + self._reserved[requester_id] >= self._member_limit:
            raise MemberLimitReached(self._member_limit)
        self._reserved[requester_id] += 1
        try:
            yield
        finally:
            self._reserved[requester_id] -= 1

    def put(self, job: Job) -> None:
        """Append a job; jobs from before a restart come without a seat and are never refused."""
        self._jobs.append(job)

    def take(self) -> Job | None:
        """Remove the next job, or None; it is the current one from now on."""
        self.current = self._jobs.popleft() if self._jobs else None
        return self.current

    def remove(self, job: Job) -> None:
        """Take a waiting job out of the line."""
        self._jobs.remove(job)

    def of(self, requester_id: int) -> dict[Job, int]:
        """A member's jobs with their places; the one that is being painted has place 0."""
        places = enumerate((self.current, *self._jobs))
        return {job: place for place, job in places if job and job.requester_id == requester_id}

    def find(self, job_id: int) -> Job | None:
        """The job if it waits or is being painted."""
        return next((job for job in (self.current, *self) if job and job.id == job_id), None)

    def __len__(self) -> int:
        return len(self._jobs)

    def __iter__(self) -> Iterator[Job]:
        """The waiting jobs, the next one first."""
        return iter(tuple(self._jobs))
