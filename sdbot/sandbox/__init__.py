"""A small Discord on one's own machine: REST v10, Gateway v10 and one page in the browser.

It stands apart: it imports nothing of the bot, nothing of the core and not discord, and speaks with
the bot over real sockets only. A newcomer tries the bot in it without a token; the tests use it as
the judge of what a bot does.
"""

from sdbot.sandbox.server import Sandbox
from sdbot.sandbox.settings import Settings

__all__ = ["Sandbox", "Settings"]
