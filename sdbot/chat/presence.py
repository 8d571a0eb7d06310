"""What the bot says of itself beside its name."""

from __future__ import annotations

import aiohttp
import discord

from sdbot.chat import messages
from sdbot.errors import DeliveryDelayed
from sdbot.jobs import Status
from sdbot.service.progress import Reporter

# Discord takes five changes in twenty seconds.
INTERVAL_SECONDS = 5.0


class Presence:
    """Shows how the bot is; the newest wins, and nothing is shown while it is not connected."""

    def __init__(self, client: discord.Client) -> None:
        self._client = client
        self._text = messages.LOADING
        self._reporter = Reporter[str]("presence", self._show, INTERVAL_SECONDS)

    def show(self, status: Status) -> None:
        """Show this soon."""
        self._text = messages.presence(status)
        self.refresh()

    def refresh(self) -> None:
        """Show it again: a new connection has forgotten it."""
        if self._client.ws is not None:
            self._reporter.update(self._text)

    async def close(self) -> None:
        """Show nothing more."""
        await self._reporter.close()

    async def _show(self, text: str) -> None:
        """Raises `DeliveryDelayed` while the connection is lost; the next one is told again."""
        try:
            await self._client.change_presence(activity=discord.CustomActivity(name=text))
        except (aiohttp.ClientError, discord.ConnectionClosed, OSError) as error:
            raise DeliveryDelayed(repr(error)) from error
