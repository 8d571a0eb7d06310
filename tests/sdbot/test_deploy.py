"""The files of deploy/, as far as they can be tried without a daemon."""

import asyncio
import json
import re
import shutil
import socket
import subprocess
import sys

import pytest

from tests.conftest import ROOT
from tests.sdbot.conversation import picture_message

DEPLOY = ROOT / "deploy"
UNIT = (DEPLOY / "sdbot.service").read_text()
DOCKERFILE = (DEPLOY / "Dockerfile").read_text().replace("\\\n", " ")
COMPOSE = (DEPLOY / "compose.yaml").read_text()
OF_PYTHON = {"PYTHONDONTWRITEBYTECODE"}


def instructions(name):
    return re.findall(rf"^{name}\s+(.*)$", DOCKERFILE, re.MULTILINE)


def command_of(instruction):
    """A program and its arguments, where no shell stands between it and the signals."""
    return json.loads(re.search(r"\[.*\]", instruction).group())


def copied():
    return [source for line in instructions("COPY") for source in line.split()[:-1]]


def test_every_setting_that_they_name_is_one_of_the_bot():
    settings = set(re.findall(r"^([A-Z_]+)=", (ROOT / ".env.example").read_text(), re.MULTILINE))
    named = {
        *re.findall(r"\b([A-Z_]+)=", " ".join(instructions("ENV"))),
        *re.findall(r"^\s+([A-Z_]{4,}): ", COMPOSE, re.MULTILINE),
        *re.findall(r"/env ([A-Z_]+)=", UNIT),
    }
    assert {"STATE_PATH", "HEALTH_PORT"} <= named
    assert named - OF_PYTHON <= settings


def test_what_the_image_has_is_enough_to_start_the_bot(tmp_path):
    for name in copied():
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, tmp_path / name)
        else:
            shutil.copy(source, tmp_path / name)
    (command,) = instructions("CMD")
    program, *arguments = command_of(command)
    assert program == "python"
    result = subprocess.run(
        [sys.executable, *arguments], cwd=tmp_path, env={}, capture_output=True, check=False
    )
    assert result.returncode == 2
    assert result.stderr.startswith(b"DISCORD_TOKEN: received nothing")


def test_the_image_is_given_no_file_but_those(tmp_path):
    everything, *allowed = [
        line
        for line in (DEPLOY / "Dockerfile.dockerignore").read_text().splitlines()
        if not line.startswith("#")
    ]
    assert everything == "*"
    assert {line[1:] for line in allowed if line.startswith("!")} == {*copied()}


def test_the_image_does_not_run_as_root():
    assert instructions("USER") == ["sdbot"]


async def test_the_images_health_check_says_how_the_bot_is(start_bot, member):
    (check,) = instructions("HEALTHCHECK")
    _python, *arguments = command_of(check)
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = str(listening.getsockname()[1])

    async def exit_code():
        process = await asyncio.create_subprocess_exec(
            sys.executable, *arguments, env={"HEALTH_PORT": port}, stderr=asyncio.subprocess.DEVNULL
        )
        return await process.wait()

    assert await exit_code() == 1
    async with start_bot(HEALTH_PORT=port):
        await member.command("imagine", prompt="an apple")
        await picture_message(member)
        assert await exit_code() == 0


def test_the_unit_leaves_alone_what_no_restart_mends_and_waits_for_the_end():
    assert "Restart=on-failure\n" in UNIT
    assert "RestartPreventExitStatus=2\n" in UNIT
    assert int(re.search(r"TimeoutStopSec=(\d+)", UNIT).group(1)) > 10
    assert int(re.search(r"stop_grace_period: (\d+)s", COMPOSE).group(1)) > 10


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="systemd is not installed")
def test_systemd_understands_the_unit_and_finds_little_exposed(tmp_path):
    unit = tmp_path / "sdbot.service"
    unit.write_text(UNIT.replace("/opt/sdbot/.venv/bin/python", sys.executable))
    for arguments in (["verify"], ["security", "--offline=true", "--threshold=20"]):
        result = subprocess.run(
            ["systemd-analyze", *arguments, unit], capture_output=True, text=True, check=False
        )
        assert (result.returncode, result.stderr) == (0, "")
