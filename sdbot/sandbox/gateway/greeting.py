"""What a session begins with."""

from sdbot.sandbox import objects
from sdbot.sandbox.documents import Document
from sdbot.sandbox.gateway.identify import Shard
from sdbot.sandbox.gateway.intents import GUILDS, guild_for
from sdbot.sandbox.gateway.sessions import Session
from sdbot.sandbox.world import World


def greet(world: World, session: Session, shard: Shard | None) -> None:
    """READY, and GUILD_CREATE when the guild is this shard's; READY repeats a shard given."""
    guild_id = world.identity.guild_id
    is_here = session.shard.serves(guild_id)
    ready: Document = {
        "v": 10,
        "user": objects.own_user(world),
        "guilds": [{"id": guild_id, "unavailable": True}] if is_here else [],
        "session_id": session.id,
        "session_type": "normal",
        "resume_gateway_url": gateway_url(world),
        "application": {"id": world.identity.id, "flags": 0},
        "private_channels": [],
        "relationships": [],
        "presences": [],
        "user_settings": {},
        "geo_ordered_rtc_regions": [],
        "guild_join_requests": [],
        "_trace": [],
    }
    session.dispatch("READY", {**ready, "shard": shard} if shard else ready)
    if is_here and session.intents & GUILDS:
        guild = guild_for(session.intents, objects.guild_create(world), world.identity.id)
        session.dispatch("GUILD_CREATE", guild)


def gateway_url(world: World) -> str:
    return world.origin.replace("http", "ws", 1) + "/gateway"
