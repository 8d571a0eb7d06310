"""python -m sdbot: the bot on Discord if there is a token, else on this machine's own sandbox."""

import os
import sys
from pathlib import Path

from dotenv import load_dotenv

ROOT = Path(__file__).parents[1]


def main() -> None:
    """Become the program that fits; signals then reach it without a detour."""
    load_dotenv(ROOT / ".env")
    if os.environ.get("DISCORD_TOKEN", "").strip():
        arguments = [str(ROOT / "bot.py")]
    else:
        arguments = ["-m", "sdbot.sandbox"]
    os.execv(sys.executable, [sys.executable, *arguments])


if __name__ == "__main__":
    main()
