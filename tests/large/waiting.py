"""python -m tests.large.waiting: how long members wait, and how well it is foretold.

Simulated, with the bot's own line and estimates. The promise is the first time that a member is
shown; its error is a share of the wait from then on. Nothing is known at the start of a run.
"""

from __future__ import annotations

import random
from collections import Counter, deque
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from itertools import count
from statistics import mean, median, quantiles
from typing import NamedTuple

from diffusion.recipe import Recipe, Sampling, Source, Text
from sdbot.errors import Refused
from sdbot.jobs import Destination, Job, Order
from sdbot.queue import JobQueue
from sdbot.service.estimates import Begun, Pace

QUEUE_LIMIT, MEMBER_LIMIT = 20, 4  # as in .env.example
NUM_MEMBERS = 5
LOAD = 0.8  # of what the engine can paint
SIGMA = 0.2  # of the logarithm of a painting's time
NUM_RUNS, NUM_ARRIVALS = 40, 150
NUM_LONE = 1000

# Of the included model: README.md says 0.9 s for 25 steps at 128 x 128, and 4.0 s of tracing.
SECONDS_PER_COST = 0.9 / (25 * 128 * 128)
TRACING_SECONDS = 4.0
SPEED_OF_BATCH = {1: 1.0, 2: 0.85, 4: 0.75}

SAMPLING = Sampling(
    scheduler="euler", num_steps=25, guidance_scale=4.0, seed=1, width=128, height=128
)
NOWHERE = Destination(
    guild_id=None, channel_id=1, progress_message_id=1, interaction_token="", token_expires_at=0
)


class Promise(NamedTuple):
    """What a member was told, and when."""

    told_at: float
    ready_at: float


def some_order(rng: random.Random) -> Order:
    """What members ask for: mostly one picture as the model has it, some more or otherwise."""
    width, height = rng.choice([(128, 128)] * 6 + [(96, 128), (128, 96), (256, 256)])
    num_steps = rng.choice([25] * 4 + [12, 40])
    sampling = replace(SAMPLING, width=width, height=height, num_steps=num_steps)
    source = rng.choice([None, None, None, Source(image="0" * 64, strength=0.5)])
    recipe = Recipe(text=Text(prompt="x"), sampling=sampling, model="m", source=source)
    return Order(recipe=recipe, count=rng.choice([1] * 5 + [2, 2, 4]))


def some_job(rng: random.Random, queue: JobQueue, id: int, member: int) -> Job:
    order = some_order(rng)
    return Job(
        id=id,
        interaction_id=id,
        requester_id=member,
        order=order,
        turn=queue.next_turn(member, order),
        destination=NOWHERE,
    )


def usual_seconds(order: Order) -> float:
    """How long the simulated engine takes, but for chance and tracing."""
    return order.cost * SECONDS_PER_COST * SPEED_OF_BATCH[order.count]


