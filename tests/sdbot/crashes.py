"""A bot whose process is killed and starts again, and the sandbox that it lives in."""

import sys
from contextlib import asynccontextmanager

from sdbot.sandbox import Sandbox, Settings
from tests.conftest import MODEL
from tests.sandbox.member import Member
from tests.sdbot.accounts import account

COMMAND = (sys.executable, "-m", "tests.sdbot.crashing_bot")
NUM_COMMANDS = 4


@asynccontextmanager
async def crashing(folder, nonce_seconds):
    """Discord remembers a nonce for so long."""
    settings = Settings(answer_seconds=60, nonce_seconds=nonce_seconds)
    sandbox = Sandbox(folder, settings=settings, bot_command=COMMAND)
    async with sandbox, Member(sandbox) as member:
        yield Crashes(sandbox, member, folder / "bot")


class Crashes:
    """A sandbox with a bot of its own, and what the two have to show at the end."""

    def __init__(self, sandbox, member, state_path):
        self.sandbox = sandbox
        self.member = member
        self._state_path = state_path
        self._environment = {**sandbox.bot.environment, "MODEL_PATH": str(MODEL)}

    async def start(self, **environment):
        self.sandbox.bot.environment = {**self._environment, **environment}
        await self.sandbox.bot.start()
        await self.member.until("bot", lambda event: event["bot"]["status"] == "online")

    async def died(self):
        event = await self.member.until("bot", lambda event: event["bot"]["exit_code"] is not None)
        assert event["bot"]["exit_code"] == -9

    async def account(self):
        await self.sandbox.bot.stop()
        return await account(self.member, self._state_path)


def is_last_word(event):
    content = event["message"]["content"]
    return "is ready" in content or content.startswith("I broke down twice")


async def under_load(crashes, num_kills, chance):
    """Members ask without pause, and the bot is killed at one of the events that follow."""
    limits = {"QUEUE_LIMIT": "1000", "MEMBER_LIMIT": "1000"}
    for _ in range(num_kills):
        await crashes.start(**limits)
        for _ in range(NUM_COMMANDS):
            await crashes.member.command("imagine", prompt="a red apple")
        # So many there will be at least.
        event, most = chance.choice(
            [("message_create", 2 * NUM_COMMANDS), ("message_update", NUM_COMMANDS)]
        )
        for _ in range(chance.randint(0, most)):
            await crashes.member.until(event)
        await crashes.sandbox.bot.kill()
        await crashes.died()
    await crashes.start(**limits)
    while (result := await crashes.account()).unfinished:
        await crashes.start(**limits)
        for _ in range(result.unfinished):
            await crashes.member.until("message_update", is_last_word)
    return result
