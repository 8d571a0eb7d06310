"""The bot's presence on Discord."""

from __future__ import annotations

import asyncio
import logging
from typing import Any, Literal, Self

import aiohttp
import discord
from discord import app_commands
from discord.backoff import ExponentialBackoff
from discord.http import Route

from sdbot.chat import messages
from sdbot.chat.address import use_address
from sdbot.chat.buttons import ActionButton
from sdbot.chat.commands.help import help_command
from sdbot.chat.commands.imagine import imagine_command
from sdbot.chat.commands.line import cancel_command, queue_command
from sdbot.chat.commands.recipe import recipe_menu
from sdbot.chat.commands.remix import remix_command, remix_menu
from sdbot.chat.events import leave_unreadable_events
from sdbot.chat.forms import is_form_gone
from sdbot.chat.presence import Presence
from sdbot.chat.requests import tell_privately
from sdbot.chat.sync import sync_commands
from sdbot.config import DISCORD_API_URL, BotConfig
from sdbot.errors import DiscordUnreachable, StartError
from sdbot.service.events import Event, Kind, Tell, log
from sdbot.service.intake import Intake
from sdbot.service.orders import Orders

_log = logging.getLogger(__name__)

PERMISSIONS = discord.Permissions(
    view_channel=True,
    send_messages=True,
    send_messages_in_threads=True,
    attach_files=True,
    read_message_history=True,
)


class ChatClient(discord.Client):
    """Registers the commands and buttons and hands what members ask for to the intake."""

    intake: Intake
    orders: Orders

    def __init__(self, config: BotConfig, tell: Tell = log) -> None:
        self.max_image_bytes = config.max_image_bytes
        self.open_forms: set[str] = set()
        self._api_url = config.discord_api_url
        self._guild_ids = config.guild_ids
        self._tell = tell
        self._connecting: asyncio.Task[None] | None = None
        self.presence = Presence(self)
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

    async def log_in(self, token: str, intake: Intake, orders: Orders) -> None:
        """Log in and offer the commands. Raises `StartError` or `DiscordUnreachable`."""
        self.intake, self.orders = intake, orders
        for command in (
            imagine_command(orders),
            remix_command(orders),
            remix_menu(orders),
            recipe_menu(),
            queue_command(intake),
            cancel_command(intake),
            help_command(orders.models),
        ):
            self.tree.add_command(command)
        self.add_dynamic_items(ActionButton)
        leave_unreadable_events(self)
        try:
            await self.login(token)
        except discord.LoginFailure as error:
            raise StartError("DISCORD_TOKEN: Discord refuses it; copy it anew") from error
        except (aiohttp.ClientError, OSError) as error:
            raise DiscordUnreachable(f"Discord cannot be reached: {error}") from error
        except discord.DiscordServerError as error:
            raise DiscordUnreachable(f"Discord is out of order: {error}") from error
        except discord.DiscordException as error:
            raise StartError(f"Discord does not let the bot in: {error}") from error

    async def stay_connected(self) -> None:
        """Take requests; when this is cancelled, they are taken until the client is closed."""
        self._connecting = asyncio.create_task(self._connect_at_last())
        await asyncio.shield(self._connecting)

    async def _connect_at_last(self) -> None:
        """Connect; a gateway that is down at first, or cannot be understood, is tried again.

        discord.py does the former only after it was once connected (its issue 10520). It closes
        the client where Discord wants it no more; that is raised.
        """
        backoff: ExponentialBackoff[Literal[False]] = ExponentialBackoff()
        while True:
            try:
                await self.connect()
                return
            except Exception as error:
                if self.is_closed():
                    raise
                if self.ws is not None:
                    await self.ws.close()
                delay = backoff.delay()
                _log.warning("no gateway, trying again in %.0f s: %r", delay, error)
                await asyncio.sleep(delay)

    async def setup_hook(self) -> None:
        """Once logged in: register the commands and say how to invite the bot."""
        await sync_commands(self.tree, self._guild_ids)
        if Route.BASE == DISCORD_API_URL:
            _log.info("invite me: %s", self.invite_url)

    async def on_ready(self) -> None:
        """The gateway is there."""
        _log.info("connected as %s", self.user)
        self._tell(Event(Kind.CONNECTED))
        self.presence.refresh()

    async def on_resumed(self) -> None:
        """The gateway is there again."""
        self._tell(Event(Kind.CONNECTED))
        self.presence.refresh()

    async def on_disconnect(self) -> None:
        """The gateway is gone; discord.py says so for every try to get it back."""
        self._tell(Event(Kind.DISCONNECTED))

    async def on_interaction(self, interaction: discord.Interaction[Any]) -> None:
        """Forms live in memory, and not for ever: one that is gone is answered here."""
        if is_form_gone(interaction):
            await tell_privately(interaction, messages.FORM_GONE)

    async def __aenter__(self) -> Self:
        """Raises `StartError` where nothing answers as Discord does."""
        await use_address(self._api_url)
        return await super().__aenter__()

    async def __aexit__(self, *error: Any) -> None:
        await super().__aexit__(*error)
        if self._connecting is not None:
            self._connecting.cancel()
            await asyncio.gather(self._connecting, return_exceptions=True)

    async def close(self) -> None:
        """Leave Discord."""
        await self.presence.close()
        await super().close()

    @property
    def invite_url(self) -> str:
        """The link with which a server's manager adds the bot."""
        assert self.application_id is not None
        return discord.utils.oauth_url(
            self.application_id,
            permissions=PERMISSIONS,
            scopes=("bot", "applications.commands"),
        )
