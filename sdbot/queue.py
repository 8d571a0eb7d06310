"""Who is painted next: a bounded line that is fair to members, as a plain data structure."""

from __future__ import annotations

from bisect import insort
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from operator import attrgetter

from sdbot.errors import MemberLimitReached, QueueFull
from sdbot.jobs import Job, Order

_by_turn = attrgetter("turn", "id")


class JobQueue:
    """Waiting jobs in the order in which they will be taken, and the one that is being painted.

    Members take turns, by self-clocked fair queueing (Golestani, 1994): the turn of a job is as far
    behind that of the member's job before it as it costs, or else behind the one that is painted.
    So the jobs before a member's first cost, for each other member, at most as much as that job
    and the largest of theirs together, whatever they ask for meanwhile. Turns are kept with the
    jobs: after a restart all this goes on.

    `limit` bounds how many may be asked for and wait; `member_limit` how many of one member may
    be asked for, wait and be painted.
    """

    def __init__(self, limit: int, member_limit: int) -> None:
        self._limit = limit
        self._member_limit = member_limit
        self._jobs: list[Job] = []
        self._now = 0  # the turn of the job that was taken last
        self._reserved: Counter[int] = Counter()
        self.current: Job | None = None
        """The job that was taken last; None once there was none to take."""

    @contextmanager
    def seat(self, requester_id: int) -> Iterator[None]:
        """Hold a place while a job is being accepted; `put` it inside.

        Raises `QueueFull` or `MemberLimitReached`.
        """
        if len(self) + self._reserved.total() >= self._limit:
            raise QueueFull(self._limit)
        if self._num_of(requester_id) + self._reserved[requester_id] >= self._member_limit:
            raise MemberLimitReached(self._member_limit)
        self._reserved[requester_id] += 1
        try:
            yield
        finally:
            self._reserved[requester_id] -= 1

    def resume(self, jobs: Iterable[Job]) -> None:
        """Put the jobs from before a restart back, of which none is refused.

        Who comes from now on comes behind the first of them.
        """
        self._jobs = sorted(jobs, key=_by_turn)
        self._now = self._jobs[0].turn if self._jobs else 0

    def next_turn(self, requester_id: int, order: Order) -> int:
        """The turn of a job that is `put` next."""
        own = [job.turn for job in self._jobs if job.requester_id == requester_id]
        # Among equals, who has none in the line comes first.
        return max([self._now, *own]) + order.cost + bool(own)

    def put(self, job: Job) -> None:
        """Add a job; no two others change their order."""
        insort(self._jobs, job, key=_by_turn)

    def take(self) -> Job | None:
        """Remove the next job, or None; it is the current one from now on."""
        self.current = self._jobs.pop(0) if self._jobs else None
        if self.current is not None:
            self._now = max(self._now, self.current.turn)
        return self.current

    def remove(self, job: Job) -> list[Job]:
        """Take a waiting job out of the line; the member's later ones, with turns as without it."""
        self._jobs.remove(job)
        turn, moved = job.turn - job.order.cost, []
        for later in self:
            if later.requester_id == job.requester_id and _by_turn(later) > _by_turn(job):
                turn = max(turn + later.order.cost, self._now) + 1
                self._jobs.remove(later)
                moved.append(replace(later, turn=turn))
                self.put(moved[-1])
        return moved

    def find(self, job_id: int) -> Job | None:
        """The job if it waits or is being painted."""
        return next((job for job in (self.current, *self) if job and job.id == job_id), None)

    def __len__(self) -> int:
        return len(self._jobs)

    def __iter__(self) -> Iterator[Job]:
        """The waiting jobs as they are now, the next one first."""
        return iter(tuple(self._jobs))

    def _num_of(self, requester_id: int) -> int:
        jobs = [job for job in (self.current, *self) if job]
        return sum(job.requester_id == requester_id for job in jobs)
