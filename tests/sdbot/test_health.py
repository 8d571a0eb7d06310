"""What the bot says of itself to who asks from outside."""

import asyncio
import re

import aiohttp
import pytest
from aiohttp.test_utils import unused_port

from diffusion.errors import ModelError
from sdbot.errors import EngineWedged, ModelHidden, OutOfMemory, StartError, Undeliverable
from sdbot.health import Health
from sdbot.health.condition import Answer, Condition
from sdbot.health.metrics import Metrics
from sdbot.jobs import Ticket
from sdbot.service.events import Event, Kind
from sdbot.service.intake import Intake
from tests.sdbot.conversation import picture_message, told
from tests.sdbot.test_store import DESTINATION

JOB = Ticket(id=7, interaction_id=8, requester_id=9, destination=DESTINATION)


class Clock:
    now = 0.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def port():
    return unused_port()


@pytest.fixture
async def ask(port):
    """`status, body = await ask("/healthz")`"""
    async with aiohttp.ClientSession(f"http://127.0.0.1:{port}") as http:

        async def ask(path):
            async with http.get(path) as response:
                return response.status, await response.text()

        yield ask


async def until(ask, path, pattern):
    """Ask until the answer has this."""
    while not re.search(pattern, (await ask(path))[1]):
        pass


@pytest.fixture
def healthy_bot(start_bot, port):
    return lambda: start_bot(HEALTH_PORT=str(port))


def status_after(*kinds):
    condition = Condition()
    for kind in kinds:
        condition.hear(Event(kind))
    return condition.now.status


class TestHealthz:
    async def test_is_loading_until_the_model_is_loaded_and_then_ready(
        self, healthy_bot, member, engine, ask
    ):
        engine.may_load.clear()
        async with healthy_bot():
            loading = '{"status": "loading", "reason": "the model is being loaded"}'
            assert await ask("/healthz") == (503, loading)
            engine.may_load.set()
            await member.command("imagine", prompt="an apple")
            await picture_message(member)
            assert await ask("/healthz") == (200, '{"status": "ready"}')

    async def test_is_wedged_without_a_model(self, healthy_bot, member, engine, ask):
        engine.load_failure = ModelError("unet.safetensors is damaged")
        async with healthy_bot():
            await member.until("bot", lambda e: e["bot"]["presence"] == "Out of order: no model")
            status, text = await ask("/healthz")
        assert status == 503
        assert '"wedged", "reason": "the model could not be loaded' in text

    async def test_is_draining_while_the_bot_ends(self, healthy_bot, ask, monkeypatch):
        answers = []
        aexit = Intake.__aexit__

        async def end(intake, *error):
            await aexit(intake, *error)
            answers.append(await ask("/healthz"))

        monkeypatch.setattr(Intake, "__aexit__", end)
        async with healthy_bot():
            pass
        ((status, text),) = answers
        assert status == 503
        assert '"draining"' in text

    async def test_is_disconnected_while_the_gateway_is_gone(
        self, healthy_bot, member, sandbox, ask
    ):
        async with healthy_bot():
            await member.until("bot", lambda e: e["bot"]["presence"] == "Ready: /imagine")
            assert (await ask("/healthz"))[0] == 200
            sandbox.troubles.begin("gateway_down")
            await member.until("bot", lambda e: e["bot"]["status"] == "offline")
            await until(ask, "/healthz", '"disconnected"')
            sandbox.troubles.end("gateway_down")
            await until(ask, "/healthz", '"ready"')

    def test_names_what_hinders_most(self):
        assert status_after() == "loading"
        assert status_after(Kind.CONNECTED) == "loading"
        assert status_after(Kind.MODEL_LOADED) == "disconnected"
        assert status_after(Kind.MODEL_LOADED, Kind.CONNECTED) == "ready"
        assert status_after(Kind.MODEL_LOADED, Kind.CONNECTED, Kind.DISCONNECTED) == "disconnected"
        assert status_after(Kind.MODEL_FAILED, Kind.CONNECTED) == "wedged"
        assert status_after(Kind.MODEL_LOADED, Kind.DRAINING) == "draining"


