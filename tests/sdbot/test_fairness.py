"""How long a member waits, whatever the others ask for."""

import random

import pytest

from sdbot.queue import JobQueue
from tests.sdbot.test_queue import ADA, StandInJob, StandInOrder

GREEDY = range(2, 8)


def job(id, requester_id, cost):
    return StandInJob(id, requester_id, StandInOrder(cost))


class Greedy:
    """Members who ask for more the moment that they may, and now and then cancel a job.

    `largest` is the most that each of them asked for.
    """

    def __init__(self, random, queue):
        self._random = random
        self._queue = queue
        self._num_jobs = 1
        self.largest = dict.fromkeys(GREEDY, 0)

    def act(self):
        for member in GREEDY:
            while len(self._queue.of(member)) < 4 and self._random.random() < 0.9:
                self._num_jobs += 1
                cost = int(self._random.lognormvariate(4, 1)) + 1
                self.largest[member] = max(cost, self.largest[member])
                self._queue.put(job(self._num_jobs, member, cost))
        if self._random.random() < 0.2 and len(self._queue) > 1:
            greedy = [job for job in self._queue if job.requester_id != ADA]
            self._queue.remove(self._random.choice(greedy))


@pytest.mark.parametrize("seed", range(60))
def test_a_single_job_among_greedy_members_waits_for_a_bounded_amount_of_work(seed):
    rng = random.Random(seed)
    queue = JobQueue(99, 99)
    greedy = Greedy(rng, queue)
    for _ in range(rng.randrange(30)):
        greedy.act()
        queue.take()
    mine = job(1, ADA, int(rng.lognormvariate(4, 1)) + 1)
    queue.put(mine)
    before = dict.fromkeys(GREEDY, 0)
    while (taken := queue.take()) is not mine:
        before[taken.requester_id] += taken.order.cost
        greedy.act()
    for member in GREEDY:
        assert before[member] <= mine.order.cost + greedy.largest[member]


@pytest.mark.parametrize("seed", range(20))
def test_what_comes_later_never_moves_a_job_that_stands_before_it(seed):
    rng = random.Random(seed)
    queue = JobQueue(99, 99)
    for id in range(100):
        new = job(id, rng.randrange(6), rng.randrange(1, 50))
        before = list(queue)
        queue.put(new)
        after = list(queue)
        assert [each for each in after if each is not new] == before
        while len(queue) > 12:
            queue.take()


@pytest.mark.parametrize("seed", range(20))
def test_places_are_those_in_which_the_jobs_are_taken(seed):
    rng = random.Random(seed)
    queue = JobQueue(99, 99)
    for id in range(40):
        queue.put(job(id, rng.randrange(6), rng.randrange(1, 50)))
        if rng.random() < 0.4:
            queue.take()
    shown = list(queue)
    assert list(iter(queue.take, None)) == shown


@pytest.mark.parametrize("num_taken", range(12))
def test_where_all_ask_for_the_same_a_first_job_waits_for_one_of_each_other_member(num_taken):
    queue = JobQueue(99, 99)
    for id in range(40):
        queue.put(job(id, 2 + id % 4, 5))
    for _ in range(num_taken):
        queue.take()
    mine = job(99, ADA, 5)
    queue.put(mine)
    before = list(queue)[: list(queue).index(mine)]
    assert sorted(job.requester_id for job in before) == [2, 3, 4, 5]


def test_equal_jobs_take_turns():
    queue = JobQueue(99, 99)
    for id, member in enumerate((1, 1, 1, 1, 2, 2, 3), 1):
        queue.put(job(id, member, 5))
    assert [job.requester_id for job in queue] == [1, 2, 3, 1, 2, 1, 1]


def test_a_large_job_is_weighed_against_many_small_ones():
    queue = JobQueue(99, 99)
    queue.put(job(1, 1, 100))
    for id in range(2, 9):
        queue.put(job(id, 2, 30))
    assert [job.id for job in queue] == [2, 3, 4, 1, 5, 6, 7, 8]


def test_who_cancels_a_large_job_does_not_save_up_for_many_small_ones():
    queue = JobQueue(99, 99)
    large = job(1, 1, 100)
    queue.put(large)
    for id in range(2, 7):
        queue.put(job(id, 2, 30))
    for id in range(7, 10):
        queue.put(job(id, 1, 30))
    assert [queue.take().id for _ in range(3)] == [2, 3, 4]
    queue.remove(large)
    assert [job.id for job in queue] == [7, 5, 8, 6, 9]
