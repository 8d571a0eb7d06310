"""What is promised: learned while painting, kept over restarts, shown as a time of day."""

import re
import time
from dataclasses import replace

import pytest

from diffusion.info import ModelInfo
from diffusion.recipe import Source
from sdbot.chat import messages
from sdbot.jobs import Job, Order, Shape, Waiting
from sdbot.service.estimates import Estimates, Pace
from sdbot.store import Store
from tests.conftest import MODEL
from tests.sdbot.conversation import told
from tests.sdbot.test_line import ask, fill, shown
from tests.sdbot.test_store import DESTINATION, RECIPE

ORDER = Order(recipe=RECIPE)


def sized(side, count=1, num_steps=1, model=RECIPE.model, **settings):
    sampling = replace(RECIPE.sampling, width=side, height=side, num_steps=num_steps, **settings)
    return Order(recipe=replace(RECIPE, sampling=sampling, model=model), count=count)


def job(order=ORDER, id=1):
    return Job(id=id, interaction_id=id, requester_id=5, order=order, destination=DESTINATION)


def learned(*seconds, order=ORDER):
    pace = Pace()
    for each in (99, *seconds):
        pace.learn(order, each)
    return pace


class TestCost:
    def test_is_calls_of_the_model_times_pixels_times_count(self):
        assert sized(32, count=3, num_steps=20).cost == 20 * 32 * 32 * 3

    @pytest.mark.parametrize(
        ("scheduler", "num_calls"), [("heun", 39), ("dpm2_karras", 39), ("pndm", 21), ("lcm", 20)]
    )
    def test_counts_every_call_of_a_step(self, scheduler, num_calls):
        assert sized(32, num_steps=20, scheduler=scheduler).cost == num_calls * 32 * 32

    @pytest.mark.parametrize(("count", "pairs"), [(1, 1), (2, 1), (3, 2), (4, 2)])
    def test_without_guidance_is_that_of_half_the_pictures(self, count, pairs):
        assert sized(32, count=count, guidance_scale=1).cost == pairs * 32 * 32

    def test_of_a_picture_painted_over_counts_the_steps_that_run(self):
        order = sized(32, num_steps=20)
        source = Source(image="0" * 64, strength=0.35)
        assert replace(order, recipe=replace(order.recipe, source=source)).cost == 7 * 32 * 32

    def test_does_not_count_what_is_resampled_afterwards(self):
        assert replace(ORDER, scale=4).cost == ORDER.cost


class TestPace:
    def test_promises_nothing_before_anything_was_learned(self):
        assert Pace().seconds(ORDER) is None

    def test_does_not_learn_from_the_first_of_a_shape_which_is_traced(self):
        pace = Pace()
        assert not pace.learn(ORDER, 30)
        assert pace.seconds(ORDER) is None
        assert pace.learn(ORDER, 2)
        assert not pace.learn(sized(64), 30)

    def test_does_not_learn_from_the_first_of_a_model_that_was_loaded_anew_either(self):
        pace, other = learned(2), sized(32, model="another")
        for seconds in (30, 3):
            pace.learn(other, seconds)
        pace.forget_traces(RECIPE.model)
        assert not pace.learn(ORDER, 30)
        assert pace.seconds(ORDER) == pytest.approx(2)
        assert pace.learn(other, 3)

    def test_scales_with_the_cost(self):
        assert learned(2).seconds(sized(32, num_steps=5)) == pytest.approx(10)

    def test_of_a_shape_that_was_never_painted_is_the_models(self):
        pace = learned(2)
        assert pace.seconds(sized(64, count=2)) == pytest.approx(2 * 4 * 2)
        assert pace.seconds(sized(32, model="another")) is None

    def test_of_a_shape_that_is_still_to_be_traced_counts_what_that_took_of_others(self):
        pace = learned(2)
        assert not pace.learn(sized(64), 8 + 5)
        assert pace.seconds(sized(96)) == pytest.approx(18 + 5)
        assert pace.seconds(sized(64)) == pytest.approx(8)

    def test_of_a_shape_that_was_painted_is_its_own(self):
        pace = learned(2)
        for seconds in (30, 5):
            pace.learn(sized(64), seconds)
        assert pace.seconds(sized(64)) == pytest.approx(5)
        assert pace.seconds(ORDER) == pytest.approx(2)

    def test_is_not_moved_by_what_something_held_up(self):
        assert learned(2, 2, 500, 2, 0.001, 2).seconds(ORDER) == pytest.approx(2)

    def test_follows_a_machine_that_became_slower(self):
        assert learned(*[2] * 50, *[6] * 8).seconds(ORDER) == pytest.approx(6)

    def test_adds_up_along_the_line_to_the_first_unknown(self):
        line = [ORDER, sized(32, num_steps=2), sized(32, model="another"), ORDER]
        times = learned(2).ready_times(100, None, line)
        assert list(times) == pytest.approx([102, 106, None, None])


class Clock:
    def __init__(self):
        self.now = 1000.0

    def __call__(self):
        return self.now


