"""Members who ask without pause, and a bot that is killed again and again."""

import asyncio
import re
from collections import Counter
from contextlib import AsyncExitStack, asynccontextmanager

from tests.sandbox.member import Member
from tests.sdbot.accounts import states
from tests.sdbot.crashing_bot import SLOWEST_SECONDS
from tests.sdbot.pictures import encoded, quarters

# Who asks and where; None is the conversation with the bot. All of them ask at once.
ASKERS = (
    ("Ada", "paintings"),
    ("Ben", "paintings"),
    ("Mira", "sketches"),
    ("Ben", "Ideas"),
    ("Ada", None),
)
PAINTS = re.compile(r"sdbot:(reroll|subtle|strong|enlarge):\d+(:\d)?")
TOLD_OF = re.compile(r"\(job (\d+)\)$")
FULL = re.compile(r"in the line already|The line is full")
ANSWERS = ("interaction_answered", "interaction_failed")
# A bot lives for fewer events than these; many of its lives end before it is connected.
MOST_EVENTS = 100


class Asker:
    """Does one thing after the other; `chance` decides what."""

    def __init__(self, member, chance):
        self._member = member
        self._chance = chance
        self._buttons = []  # the message and the custom id of each that paints
        self._in_line = set()
        self._is_refused = False

    async def ask(self):
        """For ever."""
        while True:
            interaction_id = await self._chance.choice(self._choices())()
            await self._answered(interaction_id)

    def _choices(self):
        choices = [self._imagine, self._imagine, self._remix]
        if self._buttons:
            choices += [self._press, self._press]
        if self._in_line:
            choices.append(self._cancel)
        return choices

    async def _imagine(self):
        count = self._chance.randint(1, 3)
        return await self._member.command("imagine", prompt="a red apple", count=count)

    async def _remix(self):
        picture = await self._member.upload("picture.png", encoded(quarters()))
        return await self._member.command("remix", image=picture["id"], prompt="a pear")

    async def _press(self):
        return await self._member.press(*self._chance.choice(self._buttons))

    async def _cancel(self):
        """The job may be another member's, or done by now."""
        job_id = self._chance.choice(sorted(self._in_line))
        return await self._member.command("cancel", job=job_id)

    async def _answered(self, interaction_id):
        """Until the bot answers, or goes or comes: it answers nothing from before that.

        Who finds the line full asks again when a message has come or changed.
        """
        is_answered = self._is_refused = False
        while self._is_refused or not is_answered:
            event = await self._member.next_event()
            if event["type"] == "bot":
                return
            if event["type"] in ("message_create", "message_update"):
                self._notice(event["type"], event["message"])
            is_answered |= event["type"] in ANSWERS and event["interaction_id"] == interaction_id

    def _notice(self, type, message):
        self._is_refused = type == "message_create" and bool(FULL.search(message["content"]))
        if told := TOLD_OF.search(message["content"]):
            is_in_line = message["content"].startswith("In line")
            (self._in_line.add if is_in_line else self._in_line.discard)(int(told[1]))
        ids = [button["custom_id"] for row in message["components"] for button in row["components"]]
        self._buttons += [(message["id"], id) for id in ids if PAINTS.fullmatch(id)]


@asynccontextmanager
async def asking(sandbox, chance):
    """Members ask while the block runs."""
    async with AsyncExitStack() as stack, asyncio.TaskGroup() as group:
        tasks = []
        for name, channel in ASKERS:
            member = await stack.enter_async_context(Member(sandbox, name))
            place = await (member.channel(channel) if channel else member.dm())
            member.channel_id = place["id"]
            tasks.append(group.create_task(Asker(member, chance).ask()))
        yield
        for task in tasks:
            task.cancel()


async def under_load(crashes, num_kills, chance):
    """The account at the end, and how many of the kills found jobs in which of the states."""
    settings = {SLOWEST_SECONDS: "0.1"}
    found, deaths = Counter(), Counter()
    await crashes.start(**settings)
    async with asking(crashes.sandbox, chance):
        for number in range(num_kills):
            if number:
                await crashes.begin(**settings)
            await any_instant(crashes.member, chance)
            await crashes.kill()
            rows = await crashes.rows()
            found.update(states(rows, deaths))
            deaths = Counter({row["id"]: row["deaths"] for row in rows})
    await crashes.finish(**settings)
    return await crashes.account(), found


async def any_instant(member, chance):
    """Some events further, and between two of them; after a start many say that jobs wait."""
    for _ in range(chance.randrange(MOST_EVENTS)):
        while is_of_the_line(await member.next_event()):
            pass
    await asyncio.sleep(chance.uniform(0, 0.1))


def is_of_the_line(event):
    return event["type"] == "message_update" and event["message"]["content"].startswith("In line")
