"""Deliver until delivered, with a Delivery that fails as told."""

import asyncio

import pytest

from sdbot.errors import DeliveryDelayed, Undeliverable
from sdbot.jobs import Stepping
from sdbot.service.outbox import Outbox
from sdbot.store import Store
from tests.sdbot.test_store import add


class FailingDelivery:
    """Raises each of `failures` before it works; `sent` lists what arrived."""

    def __init__(self, *failures):
        self.failures = list(failures)
        self.sent = []
        self.shown = []

    async def show_progress(self, job, progress):
        self.shown.append(progress)

    async def _send(self, *message):
        if self.failures:
            raise self.failures.pop(0)
        self.sent.append(message)

    async def post(self, job, pictures):
        await self._send("pictures", pictures)
        return 99

    async def show_delivered(self, job, message_id):
        await self._send("delivered", message_id)

    async def show_failed(self, job, failure):
        await self._send("failed", failure)


@pytest.fixture
async def store(tmp_path):
    async with Store(tmp_path) as store:
        yield store


@pytest.fixture
async def job(store):
    return await add(store, 10)


async def deliver(store, job, delivery):
    async with Outbox(store, delivery, retry_delays=(0, 0)) as outbox:
        outbox.deliver(job, [b"png"])
    return delivery.sent


async def test_passing_faults_are_tried_again(store, job):
    delivery = FailingDelivery(DeliveryDelayed("503"), DeliveryDelayed("cut"))
    assert await deliver(store, job, delivery) == [("pictures", [b"png"]), ("delivered", 99)]
    assert await store.unfinished() == []


async def test_tries_go_on_until_the_picture_is_delivered(store, job):
    delivery = FailingDelivery(*[DeliveryDelayed("503")] * 50)
    assert await deliver(store, job, delivery) == [("pictures", [b"png"]), ("delivered", 99)]


async def test_what_is_undelivered_at_the_end_is_kept_for_the_next_start(store, job, monkeypatch):
    monkeypatch.setattr("sdbot.service.outbox.MAX_CLOSING_SECONDS", 0.01)
    delivery = FailingDelivery(*[DeliveryDelayed("503")] * 1000)
    async with Outbox(store, delivery, retry_delays=(3600,)) as outbox:
        outbox.deliver(job, [b"png"])
    assert delivery.sent == []
    assert await store.unfinished() == [job]


async def test_what_is_refused_is_explained_and_ended(store, job):
    refusal = Undeliverable("403")
    assert await deliver(store, job, FailingDelivery(refusal)) == [("failed", refusal)]
    assert await store.unfinished() == []


async def test_a_delivered_picture_stays_delivered_if_its_link_fails(store, job, caplog):
    class LinkFails(FailingDelivery):
        async def show_delivered(self, job, message_id):
            raise Undeliverable("unknown message")

    assert await deliver(store, job, LinkFails()) == [("pictures", [b"png"])]
    assert await store.unfinished() == []
    assert "unknown message" in caplog.text


class TestProgress:
    async def test_that_hangs_does_not_hold_up_the_picture(self, store, job, monkeypatch):
        class Hangs(FailingDelivery):
            async def show_progress(self, job, progress):
                await asyncio.Event().wait()

        monkeypatch.setattr("sdbot.service.progress._MAX_CLOSING_SECONDS", 0.01)
        delivery = Hangs()
        async with Outbox(store, delivery) as outbox:
            outbox.show(job, Stepping(done=1, num_steps=2))
            outbox.deliver(job, [b"png"])
        assert delivery.sent == [("pictures", [b"png"]), ("delivered", 99)]

    @pytest.mark.parametrize("error", [ValueError("no JSON"), Undeliverable("unknown message")])
    async def test_that_cannot_be_shown_is_shown_no_more(self, store, job, error):
        class Refuses(FailingDelivery):
            async def show_progress(self, job, progress):
                await super().show_progress(job, progress)
                raise error

        delivery = Refuses()
        async with Outbox(store, delivery, progress_interval_seconds=0) as outbox:
            for done in range(5):
                outbox.show(job, Stepping(done=done, num_steps=5))
                await asyncio.sleep(0)
                await asyncio.sleep(0)
            outbox.deliver(job, [b"png"])
        assert len(delivery.shown) == 1
        assert delivery.sent == [("pictures", [b"png"]), ("delivered", 99)]

    async def test_is_coalesced_to_the_newest(self, store, job):
        delivery = FailingDelivery()
        async with Outbox(store, delivery, progress_interval_seconds=3600) as outbox:
            outbox.show(job, Stepping(done=0, num_steps=5))
            await asyncio.sleep(0)
            for done in range(1, 5):
                outbox.show(job, Stepping(done=done, num_steps=5))
                await asyncio.sleep(0)
        assert delivery.shown == [Stepping(done=0, num_steps=5)]
