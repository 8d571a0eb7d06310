"""The bot's process, from the page."""

from aiohttp import web

from sdbot.sandbox.errors import Refused
from sdbot.sandbox.parts import BOT, GATEWAY
from sdbot.sandbox.responses import json_response
from sdbot.sandbox.status import bot_status

routes = web.RouteTableDef()


@routes.post("/sandbox/bot/{action:restart|start|stop|kill}")
async def control_bot(request: web.Request) -> web.Response:
    bot = request.app[BOT]
    if not bot.is_ours:
        raise Refused("The bot was not started by the sandbox, so it cannot be told to.", 409)
    await getattr(bot, request.match_info["action"])()
    return json_response(bot_status(request.app[GATEWAY], bot))
