"""How the bot is, in a word and in a sentence."""

import signal

from sdbot.sandbox.child import BotProcess
from sdbot.sandbox.documents import Document
from sdbot.sandbox.gateway import Gateway


def bot_status(gateway: Gateway, bot: BotProcess) -> Document:
    """Connected counts more than the process: the bot may as well run elsewhere."""
    if gateway.is_online:
        status, text = "online", "The bot is online"
    elif bot.is_running:
        status, text = "starting", "The bot is starting"
    elif bot.exit_code is not None:
        status, text = "stopped", _ended(bot.exit_code)
    else:
        status, text = "offline", "The bot is offline"
    return {
        "status": status,
        "exit_code": bot.exit_code,
        "text": text,
        "presence": gateway.activity,
    }


def _ended(exit_code: int) -> str:
    if exit_code < 0:
        return f"The bot was ended by {signal.Signals(-exit_code).name}"
    told = "; the terminal says why" if exit_code else ""
    return f"The bot stopped with exit code {exit_code}{told}"
