"""Ada, acting through the page's own API and seeing what her page would be told."""

import json
from collections.abc import Callable
from typing import Any, Self

import aiohttp

from sdbot.sandbox import Sandbox

Event = dict[str, Any]


class Member:
    """Every event since the beginning is in `seen`; `until` waits for one."""

    def __init__(self, sandbox: Sandbox) -> None:
        self.sandbox = sandbox
        self.seen: list[Event] = []

    async def __aenter__(self) -> Self:
        self.http = aiohttp.ClientSession(self.sandbox.url)
        self._events = await self.http.ws_connect("/sandbox/events")
        state = await self.state()
        self.channel_id = state["channels"][0]["id"]
        return self

    async def __aexit__(self, *exception: object) -> None:
        await self._events.close()
        await self.http.close()

    async def state(self) -> Event:
        async with self.http.get("/sandbox/state") as response:
            return await response.json()

    async def post(self, path: str, body: Any) -> tuple[int, Event]:
        async with self.http.post(path, json=body) as response:
            return response.status, await response.json()

    async def command(self, name: str, **options: Any) -> str:
        """The id of the interaction."""
        body = {"channel_id": self.channel_id, "name": name, "options": options}
        status, answer = await self.post("/sandbox/commands", body)
        assert status == 200, answer
        return str(answer["interaction_id"])

    async def press(self, message_id: str, custom_id: str) -> str:
        body = {"message_id": message_id, "custom_id": custom_id}
        status, answer = await self.post("/sandbox/components", body)
        assert status == 200, answer
        return str(answer["interaction_id"])

    async def until(self, type: str, accept: Callable[[Event], bool] = lambda event: True) -> Event:
        """The next event of a type that is accepted."""
        while True:
            event = json.loads((await self._events.receive()).data)
            self.seen.append(event)
            if event["type"] == type and accept(event):
                return event
