"""The line as a data structure; a stand-in for a job has all that decides its place."""

from dataclasses import dataclass, field

import pytest

from sdbot.errors import MemberLimitReached, QueueFull
from sdbot.queue import JobQueue

ADA, BEN = 1, 2


@dataclass(frozen=True)
class StandInOrder:
    cost: int = 1


@dataclass(frozen=True)
class StandInJob:
    id: int
    requester_id: int = ADA
    order: StandInOrder = field(default_factory=StandInOrder)
    turn: int = 0


def put(queue, id, requester_id=ADA, cost=1):
    """As a job is accepted."""
    order = StandInOrder(cost)
    job = StandInJob(id, requester_id, order, queue.next_turn(requester_id, order))
    queue.put(job)
    return job


def filled(limit=9, member_limit=9, members=(ADA, ADA, BEN)):
    queue = JobQueue(limit, member_limit)
    for id, member in enumerate(members, 1):
        put(queue, id, member)
    return queue


def ids(jobs):
    return [job and job.id for job in jobs]


def test_members_take_turns_and_each_ones_jobs_keep_their_order():
    queue = filled()
    assert ids(queue) == [1, 3, 2]
    assert ids(queue.take() for _ in range(4)) == [1, 3, 2, None]


def test_seats_and_waiting_jobs_share_the_limit():
    queue = filled(limit=2, members=[ADA])
    with queue.seat(BEN), pytest.raises(QueueFull) as caught, queue.seat(ADA):
        pass
    assert caught.value.limit == 2


def test_a_seat_is_given_back_whatever_happens():
    queue = JobQueue(1, 1)
    for _ in range(3):
        with pytest.raises(ZeroDivisionError), queue.seat(ADA):
            raise ZeroDivisionError
    with queue.seat(ADA):
        put(queue, 1)
    with pytest.raises(QueueFull), queue.seat(ADA):
        pass


def test_a_member_has_a_limit_of_their_own_and_what_is_painted_counts():
    queue = filled(member_limit=2)
    assert queue.take().id == 1
    with pytest.raises(MemberLimitReached) as caught, queue.seat(ADA):
        pass
    assert caught.value.limit == 2
    with queue.seat(BEN), pytest.raises(MemberLimitReached), queue.seat(BEN):
        pass


def test_a_job_is_found_while_it_waits_or_is_painted():
    queue = filled()
    queue.take()
    queue.remove(queue.find(2))
    assert ids(queue.find(id) for id in (1, 2, 3)) == [1, None, 3]
