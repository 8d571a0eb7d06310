"""What the buttons under pictures do."""

from __future__ import annotations

import asyncio
import io
import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import discord

from sdbot.chat import messages
from sdbot.chat.attachments import picture_of, read
from sdbot.chat.forms import EditForm
from sdbot.chat.requests import first_answer, request, tell_privately
from sdbot.errors import NotYours
from sdbot.jobs import Job, Order
from sdbot.service.orders import STRONG, SUBTLE

if TYPE_CHECKING:
    from sdbot.chat.client import ChatClient

_log = logging.getLogger(__name__)

# A form is its own first answer, due in three seconds: the row is waited for this long.
_MAX_READING_SECONDS = 1.0


@dataclass(frozen=True)
class Press:
    """A button that was pressed: under which job, and at its picture `number`."""

    interaction: discord.Interaction[ChatClient]
    job_id: int
    number: int

    async def job(self) -> Job:
        """Raises `UnknownJob`, and `RecipeError` on a recipe that cannot be read."""
        return await self.interaction.client.intake.job(self.job_id)

    async def picture(self) -> bytes:
        """The picture as Discord has it; the link in the press is fresh. Raises `NoPicture`."""
        assert self.interaction.message is not None
        return await read(picture_of(self.interaction.message.attachments, self.number))


async def _reroll(press: Press) -> None:
    async def make_order() -> Order:
        return await press.interaction.client.orders.reroll(await press.job())

    await request(press.interaction, make_order)


async def _vary(press: Press, strength: float) -> None:
    async def make_order() -> Order:
        job, orders = await press.job(), press.interaction.client.orders
        return await orders.vary(job, press.number, await press.picture(), strength)

    await request(press.interaction, make_order)


async def _subtle(press: Press) -> None:
    await _vary(press, SUBTLE)


async def _strong(press: Press) -> None:
    await _vary(press, STRONG)


async def _enlarge(press: Press) -> None:
    async def make_order() -> Order:
        job, orders = await press.job(), press.interaction.client.orders
        return await orders.enlarge(job, press.number, press.picture)

    await request(press.interaction, make_order)


async def _edit(press: Press) -> None:
    """Open the form, empty where the row cannot be read in time."""
    job = None
    try:
        async with asyncio.timeout(_MAX_READING_SECONDS):
            job = await press.job()
    except TimeoutError:
        _log.info("the form opens empty", extra={"job": press.job_id})
    form = EditForm(press.interaction.client, press.job_id, job)
    await form.open(press.interaction)


async def _recipe(press: Press) -> None:
    job, offer = await press.job(), press.interaction.client.orders.models.now
    await tell_privately(press.interaction, messages.recipe(job, offer), recipe_file(job))


async def _delete(press: Press) -> None:
    """Only the requester, or who may manage messages. Raises `NotYours`."""
    interaction = press.interaction
    if not interaction.permissions.manage_messages:
        job = await press.job()
        if interaction.user.id != job.requester_id:
            raise NotYours
    await first_answer(interaction.response.defer)
    await interaction.delete_original_response()


def recipe_file(job: Job) -> discord.File:
    """The exact recipe, which `python -m diffusion --recipe` repeats."""
    data = job.order.recipe.to_json().encode()
    return discord.File(io.BytesIO(data), filename=f"recipe-{job.id}.json")


ACTIONS: Mapping[str, Callable[[Press], Awaitable[None]]] = {
    "reroll": _reroll,
    "subtle": _subtle,
    "strong": _strong,
    "enlarge": _enlarge,
    "edit": _edit,
    "recipe": _recipe,
    "delete": _delete,
}
