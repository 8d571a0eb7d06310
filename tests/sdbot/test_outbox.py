"""Deliver until delivered, with a Delivery that fails as told."""

import pytest

from sdbot.errors import DeliveryDelayed, Undeliverable
from sdbot.service.outbox import Outbox
from sdbot.store import Store
from tests.sdbot.test_store import add


class FailingDelivery:
    """Raises each of `failures` before it works; `sent` lists what arrived."""

    def __init__(self, *failures):
        self.failures = list(failures)
        self.sent = []

    async def _send(self, *message):
        if self.failures:
            raise self.failures.pop(0)
        self.sent.append(message)

    async def post(self, job, picture):
        await self._send("picture", picture)
        return 99

    async def show_delivered(self, job, message_id):
        await self._send("delivered", message_id)

    async def show_failed(self, job):
        await self._send("failed", job.id)


@pytest.fixture
async def store(tmp_path):
    async with Store(tmp_path) as store:
        yield store


@pytest.fixture
async def job(store):
    return await add(store, 10)


async def deliver(store, job, delivery):
    async with Outbox(store, delivery, retry_delays=(0, 0)) as outbox:
        outbox.deliver(job, b"png")
    return delivery.sent


async def test_passing_faults_are_tried_again(store, job):
    delivery = FailingDelivery(DeliveryDelayed("503"), DeliveryDelayed("cut"))
    assert await deliver(store, job, delivery) == [("picture", b"png"), ("delivered", 99)]
    assert await store.unfinished() == []


async def test_what_stays_undelivered_is_kept_for_the_next_start(store, job, caplog):
    delivery = FailingDelivery(*[DeliveryDelayed("503")] * 3)
    assert await deliver(store, job, delivery) == []
    assert await store.unfinished() == [job]
    assert "job 1: not delivered: 503" in caplog.text


async def test_what_is_refused_is_explained_and_ended(store, job):
    delivery = FailingDelivery(Undeliverable("403"))
    assert await deliver(store, job, delivery) == [("failed", job.id)]
    assert await store.unfinished() == []


async def test_a_delivered_picture_stays_delivered_if_its_link_fails(store, job, caplog):
    class LinkFails(FailingDelivery):
        async def show_delivered(self, job, message_id):
            raise Undeliverable("unknown message")

    assert await deliver(store, job, LinkFails()) == [("picture", b"png")]
    assert await store.unfinished() == []
    assert "unknown message" in caplog.text
