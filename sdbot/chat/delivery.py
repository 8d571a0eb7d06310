"""Carrying a job's messages to Discord."""

from __future__ import annotations

import asyncio
import io
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import aiohttp
import discord

from sdbot.chat import messages
from sdbot.chat.buttons import is_result, result_view
from sdbot.chat.uploads import Encoded, encodings
from sdbot.errors import (
    ChannelClosed,
    DeliveryDelayed,
    DeliveryError,
    SdbotError,
    TooLarge,
    Undeliverable,
)
from sdbot.jobs import Destination, Job, Posted, Progress, Ticket
from sdbot.service.models import Models

_TOO_LARGE, _TOO_MANY_REQUESTS = 413, 429
_CLOSED = (403, 404)
_DEAD_TOKEN_CODES = (10015, 50027)  # "unknown webhook" and "invalid webhook token"
# Where a message belongs to no server.
_DM_FILESIZE_LIMIT = 10 * 2**20

_Channel = discord.PartialMessageable | discord.DMChannel


class DiscordDelivery:
    """A `Delivery` by the bot's own token, and by the interaction's while that lives."""

    def __init__(self, client: discord.Client, models: Models) -> None:
        self._client = client
        self._models = models
        self._dead_tokens: set[int] = set()  # by the id of their progress message

    async def show_progress(self, job: Job, progress: Progress) -> None:
        """As `Delivery.show_progress`."""
        await self._edit_progress(job, messages.progress(job, progress))

    async def find(self, job: Job) -> Posted | None:
        """As `Delivery.find`: after the progress message, by the buttons, where it may be.

        Where the bot may not read the history, Discord shows it nothing. Then the nonce alone
        keeps pictures from being posted twice, for the few minutes that Discord remembers it.
        """
        for open_channel in (self._open, self._open_dm):
            with suppress(Undeliverable):
                if posted := await self._find_in(await open_channel(job), job):
                    return posted
        return None

    async def post(self, job: Job, pictures: list[bytes]) -> Posted:
        """As `Delivery.post`; the nonce keeps a second try from posting twice.

        What is too large for the channel, or Discord says is too large, goes in a smaller format.
        """
        try:
            return await self._post(await self._open(job), job, pictures)
        except ChannelClosed:
            if job.destination.guild_id is None:
                raise
            return await self._post(await self._open_dm(job), job, pictures)

    async def show_delivered(self, ticket: Ticket, posted: Posted) -> None:
        """As `Delivery.show_delivered`."""
        await self._edit_progress(ticket, messages.delivered(ticket, posted))
        self._dead_tokens.discard(ticket.destination.progress_message_id)

    async def show_failed(self, ticket: Ticket, failure: SdbotError) -> None:
        """As `Delivery.show_failed`."""
        sentence = messages.failed(ticket, failure)
        try:
            await self._edit_progress(ticket, sentence)
        except Undeliverable:
            dm = await self._open_dm(ticket)
            with _translated():
                await dm.send(sentence, nonce=str(ticket.interaction_id))
        self._dead_tokens.discard(ticket.destination.progress_message_id)

    async def _post(self, channel: _Channel, job: Job, pictures: list[bytes]) -> Posted:
        smaller = encodings(pictures, self._filesize_limit(channel))
        while encoded := await asyncio.to_thread(next, smaller, None):
            with _translated():
                try:
                    return await self._send(channel, job, encoded)
                except discord.HTTPException as error:
                    if error.status != _TOO_LARGE:
                        raise
        raise TooLarge("the pictures are too large in every format")

    async def _send(self, channel: _Channel, job: Job, encoded: Encoded) -> Posted:
        is_elsewhere = not _is_asked_in(channel, job)
        message = await channel.send(
            messages.result(job, encoded.suffix, self._models.now, is_elsewhere=is_elsewhere),
            files=_files(job, encoded),
            view=result_view(job),
            nonce=str(job.interaction_id),
            allowed_mentions=discord.AllowedMentions(users=[discord.Object(job.requester_id)]),
            suppress_embeds=True,
        )
        return Posted(channel_id=channel.id, message_id=message.id)

    async def _find_in(self, channel: _Channel, job: Job) -> Posted | None:
        assert self._client.user is not None
        progress = discord.Object(job.destination.progress_message_id)
        with _translated():
            async for message in channel.history(limit=None, after=progress):
                if message.author.id == self._client.user.id and is_result(message, job):
                    return Posted(channel_id=channel.id, message_id=message.id)
        return None

    def _filesize_limit(self, channel: _Channel) -> int:
        return channel.guild.filesize_limit if channel.guild else _DM_FILESIZE_LIMIT

    async def _open(self, ticket: Ticket) -> discord.PartialMessageable:
        """Where it was asked for."""
        destination = ticket.destination
        return self._client.get_partial_messageable(
            destination.channel_id, guild_id=destination.guild_id
        )

    async def _open_dm(self, ticket: Ticket) -> discord.DMChannel:
        """The requester's own."""
        with _translated():
            return await self._client.create_dm(discord.Object(ticket.requester_id))

    async def _edit_progress(self, ticket: Ticket, content: str) -> None:
        destination = ticket.destination
        with _translated():
            if self._has_token(destination):
                try:
                    await self._edit_by_token(destination, content)
                    return
                except discord.HTTPException as error:
                    if error.code not in _DEAD_TOKEN_CODES:
                        raise
                    self._dead_tokens.add(destination.progress_message_id)
            channel = await self._open(ticket)
            message = channel.get_partial_message(destination.progress_message_id)
            await message.edit(content=content)

    def _has_token(self, destination: Destination) -> bool:
        is_dead = destination.progress_message_id in self._dead_tokens
        return not is_dead and time.time() < destination.token_expires_at

    async def _edit_by_token(self, destination: Destination, content: str) -> None:
        assert self._client.application_id is not None
        webhook = discord.Webhook.partial(
            self._client.application_id, destination.interaction_token, client=self._client
        )
        await webhook.edit_message(destination.progress_message_id, content=content)


def _files(job: Job, encoded: Encoded) -> list[discord.File]:
    """The pictures, numbered where there are several, and the words where they are too many."""
    files = [
        discord.File(
            io.BytesIO(data),
            filename=messages.file_name(job, number, encoded.suffix),
            description=messages.alt_text(job, number),
        )
        for number, data in enumerate(encoded.files, 1)
    ]
    prompt = job.order.recipe.text.prompt
    if messages.is_shortened(prompt):
        words = discord.File(io.BytesIO(prompt.encode()), filename=f"prompt-{job.id}.txt")
        files.append(words)
    return files


@contextmanager
def _translated() -> Iterator[None]:
    """Errors of the network and of Discord as the service knows them."""
    try:
        yield
    except discord.HTTPException as error:
        raise _meaning(error)(str(error)) from error
    # On Linux discord.py does not try again when a connection is cut.
    except (aiohttp.ClientError, OSError) as error:
        raise DeliveryDelayed(repr(error)) from error


def _meaning(error: discord.HTTPException) -> type[DeliveryError]:
    if error.status >= 500 or error.status == _TOO_MANY_REQUESTS:
        return DeliveryDelayed
    return ChannelClosed if error.status in _CLOSED else Undeliverable


def _is_asked_in(channel: _Channel, job: Job) -> bool:
    return channel.id == job.destination.channel_id
