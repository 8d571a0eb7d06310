"""A person, acting through the page's own API and seeing what their page would be told."""

import io
from collections.abc import Callable
from typing import Any, Self

import aiohttp

from sdbot.sandbox import Sandbox

Event = dict[str, Any]


class Member:
    """Ada, or another by name. Every event since the beginning is in `seen`; `until` waits for one.

    `channel_id` is where the person is: the first text channel, unless a test moves them.
    """

    def __init__(self, sandbox: Sandbox, name: str = "Ada") -> None:
        self.sandbox = sandbox
        self.name = name
        self.seen: list[Event] = []

    async def __aenter__(self) -> Self:
        self.http = aiohttp.ClientSession(self.sandbox.url)
        state = await self._get("/sandbox/state")
        self.id = next(u["id"] for u in state["users"] if u["username"] == self.name.lower())
        query = {"member_id": self.id}
        self._events = await self.http.ws_connect("/sandbox/events", params=query)
        self.channel_id = (await self.channel("paintings"))["id"]
        return self

    async def __aexit__(self, *exception: object) -> None:
        await self._events.close()
        await self.http.close()

    async def state(self) -> Event:
        return await self._get("/sandbox/state", member_id=self.id)

    async def channel(self, name: str) -> Event:
        """The channel or thread of a name."""
        channels = (await self.state())["channels"]
        return next(channel for channel in channels if channel.get("name") == name)

    async def dm(self) -> Event:
        """The conversation with the bot."""
        return next(c for c in (await self.state())["channels"] if c["type"] == 1)

    async def messages(self, **query: Any) -> list[Event]:
        """The newest of the channel where the person is, oldest first."""
        query = {"channel_id": self.channel_id, **query}
        return (await self._get("/sandbox/messages", member_id=self.id, **query))["messages"]

    async def post(self, path: str, body: Any) -> tuple[int, Event]:
        if isinstance(body, dict):
            body = {"member_id": self.id, **body}
        async with self.http.post(path, json=body) as response:
            return response.status, await response.json()

    async def done(self, path: str, **body: Any) -> Event:
        """What a request answered that must succeed."""
        status, answer = await self.post(path, body)
        assert status == 200, answer
        return answer

    async def command(self, name: str, **options: Any) -> str:
        """The id of the interaction."""
        body = {"channel_id": self.channel_id, "name": name, "options": options}
        return str((await self.done("/sandbox/commands", **body))["interaction_id"])

    async def menu(self, type: int, name: str, target_id: str) -> str:
        """Use a command from the menu of a user (type 2) or a message (type 3)."""
        body = {"channel_id": self.channel_id, "type": type, "name": name, "target_id": target_id}
        return str((await self.done("/sandbox/commands", **body))["interaction_id"])

    async def press(self, message_id: str, custom_id: str, *values: str) -> str:
        body = {"message_id": message_id, "custom_id": custom_id, "values": list(values)}
        return str((await self.done("/sandbox/components", **body))["interaction_id"])

    async def submit(self, interaction_id: str, **values: Any) -> str:
        """Fill in the modal that an interaction was answered with."""
        body = {"interaction_id": interaction_id, "values": values}
        return str((await self.done("/sandbox/modals", **body))["interaction_id"])

    async def write(self, content: str, **more: Any) -> str:
        """The id of a plain message."""
        body = {"channel_id": self.channel_id, "content": content, **more}
        return str((await self.done("/sandbox/messages", **body))["message_id"])

    async def upload(self, filename: str, data: bytes) -> Event:
        """The attachment object of a file."""
        query = {"member_id": self.id, "filename": filename}
        body = io.BytesIO(data)
        async with self.http.post("/sandbox/uploads", params=query, data=body) as response:
            assert response.status == 200, await response.text()
            return await response.json()

    async def until(self, type: str, accept: Callable[[Event], bool] = lambda event: True) -> Event:
        """The next event of a type that is accepted."""
        while True:
            event = await self.next_event()
            if event["type"] == type and accept(event):
                return event

    async def next_event(self) -> Event:
        """Whatever is told next."""
        event: Event = await self._events.receive_json()
        self.seen.append(event)
        return event

    async def _get(self, path: str, **query: Any) -> Event:
        async with self.http.get(path, params=query) as response:
            assert response.status == 200, await response.text()
            return await response.json()
