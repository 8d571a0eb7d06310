"""The files of messages and of commands, and the avatars."""

import asyncio

from aiohttp import web

from sdbot.sandbox.avatars import COLOURS, default_avatar
from sdbot.sandbox.documents import Document
from sdbot.sandbox.links import is_good
from sdbot.sandbox.parts import FILES, WORLD

routes = web.RouteTableDef()
A_YEAR = "private, max-age=31536000, immutable"


@routes.get("/attachments/{channel_id}/{id}/{filename}")
async def get_attachment(request: web.Request) -> web.StreamResponse:
    path = request.match_info
    return await _file(request, request.app[WORLD].attachment(path["channel_id"], path["id"]))


@routes.get("/ephemeral-attachments/{application_id}/{id}/{filename}")
async def get_upload(request: web.Request) -> web.StreamResponse:
    return await _file(request, request.app[WORLD].uploads.get(request.match_info["id"]))


@routes.get("/embed/avatars/{index}.png")
async def get_default_avatar(request: web.Request) -> web.Response:
    index = request.match_info["index"]
    if index not in map(str, range(len(COLOURS))):
        raise web.HTTPNotFound
    headers = {"Content-Type": "image/png", "Cache-Control": A_YEAR}
    return web.Response(body=default_avatar(int(index)), headers=headers)


async def _file(request: web.Request, attachment: Document | None) -> web.StreamResponse:
    """A picture with its own type; anything else only as a download.

    404 for a link that is not ours or has expired, and for a file that is gone.
    """
    is_link = is_good(request.app[WORLD], request.path, request.query)
    if not is_link or attachment is None:
        raise _gone()
    path = request.app[FILES].path(attachment["id"])
    if not await asyncio.to_thread(path.exists):
        raise _gone()
    headers = {"Content-Type": attachment["content_type"], "Cache-Control": A_YEAR}
    if not attachment["content_type"].startswith("image/"):
        headers["Content-Disposition"] = "attachment"
    return web.FileResponse(path, headers=headers)


def _gone() -> web.HTTPNotFound:
    return web.HTTPNotFound(text="This content is no longer available.")
