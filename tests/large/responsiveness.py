"""python -m tests.large.responsiveness: how soon members are answered while the bot paints.

The bot as it is, in a process of its own, on a sandbox with Discord's rate limits. From the moment
that it is online, importing, loading and tracing included, members do RATE things a second, at
fixed times whatever is answered. The time of an answer is what the member waits: the sandbox's
share and this program's are in it. Then the bot paints JOBS pictures of one step, and its memory
before and after is compared. The exit code is 1 where a bound is passed.
"""

import asyncio
import random
import sys
import tempfile
import time
from collections import defaultdict
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from statistics import median, quantiles

import aiohttp
from aiohttp.test_utils import unused_port

from diffusion.images import encode_png
from sdbot.sandbox import Sandbox, Settings
from tests.conftest import MODEL, ROOT
from tests.sandbox.member import Member
from tests.sdbot.accounts import read_rows
from tests.sdbot.conversation import button_id, picture_message
from tests.sdbot.pictures import noise

SECONDS, RATE = 60, 20
WARM_UP_JOBS, JOBS = 200, 1000
MAX_P99, MAX_ANSWER, MAX_LAG_P99, MAX_GROWTH = 0.3, 1.0, 0.05, 0.02
MEMBERS = ("Ada", "Ben", "Mira")
COMMAND = (sys.executable, str(ROOT / "bot.py"))
# What members ask for; each size is traced anew for each count.
SIZES = (*["128 x 128"] * 6, "96 x 128", "128 x 96")
COUNTS = (1, 1, 1, 2)
LAG, MEMORY = "sdbot_event_loop_lag_seconds", "process_resident_memory_bytes"


class House:
    """A sandbox, its bot, and the members in it."""

    def __init__(self, sandbox, members, state_path, port):
        self.sandbox = sandbox
        self.members = members
        self._state_path = state_path
        self._port = port

    async def start_bot(self):
        await self.sandbox.bot.start()
        await self.members[0].until("bot", lambda event: event["bot"]["status"] == "online")

    async def metrics(self):
        """The bot's own figures, by their names and labels."""
        url = f"http://127.0.0.1:{self._port}/metrics"
        async with aiohttp.ClientSession() as http, http.get(url) as response:
            lines = (await response.text()).splitlines()
        pairs = (line.rsplit(" ", 1) for line in lines if not line.startswith("#"))
        return {name: float(value) for name, value in pairs}

    async def num_accepted(self):
        return len(await asyncio.to_thread(read_rows, self._state_path))


@asynccontextmanager
async def house(settings, **environment):
    """A new one; the bot is not started."""
    async with AsyncExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        sandbox = Sandbox(folder, settings=settings, bot_command=COMMAND)
        await stack.enter_async_context(sandbox)
        members = [await stack.enter_async_context(Member(sandbox, name)) for name in MEMBERS]
        port = unused_port()
        own = {"MODEL_PATH": str(MODEL), "HEALTH_PORT": str(port), "LOG_LEVEL": "WARNING"}
        sandbox.bot.environment = {**sandbox.bot.environment, **own, **environment}
        yield House(sandbox, members, folder / "bot", port)


class Visitor:
    """A member who does not wait for answers. Presses what stands under a `message`."""

    def __init__(self, member, message, attachment):
        self._member = member
        self._message = message
        self._attachment = attachment
        self._form = None

    async def imagine(self):
        size, count = random.choice(SIZES), random.choice(COUNTS)
        return await self._member.command("imagine", prompt="an apple", size=size, count=count)

    async def remix(self):
        options = {"image": self._attachment["id"], "prompt": "an apple"}
        return await self._member.command("remix", **options)

    async def queue(self):
        return await self._member.command("queue")

    async def type(self):
        """Autocomplete; it is answered, or too late, when this returns."""
        options = {"name": "cancel", "options": {"job": ""}, "focused": "job"}
        where = {"channel_id": self._member.channel_id}
        answer = await self._member.done("/sandbox/autocomplete", **where, **options)
        return answer["message"]

    async def reroll(self):
        return await self._press("Reroll")

    async def recipe(self):
        return await self._press("Recipe")

    async def vary(self):
        return await self._press("Subtle")

    async def edit(self):
        return await self._press("Edit")

    async def hand_in(self):
        """The form that was opened last; where there is none, open one."""
        form, self._form = self._form, None
        if form is None:
            return await self.edit()
        fields = [field for row in form["data"]["components"] for field in row["components"]]
        values = {field["custom_id"]: field.get("value", "") for field in fields}
        return await self._member.submit(form["interaction_id"], **values)

    def hear(self, event):
        if event["type"] == "modal":
            self._form = event

    async def _press(self, label):
        custom_id = button_id(self._message, label)
        return await self._member.press(self._message["id"], custom_id)


