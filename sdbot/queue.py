"""Who is painted next: a bounded line that is fair to members, as a plain data structure."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace

from sdbot.errors import MemberLimitReached, QueueFull
from sdbot.jobs import Job


@dataclass
class _Lane:
    """A member's waiting jobs, and how much of the first one's cost is granted already."""

    jobs: deque[Job] = field(default_factory=deque)
    credit: int = 0

    @property
    def missing(self) -> int:
        """What must be granted before the first job is taken."""
        return self.jobs[0].order.cost - self.credit


class JobQueue:
    """Waiting jobs in the order in which they will be taken, and the one that is being painted.

    Members take turns, by deficit round robin (Shreedhar and Varghese, 1995): each round grants
    everybody who waits the same amount of work, and it is the least that lets somebody be painted.
    So the jobs before a member's first cost, for each other member, less than that job and the
    largest of theirs together, whatever they ask for meanwhile.

    `limit` bounds how many may be asked for and wait; `member_limit` how many of one member may
    be asked for, wait and be painted.
    """

    def __init__(self, limit: int, member_limit: int) -> None:
        self._limit = limit
        self._member_limit = member_limit
        self._lanes: dict[int, _Lane] = {}  # whose turn was longest ago, first
        self._reserved: Counter[int] = Counter()
        self.current: Job | None = None
        """The job that was taken last; who paints it sets it back to None."""

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

    def put(self, job: Job) -> None:
        """Append a job to its member's; those from before a restart are never refused.

        No job that would have been taken before it moves, and no two others change their order.
        """
        self._lanes.setdefault(job.requester_id, _Lane()).jobs.append(job)

    def take(self) -> Job | None:
        """Remove the next job, or None; it is the current one from now on."""
        self.current = _take(self._lanes)
        return self.current

    def remove(self, job: Job) -> None:
        """Take a waiting job out of the line. What it was granted goes to the member's next."""
        lane = self._lanes[job.requester_id]
        lane.jobs.remove(job)
        if lane.jobs:
            lane.credit = min(lane.credit, lane.jobs[0].order.cost)
        else:
            del self._lanes[job.requester_id]

    def of(self, requester_id: int) -> dict[Job, int]:
        """A member's jobs with their places; the one that is being painted has place 0."""
        places = enumerate((self.current, *self))
        return {job: place for place, job in places if job and job.requester_id == requester_id}

    def find(self, job_id: int) -> Job | None:
        """The job if it waits or is being painted."""
        return next((job for job in (self.current, *self) if job and job.id == job_id), None)

    def __len__(self) -> int:
        return sum(len(lane.jobs) for lane in self._lanes.values())

    def __iter__(self) -> Iterator[Job]:
        """The waiting jobs as they are now, the next one first."""
        lanes = {
            requester_id: replace(lane, jobs=deque(lane.jobs))
            for requester_id, lane in self._lanes.items()
        }
        while (job := _take(lanes)) is not None:
            yield job

    def _num_of(self, requester_id: int) -> int:
        lane = self._lanes.get(requester_id, _Lane())
        is_current = self.current is not None and self.current.requester_id == requester_id
        return len(lane.jobs) + is_current


def _take(lanes: dict[int, _Lane]) -> Job | None:
    if not lanes:
        return None
    grant = max(0, min(lane.missing for lane in lanes.values()))
    for lane in lanes.values():
        lane.credit += grant
    requester_id = next(id for id, lane in lanes.items() if lane.missing <= 0)
    lane = lanes.pop(requester_id)
    job = lane.jobs.popleft()
    if lane.jobs:
        lane.credit -= job.order.cost
        lanes[requester_id] = lane
    return job
