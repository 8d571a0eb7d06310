"""What goes wrong at Discord now and then, to be had whenever one asks for it."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

from aiohttp import web
from aiohttp.typedefs import Handler

from sdbot.sandbox import mishaps
from sdbot.sandbox.channels import Channels
from sdbot.sandbox.documents import Document
from sdbot.sandbox.errors import Refused
from sdbot.sandbox.gateway import Gateway
from sdbot.sandbox.mishaps import Trouble
from sdbot.sandbox.page_events import PageEvents
from sdbot.sandbox.permissions import Permission
from sdbot.sandbox.world import GUILD_TEXT, World

GATEWAY_DOWN = "gateway_down"
PERMISSION_LOST, CHANNEL_DELETED = OF_A_CHANNEL = ("permission_lost", "channel_deleted")
POSTING = Permission.SEND_MESSAGES | Permission.SEND_MESSAGES_IN_THREADS | Permission.ATTACH_FILES


@dataclass(frozen=True)
class Kind:
    """`befall` is for those that meet requests, `concerns` says which of them."""

    label: str
    is_lasting: bool = True
    befall: Callable[[Trouble, Handler, web.Request], Awaitable[web.StreamResponse]] | None = None
    concerns: Callable[[web.Request, Trouble], bool] = lambda request, trouble: True


KINDS = {
    "rate_limited": Kind("Too many requests (429)", befall=mishaps.limit_rate),
    "server_errors": Kind("Server errors (503)", befall=mishaps.fail),
    "cut_uploads": Kind(
        "Uploads are cut off", befall=mishaps.cut_upload, concerns=mishaps.is_upload
    ),
    "lost_answers": Kind("Answers are lost", befall=mishaps.lose_answer),
    "slow_answers": Kind("Answers are slow", befall=mishaps.answer_slowly),
    "small_uploads": Kind(
        "Only small files pass", befall=mishaps.refuse_upload, concerns=mishaps.is_large_upload
    ),
    "dms_closed": Kind("DMs are closed", befall=mishaps.refuse_message, concerns=mishaps.is_to_dm),
    PERMISSION_LOST: Kind("The bot may not write here"),
    CHANNEL_DELETED: Kind("Delete this channel", is_lasting=False),
    GATEWAY_DOWN: Kind("The gateway is down"),
    "gateway_dropped": Kind("Drop the connection", is_lasting=False),
    "gateway_reconnect": Kind("Ask to reconnect", is_lasting=False),
    "gateway_session_lost": Kind("Lose the session", is_lasting=False),
}


class Troubles:
    """Those that are on. The page, its API and the links to files are spared."""

    def __init__(
        self, world: World, gateway: Gateway, channels: Channels, pages: PageEvents
    ) -> None:
        self._world = world
        self._gateway = gateway
        self._channels = channels
        self._pages = pages
        self._on: list[Trouble] = []
        self._at_once = {
            "gateway_dropped": gateway.cut,
            "gateway_reconnect": gateway.ask_to_reconnect,
            "gateway_session_lost": gateway.end_sessions,
        }

    def begin(self, kind: str, **details: Any) -> None:
        """Let a trouble begin, all but those of a channel; `details` are fields of Trouble."""
        assert kind in KINDS.keys() - {*OF_A_CHANNEL}, kind
        if kind in self._at_once:
            self._at_once[kind]()
            return
        self._on.append(Trouble(kind=kind, **details))
        if kind == GATEWAY_DOWN:
            self._gateway.cut()
        self._changed()

    def end(self, kind: str) -> None:
        """Answers that are held up go out."""
        for trouble in self._on:
            if trouble.kind == kind:
                trouble.ended.set()
        self._on = [trouble for trouble in self._on if trouble.kind != kind]
        self._changed()

    async def switch(self, kind: str, is_on: bool, channel_id: str | None = None) -> None:
        """What the page's switches do. Raises Refused for what is no trouble or no channel."""
        if kind not in KINDS:
            raise Refused("There is no such trouble.", 404)
        if kind == CHANNEL_DELETED:
            await self._channels.delete(self._text_channel(channel_id))
        elif kind == PERMISSION_LOST:
            await self._channels.deny_bot(self._text_channel(channel_id), POSTING if is_on else 0)
            self._changed()
        elif is_on:
            self.begin(kind)
        else:
            self.end(kind)

    def listed(self) -> list[Document]:
        """All kinds, as the page shows them."""
        on = {trouble.kind for trouble in self._on if not trouble.is_spent}
        if any(channel.get("permission_overwrites") for channel in self._world.channels.values()):
            on.add(PERMISSION_LOST)
        return [
            {"kind": name, "label": kind.label, "is_on": name in on, "is_lasting": kind.is_lasting}
            for name, kind in KINDS.items()
        ]

    async def befall(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """The answer to a request of REST, with all that befalls it on the way."""
        for trouble in self._on:
            kind = KINDS[trouble.kind]
            if kind.befall and trouble.concerns(request) and kind.concerns(request, trouble):
                self._spend(trouble)
                handler = partial(kind.befall, trouble, handler)
        return await handler(request)

    async def close(self) -> None:
        """Nothing is held up any longer."""
        for trouble in self._on:
            trouble.ended.set()

    def _spend(self, trouble: Trouble) -> None:
        if trouble.times is not None:
            trouble.times -= 1
            if trouble.is_spent:
                self._changed()

    def _changed(self) -> None:
        self._gateway.is_down = any(trouble.kind == GATEWAY_DOWN for trouble in self._on)
        self._pages.publish("troubles", troubles=self.listed())

    def _text_channel(self, id: str | None) -> str:
        channel = self._world.channels.get(str(id))
        if channel is None or channel["type"] != GUILD_TEXT:
            raise Refused("This is possible in a text channel only.", 404)
        return str(channel["id"])


# Not among the parts, for what befalls a request may need them itself.
TROUBLES = web.AppKey("troubles", Troubles)
