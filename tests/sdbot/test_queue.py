import pytest

from sdbot.errors import QueueFull
from sdbot.queue import JobQueue


def test_jobs_are_taken_in_their_order():
    queue = JobQueue(3)
    for job in ("first", "second"):
        queue.put(job)
    assert list(queue) == ["first", "second"]
    assert [queue.take(), queue.take(), queue.take()] == ["first", "second", None]


def test_seats_and_waiting_jobs_share_the_limit():
    queue = JobQueue(2)
    queue.put("waiting")
    with queue.seat(), pytest.raises(QueueFull) as caught, queue.seat():
        pass
    assert caught.value.limit == 2


def test_a_seat_is_given_back_whatever_happens():
    queue = JobQueue(1)
    for _ in range(3):
        with pytest.raises(ZeroDivisionError), queue.seat():
            raise ZeroDivisionError
    with queue.seat():
        queue.put("job")
    with pytest.raises(QueueFull), queue.seat():
        pass
