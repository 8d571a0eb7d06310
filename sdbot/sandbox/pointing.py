"""Ids that a person gives: what they have to lead to, and to what in full they lead."""

from collections.abc import Iterable, Mapping, Sequence

from sdbot.sandbox.documents import Document
from sdbot.sandbox.errors import Refused
from sdbot.sandbox.objects.resolved import (
    ATTACHMENT,
    CHANNEL,
    MENTIONABLE,
    ROLE,
    USER,
    Resolving,
)
from sdbot.sandbox.permissions import sees
from sdbot.sandbox.world import DM, World

# By the type of the option.
NOUNS = {
    USER: "a user",
    CHANNEL: "a channel",
    ROLE: "a role",
    MENTIONABLE: "a user or a role",
    ATTACHMENT: "a file of yours",
}
# The same by the types of the components that are like these options.
OF_COMPONENTS = {5: USER, 6: ROLE, 7: MENTIONABLE, 8: CHANNEL, 19: ATTACHMENT}


class Pointing:
    """Follows the ids that one person gives in one place."""

    def __init__(self, world: World, user_id: str, place: Document) -> None:
        self._world = world
        self._user_id = user_id
        self._resolving = Resolving(world, user_id, place)

    @property
    def resolved(self) -> Document:
        """The objects of all ids so far, as interactions have them under "resolved"."""
        return dict(self._resolving.objects)

    def follow(
        self, name: str, type: int, ids: Iterable[str], channel_types: Sequence[int] = ()
    ) -> None:
        """Add what the ids of an option's type lead to; `name` is of the option or component.

        Raises Refused for an id that leads nowhere this person sees.
        """
        known = self._known(type)
        for id in ids:
            if id not in known:
                raise Refused(f"{name} must be {NOUNS[type]}, and there is none with the id {id}.")
            if channel_types and known[id]["type"] not in channel_types:
                raise Refused(f"{name} must be a channel of another type.")
            self._resolving.add(type, id)

    def _known(self, type: int) -> Mapping[str, Document]:
        world = self._world
        if type == USER:
            return world.users
        if type == ROLE:
            return world.roles
        if type == MENTIONABLE:
            return {**world.users, **world.roles}
        if type == CHANNEL:
            return {id: c for id, c in world.channels.items() if self._is_offered(c)}
        return {id: u for id, u in world.uploads.items() if u["owner_id"] == self._user_id}

    def _is_offered(self, channel: Document) -> bool:
        return channel["type"] != DM and sees(self._world, self._user_id, channel)
