"""A bot reduced to its requests: what discord.py would never send can be sent here."""

import io
import json
from typing import Any, Self

import aiohttp

from sdbot.sandbox import Sandbox

COMMAND = {
    "name": "paint",
    "description": "Paint a picture",
    "options": [
        {"type": 3, "name": "prompt", "description": "What to paint", "required": True},
        {"type": 4, "name": "steps", "description": "How long", "min_value": 1, "max_value": 50},
    ],
}


class BotHTTP:
    """REST by the bot's token, and one gateway connection that `connect` opens."""

    def __init__(self, sandbox: Sandbox) -> None:
        self.sandbox = sandbox
        self.id = ""

    async def __aenter__(self) -> Self:
        self.http = aiohttp.ClientSession(f"{self.sandbox.api_url}/")
        _, user = await self.request("GET", "users/@me")
        self.id = user["id"]
        return self

    async def __aexit__(self, *exception: object) -> None:
        await self.http.close()

    async def request(self, method: str, path: str, **arguments: Any) -> tuple[int, Any]:
        """Status and body; the body of 204 is None."""
        arguments.setdefault("headers", {"Authorization": f"Bot {self.sandbox.token}"})
        async with self.http.request(method, path, **arguments) as response:
            return response.status, await response.json() if response.status != 204 else None

    async def done(self, method: str, path: str, **arguments: Any) -> Any:
        """The body of a request that must succeed."""
        status, body = await self.request(method, path, **arguments)
        assert status < 300, body
        return body

    async def register(self, *commands: Any) -> None:
        path = f"applications/{self.id}/commands"
        await self.done("PUT", path, json=list(commands) or [COMMAND])

    async def connect(self, query: str = "") -> aiohttp.ClientWebSocketResponse:
        """A gateway connection after HELLO."""
        _, gateway = await self.request("GET", "gateway")
        socket = await self.http.ws_connect(f"{gateway['url']}?v=10&encoding=json{query}")
        if not query:
            assert (await socket.receive_json())["op"] == 10
        return socket

    async def identify(self, intents: int = 1) -> aiohttp.ClientWebSocketResponse:
        """A gateway connection after READY and GUILD_CREATE; READY is kept."""
        socket = await self.connect()
        await socket.send_json({"op": 2, "d": self.identity(intents=intents)})
        self.ready = (await socket.receive_json())["d"]
        assert (await socket.receive_json())["t"] == "GUILD_CREATE"
        return socket

    def identity(self, **changed: Any) -> dict[str, Any]:
        """What IDENTIFY says."""
        return {"token": self.sandbox.token, "properties": {}, "intents": 1, **changed}

    async def answer(self, interaction: Any, type: int, data: Any = None) -> tuple[int, Any]:
        path = f"interactions/{interaction['id']}/{interaction['token']}/callback?with_response=1"
        return await self.request("POST", path, json={"type": type, "data": data}, headers={})

    def webhook(self, interaction: Any, rest: str = "") -> str:
        return f"webhooks/{self.id}/{interaction['token']}{rest}"


async def dispatched(socket: aiohttp.ClientWebSocketResponse, event: str) -> Any:
    """The data of the next event of a name."""
    while (frame := await socket.receive_json())["t"] != event:
        pass
    return frame["d"]


async def next_event(socket: aiohttp.ClientWebSocketResponse) -> tuple[str, Any]:
    """The name of the next event, and its data."""
    frame = await socket.receive_json()
    return frame["t"], frame["d"]


def form(payload: Any, *files: tuple[str, bytes]) -> aiohttp.FormData:
    data = aiohttp.FormData(quote_fields=False)
    data.add_field("payload_json", json.dumps(payload))
    for index, (name, content) in enumerate(files):
        file, content_type = io.BytesIO(content), "application/octet-stream"
        data.add_field(f"files[{index}]", file, filename=name, content_type=content_type)
    return data
