"""Starting the bot, and every way in which that ends at once."""

import asyncio
import os
import subprocess
import sys

import discord
from discord.gateway import DiscordWebSocket
from discord.http import Route

from sdbot.chat.address import use_address
from sdbot.chat.client import PERMISSIONS, ChatClient
from sdbot.config import BotConfig
from sdbot.sandbox import Sandbox
from tests.conftest import ROOT
from tests.sandbox.member import Member


def run(*arguments, folder, **environ):
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT), "STATE_PATH": str(folder / "state"), **environ},
        capture_output=True,
        text=True,
        check=False,
    )


def test_faults_in_the_settings_are_one_list_and_exit_code_2(tmp_path):
    result = run(ROOT / "bot.py", folder=tmp_path, DISCORD_TOKEN="", QUEUE_LIMIT="many")
    assert result.returncode == 2
    assert [line.split(":")[0] for line in result.stderr.splitlines()] == [
        "DISCORD_TOKEN",
        "QUEUE_LIMIT",
    ]


async def test_a_wrong_token_is_one_line(tmp_path):
    async with Sandbox(tmp_path / "sandbox") as sandbox:
        settings = {"DISCORD_API_URL": sandbox.api_url, "LOG_LEVEL": "WARNING"}
        result = await asyncio.to_thread(
            run, ROOT / "bot.py", folder=tmp_path, DISCORD_TOKEN="wrong", **settings
        )
    assert result.returncode == 2
    assert result.stderr == "DISCORD_TOKEN: Discord refuses it; copy it anew\n"


def test_with_a_token_the_bot_starts_not_the_sandbox(tmp_path):
    nobody = "http://127.0.0.1:9/api/v10"
    result = run("-m", "sdbot", folder=tmp_path, DISCORD_TOKEN="x", DISCORD_API_URL=nobody)
    assert result.returncode == 2
    assert result.stderr.startswith(f"DISCORD_API_URL: {nobody} does not answer as Discord: ")


def test_invite_link_asks_for_what_the_bot_needs():
    assert sorted(name for name, is_granted in PERMISSIONS if is_granted) == [
        "attach_files",
        "read_message_history",
        "read_messages",  # shown as View Channel
        "send_messages",
        "send_messages_in_threads",
    ]


async def test_a_gateway_that_is_down_at_first_is_tried_again(tmp_path, monkeypatch, caplog):
    """Discord's REST answers, its gateway not yet."""
    refused = asyncio.Event()

    class Impatient:
        def delay(self):
            refused.set()
            return 0

    monkeypatch.setattr("sdbot.chat.client.ExponentialBackoff", lambda: Impatient())
    monkeypatch.setattr(Route, "BASE", Route.BASE)
    monkeypatch.setattr(DiscordWebSocket, "DEFAULT_GATEWAY", DiscordWebSocket.DEFAULT_GATEWAY)
    monkeypatch.setattr(discord.Asset, "BASE", discord.Asset.BASE)
    monkeypatch.setattr("discord.backoff.ExponentialBackoff.delay", lambda _backoff: 0)
    async with Sandbox(tmp_path / "sandbox") as sandbox, Member(sandbox) as member:
        await use_address(sandbox.api_url)
        gateway = DiscordWebSocket.DEFAULT_GATEWAY
        DiscordWebSocket.DEFAULT_GATEWAY = gateway.with_port(9)
        config = BotConfig.from_env({"DISCORD_TOKEN": sandbox.token})
        async with ChatClient(config) as client:
            await client.login(sandbox.token)
            connecting = asyncio.create_task(client.stay_connected())
            await refused.wait()
            DiscordWebSocket.DEFAULT_GATEWAY = gateway
            await member.until("bot", lambda event: event["bot"]["status"] == "online")
            connecting.cancel()
            await asyncio.gather(connecting, return_exceptions=True)
    assert "no gateway, trying again" in caplog.text
