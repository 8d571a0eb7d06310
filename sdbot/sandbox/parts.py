"""Where a route finds the parts of the sandbox: keys of the aiohttp application."""

from aiohttp import web

from sdbot.sandbox.child import BotProcess
from sdbot.sandbox.files import Files
from sdbot.sandbox.gateway import Gateway
from sdbot.sandbox.interactions import Interactions
from sdbot.sandbox.messages import Messages
from sdbot.sandbox.page_events import PageEvents
from sdbot.sandbox.settings import Settings
from sdbot.sandbox.world import World

SETTINGS = web.AppKey("settings", Settings)
WORLD = web.AppKey("world", World)
FILES = web.AppKey("files", Files)
GATEWAY = web.AppKey("gateway", Gateway)
MESSAGES = web.AppKey("messages", Messages)
INTERACTIONS = web.AppKey("interactions", Interactions)
PAGES = web.AppKey("pages", PageEvents)
BOT = web.AppKey("bot", BotProcess)
