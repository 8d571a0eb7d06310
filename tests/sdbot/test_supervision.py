"""`python -m sdbot` keeps the bot alive; each test runs real processes."""

import asyncio
import os
import re
import signal
import sys
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from tests.conftest import ROOT
from tests.sdbot.conftest import has_status
from tests.sdbot.conversation import told

SUPERVISED = """
import logging, sys
from sdbot.supervisor import supervise

logging.basicConfig(format="%(message)s")
sys.exit(supervise([sys.executable, "-c", sys.argv[1]], delays=(0.01, 0.02)))
"""
# Ends with each of these exit codes in turn.
EXIT_CODES = """
import pathlib, sys
path = pathlib.Path("codes")
first, *rest = path.read_text().split()
path.write_text(" ".join(rest))
sys.exit(int(first))
"""
# Says which signals it has received when the first of them is there.
NAMES_SIGNALS = """
import signal, sys

numbers = {signal.SIGTERM, signal.SIGINT, signal.SIGHUP}
signal.pthread_sigmask(signal.SIG_BLOCK, numbers)
sys.stdout.write("started\\n")
sys.stdout.flush()
received = [signal.sigwait(numbers), *signal.sigpending()]
sys.stdout.write(" ".join(signal.Signals(number).name for number in received))
"""


@asynccontextmanager
async def running(*arguments, folder, **environ):
    """A process of Python in a group of its own, as a shell starts it."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *arguments,
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT), **environ},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        process_group=0,
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.communicate()


class TestABotThat:
    async def run(self, folder, codes):
        (folder / "codes").write_text(codes)
        async with running("-c", SUPERVISED, EXIT_CODES, folder=folder) as process:
            _stdout, stderr = await process.communicate()
        return process.returncode, (folder / "codes").read_text(), stderr.decode().splitlines()

    async def test_crashes_is_started_again_later_each_time(self, tmp_path):
        code, left, log = await self.run(tmp_path, "1 3 1 0 9")
        assert (code, left) == (0, "9")
        assert log == [
            "the bot crashed with exit code 1 and starts again in 0.01 s",
            "the bot crashed with exit code 3 and starts again in 0.02 s",
            "the bot crashed with exit code 1 and starts again in 0.02 s",
        ]

    @pytest.mark.parametrize("last", [0, 2])
    async def test_was_stopped_or_has_faults_in_its_settings_is_not(self, tmp_path, last):
        assert await self.run(tmp_path, f"{last} 9") == (last, "9", [])


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
async def test_a_signal_to_the_whole_group_reaches_the_bot_as_one_sigterm(tmp_path, number):
    async with running("-c", SUPERVISED, NAMES_SIGNALS, folder=tmp_path) as process:
        assert await process.stdout.readline() == b"started\n"
        os.killpg(process.pid, number)
        stdout, stderr = await process.communicate()
    assert (stdout, stderr, process.returncode) == (b"SIGTERM", b"", 0)


async def test_a_signal_between_two_starts_ends_the_supervisor(tmp_path):
    supervised = SUPERVISED.replace("0.01", "600")
    async with running("-c", supervised, "raise SystemExit(1)", folder=tmp_path) as process:
        await process.stderr.readline()
        process.terminate()
        assert await process.wait() == 0


@pytest.fixture
def bot_settings(sandbox, tmp_path):
    return {
        "DISCORD_TOKEN": sandbox.token,
        "DISCORD_API_URL": sandbox.api_url,
        "STATE_PATH": str(tmp_path / "state"),
        "ENGINE_TIMEOUT_SECONDS": "1",
    }


async def until_logged(process, pattern):
    while line := await process.stderr.readline():
        if found := re.search(pattern, line.decode()):
            return found
    raise AssertionError(f"{pattern} was not logged")


async def test_the_real_bot_comes_back_after_sigkill_and_ends_after_sigterm(
    tmp_path, member, bot_settings
):
    async with running("-m", "sdbot", folder=tmp_path, **bot_settings) as process:
        await member.until("bot", has_status("online"))
        os.kill(await child_of(process), signal.SIGKILL)
        await member.until("bot", has_status("offline"))
        await member.until("bot", has_status("online"))
        process.terminate()
        async with asyncio.timeout(10):
            assert await process.wait() == 0
        await member.until("bot", has_status("offline"))


async def test_the_bot_does_not_outlive_its_supervisor(tmp_path, member, bot_settings):
    async with running("-m", "sdbot", folder=tmp_path, **bot_settings) as process:
        await member.until("bot", has_status("online"))
        process.kill()
        await member.until("bot", has_status("offline"))


async def child_of(process):
    children = Path(f"/proc/{process.pid}/task/{process.pid}/children")
    (child,) = (await asyncio.to_thread(children.read_text)).split()
    return int(child)


async def test_a_wedged_thread_does_not_keep_the_process_from_ending(
    tmp_path, member, bot_settings
):
    async with running("-m", "tests.sdbot.hanging_bot", folder=tmp_path, **bot_settings) as process:
        await member.until("bot", has_status("online"))
        await member.command("imagine", prompt="an apple")
        await told(member, "I am restarting.")
        _stdout, stderr = await process.communicate()
    assert process.returncode == 1
    assert stderr.decode().endswith("the engine hangs: no step has ended in 1 s\n")


async def test_discord_out_of_order_is_no_fault_of_the_settings(tmp_path, sandbox, bot_settings):
    sandbox.troubles.begin("server_errors", route="/users/@me")
    async with running(str(ROOT / "bot.py"), folder=tmp_path, **bot_settings) as process:
        _stdout, stderr = await process.communicate()
    assert process.returncode == 1
    assert "Discord is out of order: 503" in stderr.decode()
