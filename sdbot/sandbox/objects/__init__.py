"""Discord's objects, always complete: a client that meets half an object may die of it."""

from sdbot.sandbox.objects.application import application, own_user
from sdbot.sandbox.objects.guild import channel, guild, guild_create
from sdbot.sandbox.objects.interactions import interaction
from sdbot.sandbox.objects.messages import message, message_event
from sdbot.sandbox.objects.users import user

__all__ = [
    "application",
    "channel",
    "guild",
    "guild_create",
    "interaction",
    "message",
    "message_event",
    "own_user",
    "user",
]
