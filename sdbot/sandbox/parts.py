"""Where a route finds the parts of the sandbox: keys of the aiohttp application."""

from aiohttp import web

from sdbot.sandbox.channels import Channels
from sdbot.sandbox.child import BotProcess
from sdbot.sandbox.files import Files
from sdbot.sandbox.gateway import Gateway
from sdbot.sandbox.interactions import Interactions
from sdbot.sandbox.messages import Messages
from sdbot.sandbox.page_events import PageEvents
from sdbot.sandbox.ratelimits import RateLimits
from sdbot.sandbox.settings import Settings
from sdbot.sandbox.world import World

SETTINGS = web.AppKey("settings", Settings)
WORLD = web.AppKey("world", World)
FILES = web.AppKey("files", Files)
GATEWAY = web.AppKey("gateway", Gateway)
CHANNELS = web.AppKey("channels", Channels)
MESSAGES = web.AppKey("messages", Messages)
INTERACTIONS = web.AppKey("interactions", Interactions)
RATE_LIMITS = web.AppKey("rate limits", RateLimits)
PAGES = web.AppKey("pages", PageEvents)
BOT = web.AppKey("bot", BotProcess)
