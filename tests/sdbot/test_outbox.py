"""Deliver until delivered, with a Delivery that fails as told."""

import asyncio

import pytest

from sdbot.errors import Cancelled, DeliveryDelayed, OutOfMemory, Undeliverable
from sdbot.jobs import Posted, Stepping
from sdbot.service.outbox import Outbox
from sdbot.store import Store
from tests.sdbot.test_store import add

POSTED = Posted(channel_id=98, message_id=99)


class FailingDelivery:
    """Raises each of `failures` before it works; `sent` lists what arrived."""

    def __init__(self, *failures):
        self.failures = list(failures)
        self.sent = []
        self.shown = []
        self.searches = []
        self.found = None

    async def show_progress(self, job, progress):
        self.shown.append(progress)

    async def _send(self, *message):
        if self.failures:
            raise self.failures.pop(0)
        self.sent.append(message)

    async def post(self, job, pictures):
        await self._send("pictures", pictures)
        return POSTED

    async def find(self, job):
        self.searches.append(job)
        return self.found

    async def show_delivered(self, job, posted):
        await self._send("delivered", posted)

    async def show_failed(self, job, failure):
        await self._send("failed", failure)


@pytest.fixture
async def store(tmp_path):
    async with Store(tmp_path) as store:
        yield store


@pytest.fixture
async def job(store):
    return await add(store, 10)


@pytest.fixture(autouse=True)
def at_once(monkeypatch):
    """Tries follow each other at once."""
    monkeypatch.setattr("sdbot.service.retries.DELAYS", (0,))


async def deliver(store, job, delivery):
    async with Outbox(store, delivery) as outbox:
        outbox.deliver(job, [b"png"])
    return delivery.sent


async def test_passing_faults_are_tried_again(store, job):
    delivery = FailingDelivery(DeliveryDelayed("503"), DeliveryDelayed("cut"))
    assert await deliver(store, job, delivery) == [("pictures", [b"png"]), ("delivered", POSTED)]
    assert await store.unfinished() == []


async def test_tries_go_on_until_the_picture_is_delivered(store, job):
    delivery = FailingDelivery(*[DeliveryDelayed("503")] * 50)
    assert await deliver(store, job, delivery) == [("pictures", [b"png"]), ("delivered", POSTED)]


class FailsFor(FailingDelivery):
    """Posts nothing of this job; `is_delivered` is set by another."""

    def __init__(self, job, *failures):
        super().__init__(*failures)
        self.job = job
        self.is_delivered = asyncio.Event()

    async def post(self, job, pictures):
        if job == self.job:
            raise DeliveryDelayed("500")
        return await super().post(job, pictures)

    async def show_delivered(self, job, posted):
        self.is_delivered.set()


class TestAJobThatAlwaysFails:
    @pytest.fixture(autouse=True)
    def impatient(self, monkeypatch):
        monkeypatch.setattr("sdbot.service.outbox.MAX_CLOSING_SECONDS", 0.01)

    async def deliver_beside(self, store, job, delivery):
        other = await add(store, 11)
        async with Outbox(store, delivery) as outbox:
            for each in (job, other):
                outbox.deliver(each, [b"png"])
            await delivery.is_delivered.wait()
        assert await store.unfinished() == [job]

    async def test_holds_up_nobody_who_has_not_failed(self, store, job, monkeypatch):
        monkeypatch.setattr("sdbot.service.retries.DELAYS", (3600,))
        await self.deliver_beside(store, job, FailsFor(job))

    async def test_lets_those_pass_who_have_failed_too(self, store, job):
        await self.deliver_beside(store, job, FailsFor(job, *[DeliveryDelayed("503")] * 3))


async def test_what_is_undelivered_at_the_end_is_kept_for_the_next_start(store, job, monkeypatch):
    monkeypatch.setattr("sdbot.service.outbox.MAX_CLOSING_SECONDS", 0.01)
    monkeypatch.setattr("sdbot.service.retries.DELAYS", (3600,))
    delivery = FailingDelivery(*[DeliveryDelayed("503")] * 1000)
    async with Outbox(store, delivery) as outbox:
        outbox.deliver(job, [b"png"])
    assert delivery.sent == []
    assert await store.unfinished() == [job]


async def test_what_is_refused_is_explained_and_ended(store, job):
    refusal = Undeliverable("403")
    assert await deliver(store, job, FailingDelivery(refusal)) == [("failed", refusal)]
    assert await store.unfinished() == []


