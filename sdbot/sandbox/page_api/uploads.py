"""Files that a person has sent, and not yet used."""

from collections.abc import Iterator

from aiohttp import web

from sdbot.sandbox import objects
from sdbot.sandbox.documents import Document
from sdbot.sandbox.errors import Refused
from sdbot.sandbox.forms import MAX_ATTACHMENTS
from sdbot.sandbox.page_api.asking import asker_id
from sdbot.sandbox.parts import FILES, SETTINGS, WORLD
from sdbot.sandbox.responses import json_response
from sdbot.sandbox.snowflakes import age_seconds
from sdbot.sandbox.uploads import Upload, read_file, safe_name
from sdbot.sandbox.world import World

routes = web.RouteTableDef()
MAX_UNUSED = 100
MAX_UNUSED_SECONDS = 24 * 60 * 60


@routes.post("/sandbox/uploads")
async def upload_file(request: web.Request) -> web.Response:
    """What was sent long ago, or before many others, makes room."""
    world, files, settings = request.app[WORLD], request.app[FILES], request.app[SETTINGS]
    who = asker_id(request)
    data = await read_file(request, settings.max_upload_bytes)
    if data is None:
        limit = settings.max_upload_bytes // 2**20
        raise Refused(f"This file is too large: at most {limit} MiB can be sent.", 413)
    upload = Upload(safe_name(request.query.get("filename", "")), data)
    kept = {**await files.save(world.ids.next(), upload, None), "owner_id": who}
    await world.save("upload", kept)
    unused = list(_unused(world))
    await world.delete("upload", *unused)
    await files.remove(unused)
    return json_response(objects.upload(world, kept))


def _unused(world: World) -> Iterator[str]:
    """The ids of those that nobody is going to use any more."""
    for place, id in enumerate(reversed(world.uploads)):
        if place >= MAX_UNUSED or age_seconds(id) > MAX_UNUSED_SECONDS:
            yield id


def uploads_of(world: World, who: str, ids: object) -> list[Document]:
    """A person's uploads for one message. Raises Refused."""
    if not isinstance(ids, list) or len(ids) > MAX_ATTACHMENTS:
        raise Refused(f"A message takes at most {MAX_ATTACHMENTS} files.")
    uploads = [world.uploads.get(id) for id in dict.fromkeys(map(str, ids))]
    own = [upload for upload in uploads if upload and upload["owner_id"] == who]
    if len(own) < len(uploads):
        raise Refused("One of these files is not there any more.", 404)
    return own
