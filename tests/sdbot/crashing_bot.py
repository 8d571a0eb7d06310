"""The bot as it is, with a stand-in for its engine, in a process that ends itself where it is told.

`DIES_AT` names one of BOUNDARIES: the process is killed once it is crossed.
`DIES_PAINTING` is a prompt that no process survives, `HANGS_PAINTING` one whose picture is never
done. Each picture takes up to `SLOWEST_SECONDS`.
"""

import asyncio
import logging
import os
import random
import re
import signal

import aiohttp

import bot
from sdbot.chat import requests
from sdbot.chat.delivery import DiscordDelivery
from sdbot.config import BotConfig
from sdbot.pictures import PictureStore
from sdbot.process import run_until_signal
from sdbot.store import Store
from tests.sdbot.engine import StandInEngine

DIES_AT, DIES_PAINTING, HANGS_PAINTING = "DIES_AT", "DIES_PAINTING", "HANGS_PAINTING"
SLOWEST_SECONDS = "SLOWEST_SECONDS"
# Each is crossed when this returns.
BOUNDARIES = {
    "deferred": (requests, "_defer"),
    "picture kept": (PictureStore, "keep"),
    "row stored": (Store, "add"),
    "painted": (StandInEngine, "paint"),
    "upload announced": (Store, "mark_tried"),
    "upload sent": (aiohttp.ClientResponse, "start"),
    "answer received": (DiscordDelivery, "post"),
    "message id stored": (Store, "mark_delivered"),
    "progress linked": (DiscordDelivery, "show_delivered"),
}
CHANNEL_MESSAGES = re.compile(r"/api/v10/channels/\d+/messages")


def die():
    os.kill(os.getpid(), signal.SIGKILL)


def die_after(owner, name):
    work = getattr(owner, name)

    async def work_and_die(*arguments, **options):
        result = await work(*arguments, **options)
        if owner is not aiohttp.ClientResponse or is_of_upload(result):
            die()
        return result

    setattr(owner, name, work_and_die)


def is_of_upload(response):
    """It is on its way, unread: what was sent is done."""
    is_of_messages = CHANNEL_MESSAGES.fullmatch(response.url.path)
    return response.method == "POST" and is_of_messages is not None


class FragileEngine(StandInEngine):
    async def paint(self, order, source, on_step):
        prompt = order.recipe.text.prompt
        if prompt == os.environ.get(DIES_PAINTING):
            die()
        if prompt == os.environ.get(HANGS_PAINTING):
            self.may_paint.clear()
        await asyncio.sleep(sum(seconds(recipe) for recipe in order.recipes))
        return await super().paint(order, source, on_step)


def seconds(recipe):
    """For one picture: the same for the same recipe."""
    slowest = float(os.environ.get(SLOWEST_SECONDS, "0"))
    return random.Random(recipe.sampling.seed).uniform(slowest / 20, slowest)


def main():
    if boundary := os.environ.get(DIES_AT):
        die_after(*BOUNDARIES[boundary])
    config = BotConfig.from_env(os.environ)
    logging.basicConfig(level=logging.INFO)
    run_until_signal(bot.serve(config, FragileEngine()))


if __name__ == "__main__":
    main()
