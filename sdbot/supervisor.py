"""Starts the bot again whenever it crashes."""

from __future__ import annotations

import asyncio
import logging
import signal
from asyncio.subprocess import Process
from collections.abc import Sequence
from contextlib import suppress

_log = logging.getLogger(__name__)

# The bot's own: it was told to stop; its settings are at fault.
STOPPED, MISCONFIGURED = 0, 2
# Seconds before each further start, the last again and again.
DELAYS = (1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 60.0)
# Who ran as long as this has not crashed at the start.
STEADY_SECONDS = 60.0
# The bot ends within nine seconds, and its supervisor within ten.
MAX_STOPPING_SECONDS = 9.5


def supervise(
    command: Sequence[str],
    delays: Sequence[float] = DELAYS,
    steady_seconds: float = STEADY_SECONDS,
) -> int:
    """Run `command` until it ends by itself or is told to; its exit code.

    After a crash it is started again, later each time. The first SIGTERM, SIGINT or SIGHUP is
    passed on as one SIGTERM, and what has not ended ten seconds later is killed.
    """
    return asyncio.run(_Supervisor(command, delays, steady_seconds).run())


class _Supervisor:
    def __init__(
        self, command: Sequence[str], delays: Sequence[float], steady_seconds: float
    ) -> None:
        self._command = command
        self._delays = delays
        self._steady_seconds = steady_seconds
        self._num_crashes = 0
        self._stopped = asyncio.Event()

    async def run(self) -> int:
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            # What nohup has switched off stays off.
            if signal.getsignal(number) is not signal.SIG_IGN:
                loop.add_signal_handler(number, self._stopped.set)
        while True:
            started_at = loop.time()
            exit_code = await self._run_once()
            if self._stopped.is_set() or exit_code in (STOPPED, MISCONFIGURED):
                return exit_code
            if loop.time() - started_at >= self._steady_seconds:
                self._num_crashes = 0
            await self._wait_to_start_again(exit_code)
            if self._stopped.is_set():
                return STOPPED

    async def _run_once(self) -> int:
        # In a session of its own, Ctrl-C in the terminal reaches it once, as our SIGTERM.
        process = await asyncio.create_subprocess_exec(*self._command, start_new_session=True)
        stopped = asyncio.create_task(self._stopped.wait())
        ended = asyncio.create_task(process.wait())
        await asyncio.wait({stopped, ended}, return_when=asyncio.FIRST_COMPLETED)
        stopped.cancel()
        if ended.done():
            return ended.result()
        return await _stop(process)

    async def _wait_to_start_again(self, exit_code: int) -> None:
        delay = self._delays[min(self._num_crashes, len(self._delays) - 1)]
        self._num_crashes += 1
        _log.warning("the bot crashed with exit code %d and starts again in %g s", exit_code, delay)
        with suppress(TimeoutError):
            await asyncio.wait_for(self._stopped.wait(), delay)


async def _stop(process: Process) -> int:
    with suppress(ProcessLookupError):
        process.terminate()
    try:
        code = await asyncio.wait_for(process.wait(), MAX_STOPPING_SECONDS)
    except TimeoutError:
        _log.warning("the bot does not end and is killed")
        process.kill()
        code = await process.wait()
    # It may not yet have come to take the signal.
    return STOPPED if code == -signal.SIGTERM else code
