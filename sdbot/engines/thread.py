"""The core in this process, on one thread of its own."""

from __future__ import annotations

import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import diffusion
from diffusion.images import encode_png
from diffusion.info import ModelInfo
from diffusion.recipe import Recipe
from sdbot.engines.base import OnStep

if TYPE_CHECKING:
    from PIL import Image

    from diffusion.pipeline import Pipeline, Step


class _Stopped(Exception):
    """Ends a painting between two steps."""


class ThreadEngine:
    """An `Engine`: TensorFlow is imported, loaded and called on one executor thread alone."""

    def __init__(self, model: ModelInfo) -> None:
        self._model = model
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="engine")
        self._pipeline: Pipeline

    async def load(self) -> None:
        """Load the model and paint once with it, so that no member waits for the tracing."""
        loop = asyncio.get_running_loop()
        self._pipeline = await loop.run_in_executor(self._thread, self._load)

    def _load(self) -> Pipeline:
        pipeline = diffusion.load(self._model)
        pipeline(self._model.make_recipe("", num_steps=int(self._model.generation.steps.min)))
        return pipeline

    async def paint(self, recipe: Recipe, on_step: OnStep) -> bytes:
        """As `Engine.paint`."""
        loop = asyncio.get_running_loop()
        stop = threading.Event()

        def report(step: Step) -> None:
            if stop.is_set():
                raise _Stopped
            loop.call_soon_threadsafe(on_step, step.done, step.num_calls)

        def paint() -> Image.Image:
            return self._pipeline(recipe, on_step=report)

        try:
            image = await loop.run_in_executor(self._thread, paint)
        except asyncio.CancelledError:
            stop.set()
            raise
        return await asyncio.to_thread(encode_png, image)