# What members do in one second.
MIX = (
    *(Visitor.imagine, Visitor.queue, Visitor.type, Visitor.recipe, Visitor.imagine),
    *(Visitor.edit, Visitor.type, Visitor.reroll, Visitor.queue, Visitor.type),
    *(Visitor.remix, Visitor.type, Visitor.hand_in, Visitor.recipe, Visitor.imagine),
    *(Visitor.edit, Visitor.queue, Visitor.type, Visitor.vary, Visitor.hand_in),
)


class Crowd:
    """Visitors, and how long each of their doings waited for its answer."""

    def __init__(self, visitors):
        self._visitors = visitors  # by their members
        self._begun = {}  # what was done, and when, by the interaction's id
        self._answered = {}  # when
        self._heard = asyncio.Event()
        self.waits = defaultdict(list)  # seconds by what was done
        self.num_failed = 0

    async def act(self, seconds):
        """Until all is answered."""
        loop = asyncio.get_running_loop()
        listening = [asyncio.create_task(self._listen(*pair)) for pair in self._visitors.items()]
        start, visitors = loop.time(), list(self._visitors.values())
        async with asyncio.TaskGroup() as tasks:
            for number in range(seconds * RATE):
                await asyncio.sleep(start + number / RATE - loop.time())
                visitor = visitors[number % len(visitors)]
                tasks.create_task(self._do(MIX[number % len(MIX)], visitor))
        while self._begun.keys() - self._answered.keys():
            self._heard.clear()
            await self._heard.wait()
        for task in listening:
            task.cancel()
        for id, (action, begun_at) in self._begun.items():
            self.waits[action.__name__].append(self._answered[id] - begun_at)

    async def _do(self, action, visitor):
        begun_at = time.perf_counter()
        outcome = await action(visitor)
        if action is Visitor.type:
            self.waits[action.__name__].append(time.perf_counter() - begun_at)
            self.num_failed += outcome is not None
        else:
            self._begun[outcome] = action, begun_at

    async def _listen(self, member, visitor):
        while True:
            event = await member.next_event()
            visitor.hear(event)
            if event["type"] in ("interaction_answered", "interaction_failed"):
                self._answered[event["interaction_id"]] = time.perf_counter()
                self.num_failed += event["type"] == "interaction_failed"
                self._heard.set()


async def under_load(seconds, settings):
    """The crowd, the bot's figures at the end, and how many jobs were accepted."""
    async with house(settings, QUEUE_LIMIT="250", MEMBER_LIMIT="100") as home:
        await home.start_bot()
        await home.members[0].command("imagine", prompt="an apple", seed=1)
        message = await picture_message(home.members[0])
        await home.sandbox.bot.stop()
        data = encode_png(noise(1024, 1024))
        crowd = Crowd(
            {
                member: Visitor(member, message, await member.upload("noise.png", data))
                for member in home.members
            }
        )
        before = await home.num_accepted()
        await home.start_bot()
        await crowd.act(seconds)
        return crowd, await home.metrics(), await home.num_accepted() - before


async def growth():
    """Of the bot's memory over JOBS, in bytes: before and after."""
    async with house(Settings(rate_limits=False)) as home:
        await home.start_bot()
        await paint(home, WARM_UP_JOBS)
        before = (await home.metrics())[MEMORY]
        await paint(home, JOBS)
        return before, (await home.metrics())[MEMORY]


async def paint(home, num_jobs):
    """One after the other, of one step."""
    member = home.members[0]
    for _ in range(num_jobs):
        await member.command("imagine", prompt="an apple", steps=1)
        await picture_message(member)


def percentile(values, share):
    return quantiles(values, n=100, method="inclusive")[share - 1] if len(values) > 1 else values[0]


def share_within(metrics, seconds):
    """Of the samples of the event loop's lag."""
    return metrics[f'{LAG}_bucket{{le="{seconds}"}}'] / metrics[f"{LAG}_count"]


async def main():
    crowd, metrics, num_accepted = await under_load(SECONDS, Settings())
    print(f"{'done':<12}{'times':>8}{'median':>10}{'p99':>10}{'most':>10}")
    everything = [wait for waits in crowd.waits.values() for wait in waits]
    for name, waits in {**crowd.waits, "all": everything}.items():
        figures = (median(waits), percentile(waits, 99), max(waits))
        print(f"{name:<12}{len(waits):8}", *(f"{1000 * figure:7.0f} ms" for figure in figures))
    print(f"too late: {crowd.num_failed}; jobs accepted: {num_accepted}")
    lags = {bound: share_within(metrics, bound) for bound in (0.01, MAX_LAG_P99, 0.1, 0.5)}
    print("event loop late by at most:", *(f"{s * 1000:g} ms {n:.2%}" for s, n in lags.items()))
    before, after = await growth()
    print(f"memory: {before / 2**20:.0f} MiB, {JOBS} jobs later {after / before - 1:+.1%}")
    return not (
        crowd.num_failed
        or percentile(everything, 99) > MAX_P99
        or max(everything) > MAX_ANSWER
        or lags[MAX_LAG_P99] < 0.99
        or after > before * (1 + MAX_GROWTH)
    )


if __name__ == "__main__":
    sys.exit(0 if asyncio.run(main()) else 1)
