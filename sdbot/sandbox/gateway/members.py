"""The guild's members, for a bot that asks with op 8."""

import logging
from typing import Any

from sdbot.sandbox import objects
from sdbot.sandbox.documents import Document
from sdbot.sandbox.gateway.intents import GUILD_MEMBERS
from sdbot.sandbox.gateway.sessions import Session
from sdbot.sandbox.world import World

log = logging.getLogger(__name__)

MEMBERS_A_CHUNK = 1000
MAX_FOUND = 100


def send_members(world: World, session: Session, asked: Any) -> None:
    """GUILD_MEMBERS_CHUNK, as often as it takes; nothing for what the bot may not ask."""
    guild_id = world.identity.guild_id
    if not isinstance(asked, dict) or str(asked.get("guild_id")) != guild_id:
        log.warning("The gateway knows no such guild to list the members of")
        return
    if _wants_all(asked) and not session.intents & GUILD_MEMBERS:
        log.warning("Only a bot with the intent for members may list them all")
        return
    ids, not_found = _found(world, asked)
    members = [objects.member(world, id) for id in ids]
    chunks = [members[i : i + MEMBERS_A_CHUNK] for i in range(0, len(members), MEMBERS_A_CHUNK)]
    for index, chunk in enumerate(chunks or [[]]):
        event: Document = {
            "guild_id": guild_id,
            "members": chunk,
            "chunk_index": index,
            "chunk_count": len(chunks) or 1,
        }
        if not_found:
            event["not_found"] = not_found
        if "nonce" in asked:
            event["nonce"] = asked["nonce"]
        session.dispatch("GUILD_MEMBERS_CHUNK", event)


def _wants_all(asked: Document) -> bool:
    return "user_ids" not in asked and not asked.get("query") and not asked.get("limit")


def _found(world: World, asked: Document) -> tuple[list[str], list[str]]:
    """The ids of those who are asked for, and of those who are not there."""
    if "user_ids" in asked:
        listed = asked["user_ids"] if isinstance(asked["user_ids"], list) else [asked["user_ids"]]
        ids = [str(id) for id in listed[:MAX_FOUND]]
        return [id for id in ids if id in world.users], [id for id in ids if id not in world.users]
    prefix = str(asked.get("query") or "").lower()
    ids = [id for id, user in world.users.items() if user["username"].lower().startswith(prefix)]
    return (ids if _wants_all(asked) else ids[: asked.get("limit") or MAX_FOUND]), []
