"""Where everybody stands in the line, and who has to be told of it."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import repeat

from sdbot.jobs import Job, Waiting
from sdbot.queue import JobQueue
from sdbot.service.estimates import Estimates
from sdbot.service.outbox import Outbox

# Who is further back and moves up reads of it when they ask, and again when they come this near.
PLACES_SHOWN = 5
# A promise is shown as a time of day, in minutes.
MINUTE = 60.0


class Places:
    """Shows those who wait their places and times, where these are news to them.

    There are times once `has_times` is set: how long a model takes to be loaded nobody knows.
    """

    def __init__(self, queue: JobQueue, estimates: Estimates, outbox: Outbox) -> None:
        self._queue = queue
        self._estimates = estimates
        self._outbox = outbox
        self._shown: dict[int, Waiting] = {}  # by the job's id
        self.has_times = False

    def of(self, requester_id: int) -> dict[Job, Waiting]:
        """A member's jobs, the one that is being painted first."""
        jobs = dict(self._waiting())
        if current := self._queue.current:
            jobs = {current: Waiting(place=0), **jobs}
        return {job: jobs[job] for job in jobs if job.requester_id == requester_id}

    def show(self) -> None:
        """The line has moved."""
        shown = {}
        for job, waiting in self._waiting():
            last = self._shown.get(job.id)
            if last is None or _is_news(last, waiting):
                self._outbox.show(job, waiting)
                last = waiting
            shown[job.id] = last
        self._shown = shown

    def _waiting(self) -> Iterator[tuple[Job, Waiting]]:
        jobs = list(self._queue)
        times = self._estimates.ready_times(jobs) if self.has_times else repeat(None)
        for place, (job, ready_at) in enumerate(zip(jobs, times, strict=False), 1):
            yield job, Waiting(place=place, ready_at=ready_at)


def _is_news(shown: Waiting, now: Waiting) -> bool:
    """Whether a member is to be told: at once of having moved back, when near of all else."""
    if now.place != shown.place:
        return now.place > shown.place or now.place <= PLACES_SHOWN
    if now.ready_at is None or shown.ready_at is None:
        return now.ready_at != shown.ready_at
    return now.place <= PLACES_SHOWN and abs(now.ready_at - shown.ready_at) >= MINUTE
