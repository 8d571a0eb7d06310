"""The bot's presence on Discord."""

from __future__ import annotations

import asyncio
import logging
from typing import Literal

import aiohttp
import discord
from discord import app_commands
from discord.backoff import ExponentialBackoff
from discord.http import Route

from sdbot.chat.buttons import RerollButton
from sdbot.chat.commands.imagine import imagine_command
from sdbot.config import DISCORD_API_URL
from sdbot.errors import StartError
from sdbot.service.intake import Intake

_log = logging.getLogger(__name__)

PERMISSIONS = discord.Permissions(
    view_channel=True,
    send_messages=True,
    send_messages_in_threads=True,
    attach_files=True,
)


class ChatClient(discord.Client):
    """Registers the commands and buttons and hands what members ask for to the intake."""

    intake: Intake

    def __init__(self) -> None:
        # Nothing here is spoken.
        discord.VoiceClient.warn_nacl = discord.VoiceClient.warn_dave = False
        super().__init__(
            intents=discord.Intents(guilds=True),
            allowed_mentions=discord.AllowedMentions.none(),
        )
        self.tree = app_commands.CommandTree(
            self,
            allowed_contexts=app_commands.AppCommandContext(guild=True, dm_channel=True),
            allowed_installs=app_commands.AppInstallationType(guild=True, user=False),
        )

    async def log_in(self, token: str, intake: Intake) -> None:
        """Log in and offer the commands of this intake. Raises `StartError`."""
        self.intake = intake
        self.tree.add_command(imagine_command(intake))
        self.add_dynamic_items(RerollButton)
        try:
            await self.login(token)
        except discord.LoginFailure as error:
            raise StartError("DISCORD_TOKEN: Discord refuses it; copy it anew") from error
        except (aiohttp.ClientError, OSError) as error:
            raise StartError(f"Discord cannot be reached: {error}") from error
        except discord.DiscordException as error:
            raise StartError(f"Discord does not let the bot in: {error}") from error

    async def stay_connected(self) -> None:
        """Take requests until cancelled; a gateway that is down at first is tried again.

        discord.py does that by itself only after it was once connected (its issue 10520).
        """
        backoff: ExponentialBackoff[Literal[False]] = ExponentialBackoff()
        while True:
            try:
                await self.connect()
                return
            except Exception as error:
                if self.ws is not None:
                    raise
                delay = backoff.delay()
                _log.warning("no gateway, trying again in %.0f s: %r", delay, error)
                await asyncio.sleep(delay)

    async def setup_hook(self) -> None:
        """Once logged in: register the commands and say how to invite the bot."""
        await self.tree.sync()
        if Route.BASE == DISCORD_API_URL:
            _log.info("invite me: %s", self.invite_url)

    async def on_ready(self) -> None:
        """The gateway is there."""
        _log.info("ready as %s", self.user)

    @property
    def invite_url(self) -> str:
        """The link with which a server's manager adds the bot."""
        assert self.application_id is not None
        return discord.utils.oauth_url(
            self.application_id,
            permissions=PERMISSIONS,
            scopes=("bot", "applications.commands"),
        )
