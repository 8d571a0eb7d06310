"""What a bot asks to be told of.

Source: Discord's documentation, topics/gateway, "Gateway Intents".
"""

from sdbot.sandbox.documents import Document
from sdbot.sandbox.errors import GatewayClosed
from sdbot.sandbox.gateway.codes import Close

GUILDS = 1 << 0
GUILD_MEMBERS = 1 << 1
GUILD_PRESENCES = 1 << 8
MESSAGE_CONTENT = 1 << 15
PRIVILEGED = GUILD_MEMBERS | GUILD_PRESENCES | MESSAGE_CONTENT
DEFINED = sum(1 << bit for bit in (*range(17), 20, 21, 24, 25))


def checked_intents(intents: object, allowed: int) -> int:
    """`intents` as they are; closes with 4013, or with 4014 for privileged ones not `allowed`.

    Nobody is allowed the content of other people's messages, for no message says it.
    """
    if type(intents) is not int or intents < 0 or intents & ~DEFINED:
        raise GatewayClosed(Close.INVALID_INTENTS)
    if intents & (PRIVILEGED & ~allowed | MESSAGE_CONTENT):
        raise GatewayClosed(Close.DISALLOWED_INTENTS)
    return intents


def guild_for(intents: int, guild: Document, bot_id: str) -> Document:
    """GUILD_CREATE's data, whose members are the bot alone unless their presence is asked for."""
    if intents & GUILD_PRESENCES:
        return guild
    own = [member for member in guild["members"] if member["user"]["id"] == bot_id]
    return {**guild, "members": own}
