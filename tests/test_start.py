"""Starting the bot, and every way in which that ends at once."""

import asyncio
import os
import subprocess
import sys

from sdbot.chat.client import PERMISSIONS
from sdbot.sandbox import Sandbox
from tests.conftest import ROOT


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
