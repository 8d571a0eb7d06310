"""Making, changing and deleting channels, and telling the bot and the pages of it."""

from sdbot.sandbox import objects
from sdbot.sandbox.documents import Document
from sdbot.sandbox.founding import text_channel
from sdbot.sandbox.gateway import Gateway
from sdbot.sandbox.messages import Messages
from sdbot.sandbox.page_events import PageEvents
from sdbot.sandbox.world import World

OF_ONE_USER = 1
GUILDS_INTENT = 1 << 0


class Channels:
    """The one way in which channels change."""

    def __init__(
        self, world: World, messages: Messages, gateway: Gateway, pages: PageEvents
    ) -> None:
        self._world = world
        self._messages = messages
        self._gateway = gateway
        self._pages = pages

    async def create(self, name: str) -> Document:
        """A text channel at the end of the list."""
        channel = text_channel(self._world, name)
        await self._world.save("channel", channel)
        self._tell("CHANNEL_CREATE", objects.channel(self._world, channel))
        return channel

    async def deny_bot(self, channel_id: str, denied: int) -> None:
        """Take permissions from the bot in a text channel; 0 gives them all back. Raises 10003."""
        channel, bot_id = self._world.channel(channel_id), self._world.identity.id
        overwrites = [kept for kept in channel["permission_overwrites"] if kept["id"] != bot_id]
        if denied:
            denial = {"id": bot_id, "type": OF_ONE_USER, "allow": "0", "deny": str(denied)}
            overwrites.append(denial)
        changed = {**channel, "permission_overwrites": overwrites}
        await self._world.save("channel", changed)
        self._tell("CHANNEL_UPDATE", objects.channel(self._world, changed))

    async def delete(self, channel_id: str) -> None:
        """Delete a text channel with its threads and all their messages. Raises 10003."""
        event = objects.channel(self._world, self._world.channel(channel_id))
        threads = [id for id, c in self._world.channels.items() if c.get("parent_id") == channel_id]
        ids = [channel_id, *threads]
        messages = [message for id in ids for message in self._world.messages_in(id)]
        # The channels go first: from now on nothing can be written into them.
        await self._world.delete("channel", *ids)
        await self._messages.forget(messages)
        self._tell("CHANNEL_DELETE", event)

    def _tell(self, event: str, channel: Document) -> None:
        self._gateway.dispatch(event, channel, GUILDS_INTENT)
        for person in self._world.people:
            seen = objects.channels_for(self._world, person["id"])
            self._pages.publish("channels", to=person["id"], channels=seen)