def test_an_engine_that_hangs_is_named_until_the_end():
    condition = Condition()
    for event in (
        Event(Kind.MODEL_LOADED),
        Event(Kind.CONNECTED),
        Event(Kind.NOT_PAINTED, JOB, EngineWedged(600)),
        Event(Kind.DRAINING),
    ):
        condition.hear(event)
    assert condition.now == Answer("wedged", "the engine hangs: no step has ended in 600 s")


class TestMetrics:
    async def test_count_a_conversation(self, healthy_bot, member, engine, ask):
        engine.may_paint.clear()
        async with healthy_bot():
            for prompt in ("an apple", "a pear"):
                await member.command("imagine", prompt=prompt)
            await told(member, "In line, place 1")
            _status, waiting = await ask("/metrics")
            engine.may_paint.set()
            for _ in range(2):
                await told(member, "Your picture is ready")
            _status, ended = await ask("/metrics")
        assert {
            'sdbot_jobs{state="painting"} 1.0',
            'sdbot_jobs{state="waiting"} 1.0',
            'sdbot_deliveries_total{outcome="delivered"} 0.0',
            "sdbot_gateway_connected 1.0",
        } <= {*waiting.splitlines()}
        assert {
            'sdbot_jobs{state="painting"} 0.0',
            'sdbot_jobs{state="waiting"} 0.0',
            'sdbot_jobs{state="delivering"} 0.0',
            'sdbot_deliveries_total{outcome="delivered"} 2.0',
            "sdbot_wait_seconds_count 2.0",
            "sdbot_step_seconds_count 4.0",
        } <= {*ended.splitlines()}

    def test_time_waits_and_steps(self, clock):
        metrics = Metrics(clock)
        for kind, seconds in (
            (Kind.ACCEPTED, 0),
            (Kind.BEGUN, 40),
            (Kind.STEPPED, 3),
            (Kind.STEPPED, 2),
            (Kind.PAINTED, 9),
            (Kind.DELAYED, 1),
            (Kind.DELIVERED, 1),
        ):
            clock.now += seconds
            metrics.hear(Event(kind, JOB))
        lines = metrics.exposition().decode().splitlines()
        assert "sdbot_wait_seconds_sum 40.0" in lines
        assert "sdbot_step_seconds_sum 5.0" in lines
        assert 'sdbot_deliveries_total{outcome="delayed"} 1.0' in lines

    def test_tell_what_cannot_be_posted_from_what_was_not_painted(self):
        metrics = Metrics()
        metrics.hear(Event(Kind.FAILED, JOB, Undeliverable("403")))
        metrics.hear(Event(Kind.FAILED, JOB, OutOfMemory()))
        lines = metrics.exposition().decode().splitlines()
        assert 'sdbot_deliveries_total{outcome="undeliverable"} 1.0' in lines

    def test_count_models_that_cannot_be_used(self):
        metrics = Metrics()
        metrics.hear(Event(Kind.MODEL_HIDDEN, error=ModelHidden("anime: it is damaged")))
        assert "sdbot_models_hidden_total 1.0" in metrics.exposition().decode().splitlines()

    def test_share_nothing_between_two_bots(self):
        first, second = Metrics(), Metrics()
        first.hear(Event(Kind.CONNECTED))
        assert b"sdbot_gateway_connected 0.0" in second.exposition()


class TestThePort:
    async def test_that_is_taken_is_one_line(self, port):
        async with Health(port):
            with pytest.raises(StartError, match=rf"^HEALTH_PORT: {port} cannot be used: .*$"):
                await Health(port).__aenter__()

    async def test_answers_nobody_without_one(self):
        before = asyncio.all_tasks()
        async with Health(None):
            assert asyncio.all_tasks() == before

    async def test_has_a_watch_over_the_loop_for_as_long_as_it_is_open(
        self, port, ask, monkeypatch
    ):
        monkeypatch.setattr("sdbot.health.server.LAG_INTERVAL_SECONDS", 0)
        async with Health(port):
            await until(ask, "/metrics", "sdbot_event_loop_lag_seconds_count [1-9]")
        await asyncio.sleep(0)
        assert "event loop lag" not in {task.get_name() for task in asyncio.all_tasks()}
