"""The core in this process, on one thread of its own."""

from __future__ import annotations

import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TYPE_CHECKING

import diffusion
from diffusion.adapters.library import Library
from diffusion.images import encode_png, enlarge, open_image
from diffusion.info import ModelInfo
from sdbot.engines.base import OnStep
from sdbot.engines.loaded import LoadedModels, estimated_bytes
from sdbot.errors import OutOfMemory
from sdbot.jobs import Order

if TYPE_CHECKING:
    from PIL import Image

    from diffusion.pipeline import Pipeline, Step


class _Stopped(Exception):
    """Ends a painting between two steps."""


class ThreadEngine:
    """An `Engine`: TensorFlow is imported, loaded and called on one executor thread alone.

    Everything is painted in one dtype; None is what the machine is fastest in. Models are kept in
    memory within `max_bytes`.
    """

    def __init__(self, dtype: str | None, max_bytes: int) -> None:
        self._wanted = dtype
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="engine")
        self._loaded = LoadedModels(max_bytes, self._read, _let_go)
        self._pipeline: Pipeline | None = None
        self._is_warm = False
        self.dtype: str

    async def prepare(self) -> None:
        """Import TensorFlow: the dynamic linker keeps the interpreter to itself for seconds."""
        loop = asyncio.get_running_loop()
        fastest = await loop.run_in_executor(self._thread, _import_core)
        self.dtype = self._wanted or fastest

    def has_loaded(self, model: ModelInfo) -> bool:
        """As `Engine.has_loaded`."""
        return model in self._loaded

    async def load(self, model: ModelInfo, library: Library) -> None:
        """As `Engine.load`; the first is painted with once, so that nobody waits for the tracing.

        What was being loaded for who no longer waits is loaded to its end before.
        """
        loop = asyncio.get_running_loop()
        await loop.run_in_executor(self._thread, self._load, model, library)

    def _load(self, model: ModelInfo, library: Library) -> None:
        self._pipeline = None  # it may have to be let go
        self._pipeline = self._loaded.use(model, partial(estimated_bytes, model, self.dtype))
        self._pipeline.library = library
        if not self._is_warm:
            num_steps = int(model.generation.steps.min)
            self._pipeline(model.make_recipe("", num_steps=num_steps, dtype=self.dtype))
            self._is_warm = True

    def _read(self, model: ModelInfo) -> Pipeline:
        return diffusion.load(model, self.dtype)

    async def paint(self, order: Order, source: bytes | None, on_step: OnStep) -> list[bytes]:
        """As `Engine.paint`."""
        loop = asyncio.get_running_loop()
        stop = threading.Event()
        image = await asyncio.to_thread(open_image, source) if source else None

        def report(step: Step) -> None:
            if stop.is_set():
                raise _Stopped
            loop.call_soon_threadsafe(tell, step)

        def tell(step: Step) -> None:
            if not stop.is_set():
                on_step(step.done, step.num_calls)

        def paint() -> list[Image.Image]:
            if stop.is_set():
                raise _Stopped
            assert self._pipeline is not None
            # An order that waited over a restart may be of another dtype.
            recipes = [recipe.with_dtype(self.dtype) for recipe in order.recipes]
            return self._pipeline.paint(recipes, image=image, on_step=report)

        try:
            images = await loop.run_in_executor(self._thread, paint)
        except asyncio.CancelledError:
            stop.set()
            raise
        except MemoryError as error:
            raise OutOfMemory(str(error)) from error
        return await asyncio.to_thread(_encoded, images, order.scale)


def _import_core() -> str:
    """Returns the dtype that the machine is fastest in."""
    import diffusion.runtime  # noqa: F401 - first, for it chooses the backend of Keras
    from diffusion.checkpoints import loading  # noqa: F401
    from diffusion.devices import fastest_dtype

    return fastest_dtype()


def _let_go() -> None:
    from diffusion.runtime import let_go

    let_go()


def _encoded(images: list[Image.Image], scale: int) -> list[bytes]:
    """PNG bytes; a picture that was enlarged is not what its recipe paints, and carries none."""
    if scale > 1:
        images = [enlarge(image, scale) for image in images]
    return [encode_png(image) for image in images]
