"""The sandbox as one object: `async with Sandbox(path) as sandbox:`."""

import os
import socket
from collections.abc import Sequence
from contextlib import AsyncExitStack
from pathlib import Path

from aiohttp import web

from sdbot.sandbox import guard, page_api, parts, rest
from sdbot.sandbox.archive import Archive
from sdbot.sandbox.channels import Channels
from sdbot.sandbox.child import BotProcess
from sdbot.sandbox.files import Files
from sdbot.sandbox.founding import found
from sdbot.sandbox.gateway import Gateway
from sdbot.sandbox.interactions import Interactions
from sdbot.sandbox.messages import Messages
from sdbot.sandbox.page_events import PageEvents
from sdbot.sandbox.ratelimits import RateLimits
from sdbot.sandbox.settings import Settings
from sdbot.sandbox.status import bot_status
from sdbot.sandbox.troubles import TROUBLES, Troubles
from sdbot.sandbox.world import World

HOST = "127.0.0.1"
MAX_PORT = 65535
TRIED_PORTS = 20


class Sandbox:
    """Listens while its block runs. `bot` starts no process until it is told to.

    Port 0 takes any free one; another that is busy gives way to the next. Raises StateInUse when
    another sandbox has the state folder, OSError when no port is free.
    """

    def __init__(
        self,
        state_path: Path,
        *,
        port: int = 0,
        settings: Settings | None = None,
        bot_command: Sequence[str] = (),
    ) -> None:
        self._state_path = state_path.resolve()
        self._port = port
        self._settings = settings or Settings()
        self._archive = Archive(self._state_path / "sandbox.sqlite3")
        self._world = World(self._archive, self._settings.link_life_seconds)
        self._pages = PageEvents()
        self._gateway = Gateway(self._world, self._settings, self._tell_bot_status)
        self._interactions = Interactions(self._world, self._gateway, self._pages, self._settings)
        self._files = Files(self._state_path / "files", self._settings.max_files_bytes)
        self._messages = Messages(
            self._world, self._files, self._gateway, self._pages, self._settings
        )
        self.channels = Channels(self._world, self._messages, self._gateway, self._pages)
        self.troubles = Troubles(self._world, self._gateway, self.channels, self._pages)
        self.bot = BotProcess(bot_command, self._settings.bot_stop_seconds, self._tell_bot_status)

    @property
    def url(self) -> str:
        """Of the page: http://127.0.0.1:PORT."""
        return self._world.origin

    @property
    def api_url(self) -> str:
        """What `DISCORD_API_URL` is to be."""
        return self.url + guard.API

    @property
    def token(self) -> str:
        """The bot's."""
        return self._world.identity.token

    async def __aenter__(self) -> "Sandbox":
        async with AsyncExitStack() as starting:
            listening = starting.enter_context(_listen(self._port))
            self._world.origin = f"http://{HOST}:{listening.getsockname()[1]}"
            await self._archive.open()
            starting.push_async_callback(self._archive.close)
            if not await self._world.load():
                await found(self._world)
            await self._files.open()
            await self._serve(listening, starting)
            self.bot.environment = self._bot_environment()
            # Last, so that it ends first: the bot may still want to say goodbye.
            starting.push_async_callback(self.bot.stop)
            self._running = starting.pop_all()
        return self

    async def __aexit__(self, *exception: object) -> None:
        await self._running.aclose()

    async def _serve(self, listening: socket.socket, starting: AsyncExitStack) -> None:
        runner = web.AppRunner(self._app(), access_log=None, shutdown_timeout=1)
        await runner.setup()
        starting.push_async_callback(runner.cleanup)
        for part in (self._pages, self._gateway, self._interactions, self.troubles):
            starting.push_async_callback(part.close)
        await web.SockSite(runner, listening).start()

    def _app(self) -> web.Application:
        app = web.Application(
            middlewares=[
                guard.local_only,
                guard.limit_rate,
                guard.answer_errors,
                guard.make_trouble,
                guard.bot_token,
            ],
            # JSON only; forms are read part by part and bound by the settings.
            client_max_size=self._settings.max_upload_bytes,
        )
        app[parts.SETTINGS] = self._settings
        app[parts.WORLD] = self._world
        app[parts.FILES] = self._files
        app[parts.GATEWAY] = self._gateway
        app[parts.PAGES] = self._pages
        app[parts.INTERACTIONS] = self._interactions
        app[parts.MESSAGES] = self._messages
        app[parts.CHANNELS] = self.channels
        app[parts.RATE_LIMITS] = RateLimits(self._settings.max_invalid_requests)
        app[TROUBLES] = self.troubles
        app[parts.BOT] = self.bot
        app.on_response_prepare.append(guard.set_headers)
        app.router.add_get("/gateway", self._gateway.serve)
        page_api.add_routes(app)
        rest.add_routes(app)
        return app

    def _bot_environment(self) -> dict[str, str]:
        """Ours, without what the real Discord's bot is told: its token is never used here."""
        kept = {name: text for name, text in os.environ.items() if not name.startswith("DISCORD_")}
        return {
            **kept,
            "DISCORD_API_URL": self.api_url,
            "DISCORD_TOKEN": self.token,
            "STATE_PATH": str(self._state_path / "bot"),
        }

    def _tell_bot_status(self) -> None:
        self._pages.publish("bot", bot=bot_status(self._gateway, self.bot))


def _listen(port: int) -> socket.socket:
    """A listening socket on the first free port from `port` on; any for 0."""
    last = min(port + TRIED_PORTS - 1, MAX_PORT) if port else 0
    for candidate in range(port, last + 1):
        try:
            return socket.create_server((HOST, candidate))
        except OSError as error:
            busy = error
    raise OSError(f"No port from {port} to {last} is free: {busy}")
