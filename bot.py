"""The bot: read the settings, wire the parts, run."""

import sys

from diffusion.errors import ModelError
from sdbot.chat.client import ChatClient
from sdbot.chat.delivery import DiscordDelivery
from sdbot.config import BotConfig
from sdbot.engines.base import Engine
from sdbot.engines.thread import ThreadEngine
from sdbot.engines.watched import WatchedEngine
from sdbot.errors import ConfigError, RestartNeeded, StartError
from sdbot.health import Health
from sdbot.logs import set_up_logging
from sdbot.pictures import PictureStore
from sdbot.process import BoundedExitStack, end, first_to_end, run_until_signal
from sdbot.queue import JobQueue
from sdbot.service.intake import Intake
from sdbot.service.models import Models
from sdbot.service.orders import Orders
from sdbot.service.outbox import Outbox
from sdbot.service.painting import Painting
from sdbot.store import Store


async def serve(config: BotConfig, engine: Engine) -> None:
    """Serve until cancelled; what was opened last is closed first."""
    queue = JobQueue(config.queue_limit, config.member_limit)
    async with BoundedExitStack() as stack:
        enter = stack.enter_async_context
        tell = (await enter(Health(config.health_port))).tell
        store = await enter(Store(config.state_path))
        models = await enter(Models(config.model, config.weights_path, config.models, store, tell))
        client = await enter(ChatClient(config, tell))
        outbox = await enter(Outbox(store, DiscordDelivery(client, models), tell))
        engine = WatchedEngine(engine, config.engine_seconds)
        parts = (models, queue, engine, PictureStore(config.state_path, config.picture_store_bytes))
        painting = await enter(Painting(*parts, store, outbox, client.presence.show, tell))
        intake = await enter(Intake(queue, store, outbox, painting, tell))
        await client.log_in(config.discord_token, intake, Orders(*parts))
        await engine.prepare()
        await models.ready()
        intake.open()
        await first_to_end(client.stay_connected(), painting.until_wedged())


def main() -> int:
    """Run the bot; the exit code: 0 after a signal, 2 where the settings are at fault, else 1."""
    try:
        config = BotConfig.load()
        set_up_logging(config)
        run_until_signal(serve(config, ThreadEngine(config.dtype, config.model_memory_bytes)))
    except (ConfigError, ModelError, StartError, RestartNeeded) as error:
        sys.stderr.write(f"{error}\n")
        return 1 if isinstance(error, RestartNeeded) else 2
    return 0


if __name__ == "__main__":
    end(main())