class TestEstimates:
    @pytest.fixture
    def clock(self):
        return Clock()

    def paint(self, estimates, clock, *seconds):
        for each in seconds:
            with estimates.painting(job()):
                clock.now += each

    async def test_begin_where_the_painting_that_runs_will_end(self, tmp_path, clock):
        async with Store(tmp_path) as store:
            estimates = Estimates(store, clock)
            self.paint(estimates, clock, 30, 4)
            with estimates.painting(job()):
                clock.now += 3
                assert list(estimates.ready_times([job(), job()])) == [clock.now + 5, clock.now + 9]
                clock.now += 7  # it is late
                assert list(estimates.ready_times([job()])) == [clock.now + 4]
            await estimates.close()

    async def test_begin_now_where_nothing_is_painted(self, tmp_path, clock):
        async with Store(tmp_path) as store:
            estimates = Estimates(store, clock)
            self.paint(estimates, clock, 30, 4)
            assert list(estimates.ready_times([job()])) == [clock.now + 4]
            await estimates.close()

    async def test_learn_nothing_from_what_was_not_painted_to_its_end(self, tmp_path, clock):
        async with Store(tmp_path) as store:
            estimates = Estimates(store, clock)
            self.paint(estimates, clock, 30)
            with pytest.raises(RuntimeError), estimates.painting(job()):
                raise RuntimeError
            assert list(estimates.ready_times([job()])) == [None]

    async def test_do_not_count_the_loading_of_a_model(self, tmp_path, clock):
        async with Store(tmp_path) as store:
            estimates = Estimates(store, clock)
            self.paint(estimates, clock, 30, 4)
            with estimates.painting(job()):
                clock.now += 600
                estimates.begin_anew(job())
                assert list(estimates.ready_times([job()])) == [clock.now + 4 + 4]
                clock.now += 30
            assert list(estimates.ready_times([job()])) == [clock.now + 4]
            await estimates.close()

    async def test_are_kept_over_a_restart(self, tmp_path, clock):
        async with Store(tmp_path) as store:
            estimates = Estimates(store, clock)
            self.paint(estimates, clock, 30, 4, 6, 4)
            await estimates.close()
        async with Store(tmp_path) as store:
            estimates = Estimates(store, clock)
            await estimates.load()
            assert list(estimates.ready_times([job()])) == [clock.now + 4]

    async def test_that_cannot_be_kept_stop_nothing(self, tmp_path, clock, caplog):
        store = Store(tmp_path)  # not opened
        estimates = Estimates(store, clock)
        self.paint(estimates, clock, 30, 4)
        await estimates.close()
        assert list(estimates.ready_times([job()])) == [clock.now + 4]
        assert "not kept" in caplog.text


async def pace_is_known(tmp_path, seconds):
    """A picture of the model's own size takes so long, as the store has it."""
    order = Order(recipe=ModelInfo.read(MODEL).make_recipe("a red apple"))
    async with Store(tmp_path / "state") as store:
        await store.keep_pace(order.shape, [seconds / order.cost])


def promised(message):
    (at, relative) = re.search(r"ready about <t:(\d+):t> \(<t:(\d+):R>\)", message).groups()
    assert at == relative
    return int(at)


def is_promised(event):
    return "message" in event and "ready about" in event["message"]["content"]


def of_job(event):
    return int(re.search(r"\(job (\d+)\)$", event["message"]["content"])[1])


class TestShown:
    def test_beside_the_place_as_discord_localises_it(self):
        shown = messages.progress(job(id=3), Waiting(place=2, ready_at=1700000000.4))
        assert shown == (
            "In line, place 2, ready about <t:1700000000:t> (<t:1700000000:R>). (job 3)"
        )

    async def test_from_what_was_learned_before_a_restart(
        self, start_bot, member, ben, engine, tmp_path
    ):
        await pace_is_known(tmp_path, 600)
        engine.may_paint.clear()
        async with start_bot():
            await ask(member, "an apple")
            began = time.time()
            await told(member, "Painting, step ")
            await ask(member, "a pear")
            pear = promised((await told(member, "In line, place 1, "))["content"])
            await ask(ben, "a plum")
            plum = promised((await told(ben, "In line, place 2, "))["content"])
        assert pear == pytest.approx(began + 1200, abs=60)
        assert plum - pear == pytest.approx(600, abs=2)

    async def test_by_queue_as_in_the_line(self, start_bot, member, engine, tmp_path):
        await pace_is_known(tmp_path, 600)
        async with start_bot():
            await fill(engine, member, "an apple")
            await ask(member, "a pear")
            in_line = (await told(member, "In line, place 1, "))["content"]
            painted, waiting = await shown(member)
        assert painted == "Job 1, being painted: an apple"
        assert waiting.startswith("Job 2, place 1, ready about <t:")
        assert waiting.endswith("): a pear")
        assert promised(waiting) == pytest.approx(promised(in_line), abs=1)

    async def test_to_whom_another_member_moves_back(
        self, start_bot, member, ben, engine, tmp_path
    ):
        await pace_is_known(tmp_path, 600)
        engine.may_paint.clear()
        async with start_bot():
            await ask(member, "an apple")
            await told(member, "Painting, step ")
            await ask(member, "a pear", "a lime")
            first = promised((await told(member, "In line, place 2, "))["content"])
            await ask(ben, "a plum")
            moved = promised((await told(member, "In line, place 3, "))["content"])
            assert moved - first == pytest.approx(600, abs=2)

    async def test_only_once_something_was_learned(self, start_bot, member, engine):
        """The first picture of a shape teaches nothing, for it is traced as well."""
        engine.may_paint.clear()
        async with start_bot():
            await ask(member, "an apple")
            await told(member, "Painting, step ")
            await ask(member, "a pear", "a plum", "a lime")
            await told(member, "In line, place 3. (job 4)")
            engine.paint_one()
            await told(member, "In line, place 2. (job 4)")
            assert not any(map(is_promised, member.seen))
            engine.paint_one()
            await told(member, "In line, place 1, ready about ")
            assert [of_job(event) for event in member.seen if is_promised(event)] == [4]


def test_shapes_are_told_apart_by_model_size_and_batch():
    shape = ORDER.shape
    assert shape == Shape(model="ab", width=32, height=32, count=1)
    others = {sized(64).shape, sized(32, count=2).shape, sized(32, model="cd").shape}
    assert len(others | {shape}) == 4
