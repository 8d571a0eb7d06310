"""Many pictures that are ready while Discord is out of order."""

import asyncio
from dataclasses import replace
from itertools import accumulate, chain, repeat

import pytest

from sdbot.sandbox import Settings
from sdbot.sandbox.troubles import KINDS
from sdbot.service.retries import CHANCE, DELAYS
from tests.sdbot.conversation import told

NUM_PICTURES = 20
OUTAGE_SECONDS = 600
# What discord.py makes of one try of ours: it repeats by itself all but 503.
NUM_REQUESTS = {500: 5, 502: 5, 503: 1, 504: 5}


@pytest.fixture
def sandbox_settings():
    """What discord.py holds back for the rate limits would be counted to our credit."""
    return Settings(answer_seconds=60, rate_limits=False)


class Hasty:
    """The module asyncio, for discord.py: it repeats what has failed without a pause."""

    def __getattr__(self, name):
        return getattr(asyncio, name)

    async def sleep(self, seconds):
        await asyncio.sleep(0)


class Outage:
    """Of all that concerns channels; `requests` lists those that met it.

    Time goes by in the pauses between tries alone, and there at once; not before all pictures have
    been tried. It ends after OUTAGE_SECONDS.
    """

    def __init__(self, troubles, status):
        self._troubles = troubles
        self._num_first = NUM_PICTURES * NUM_REQUESTS[status]
        self._fail = KINDS["server_errors"].befall
        self._all_were_tried = asyncio.Event()
        self._num_pausing = 0
        self.requests = []
        self.pauses = []
        self.most_at_once = 0

    async def befall(self, trouble, handler, request):
        self.requests.append(request.method)
        if self.requests.count("POST") == self._num_first:
            self._all_were_tried.set()
        return await self._fail(trouble, handler, request)

    async def pause(self, seconds):
        self._num_pausing += 1
        self.most_at_once = max(self.most_at_once, self._num_pausing)
        await self._all_were_tried.wait()
        self.pauses.append(seconds)
        if sum(self.pauses) > OUTAGE_SECONDS:
            self._troubles.end("server_errors")
        self._num_pausing -= 1


@pytest.fixture(params=NUM_REQUESTS)
def status(request):
    return request.param


@pytest.fixture
def outage(sandbox, status, monkeypatch):
    outage = Outage(sandbox.troubles, status)
    failing = replace(KINDS["server_errors"], befall=outage.befall)
    monkeypatch.setitem(KINDS, "server_errors", failing)
    monkeypatch.setattr("sdbot.service.retries.sleep", outage.pause)
    for module in ("discord.http", "discord.webhook.async_"):
        monkeypatch.setattr(f"{module}.asyncio", Hasty())
    return outage


@pytest.fixture
async def survived(start_bot, sandbox, member, status, outage):
    """The outage, once every picture is delivered."""
    async with start_bot(QUEUE_LIMIT="99", MEMBER_LIMIT="99"):
        sandbox.troubles.begin("server_errors", status=status, route="/channels/")
        for _ in range(NUM_PICTURES):
            await member.command("imagine", prompt="a red apple")
        for _ in range(NUM_PICTURES):
            await told(member, "Your picture is ready")
    return outage


async def test_is_asked_by_one_at_a_time_later_each_time_and_gets_every_picture(
    survived, member, status
):
    num_tries = NUM_PICTURES + most_pauses(OUTAGE_SECONDS)
    assert len(survived.requests) <= num_tries * NUM_REQUESTS[status]
    assert survived.most_at_once == 1
    messages = await member.messages(limit=100)
    assert sum(bool(message["attachments"]) for message in messages) == NUM_PICTURES


@pytest.mark.parametrize("status", [503], indirect=True)
async def test_is_asked_a_little_later_than_the_delays_by_chance(survived):
    # One of them ended the outage, and the others follow from the first delay on.
    during, after = survived.pauses[: 1 - NUM_PICTURES], survived.pauses[1 - NUM_PICTURES :]
    shares = [pause / delay for pause, delay in zip(during, delays(), strict=False)]
    shares += [pause / DELAYS[0] for pause in after]
    assert all(1 <= share <= 1 + CHANCE for share in shares)
    assert len(set(shares)) == len(shares)


def delays():
    return chain(DELAYS, repeat(DELAYS[-1]))


def most_pauses(seconds):
    """How many there can be in a time, and one that outlasts it."""
    return 1 + next(number for number, sum in enumerate(accumulate(delays())) if sum > seconds)
