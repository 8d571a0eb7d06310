"""The files of messages."""

from aiohttp import web

from sdbot.sandbox.documents import Document
from sdbot.sandbox.parts import FILES, WORLD

routes = web.RouteTableDef()


@routes.get("/attachments/{channel_id}/{id}/{filename}")
async def get_attachment(request: web.Request) -> web.StreamResponse:
    """A picture with its own type; anything else only as a download."""
    path = request.match_info
    attachment = _find(request, path["channel_id"], path["id"])
    if attachment is None or attachment["filename"] != path["filename"]:
        raise web.HTTPNotFound(text="This content is no longer available.")
    headers = {
        "Content-Type": attachment["content_type"],
        "Cache-Control": "private, max-age=31536000, immutable",
    }
    if not attachment["content_type"].startswith("image/"):
        headers["Content-Disposition"] = "attachment"
    return web.FileResponse(request.app[FILES].path(attachment["id"]), headers=headers)


def _find(request: web.Request, channel_id: str, id: str) -> Document | None:
    for message in request.app[WORLD].messages_in(channel_id):
        for attachment in message["attachments"]:
            if attachment["id"] == id:
                return dict(attachment)
    return None
