"""Discord's objects, always complete: a client that meets half an object may die of it."""

from sdbot.sandbox.objects.application import application, own_user
from sdbot.sandbox.objects.guild import channel, channels_for, guild, guild_create, role
from sdbot.sandbox.objects.interactions import interaction
from sdbot.sandbox.objects.messages import message, message_event, message_for_bot, upload
from sdbot.sandbox.objects.resolved import Resolving
from sdbot.sandbox.objects.users import member, user

__all__ = [
    "Resolving",
    "application",
    "channel",
    "channels_for",
    "guild",
    "guild_create",
    "interaction",
    "member",
    "message",
    "message_event",
    "message_for_bot",
    "own_user",
    "role",
    "upload",
    "user",
]
