"""Carrying a job's messages to Discord."""

from __future__ import annotations

import asyncio
import io
import time
from collections.abc import Iterator
from contextlib import contextmanager

import aiohttp
import discord

from sdbot.chat import messages
from sdbot.chat.buttons import result_view
from sdbot.chat.uploads import Encoded, encodings
from sdbot.errors import DeliveryDelayed, SdbotError, TooLarge, Undeliverable
from sdbot.jobs import Destination, Job, Progress

_TOO_LARGE, _TOO_MANY_REQUESTS = 413, 429
_DEAD_TOKEN_CODES = (10015, 50027)  # "unknown webhook" and "invalid webhook token"
# Where a message belongs to no server.
_DM_FILESIZE_LIMIT = 10 * 2**20


class DiscordDelivery:
    """A `Delivery` by the bot's own token, and by the interaction's while that lives."""

    def __init__(self, client: discord.Client) -> None:
        self._client = client
        self._dead_tokens: set[int] = set()  # by the id of their progress message

    async def show_progress(self, job: Job, progress: Progress) -> None:
        """As `Delivery.show_progress`."""
        await self._edit_progress(job, messages.progress(job, progress))

    async def post(self, job: Job, pictures: list[bytes]) -> int:
        """As `Delivery.post`; the nonce keeps a second try from posting twice.

        What is too large for the channel, or Discord says is too large, goes in a smaller format.
        """
        smaller = encodings(pictures, self._filesize_limit(job))
        while encoded := await asyncio.to_thread(next, smaller, None):
            with _translated():
                try:
                    return await self._send(job, encoded)
                except discord.HTTPException as error:
                    if error.status != _TOO_LARGE:
                        raise
        raise TooLarge("the pictures are too large in every format")

    async def show_delivered(self, job: Job, message_id: int) -> None:
        """As `Delivery.show_delivered`."""
        url = self._channel(job).get_partial_message(message_id).jump_url
        await self._edit_progress(job, messages.delivered(job, url))
        self._dead_tokens.discard(job.destination.progress_message_id)

    async def show_failed(self, job: Job, failure: SdbotError) -> None:
        """As `Delivery.show_failed`."""
        await self._edit_progress(job, messages.failed(job, failure))
        self._dead_tokens.discard(job.destination.progress_message_id)

    async def _send(self, job: Job, encoded: Encoded) -> int:
        message = await self._channel(job).send(
            messages.result(job, encoded.suffix),
            files=_files(job, encoded),
            view=result_view(job),
            nonce=str(job.interaction_id),
            allowed_mentions=discord.AllowedMentions(users=[discord.Object(job.requester_id)]),
            suppress_embeds=True,
        )
        return message.id

    def _filesize_limit(self, job: Job) -> int:
        guild = self._client.get_guild(job.destination.guild_id or 0)
        return guild.filesize_limit if guild else _DM_FILESIZE_LIMIT

    def _channel(self, job: Job) -> discord.PartialMessageable:
        destination = job.destination
        return self._client.get_partial_messageable(
            destination.channel_id, guild_id=destination.guild_id
        )

    async def _edit_progress(self, job: Job, content: str) -> None:
        with _translated():
            if self._has_token(job.destination):
                try:
                    await self._edit_by_token(job.destination, content)
                    return
                except discord.HTTPException as error:
                    if error.code not in _DEAD_TOKEN_CODES:
                        raise
                    self._dead_tokens.add(job.destination.progress_message_id)
            message_id = job.destination.progress_message_id
            await self._channel(job).get_partial_message(message_id).edit(content=content)

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
        is_passing = error.status >= 500 or error.status == _TOO_MANY_REQUESTS
        raise (DeliveryDelayed if is_passing else Undeliverable)(str(error)) from error
    # On Linux discord.py does not try again when a connection is cut.
    except (aiohttp.ClientError, OSError) as error:
        raise DeliveryDelayed(repr(error)) from error
