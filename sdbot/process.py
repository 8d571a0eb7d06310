"""The life of the bot's process."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import sys
from collections.abc import Coroutine
from contextlib import AsyncExitStack
from types import TracebackType
from typing import Any, NoReturn

_log = logging.getLogger(__name__)

# A little less than the ten seconds in which the bot promises to end.
_MAX_STOPPING_SECONDS = 9
_CRASHED = 1


def run_until_signal(work: Coroutine[Any, Any, None]) -> None:
    """Run `work`; SIGTERM and SIGINT cancel it, and the process ends within ten seconds.

    After a signal it does not return: a thread may be in the middle of a step, which Python would
    wait for.
    """
    try:
        asyncio.run(_cancel_on_signal(work))
    except asyncio.CancelledError:
        end(0)


class BoundedExitStack(AsyncExitStack):
    """Closes what was entered; where that hangs, the process ends, to be started again."""

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> bool:
        guard = _end_later(_CRASHED)
        try:
            return bool(await super().__aexit__(kind, error, traceback))
        finally:
            guard.cancel()


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
        _end_later(0)
        task.cancel()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.remove_signal_handler(number)

    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop)
    try:
        await task
    finally:
        # What is left is waited for, and any task or thread of it may hang.
        _end_later(_CRASHED)


def _end_later(exit_code: int) -> asyncio.TimerHandle:
    """Unless the loop has ended by itself before."""
    return asyncio.get_running_loop().call_later(_MAX_STOPPING_SECONDS, _give_up, exit_code)


def _give_up(exit_code: int) -> None:
    _log.error("what is to be closed hangs: the process ends as it is")
    end(exit_code)


def end(exit_code: int) -> NoReturn:
    """End this process whatever its threads do: one that hangs cannot be ended otherwise."""
    logging.shutdown()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(exit_code)
