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


FIRST, SECOND, THIRD = StandInJob(1), StandInJob(2), StandInJob(3, BEN)


def filled(limit=9, member_limit=9, jobs=(FIRST, SECOND, THIRD)):
    queue = JobQueue(limit, member_limit)
    for job in jobs:
        queue.put(job)
    return queue


def test_members_take_turns_and_each_ones_jobs_keep_their_order():
    queue = filled()
    assert list(queue) == [FIRST, THIRD, SECOND]
    assert [queue.take() for _ in range(4)] == [FIRST, THIRD, SECOND, None]


def test_seats_and_waiting_jobs_share_the_limit():
    queue = filled(limit=2, jobs=[FIRST])
    with queue.seat(BEN), pytest.raises(QueueFull) as caught, queue.seat(ADA):
        pass
    assert caught.value.limit == 2


def test_a_seat_is_given_back_whatever_happens():
    queue = JobQueue(1, 1)
    for _ in range(3):
        with pytest.raises(ZeroDivisionError), queue.seat(ADA):
            raise ZeroDivisionError
    with queue.seat(ADA):
        queue.put(FIRST)
    with pytest.raises(QueueFull), queue.seat(ADA):
        pass


def test_a_member_has_a_limit_of_their_own_and_what_is_painted_counts():
    queue = filled(member_limit=2)
    assert queue.take() == FIRST
    with pytest.raises(MemberLimitReached) as caught, queue.seat(ADA):
        pass
    assert caught.value.limit == 2
    with queue.seat(BEN), pytest.raises(MemberLimitReached), queue.seat(BEN):
        pass


def test_a_member_sees_their_places_and_the_painted_one_has_place_0():
    queue = filled()
    assert queue.of(ADA) == {FIRST: 1, SECOND: 3}
    queue.take()
    assert queue.of(ADA) == {FIRST: 0, SECOND: 2}
    assert queue.of(BEN) == {THIRD: 1}


def test_a_job_is_found_while_it_waits_or_is_painted():
    queue = filled()
    queue.take()
    queue.remove(SECOND)
    assert [queue.find(id) for id in (1, 2, 3)] == [FIRST, None, THIRD]
