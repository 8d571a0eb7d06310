"""Pictures that members give."""

from __future__ import annotations

from collections.abc import Iterable

import aiohttp
import discord

from sdbot.errors import NoPicture, PictureRefused

KIB, MIB = 2**10, 2**20


def picture_of(attachments: Iterable[discord.Attachment], number: int = 1) -> discord.Attachment:
    """The one of `number`, from 1, among those that say they are pictures. Raises `NoPicture`."""
    pictures = [one for one in attachments if (one.content_type or "").startswith("image/")]
    if len(pictures) < number:
        raise NoPicture
    return pictures[number - 1]


def check_size(attachment: discord.Attachment, max_bytes: int) -> None:
    """Raises `PictureRefused` when a file has more bytes; nothing is downloaded for that."""
    _check(attachment.size, max_bytes)


async def download(attachment: discord.Attachment, max_bytes: int) -> bytes:
    """The bytes of a member's file. Raises `PictureRefused` when there are too many, or as `read`.

    They are counted before, as Discord says, and after.
    """
    check_size(attachment, max_bytes)
    data = await read(attachment)
    _check(len(data), max_bytes)
    return data


async def read(attachment: discord.Attachment) -> bytes:
    """The bytes of a file. Raises `PictureRefused` when there are none to be had."""
    try:
        return await attachment.read()
    except (discord.HTTPException, aiohttp.ClientError, OSError) as error:
        raise PictureRefused("It could not be downloaded from Discord") from error


def _check(num_bytes: int, max_bytes: int) -> None:
    if num_bytes > max_bytes:
        received, allowed = _size(num_bytes), _size(max_bytes)
        raise PictureRefused(f"It has {received}; allowed: up to {allowed}")


def _size(num_bytes: int) -> str:
    if num_bytes < MIB:
        return f"{num_bytes / KIB:.0f} KiB"
    return f"{num_bytes / MIB:.1f} MiB"
