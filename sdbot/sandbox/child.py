"""The bot as a process of its own."""

import asyncio
import contextlib
import logging
import os
import sys
from asyncio.subprocess import DEVNULL, Process
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

log = logging.getLogger(__name__)

LEASH = Path(__file__).with_name("leash.py")


class BotProcess:
    """Starts, stops and watches `command`. `on_change` is called when it started or ended."""

    def __init__(
        self,
        command: Sequence[str],
        stop_seconds: float,
        on_change: Callable[[], None],
    ) -> None:
        self._command = command
        self.environment: Mapping[str, str] = {}
        self._stop_seconds = stop_seconds
        self._on_change = on_change
        self._turn = asyncio.Lock()
        self._process: Process | None = None
        self._watch: asyncio.Task[None] | None = None
        self.exit_code: int | None = None
        """Of a bot that ended by itself; None while it runs or after it was told to stop."""

    @property
    def is_ours(self) -> bool:
        """False when there is no command: then the bot, if any, runs elsewhere."""
        return bool(self._command)

    @property
    def is_running(self) -> bool:
        return self._process is not None

    async def start(self) -> None:
        """Nothing for one that runs."""
        async with self._turn:
            if not self.is_running:
                await self._start()

    async def stop(self) -> None:
        """SIGTERM, a while to finish, then SIGKILL."""
        async with self._turn:
            await self._stop()

    async def restart(self) -> None:
        async with self._turn:
            await self._stop()
            await self._start()

    async def kill(self) -> None:
        """SIGKILL, as if it had crashed."""
        async with self._turn:
            if self._process and self._watch:
                with contextlib.suppress(ProcessLookupError):
                    self._process.kill()
                await self._watch

    async def _start(self) -> None:
        # A session of its own: Ctrl-C in the terminal reaches the bot once, as our SIGTERM.
        self._process = await asyncio.create_subprocess_exec(
            *_leashed(self._command), stdin=DEVNULL, env=self.environment, start_new_session=True
        )
        self.exit_code = None
        self._watch = asyncio.create_task(self._wait(self._process))
        self._on_change()

    async def _wait(self, process: Process) -> None:
        self.exit_code = await process.wait()
        self._process = None
        log.warning("The bot stopped with exit code %s", self.exit_code)
        self._on_change()

    async def _stop(self) -> None:
        process, self._process = self._process, None
        if process is None or self._watch is None:
            return
        self._watch.cancel()
        with contextlib.suppress(ProcessLookupError):
            process.terminate()
        try:
            await asyncio.wait_for(process.wait(), self._stop_seconds)
        except TimeoutError:
            log.warning("The bot did not stop in %s seconds and is killed", self._stop_seconds)
            process.kill()
            await process.wait()
        self._on_change()


def _leashed(command: Sequence[str]) -> Sequence[str]:
    """The command as one that does not outlive us, whatever ends us. Only Linux has the means."""
    if sys.platform != "linux":
        return command
    return (sys.executable, "-I", "-S", str(LEASH), str(os.getpid()), *command)
