"""How long a member waits, whatever the others ask for, and however often the bot is killed."""

import random
from contextlib import asynccontextmanager

import pytest

from sdbot.jobs import Posted
from sdbot.queue import JobQueue
from sdbot.service.intake import Intake
from sdbot.service.outbox import Outbox
from sdbot.service.painting import Painting
from sdbot.store import Store
from tests.sdbot.engine import StandInEngine
from tests.sdbot.test_estimates import sized
from tests.sdbot.test_outbox import FailingDelivery
from tests.sdbot.test_queue import ADA, put
from tests.sdbot.test_store import DESTINATION

GREEDY = range(2, 8)


class Greedy:
    """Members who ask for more the moment that they may, and now and then cancel a job.

    `largest` is the most that each of them asked for.
    """

    def __init__(self, random, queue):
        self._random = random
        self.queue = queue
        self._num_jobs = 1
        self.largest = dict.fromkeys(GREEDY, 0)

    def act(self):
        for member in GREEDY:
            while self._num_of(member) < 4 and self._random.random() < 0.9:
                self._num_jobs += 1
                cost = int(self._random.lognormvariate(4, 1)) + 1
                self.largest[member] = max(cost, self.largest[member])
                put(self.queue, self._num_jobs, member, cost)
        if self._random.random() < 0.2 and len(self.queue) > 1:
            greedy = [job for job in self.queue if job.requester_id != ADA]
            self.queue.remove(self._random.choice(greedy))

    def _num_of(self, member):
        return sum(job.requester_id == member for job in self.queue)


def restarted(jobs):
    queue = JobQueue(99, 99)
    queue.resume(jobs)
    return queue


def unfinished(queue):
    """What is being painted is painted again after a restart."""
    return [job for job in (queue.current, *queue) if job]


@pytest.mark.parametrize("chance_of_death", [0, 0.3])
@pytest.mark.parametrize("seed", range(60))
def test_a_single_job_among_greedy_members_waits_for_a_bounded_amount_of_work(
    seed, chance_of_death
):
    rng = random.Random(seed)
    queue = JobQueue(99, 99)
    greedy = Greedy(rng, queue)
    for _ in range(rng.randrange(30)):
        greedy.act()
        queue.take()
    mine = put(queue, 1, ADA, int(rng.lognormvariate(4, 1)) + 1)
    before = set()
    while (taken := queue.take()) != mine:
        before.add(taken)
        if rng.random() < chance_of_death:
            queue = greedy.queue = restarted(unfinished(queue))
        greedy.act()
    for member in GREEDY:
        work = sum(job.order.cost for job in before if job.requester_id == member)
        assert work <= mine.order.cost + greedy.largest[member]


@pytest.mark.parametrize("seed", range(20))
def test_what_comes_later_never_moves_a_job_that_stands_before_it(seed):
    rng = random.Random(seed)
    queue = JobQueue(99, 99)
    for id in range(100):
        before = list(queue)
        new = put(queue, id, rng.randrange(6), rng.randrange(1, 50))
        after = list(queue)
        assert [each for each in after if each is not new] == before
        while len(queue) > 12:
            queue.take()


@pytest.mark.parametrize("seed", range(20))
def test_places_are_those_in_which_the_jobs_are_taken(seed):
    rng = random.Random(seed)
    queue = JobQueue(99, 99)
    for id in range(40):
        put(queue, id, rng.randrange(6), rng.randrange(1, 50))
        if rng.random() < 0.4:
            queue.take()
    shown = list(queue)
    assert list(iter(queue.take, None)) == shown


@pytest.mark.parametrize("num_taken", range(12))
def test_where_all_ask_for_the_same_a_first_job_waits_for_one_of_each_other_at_most(num_taken):
    queue = JobQueue(99, 99)
    for id in range(40):
        put(queue, id, 2 + id % 4, 5)
    for _ in range(num_taken):
        queue.take()
    mine = put(queue, 99, ADA, 5)
    before = [job.requester_id for job in list(queue)[: list(queue).index(mine)]]
    assert len(before) == len(set(before))


def test_equal_jobs_take_turns():
    queue = JobQueue(99, 99)
    for id, member in enumerate((1, 1, 1, 1, 2, 2, 3), 1):
        put(queue, id, member, 5)
    assert [job.requester_id for job in queue] == [1, 2, 3, 1, 2, 1, 1]


def test_a_large_job_is_weighed_against_many_small_ones():
    queue = JobQueue(99, 99)
    put(queue, 1, 1, 100)
    for id in range(2, 9):
        put(queue, id, 2, 30)
    assert [job.id for job in queue] == [2, 3, 4, 1, 5, 6, 7, 8]


def test_who_cancels_a_large_job_does_not_save_up_for_many_small_ones():
    queue = JobQueue(99, 99)
    large = put(queue, 1, 1, 100)
    for id in range(2, 7):
        put(queue, id, 2, 30)
    for id in range(7, 10):
        put(queue, id, 1, 30)
    assert [queue.take().id for _ in range(3)] == [2, 3, 4]
    queue.remove(large)
    assert [job.id for job in queue] == [7, 5, 8, 6, 9]


@asynccontextmanager
async def line(store):
    """The queue, and the intake to it; nothing is painted but what a test takes."""
    queue = JobQueue(99, 99)
    async with Outbox(store, FailingDelivery()) as outbox:
        parts = (None, queue, StandInEngine(), None)
        painting = Painting(*parts, store, outbox, lambda _status: None)
        async with painting, Intake(queue, store, outbox, painting) as intake:
            yield queue, intake


class Members:
    """They ask for anything and cancel anything while one job after the other is painted."""

    def __init__(self, random, store, queue, intake):
        self._random = random
        self._store = store
        self._queue = queue
        self._intake = intake
        self._cancelled = set()

    async def act(self):
        await self._random.choice([self._ask, self._ask, self._ask, self._take, self._cancel])()

    async def _ask(self):
        id = self._random.getrandbits(60)
        order = sized(8 * self._random.randrange(1, 9), num_steps=self._random.randrange(1, 30))
        await self._intake.accept(
            interaction_id=id, requester_id=id % 4, order=order, destination=DESTINATION
        )

    async def _take(self):
        if done := self._queue.current:
            await self._store.mark_delivered(done, Posted(channel_id=1, message_id=done.id))
        self._queue.take()

    async def _cancel(self):
        if len(self._queue):
            job = self._random.choice(list(self._queue))
            self._cancelled.add(job.id)
            await self._intake.cancel(job)

    async def found_after_a_kill(self):
        stored = [job for job in await self._store.unfinished() if job.id not in self._cancelled]
        return list(restarted(stored))


@pytest.mark.parametrize("seed", range(8))
async def test_a_kill_at_any_moment_leaves_all_in_the_same_order(tmp_path, seed):
    rng, left = random.Random(seed), []
    for _ in range(4):
        async with Store(tmp_path) as store, line(store) as (queue, intake):
            assert list(queue) == left
            members = Members(rng, store, queue, intake)
            for _ in range(15):
                await members.act()
                left = unfinished(queue)
                assert await members.found_after_a_kill() == left
    assert left
