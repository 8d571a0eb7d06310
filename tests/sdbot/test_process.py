"""The end of a process in which something hangs; each test runs a real one."""

import asyncio
import sys

import pytest

from tests.conftest import ROOT

# Ends as bot.py does, but sooner; of `{closing}` and `{body}` one hangs.
BOT = """
import asyncio, os, signal, sys, threading
from sdbot import process
from sdbot.errors import EngineWedged

process._MAX_STOPPING_SECONDS = 0.1

async def hang(*_error):
    await asyncio.Event().wait()

async def hang_deaf(*_error):
    while True:
        try:
            await hang()
        except asyncio.CancelledError:
            pass

def hang_in_thread(*_error):
    asyncio.get_running_loop().run_in_executor(None, threading.Event().wait)

async def serve():
    async with process.BoundedExitStack() as stack:
        {closing}
        {body}

try:
    process.run_until_signal(serve())
except EngineWedged:
    process.end(1)
process.end(0)
"""
WEDGED = "raise EngineWedged(600)"
STOPPED = "os.kill(os.getpid(), signal.SIGTERM); await hang()"
HANGING = {
    "nothing": "pass",
    "what is closed": "stack.push_async_exit(hang)",
    "what is closed, and does not hear that it is cancelled": "stack.push_async_exit(hang_deaf)",
    "a task": "task = asyncio.create_task(hang_deaf())",
    "a thread": "hang_in_thread()",
}


async def exit_code(body, closing):
    code = BOT.format(body=body, closing=closing)
    process = await asyncio.create_subprocess_exec(sys.executable, "-c", code, cwd=ROOT)
    try:
        return await process.wait()
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


@pytest.mark.parametrize("closing", HANGING.values(), ids=HANGING)
async def test_after_the_engine_has_hung_it_ends_as_crashed_whatever_else_hangs(closing):
    assert await exit_code(WEDGED, closing) == 1


@pytest.mark.parametrize("closing", HANGING.values(), ids=HANGING)
async def test_after_a_signal_it_ends_as_told_whatever_hangs(closing):
    assert await exit_code(STOPPED, closing) == 0
