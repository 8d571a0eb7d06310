"""The engine's thread, with a stand-in for the pipeline that runs on it."""

import asyncio
import threading
from types import SimpleNamespace

import pytest
from PIL import Image

from sdbot.engines.thread import ThreadEngine
from sdbot.errors import OutOfMemory


class StandInPipeline:
    """Steps when it is told to, and notes on which thread it runs."""

    def __init__(self):
        self.may_step = threading.Semaphore(0)
        self.done = 0
        self.has_ended = threading.Event()

    def paint(self, recipes, *, image, on_step):
        self.thread, self.image = threading.current_thread().name, image
        ((num_steps, self.painted_in),) = recipes
        try:
            for self.done in range(1, num_steps + 1):
                self.may_step.acquire()
                on_step(SimpleNamespace(done=self.done, num_calls=num_steps))
        finally:
            self.has_ended.set()
        return [Image.new("RGB", (3, 1))]


def order(num_steps, scale=1):
    recipe = SimpleNamespace(with_dtype=lambda dtype: (num_steps, dtype))
    return SimpleNamespace(recipes=[recipe], scale=scale)


@pytest.fixture
def engine():
    engine = ThreadEngine(None, 0)
    engine._pipeline, engine.dtype = StandInPipeline(), "bfloat16"
    yield engine
    engine._thread.shutdown()


async def test_steps_are_reported_on_the_loop_and_painted_on_the_engines_thread(engine):
    steps = []

    def on_step(done, num_steps):
        steps.append((done, num_steps, threading.current_thread()))

    engine._pipeline.may_step.release(2)
    (png,) = await engine.paint(order(2), None, on_step)
    assert png.startswith(b"\x89PNG")
    assert steps == [(1, 2, threading.main_thread()), (2, 2, threading.main_thread())]
    assert engine._pipeline.thread.startswith("engine")
    assert engine._pipeline.painted_in == "bfloat16"


async def test_cancelling_ends_the_painting_between_two_steps(engine):
    pipeline = engine._pipeline
    first = asyncio.Event()
    painting = asyncio.create_task(
        engine.paint(order(1000), None, lambda _done, _num_steps: first.set())
    )
    pipeline.may_step.release()
    await first.wait()
    painting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await painting
    pipeline.may_step.release()
    await asyncio.to_thread(pipeline.has_ended.wait)
    assert pipeline.done == 2


async def test_of_a_cancelled_painting_no_further_step_is_reported(engine):
    pipeline, steps = engine._pipeline, []

    def on_step(done, num_steps):
        steps.append(done)
        painting.cancel()
        pipeline.may_step.release()
        pipeline.has_ended.wait()

    painting = asyncio.create_task(engine.paint(order(2), None, on_step))
    pipeline.may_step.release()
    with pytest.raises(asyncio.CancelledError):
        await painting
    await asyncio.sleep(0)  # what was under way arrives
    assert steps == [1]


async def test_what_there_is_no_memory_for_is_said_so(engine):
    def refuse(*_arguments, **_settings):
        raise MemoryError("OOM when allocating a tensor")

    engine._pipeline = SimpleNamespace(paint=refuse)
    with pytest.raises(OutOfMemory, match="OOM when allocating a tensor"):
        await engine.paint(order(1), None, lambda _done, _num_steps: None)
