"""An engine that hangs in a step: nobody loses their place, and the process is to start again."""

import asyncio

import pytest

from sdbot.engines.watched import MAX_LOADING_SECONDS, SLOWER_THAN_EVER, WatchedEngine
from sdbot.errors import EngineWedged
from tests.sdbot.conversation import has_picture, picture_message, told
from tests.sdbot.engine import StandInEngine

KEPT = "I am restarting. Your picture keeps its place in the line."


class Clock:
    """The loop's time, as far as it was let go on."""

    def __init__(self, monkeypatch):
        self.now = 0.0
        loop = asyncio.get_running_loop()
        monkeypatch.setattr(loop, "time", lambda: self.now)


class StandInSteps:
    """An engine whose steps take as long as it is told; None hangs."""

    def __init__(self, clock, seconds):
        self._clock = clock
        self._seconds = seconds

    async def load(self):
        pass

    async def paint(self, order, source, on_step):
        for done, seconds in enumerate(self._seconds, 1):
            self._clock.now += seconds
            await asyncio.sleep(0)
            await asyncio.sleep(0)
            on_step(done, len(self._seconds))
        return [b"picture"]


async def painted(clock, engine, *seconds):
    engine._engine = StandInSteps(clock, seconds)
    return await engine.paint(None, None, lambda done, num_steps: None)


class TestAStep:
    @pytest.fixture
    async def clock(self, monkeypatch):
        return Clock(monkeypatch)

    @pytest.fixture
    async def engine(self):
        return WatchedEngine(None, least_seconds=5)

    async def test_may_take_the_least_that_is_allowed(self, clock, engine):
        assert await painted(clock, engine, 4.9, 4.9) == [b"picture"]

    async def test_that_takes_longer_hangs(self, clock, engine):
        with pytest.raises(EngineWedged) as caught:
            await painted(clock, engine, 0.1, 5.1)
        assert caught.value.seconds == 5

    async def test_may_take_ten_times_as_long_as_the_slowest_of_all_paintings(self, clock, engine):
        await painted(clock, engine, 2, 1)
        assert await painted(clock, engine, 1, 2 * SLOWER_THAN_EVER - 0.1)
        with pytest.raises(EngineWedged):
            await painted(clock, engine, 2 * SLOWER_THAN_EVER * SLOWER_THAN_EVER)

    async def test_that_fails_is_no_hanging_one(self, engine):
        class Failing:
            async def paint(self, order, source, on_step):
                raise TimeoutError

        engine._engine = Failing()
        with pytest.raises(TimeoutError):
            await engine.paint(None, None, print)


class StandInLoading:
    """An engine that takes so long to get ready."""

    def __init__(self, clock, seconds):
        self._clock = clock
        self._seconds = seconds

    async def prepare(self):
        self._clock.now += self._seconds
        await asyncio.sleep(0)
        await asyncio.sleep(0)

    async def load(self, model, library):
        await self.prepare()


@pytest.mark.parametrize("stage", [("prepare",), ("load", None, None)], ids=lambda stage: stage[0])
class TestGettingReady:
    async def test_may_take_long(self, stage, monkeypatch):
        loading = StandInLoading(Clock(monkeypatch), MAX_LOADING_SECONDS - 1)
        await getattr(WatchedEngine(loading, least_seconds=5), stage[0])(*stage[1:])

    async def test_does_not_take_for_ever(self, stage, monkeypatch):
        loading = StandInLoading(Clock(monkeypatch), MAX_LOADING_SECONDS + 1)
        with pytest.raises(EngineWedged, match=f"no model was loaded in {MAX_LOADING_SECONDS} s"):
            await getattr(WatchedEngine(loading, least_seconds=5), stage[0])(*stage[1:])


class HangingEngine(StandInEngine):
    """Goes on stepping until it hangs, which ends with the test's `mend`."""

    def __init__(self):
        super().__init__()
        self.may_hang = asyncio.Event()
        self.may_paint.clear()

    async def paint(self, order, source, on_step):
        while not (self.may_hang.is_set() or self.may_paint.is_set()):
            on_step(1, order.recipe.sampling.num_steps)
            await asyncio.sleep(0.01)
        return await super().paint(order, source, on_step)

    def mend(self):
        self.orders.clear()
        self.may_paint.set()


@pytest.fixture
def engine():
    return HangingEngine()


async def serve_until_wedged(start_bot, engine, member, prompts):
    """Ask for these, and have the engine hang while the first is being painted."""
    async with start_bot(ENGINE_TIMEOUT_SECONDS="1") as serving:
        for prompt in prompts:
            await member.command("imagine", prompt=prompt)
        if len(prompts) > 1:
            await told(member, "In line, place 1")
        engine.may_hang.set()
        await serving


async def test_those_who_wait_are_told_and_painted_after_the_next_start(start_bot, member, engine):
    with pytest.raises(EngineWedged):
        await serve_until_wedged(start_bot, engine, member, ["an apple", "a pear"])
    kept = [message["content"] for message in await member.messages()]
    assert kept == [f"{KEPT} (job 1)", f"{KEPT} (job 2)"]
    engine.mend()
    async with start_bot():
        for _ in range(2):
            await picture_message(member)
    assert [recipe.text.prompt for recipe in engine.recipes] == ["an apple", "a pear"]


async def test_a_job_that_wedges_the_engine_twice_is_given_up_and_the_others_go_on(
    start_bot, member, engine
):
    for prompts in (["an apple", "a pear"], []):
        with pytest.raises(EngineWedged):
            await serve_until_wedged(start_bot, engine, member, prompts)
    engine.mend()
    async with start_bot():
        await told(member, "I broke down twice over this")
        seen = [event for event in member.seen if event["type"] == "message_create"]
        if not any(map(has_picture, seen)):  # it may have come before
            await picture_message(member)
    assert [recipe.text.prompt for recipe in engine.recipes] == ["a pear"]


async def serve_until_wedged_loading(start_bot, engine, member):
    async with start_bot() as serving:
        await member.command("imagine", prompt="an apple")
        await told(member, "In line, place 1. (job 1)")
        engine.may_load.set()
        await serving


async def test_those_who_wait_for_a_model_that_hangs_are_painted_after_the_next_start(
    start_bot, member, engine, caplog
):
    engine.may_load.clear()
    engine.load_failure = EngineWedged(1800, "no model was loaded")
    with pytest.raises(EngineWedged):
        await serve_until_wedged_loading(start_bot, engine, member)
    (kept,) = await member.messages()
    assert kept["content"] == f"{KEPT} (job 1)"
    assert "model_failed" in caplog.messages
    engine.load_failure = None
    engine.mend()
    async with start_bot():
        await picture_message(member)
