"""What every request passes: who may ask and how often, and how an error is answered."""

import logging

from aiohttp import web
from aiohttp.typedefs import Handler

from sdbot.sandbox import errors
from sdbot.sandbox.errors import ApiError, Refused
from sdbot.sandbox.parts import RATE_LIMITS, SETTINGS, WORLD
from sdbot.sandbox.responses import json_response
from sdbot.sandbox.troubles import TROUBLES
from sdbot.sandbox.uploads import discard_body

log = logging.getLogger(__name__)

API = "/api/v10"
# Whoever has an interaction's token needs no other; where the gateway is, everybody may know.
WITHOUT_BOT_TOKEN = (f"{API}/webhooks/", f"{API}/interactions/")
GATEWAY_PATH = f"{API}/gateway"

HEADERS = {
    "Content-Security-Policy": (
        "default-src 'self'; img-src 'self' data:; base-uri 'none'; form-action 'none'; "
        "frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
}


@web.middleware
async def local_only(request: web.Request, handler: Handler) -> web.StreamResponse:
    """403 for other sites: a name that resolves to this machine, or a page that is not ours."""
    port = request.app[WORLD].origin.rpartition(":")[2]
    hosts = {f"127.0.0.1:{port}", f"localhost:{port}"}
    origin = request.headers.get("Origin")
    if request.host not in hosts or origin not in {None, *(f"http://{host}" for host in hosts)}:
        log.warning("Refused a request with Host %s and Origin %s", request.host, origin)
        raise web.HTTPForbidden(text="The sandbox answers this machine alone.")
    return await handler(request)


@web.middleware
async def limit_rate(request: web.Request, handler: Handler) -> web.StreamResponse:
    """429 for REST that is asked too often; each other answer tells how often it may be."""
    if request.app[SETTINGS].rate_limits and request.path.startswith(f"{API}/"):
        route = _template(request).removeprefix(API)
        return await request.app[RATE_LIMITS].answer(route, request, handler)
    return await handler(request)


@web.middleware
async def answer_errors(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Turns what routes raise into JSON: Discord's for the API, a sentence for the page."""
    try:
        return await handler(request)
    except ApiError as error:
        log.info("%s %s: %s", request.method, _template(request), error)
        response = json_response(error.body(), error.status)
    except Refused as refusal:
        response = json_response({"message": str(refusal)}, refusal.status)
    await discard_body(request)
    return response


def _template(request: web.Request) -> str:
    """The route as it is declared: a path may hold an interaction's token."""
    resource = request.match_info.route.resource
    return resource.canonical if resource else "unknown route"


@web.middleware
async def bot_token(request: web.Request, handler: Handler) -> web.StreamResponse:
    """401 for REST without the bot's token, where Discord asks for it."""
    path = request.path
    is_open = path == GATEWAY_PATH or path.startswith(WITHOUT_BOT_TOKEN)
    if path.startswith(f"{API}/") and not is_open:
        expected = f"Bot {request.app[WORLD].identity.token}"
        if request.headers.get("Authorization") != expected:
            raise errors.unauthorized()
    return await handler(request)


@web.middleware
async def make_trouble(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Lets troubles befall REST."""
    if request.path.startswith(f"{API}/"):
        return await request.app[TROUBLES].befall(request, handler)
    return await handler(request)


async def set_headers(request: web.Request, response: web.StreamResponse) -> None:
    """A signal of aiohttp: before any response goes out."""
    response.headers.update(HEADERS)
    # Else a browser keeps the page's old parts after an update.
    response.headers.setdefault("Cache-Control", "no-cache")
