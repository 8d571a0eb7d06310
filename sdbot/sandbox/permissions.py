"""Who may do what where, by Discord's own arithmetic of roles and overwrites."""

from enum import IntFlag

from sdbot.sandbox import errors
from sdbot.sandbox.documents import Document
from sdbot.sandbox.world import DM, THREAD, World


class Permission(IntFlag):
    """The bits that the sandbox asks for; Discord has more."""

    VIEW_CHANNEL = 1 << 10
    SEND_MESSAGES = 1 << 11
    MANAGE_MESSAGES = 1 << 13
    EMBED_LINKS = 1 << 14
    ATTACH_FILES = 1 << 15
    READ_MESSAGE_HISTORY = 1 << 16
    MENTION_EVERYONE = 1 << 17
    MANAGE_THREADS = 1 << 34
    SEND_MESSAGES_IN_THREADS = 1 << 38


# What @everyone has in a new guild: Discord's bits by their numbers.
USUAL = sum(
    1 << bit
    for bit in (0, 6, 9, 10, 11, 12, 14, 15, 16, 17, 18, 20, 21, 25, 26, 31, 35, 37, 38, 39, 46, 50)
)
OF_MODERATORS = Permission.MANAGE_MESSAGES | Permission.MANAGE_THREADS
OF_THE_BOT = (
    Permission.VIEW_CHANNEL
    | Permission.SEND_MESSAGES
    | Permission.EMBED_LINKS
    | Permission.ATTACH_FILES
    | Permission.READ_MESSAGE_HISTORY
    | Permission.SEND_MESSAGES_IN_THREADS
)
ALL = (1 << 53) - 1
IN_DM = sum(1 << bit for bit in (6, 10, 11, 14, 15, 16, 18, 31))
# What an interaction in a DM says of the application: no word of viewing and sending.
OF_THE_BOT_IN_DM = sum(1 << bit for bit in (14, 15, 17, 18))


def permissions_in(world: World, user_id: str, channel: Document) -> int:
    """The bits a user has in a channel; a thread takes them from the channel it is in.

    Source: Discord's documentation, topics/permissions, "Permission Hierarchy".
    """
    if channel["type"] == DM:
        return IN_DM
    if user_id == world.identity.owner_id:
        return ALL
    if channel["type"] == THREAD:
        channel = world.channels[channel["parent_id"]]
    guild_id, role_ids = world.identity.guild_id, world.users[user_id]["role_ids"]
    bits = 0
    for id in (guild_id, *role_ids):
        bits |= int(world.roles[id]["permissions"])
    overwrites = {overwrite["id"]: overwrite for overwrite in channel["permission_overwrites"]}
    # From the general to the particular; of the roles, what any of them allows is allowed.
    for ids in ((guild_id,), role_ids, (user_id,)):
        found = [overwrites[id] for id in ids if id in overwrites]
        for overwrite in found:
            bits &= ~int(overwrite["deny"])
        for overwrite in found:
            bits |= int(overwrite["allow"])
    return bits


def sees(world: World, user_id: str, channel: Document) -> bool:
    """Whether a channel is there at all for a user."""
    if channel["type"] == DM:
        return user_id in (channel["recipient_id"], world.identity.id)
    return bool(permissions_in(world, user_id, channel) & Permission.VIEW_CHANNEL)


def require(world: World, channel: Document, *needed: Permission) -> None:
    """Raises 50001 when the bot does not see the channel, 50013 when it lacks one of `needed`."""
    bits = permissions_in(world, world.identity.id, channel)
    if not bits & Permission.VIEW_CHANNEL:
        raise errors.missing_access()
    if not all(bits & permission for permission in needed):
        raise errors.missing_permissions()


def to_send(channel: Document) -> Permission:
    """What it takes to write in a channel."""
    is_thread = channel["type"] == THREAD
    return Permission.SEND_MESSAGES_IN_THREADS if is_thread else Permission.SEND_MESSAGES
