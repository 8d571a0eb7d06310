"""Another address than Discord's."""

from __future__ import annotations

import aiohttp
import discord
from discord.gateway import DiscordWebSocket
from discord.http import Route
from yarl import URL

from sdbot.config import DISCORD_API_URL
from sdbot.errors import StartError


async def use_address(api_url: str) -> None:
    """Point discord.py, in this process, at the Discord behind `api_url`.

    Nothing is changed for Discord's own. The library's first gateway is a constant, so the server
    is asked for it here. Raises `StartError` where nothing there answers as Discord does.
    """
    if api_url == DISCORD_API_URL:
        return
    try:
        async with aiohttp.ClientSession() as session, session.get(f"{api_url}/gateway") as answer:
            answer.raise_for_status()
            gateway = URL((await answer.json())["url"])
    except (aiohttp.ClientError, OSError, ValueError, KeyError, TypeError) as error:
        raise StartError(
            f"DISCORD_API_URL: {api_url} does not answer as Discord: {error}"
        ) from error
    Route.BASE = api_url
    DiscordWebSocket.DEFAULT_GATEWAY = gateway
    discord.Asset.BASE = str(URL(api_url).origin())
