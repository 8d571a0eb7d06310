"""`python -m sdbot.sandbox`: a Discord at home, with the bot in it."""

import argparse
import asyncio
import contextlib
import logging
import signal
import sys
from collections.abc import Sequence
from pathlib import Path

from sdbot.sandbox.errors import SandboxError
from sdbot.sandbox.server import MAX_PORT, Sandbox

BOT = Path(__file__).parents[2] / "bot.py"


def parse_arguments(arguments: Sequence[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m sdbot.sandbox", description=__doc__)
    parser.add_argument("--port", type=_port, default=8420, help="0 for any; default %(default)s")
    parser.add_argument(
        "--state", type=Path, default=Path(".sandbox"), help="folder; default %(default)s"
    )
    parser.add_argument("--no-bot", action="store_true", help="start no bot")
    return parser.parse_args(arguments)


def _port(text: str) -> int:
    with contextlib.suppress(ValueError):
        if 0 <= int(text) <= MAX_PORT:
            return int(text)
    raise argparse.ArgumentTypeError(f"{text} is not a port: 0 to {MAX_PORT}")


async def serve(port: int, state_path: Path, bot_command: Sequence[str]) -> None:
    """Run until SIGTERM, SIGINT or SIGHUP; the bot, if there is a command for it, as our child."""
    stopped = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        # What nohup or a shell's & has switched off stays off.
        if signal.getsignal(number) is not signal.SIG_IGN:
            asyncio.get_running_loop().add_signal_handler(number, stopped.set)
    async with Sandbox(state_path, port=port, bot_command=bot_command) as sandbox:
        sys.stdout.write(f"Sandbox: {sandbox.url}\n")
        sys.stdout.flush()
        if bot_command:
            await sandbox.bot.start()
        await stopped.wait()


def main() -> None:
    arguments = parse_arguments()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s sandbox %(levelname)s %(message)s")
    bot_command = () if arguments.no_bot else (sys.executable, str(BOT))
    try:
        asyncio.run(serve(arguments.port, arguments.state, bot_command))
    except (SandboxError, OSError) as error:
        sys.exit(f"The sandbox cannot start: {error}")


if __name__ == "__main__":
    main()
