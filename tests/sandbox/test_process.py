"""The sandbox as a program: its port, its line, its child."""

import asyncio
import contextlib
import os
import signal
import socket
import sys
from pathlib import Path

import pytest

from sdbot.sandbox import Sandbox, Settings
from sdbot.sandbox.__main__ import parse_arguments
from sdbot.sandbox.child import LEASH
from sdbot.sandbox.errors import StateInUse
from tests.sandbox.member import Member

# Each writes into a file what it was told.
POLITE_BOT = """
import os, signal, sys
def stop(*_):
    open(sys.argv[1], "a").write("stopped")
    sys.exit(0)
signal.signal(signal.SIGTERM, stop)
keys = ("DISCORD_API_URL", "DISCORD_TOKEN", "STATE_PATH")
open(sys.argv[1], "a").write("\\n".join(os.environ[key] for key in keys) + "\\n")
assert not {key for key in os.environ if key.startswith("DISCORD_")} - {*keys}
print("running", flush=True)
while True:
    signal.pause()
"""
STUBBORN_BOT = """
import signal, sys
signal.signal(signal.SIGTERM, signal.SIG_IGN)
open(sys.argv[1], "w").write("running")
while True:
    signal.pause()
"""
SERVE = """
import asyncio, sys
from pathlib import Path
from sdbot.sandbox.__main__ import serve
asyncio.run(serve(0, Path(sys.argv[1]), [sys.executable, *sys.argv[2:]]))
"""


async def test_a_busy_port_gives_way_to_the_next(tmp_path: Path) -> None:
    async with Sandbox(tmp_path / "a") as first:
        port = int(first.url.rpartition(":")[2])
        async with Sandbox(tmp_path / "b", port=port) as second:
            assert port < int(second.url.rpartition(":")[2]) < port + 20


@pytest.mark.parametrize("host", ["127.0.0.2", "::1"])
async def test_it_listens_at_one_address_alone(tmp_path: Path, host: str) -> None:
    async with Sandbox(tmp_path) as sandbox:
        port = int(sandbox.url.rpartition(":")[2])
        with pytest.raises(OSError, match=r"failed|assign"):
            await asyncio.open_connection(host, port)


async def test_no_port_is_tried_beyond_the_last(tmp_path: Path) -> None:
    with contextlib.ExitStack() as busy:
        # Another program may have it, which is as good.
        with contextlib.suppress(OSError):
            busy.enter_context(socket.create_server(("127.0.0.1", 65535)))
        with pytest.raises(OSError, match="No port from 65535 to 65535 is free"):
            await Sandbox(tmp_path, port=65535).__aenter__()


