"""Accept or refuse."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Self

from diffusion.info import ModelInfo
from diffusion.recipe import Recipe, random_seed
from sdbot.errors import ShuttingDown
from sdbot.jobs import Destination, Job
from sdbot.queue import JobQueue
from sdbot.service.painting import Painting
from sdbot.store import Store

_log = logging.getLogger(__name__)


class Intake:
    """What is asked of the bot comes in here; what can be refused from memory, is."""

    def __init__(self, model: ModelInfo, queue: JobQueue, store: Store, painting: Painting) -> None:
        self.model = model
        self._queue = queue
        self._store = store
        self._painting = painting
        self._is_closed = False

    @contextmanager
    def seat(self) -> Iterator[None]:
        """Hold a place in the line around `accept`. Raises `QueueFull` or `ShuttingDown`."""
        if self._is_closed:
            raise ShuttingDown("the bot is about to end")
        with self._queue.seat():
            yield

    async def accept(
        self, *, interaction_id: int, requester_id: int, recipe: Recipe, destination: Destination
    ) -> Job:
        """Store a job and put it in the line; call it inside `seat`."""
        job = await self._store.add(
            interaction_id=interaction_id,
            requester_id=requester_id,
            recipe=recipe,
            destination=destination,
        )
        _log.info("job %d: accepted", job.id)
        if not self._is_closed:
            self._painting.add(job)
        return job

    async def reroll(self, job_id: int) -> Recipe:
        """A job's recipe with another seed, for the model that is loaded now.

        Raises `UnknownJob`, and `RecipeError` where this model cannot paint it.
        """
        job = await self._store.job(job_id)
        recipe = replace(job.recipe, model=self.model.content_hash).with_seed(random_seed())
        self.model.check(recipe)
        return recipe

    async def resume(self) -> None:
        """Put the jobs that were accepted before a restart back in the line."""
        for job in await self._store.unfinished():
            _log.info("job %d: resumed", job.id)
            self._painting.add(job)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        """Refuse from now on."""
        self._is_closed = True