async def test_a_delivered_picture_stays_delivered_if_its_link_fails(store, job, caplog):
    class LinkFails(FailingDelivery):
        async def show_delivered(self, job, posted):
            raise Undeliverable("unknown message")

    assert await deliver(store, job, LinkFails()) == [("pictures", [b"png"])]
    assert await store.unfinished() == []
    assert "unknown message" in caplog.records[-1].error


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
        assert delivery.sent == [("pictures", [b"png"]), ("delivered", POSTED)]

    @pytest.mark.parametrize(
        "error", [ValueError("no JSON"), Undeliverable("unknown message"), DeliveryDelayed("503")]
    )
    async def test_that_is_not_shown_is_logged_with_its_job(self, store, job, error, caplog):
        class Refuses(FailingDelivery):
            async def show_progress(self, job, progress):
                raise error

        caplog.set_level("INFO", "sdbot.service.progress")
        async with Outbox(store, Refuses()) as outbox:
            outbox.show(job, Stepping(done=1, num_steps=5))
            await asyncio.sleep(0)
        (record,) = caplog.records
        assert (record.job, record.error) == (job.id, repr(error))
        assert record.getMessage().startswith("progress is ")

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
        assert delivery.sent == [("pictures", [b"png"]), ("delivered", POSTED)]

    async def test_is_coalesced_to_the_newest(self, store, job):
        delivery = FailingDelivery()
        async with Outbox(store, delivery, progress_interval_seconds=3600) as outbox:
            outbox.show(job, Stepping(done=0, num_steps=5))
            await asyncio.sleep(0)
            for done in range(1, 5):
                outbox.show(job, Stepping(done=done, num_steps=5))
                await asyncio.sleep(0)
        assert delivery.shown == [Stepping(done=0, num_steps=5)]


class TestWhatMayBePostedAlready:
    async def test_is_not_looked_for_before_the_first_try(self, store, job):
        delivery = FailingDelivery()
        await deliver(store, job, delivery)
        assert delivery.searches == []

    async def test_is_looked_for_before_each_other_and_not_posted_again(self, store, job):
        delivery = FailingDelivery(DeliveryDelayed("cut"))
        delivery.found = POSTED
        assert await deliver(store, job, delivery) == [("delivered", POSTED)]
        assert await store.job_of_message(POSTED.message_id) == job

    async def test_is_looked_for_after_a_restart(self, store, job):
        await store.mark_tried(job)
        delivery = FailingDelivery()
        delivery.found = POSTED
        assert await deliver(store, job, delivery) == [("delivered", POSTED)]

    async def test_is_not_called_a_failure(self, store, job):
        """The answer to the first try was lost, and the second is refused."""

        class FindsAtLast(FailingDelivery):
            async def find(self, job):
                self.searches.append(job)
                return POSTED if len(self.searches) > 1 else None

        delivery = FindsAtLast(DeliveryDelayed("cut"), Undeliverable("403"))
        assert await deliver(store, job, delivery) == [("delivered", POSTED)]

    async def test_is_painted_again_where_it_cannot_be_looked_for_yet(self, store, job):
        class Blind(FailingDelivery):
            async def find(self, job):
                raise DeliveryDelayed("503")

        await store.mark_tried(job)
        async with Outbox(store, Blind()) as outbox:
            assert not await outbox.is_delivered(job)


class TestAnEndThatNobodyWasToldOf:
    async def test_is_known_until_it_was_told(self, store, job):
        delivery = FailingDelivery(DeliveryDelayed("503"))
        async with Outbox(store, delivery) as outbox:
            outbox.explain(job, OutOfMemory())
        assert await store.untold() == {}
        assert len(delivery.sent) == 1

    async def test_is_told_after_a_restart(self, store, job):
        other = await add(store, 11)
        await store.mark_failed(job, Cancelled())
        await store.mark_delivered(other, POSTED)
        delivery = FailingDelivery()
        async with Outbox(store, delivery) as outbox:
            for ticket, end in (await store.untold()).items():
                outbox.repeat_end(ticket, end)
        (failed, delivered) = delivery.sent
        assert failed[0] == "failed"
        assert isinstance(failed[1], Cancelled)
        assert delivered == ("delivered", POSTED)
        assert await store.untold() == {}

    async def test_that_cannot_be_told_is_not_tried_for_ever(self, store, job):
        async with Outbox(store, FailingDelivery(Undeliverable("50007"))) as outbox:
            outbox.explain(job, OutOfMemory())
        assert await store.untold() == {}
