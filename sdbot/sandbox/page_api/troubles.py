"""What goes wrong, switched on and off from the page."""

from aiohttp import web

from sdbot.sandbox.page_api.asking import asked
from sdbot.sandbox.responses import json_response
from sdbot.sandbox.troubles import TROUBLES

routes = web.RouteTableDef()


@routes.post("/sandbox/troubles")
async def switch_trouble(request: web.Request) -> web.Response:
    body, troubles = await asked(request), request.app[TROUBLES]
    kind, is_on = str(body.get("kind")), body.get("is_on", True) is True
    await troubles.switch(kind, is_on, body.get("channel_id"))
    return json_response({"troubles": troubles.listed()})
