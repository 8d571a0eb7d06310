"""What every request of a page says: who acts, where, and on what."""

from aiohttp import web

from sdbot.sandbox.documents import Document
from sdbot.sandbox.errors import ApiError, Refused
from sdbot.sandbox.parts import WORLD
from sdbot.sandbox.permissions import Permission, permissions_in, sees
from sdbot.sandbox.uploads import parse_object
from sdbot.sandbox.world import World


async def asked(request: web.Request) -> Document:
    """The body of a POST."""
    try:
        return parse_object(await request.read())
    except ApiError as error:
        raise Refused("The request is not a JSON object.") from error


async def acted(request: web.Request) -> tuple[str, Document]:
    """Who acts, and the body of the POST."""
    body = await asked(request)
    return person_id(request.app[WORLD], body.get("member_id")), body


def person_id(world: World, member_id: object) -> str:
    """Who acts; the first person where nobody is named."""
    ids = [person["id"] for person in world.people]
    if member_id is None:
        return str(ids[0])
    if member_id not in ids:
        raise Refused("There is no such person.", 404)
    return str(member_id)


def asker_id(request: web.Request) -> str:
    """Who asks by a query."""
    return person_id(request.app[WORLD], request.query.get("member_id"))


def channel_of(world: World, who: str, channel_id: object) -> Document:
    """A channel that the person sees."""
    channel = world.channels.get(str(channel_id))
    if channel is None or not sees(world, who, channel):
        raise Refused("There is no such channel.", 404)
    return channel


def message_of(world: World, who: str, message_id: object) -> Document:
    """A message that the person sees."""
    message = world.messages.get(str(message_id))
    if message is None or message["visible_to"] not in (None, who):
        raise Refused("This message is gone.", 404)
    channel_of(world, who, message["channel_id"])
    return message


def may(world: World, who: str, channel: Document, permission: Permission) -> bool:
    return bool(permissions_in(world, who, channel) & permission)
