"""A bot whose process is killed and starts again, and the sandbox that it lives in."""

import asyncio
import sys
from contextlib import AsyncExitStack, asynccontextmanager, suppress

from sdbot.sandbox import Sandbox, Settings
from tests.conftest import MODEL
from tests.sandbox.member import Member
from tests.sdbot.accounts import account, is_last_word, read_rows

COMMAND = (sys.executable, "-m", "tests.sdbot.crashing_bot")
PEOPLE = ("Ada", "Ben", "Mira")
FINISH_SECONDS = 240


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
        await self.begin(**environment)
        await self.member.until("bot", lambda event: event["bot"]["status"] == "online")

    async def begin(self, **environment):
        """Start, and leave it to that."""
        self.sandbox.bot.environment = {**self._environment, **environment}
        await self.sandbox.bot.start()

    async def kill(self):
        await self.sandbox.bot.kill()
        await self.died()

    async def died(self):
        event = await self.member.until("bot", lambda event: event["bot"]["exit_code"] is not None)
        assert event["bot"]["exit_code"] == -9

    async def rows(self):
        """What the bot's store says of its jobs, while no bot runs."""
        return await asyncio.to_thread(read_rows, self._state_path)

    async def finish(self, **environment):
        """Start the bot once more, until everybody was told how their jobs ended.

        What has not ended after a long while will be missing in the account.
        """
        rows = await self.rows()
        async with self._people() as people:
            await self.begin(**environment)
            with suppress(TimeoutError):
                async with asyncio.timeout(FINISH_SECONDS), asyncio.TaskGroup() as group:
                    for member in people:
                        own = [row for row in rows if row["requester_id"] == int(member.id)]
                        group.create_task(all_told(member, own))

    async def account(self):
        await self.sandbox.bot.stop()
        async with self._people() as people:
            return await account(people, self._state_path)

    @asynccontextmanager
    async def _people(self):
        async with AsyncExitStack() as stack:
            members = [Member(self.sandbox, name) for name in PEOPLE]
            yield [await stack.enter_async_context(member) for member in members]


async def all_told(member, rows):
    """Wait until a member has read the last word about each of these jobs of theirs."""
    awaited = {str(row["progress_message_id"]): row["id"] for row in rows if not row["is_told"]}
    while awaited:
        message = (await member.until("message_update"))["message"]
        job_id = awaited.get(message["id"])
        if job_id is not None and is_last_word(message["content"], job_id):
            del awaited[message["id"]]
