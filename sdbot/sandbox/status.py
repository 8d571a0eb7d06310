"""How the bot is, in a word and in a sentence."""

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
        status, text = "stopped", f"The bot stopped with exit code {bot.exit_code}"
        text += "; the terminal says why" if bot.exit_code else ""
    else:
        status, text = "offline", "The bot is offline"
    return {"status": status, "exit_code": bot.exit_code, "text": text}
