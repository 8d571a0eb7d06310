"""The bot: read the settings, wire the parts, run."""

import os
import sys
from contextlib import AsyncExitStack
from pathlib import Path

from dotenv import load_dotenv

from diffusion.errors import ModelError
from sdbot.chat.address import use_address
from sdbot.chat.client import ChatClient
from sdbot.chat.delivery import DiscordDelivery
from sdbot.config import BotConfig
from sdbot.engines.base import Engine
from sdbot.engines.thread import ThreadEngine
from sdbot.errors import ConfigError, StartError
from sdbot.pictures import PictureStore
from sdbot.process import run_until_signal, set_up_logging
from sdbot.queue import JobQueue
from sdbot.service.intake import Intake
from sdbot.service.orders import Orders
from sdbot.service.outbox import Outbox
from sdbot.service.painting import Painting
from sdbot.store import Store


async def serve(config: BotConfig, engine: Engine) -> None:
    """Serve until cancelled; what was opened last is closed first."""
    await use_address(config.discord_api_url)
    queue = JobQueue(config.queue_limit, config.member_limit)
    pictures = PictureStore(config.state_path, config.picture_store_bytes)
    orders = Orders(config.model, pictures, queue)
    async with AsyncExitStack() as stack:
        enter = stack.enter_async_context
        store = await enter(Store(config.state_path))
        client = await enter(ChatClient(config))
        outbox = await enter(Outbox(store, DiscordDelivery(client)))
        painting = await enter(Painting(queue, engine, pictures, outbox, client.presence.show))
        intake = await enter(Intake(queue, store, painting))
        await client.log_in(config.discord_token, intake, orders)
        intake.open()
        await client.stay_connected()


def main() -> int:
    """Run the bot; the exit code: 0 after a signal, 2 where the settings are at fault, else 1."""
    load_dotenv(Path(__file__).with_name(".env"))
    try:
        config = BotConfig.from_env(os.environ)
        set_up_logging(config.log_level)
        run_until_signal(serve(config, ThreadEngine(config.model)))
    except (ConfigError, ModelError, StartError) as error:
        sys.stderr.write(f"{error}\n")
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
