"""The life of the bot's process."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import sys
from collections.abc import Coroutine
from typing import Any, NoReturn

_log = logging.getLogger(__name__)

# A little less than the ten seconds in which the bot promises to end.
_MAX_STOPPING_SECONDS = 9


def run_until_signal(work: Coroutine[Any, Any, None]) -> None:
    """Run `work`; SIGTERM and SIGINT cancel it, and the process ends within ten seconds.

    After a signal it does not return: a thread may be in the middle of a step, which Python would
    wait for.
    """
    try:
        asyncio.run(_cancel_on_signal(work))
    except asyncio.CancelledError:
        end(0)


async def first_to_end(*works: Coroutine[Any, Any, None]) -> None:
    """Wait for whichever ends first, and raise what it raises; the others are cancelled."""
    tasks = [asyncio.create_task(work) for work in works]
    try:
        ended, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in ended:
            task.result()
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _cancel_on_signal(work: Coroutine[Any, Any, None]) -> None:
    loop = asyncio.get_running_loop()
    task = asyncio.ensure_future(work)

    def stop() -> None:
        _log.info("stopping")
        loop.call_later(_MAX_STOPPING_SECONDS, end, 0)
        task.cancel()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.remove_signal_handler(number)

    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop)
    await task


def end(exit_code: int) -> NoReturn:
    """End this process whatever its threads do: one that hangs cannot be ended otherwise."""
    logging.shutdown()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(exit_code)
