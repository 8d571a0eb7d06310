"""When a picture will be ready, learned from those that were painted."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from statistics import median

from sdbot.jobs import Job, Order, Shape
from sdbot.store import Store

_log = logging.getLogger(__name__)

# The middle of so many paintings is not moved by a few that something held up.
NUM_KEPT = 15


@dataclass(frozen=True, kw_only=True)
class Begun:
    """An order that is being painted, and since when."""

    order: Order
    at: float


class Pace:
    """Seconds for a unit of cost: for each shape, the middle of its last paintings.

    What has not been painted yet is estimated by the middle of its model's shapes. The first of a
    shape in this process takes the tracing as well, and is estimated with the middle of those.
    """

    def __init__(self) -> None:
        self.learned: dict[Shape, list[float]] = {}
        self._traced: set[Shape] = set()
        self._tracing_seconds: list[float] = []

    def learn(self, order: Order, seconds: float) -> bool:
        """Note how long an order took; False where that is no measure, for it was traced."""
        shape = order.shape
        if shape not in self._traced:
            self._traced.add(shape)
            if (usual := self._usual_seconds(order)) is not None:
                self._tracing_seconds.append(max(0.0, seconds - usual))
            return False
        last = self.learned.get(shape, [])[1 - NUM_KEPT :]
        self.learned[shape] = [*last, seconds / order.cost]
        return True

    def forget_traces(self, model: str) -> None:
        """Of this model, the next of each shape takes the tracing as well."""
        self._traced = {shape for shape in self._traced if shape.model != model}

    def seconds(self, order: Order) -> float | None:
        """How long an order will take, or None where nothing is known of its model."""
        usual = self._usual_seconds(order)
        if usual is None or order.shape in self._traced or not self._tracing_seconds:
            return usual
        return usual + median(self._tracing_seconds)

    def _usual_seconds(self, order: Order) -> float | None:
        paces = self.learned.get(order.shape) or [
            median(paces)
            for shape, paces in self.learned.items()
            if shape.model == order.recipe.model
        ]
        return median(paces) * order.cost if paces else None

    def ready_times(
        self, now: float, current: Begun | None, waiting: Iterable[Order]
    ) -> Iterator[float | None]:
        """When each that waits will be painted; None from the first on that is unknown.

        A painting that is late may end at any moment.
        """
        ready_at: float | None = now
        if current is not None:
            seconds = self.seconds(current.order)
            ready_at = None if seconds is None else max(current.at + seconds, now)
        for order in waiting:
            seconds = self.seconds(order)
            ready_at = None if ready_at is None or seconds is None else ready_at + seconds
            yield ready_at


class Estimates:
    """Watches the painting; what it learns is kept in the store.

    `clock` gives seconds since the epoch.
    """

    def __init__(self, store: Store, clock: Callable[[], float] = time.time) -> None:
        self._store = store
        self._clock = clock
        self._pace = Pace()
        self._current: Begun | None = None
        self._saving: set[asyncio.Task[None]] = set()

    @contextmanager
    def painting(self, job: Job) -> Iterator[None]:
        """Around a job's painting: what is painted to its end is learned from."""
        self._current = Begun(order=job.order, at=self._clock())
        try:
            yield
            self._learn(self._current)
        finally:
            self._current = None

    def begin_anew(self, job: Job) -> None:
        """The job's model was loaded until now, and its shapes are to be traced again."""
        self._pace.forget_traces(job.order.recipe.model)
        self._current = Begun(order=job.order, at=self._clock())

    def _learn(self, begun: Begun) -> None:
        if self._pace.learn(begun.order, self._clock() - begun.at):
            task = asyncio.create_task(self._save(begun.order.shape))
            self._saving.add(task)
            task.add_done_callback(self._saving.discard)

    def ready_times(self, jobs: Iterable[Job]) -> Iterator[float | None]:
        """When each of the waiting jobs, the next one first, will be painted; None is unknown."""
        orders = (job.order for job in jobs)
        return self._pace.ready_times(self._clock(), self._current, orders)

    async def load(self) -> None:
        """Go on with what was learned before a restart."""
        self._pace.learned = await self._store.paces()

    async def close(self) -> None:
        """Wait for what is being saved."""
        await asyncio.gather(*self._saving)

    async def _save(self, shape: Shape) -> None:
        """Nobody awaits it while the bot runs, and a pace that is lost is learned again."""
        try:
            await self._store.keep_pace(shape, self._pace.learned[shape])
        except Exception:
            _log.exception("a pace was not kept")