class Run:
    """One start of the bot, until all that was accepted is painted."""

    def __init__(self, rng: random.Random, mean_seconds: float) -> None:
        self._rng = rng
        self._mean_seconds = mean_seconds  # of an order
        self._queue = JobQueue(QUEUE_LIMIT, MEMBER_LIMIT)
        self._pace = Pace()
        self._traced: set[object] = set()
        self._current: Begun | None = None
        self._promises: dict[int, Promise] = {}

    def errors(self) -> Iterator[float]:
        """Of each promise, late ones positive: a share of the wait."""
        arrivals = deque(self._arrivals())
        end = float("inf")
        while arrivals or self._current:
            if arrivals and arrivals[0] <= end:
                now = arrivals.popleft()
                self._ask(now, len(arrivals))
            else:
                now, job = end, self._queue.current
                assert job is not None
                assert self._current is not None
                self._pace.learn(self._current.order, now - self._current.at)
                self._current = None
                if promise := self._promises.pop(job.id, None):
                    yield (now - promise.ready_at) / (now - promise.told_at)
            if self._current is None:
                end = self._begin(now)
            self._promise(now)

    def _arrivals(self) -> Iterator[float]:
        at = 0.0
        for _ in range(NUM_ARRIVALS):
            at += self._rng.expovariate(LOAD / self._mean_seconds)
            yield at

    def _ask(self, now: float, id: int) -> None:
        member = self._rng.randrange(NUM_MEMBERS)
        with suppress(Refused), self._queue.seat(member):
            self._queue.put(some_job(self._rng, self._queue, id, member))

    def _begin(self, now: float) -> float:
        """When the job that is painted next will be done."""
        job = self._queue.take()
        if job is None:
            return float("inf")
        self._current = Begun(order=job.order, at=now)
        chance = self._rng.lognormvariate(-(SIGMA**2) / 2, SIGMA)
        tracing = 0.0 if job.order.shape in self._traced else TRACING_SECONDS
        self._traced.add(job.order.shape)
        return now + usual_seconds(job.order) * chance + tracing

    def _promise(self, now: float) -> None:
        """Whoever waits is told as soon as a time is known; the first one counts."""
        jobs = list(self._queue)
        times = self._pace.ready_times(now, self._current, [job.order for job in jobs])
        for job, ready_at in zip(jobs, times, strict=True):
            if ready_at is not None:
                self._promises.setdefault(job.id, Promise(now, ready_at))


class Lone(NamedTuple):
    """A member with one job among greedy ones: the work before it, and the most there may be."""

    before: int
    most: int
    num_before: int


def lone(rng: random.Random) -> Lone:
    """The others ask for whatever `some_order` gives, the moment that they may."""
    queue = JobQueue(QUEUE_LIMIT, MEMBER_LIMIT)
    greedy = range(1, NUM_MEMBERS)
    largest: Counter[int] = Counter()
    ids = count(2)

    def fill() -> None:
        has = Counter(job.requester_id for job in queue)
        for member in greedy:
            for _ in range(MEMBER_LIMIT - has[member]):
                job = some_job(rng, queue, next(ids), member)
                queue.put(job)
                largest[member] = max(largest[member], job.order.cost)

    fill()
    for _ in range(rng.randrange(1, 40)):
        queue.take()
        fill()
    mine = some_job(rng, queue, 1, 0)
    rest = queue.current.order.cost if queue.current else 0
    queue.put(mine)
    before = [rest]
    while (job := queue.take()) is not mine:
        assert job is not None
        before.append(job.order.cost)
        fill()
    most = rest + sum(mine.order.cost + largest[member] for member in greedy)
    return Lone(sum(before), most, len(before) - 1)


def main() -> None:
    rng = random.Random(1)
    mean_seconds = mean(usual_seconds(some_order(rng)) for _ in range(10_000))
    runs = [Run(rng, mean_seconds) for _ in range(NUM_RUNS)]
    signed = [error for run in runs for error in run.errors()]
    errors = [abs(error) for error in signed]
    lones = [lone(rng) for _ in range(NUM_LONE)]
    shares = [each.before / each.most for each in lones]
    assert max(shares) <= 1
    rows = {
        "promises (the first time that a member is shown)": f"{len(errors)}",
        "median error, as a share of the wait": f"{median(errors):.1%}",
        "nine of ten within": f"{quantiles(errors, n=10)[-1]:.0%}",
        "median of late (+) and early (-)": f"{median(signed):+.1%}",
        "one job among four greedy members: jobs before it, median": (
            f"{median(each.num_before for each in lones):g}"
        ),
        "jobs before it, most (of small ones, for a large one)": (
            f"{max(each.num_before for each in lones)}"
        ),
        "work before it, share of the bound, median": f"{median(shares):.0%}",
        "work before it, share of the bound, most": f"{max(shares):.0%}",
    }
    for what, value in rows.items():
        print(f"| {what} | {value} |")


if __name__ == "__main__":
    main()
