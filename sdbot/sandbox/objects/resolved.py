"""What an interaction's data points to, in full."""

from collections import defaultdict

from sdbot.sandbox.documents import Document
from sdbot.sandbox.objects.guild import channel, role
from sdbot.sandbox.objects.messages import message, upload
from sdbot.sandbox.objects.users import member_without_user, user
from sdbot.sandbox.permissions import permissions_in
from sdbot.sandbox.world import DM, World

# Types of options whose values are ids.
USER, CHANNEL, ROLE, MENTIONABLE, ATTACHMENT = 6, 7, 8, 9, 11


class Resolving:
    """Collects the objects of ids; `asker_id` and `place` decide the permissions shown."""

    def __init__(self, world: World, asker_id: str, place: Document) -> None:
        self._world = world
        self._asker_id = asker_id
        self._place = place
        self.objects: dict[str, Document] = defaultdict(dict)

    def add(self, type: int, id: str) -> None:
        """What an option of a type points to with an id."""
        if type == USER or (type == MENTIONABLE and id in self._world.users):
            self.add_user(id)
        elif type in (ROLE, MENTIONABLE):
            self.objects["roles"][id] = role(self._world, self._world.roles[id])
        elif type == CHANNEL:
            self._add_channel(id)
        elif type == ATTACHMENT:
            self.objects["attachments"][id] = upload(self._world, self._world.uploads[id])

    def add_user(self, id: str) -> None:
        self.objects["users"][id] = user(self._world, id)
        if self._place["type"] != DM:
            bits = permissions_in(self._world, id, self._place)
            member = {**member_without_user(self._world, id), "permissions": str(bits)}
            self.objects["members"][id] = {
                key: value for key, value in member.items() if key not in ("deaf", "mute")
            }

    def add_message(self, stored: Document) -> None:
        self.objects["messages"][stored["id"]] = message(self._world, stored)

    def _add_channel(self, id: str) -> None:
        found = self._world.channels[id]
        bits = permissions_in(self._world, self._asker_id, found)
        self.objects["channels"][id] = {**channel(self._world, found), "permissions": str(bits)}