@pytest.mark.parametrize("port", ["70000", "-1", "x", "9" * 5000])
def test_what_is_no_port_is_refused_with_the_range(
    port: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        parse_arguments([f"--port={port}"])
    assert f"argument --port: {port} is not a port: 0 to 65535" in capsys.readouterr().err


def test_the_first_and_the_last_port_are_taken() -> None:
    assert [parse_arguments(["--port", port]).port for port in ("0", "65535")] == [0, 65535]


async def test_a_state_folder_has_one_sandbox(tmp_path: Path) -> None:
    async with Sandbox(tmp_path):
        with pytest.raises(StateInUse):
            await Sandbox(tmp_path).__aenter__()


async def test_sigterm_reaches_the_bot_and_both_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DISCORD_TOKEN", "the real one")
    monkeypatch.setenv("DISCORD_ANYTHING", "of the real one")
    told = tmp_path / "told"
    program = [sys.executable, "-c", SERVE, str(tmp_path / "state"), "-c", POLITE_BOT, str(told)]
    pipe = asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec(*program, stdout=pipe)
    assert process.stdout is not None
    line = (await process.stdout.readline()).decode()
    assert line.startswith("Sandbox: http://127.0.0.1:")
    assert await process.stdout.readline() == b"running\n"
    process.send_signal(signal.SIGTERM)
    assert await process.wait() == 0

    url, token, state_path, end = told.read_text().splitlines()
    assert url == f"{line.split()[1]}/api/v10"
    assert token.count(".") == 2
    assert state_path == str(tmp_path / "state" / "bot")
    assert end == "stopped"


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a child of its parent's end")
async def test_a_bot_does_not_outlive_a_sandbox_that_is_killed(tmp_path: Path) -> None:
    told = tmp_path / "told"
    program = [sys.executable, "-c", SERVE, str(tmp_path / "state"), "-c", POLITE_BOT, str(told)]
    pipe = asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec(*program, stdout=pipe)
    assert process.stdout is not None
    assert (await process.stdout.readline()).startswith(b"Sandbox: ")
    assert await process.stdout.readline() == b"running\n"
    process.kill()
    # Their output ends when both have.
    await process.stdout.read()
    assert told.read_text().endswith("stopped")
    await process.wait()


async def test_a_bot_whose_sandbox_was_gone_before_it_began_does_not_begin(tmp_path: Path) -> None:
    nobody = "1" if os.getpid() != 1 else "2"
    told = tmp_path / "told"
    command = [sys.executable, str(LEASH), nobody, sys.executable, "-c", STUBBORN_BOT, str(told)]
    process = await asyncio.create_subprocess_exec(*command)
    assert await process.wait() == 0
    assert not told.exists()


async def test_a_bot_can_be_killed_started_and_stopped_from_the_page(tmp_path: Path) -> None:
    command = [sys.executable, "-c", "import signal; signal.pause()"]
    async with Sandbox(tmp_path, bot_command=command) as sandbox, Member(sandbox) as member:
        assert (await member.state())["bot"]["status"] == "offline"
        assert (await member.done("/sandbox/bot/start"))["status"] == "starting"
        killed = await member.done("/sandbox/bot/kill")
        assert (killed["status"], killed["text"]) == ("stopped", "The bot was ended by SIGKILL")
        assert await member.done("/sandbox/bot/kill") == killed
        assert (await member.done("/sandbox/bot/start"))["status"] == "starting"
        assert (await member.done("/sandbox/bot/stop"))["status"] == "offline"
        assert (await member.state())["bot"]["exit_code"] is None


async def test_a_bot_that_runs_is_not_started_twice(tmp_path: Path) -> None:
    told = tmp_path / "told"
    os.mkfifo(told)
    program = (
        "import os, signal, sys; open(sys.argv[1], 'w').write(str(os.getpid())); signal.pause()"
    )
    command = [sys.executable, "-c", program, str(told)]
    async with Sandbox(tmp_path / "state", bot_command=command) as sandbox:
        await sandbox.bot.start()
        id = int(await asyncio.to_thread(told.read_text))
        await sandbox.bot.start()
        await sandbox.bot.kill()
        with pytest.raises(ProcessLookupError):
            os.kill(id, 0)


async def test_ctrl_c_ends_a_sandbox_without_a_bot(tmp_path: Path) -> None:
    options = ["--no-bot", "--port", "0", "--state", str(tmp_path)]
    program = [sys.executable, "-m", "sdbot.sandbox", *options]
    process = await asyncio.create_subprocess_exec(*program, stdout=asyncio.subprocess.PIPE)
    assert process.stdout is not None
    assert (await process.stdout.readline()).startswith(b"Sandbox: http://127.0.0.1:")
    process.send_signal(signal.SIGINT)
    assert await process.wait() == 0


async def test_a_bot_that_dies_is_reported_and_can_be_restarted(tmp_path: Path) -> None:
    command = [sys.executable, "-c", "import sys; sys.exit(3)"]
    async with Sandbox(tmp_path, bot_command=command) as sandbox, Member(sandbox) as member:
        await sandbox.bot.start()
        event = await member.until("bot", lambda event: event["bot"]["status"] == "stopped")
        text = "The bot stopped with exit code 3; the terminal says why"
        assert event["bot"]["text"] == text
        assert (await member.state())["bot"] == event["bot"]

        status, _ = await member.post("/sandbox/bot/restart", {})
        assert status == 200
        await member.until("bot", lambda event: event["bot"]["status"] == "starting")
        await member.until("bot", lambda event: event["bot"]["status"] == "stopped")


async def test_a_bot_that_ends_well_points_to_no_terminal(tmp_path: Path) -> None:
    command = [sys.executable, "-c", ""]
    async with Sandbox(tmp_path, bot_command=command) as sandbox, Member(sandbox) as member:
        await sandbox.bot.start()
        event = await member.until("bot", lambda event: event["bot"]["status"] == "stopped")
        assert event["bot"]["text"] == "The bot stopped with exit code 0"


async def test_a_bot_that_runs_elsewhere_is_not_restarted(member: Member) -> None:
    status, answer = await member.post("/sandbox/bot/restart", {})
    assert status == 409
    assert "not started by the sandbox" in answer["message"]


async def test_a_bot_that_ignores_sigterm_is_killed(tmp_path: Path) -> None:
    told = tmp_path / "told"
    os.mkfifo(told)
    command = [sys.executable, "-c", STUBBORN_BOT, str(told)]
    settings = Settings(bot_stop_seconds=0.1)
    async with Sandbox(tmp_path / "state", settings=settings, bot_command=command) as sandbox:
        await sandbox.bot.start()
        assert await asyncio.to_thread(told.read_text) == "running"
        await asyncio.wait_for(sandbox.bot.stop(), 5)
        assert not sandbox.bot.is_running
