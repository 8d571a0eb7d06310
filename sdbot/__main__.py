"""python -m sdbot: the bot on Discord if there is a token, else on this machine's own sandbox."""

import logging
import os
import sys
from pathlib import Path

from dotenv import load_dotenv

from sdbot.supervisor import supervise

ROOT = Path(__file__).parents[1]
BOT = ROOT / "bot.py"
LEASH = ROOT / "sdbot" / "sandbox" / "leash.py"


def main() -> int:
    """With a token: run the bot, again after each crash; its exit code.

    Without one: become the sandbox; signals then reach it without a detour.
    """
    load_dotenv(ROOT / ".env")
    if not os.environ.get("DISCORD_TOKEN", "").strip():
        os.execv(sys.executable, [sys.executable, "-m", "sdbot.sandbox"])
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(name)s: %(message)s")
    bot = (sys.executable, str(BOT))
    # Only Linux has the means not to let it outlive us.
    is_leashed = sys.platform == "linux"
    leash = (sys.executable, "-I", "-S", str(LEASH), str(os.getpid())) if is_leashed else ()
    return supervise((*leash, *bot))


if __name__ == "__main__":
    sys.exit(main())
