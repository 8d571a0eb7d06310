"""The life of the bot's process."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import sys
from collections.abc import Coroutine
from typing import Any

_log = logging.getLogger(__name__)

# A little less than the ten seconds in which the bot promises to end.
_MAX_STOPPING_SECONDS = 9


def set_up_logging(level: int) -> None:
    """Log to stderr; of discord.py nothing below INFO, for its DEBUG shows interactions' tokens."""
    logging.basicConfig(level=level, format="%(asctime)s %(name)s: %(message)s")
    logging.getLogger("discord").setLevel(max(level, logging.INFO))


def run_until_signal(work: Coroutine[Any, Any, None]) -> None:
    """Run `work`; SIGTERM and SIGINT cancel it, and the process ends within ten seconds.

    After a signal it does not return: a thread may be in the middle of a step, which Python would
    wait for.
    """
    try:
        asyncio.run(_cancel_on_signal(work))
    except asyncio.CancelledError:
        _exit()


async def _cancel_on_signal(work: Coroutine[Any, Any, None]) -> None:
    loop = asyncio.get_running_loop()
    task = asyncio.ensure_future(work)

    def stop() -> None:
        _log.info("stopping")
        loop.call_later(_MAX_STOPPING_SECONDS, _exit)
        task.cancel()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.remove_signal_handler(number)

    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop)
    await task


def _exit() -> None:
    logging.shutdown()
    sys.stdout.flush()
    os._exit(0)
