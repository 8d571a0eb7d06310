"""The models and LoRAs that members may choose."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from diffusion.adapters.library import EMPTY, Library, offer
from diffusion.digest import State, known, remember
from diffusion.info import ModelInfo
from sdbot.errors import BadInput, ModelGone, ModelHidden
from sdbot.service import discovery
from sdbot.service.discovery import Discovery
from sdbot.service.events import Event, Kind, Tell, log
from sdbot.store import Store

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Offer:
    """What there is at a moment: models by name, the default first, and what prompts may name."""

    models: Mapping[str, ModelInfo]
    library: Library = EMPTY

    def of(self, content_hash: str) -> ModelInfo | None:
        """The model that a recipe names, if it is here."""
        name = self.name_of(content_hash)
        return self.models[name] if name else None

    def name_of(self, content_hash: str) -> str:
        """What members call a model; nothing where it is not here."""
        models = self.models.items()
        return next((name for name, model in models if model.content_hash == content_hash), "")


class Models:
    """Keeps an `Offer` up to date; `now` is answered from memory.

    A model is offered once its content hash is known, which is kept in the store: gigabytes are
    read for it. Call nothing but `ready` before that has returned.
    """

    def __init__(
        self,
        default: ModelInfo,
        folder: Path,
        named: Mapping[str, Path],
        store: Store,
        tell: Tell = log,
    ) -> None:
        self.default = default
        self.readable: Mapping[str, ModelInfo] = {}
        """As `Offer.models`, with those whose hash is not known yet."""
        self.now = Offer({})
        self._store = store
        self._tell = tell
        self._discovery = Discovery(default, folder, named, self._hidden)
        self._kept: Mapping[State, str] = {}
        self._loop = asyncio.get_running_loop()
        self._has_looked = asyncio.Event()

    async def __aenter__(self) -> Self:
        self._kept = await self._store.digests()
        remember(self._kept)
        self.readable = await asyncio.to_thread(self._discovery.models)
        self._hashing = asyncio.create_task(self._hash(self.default))
        self._watching = asyncio.create_task(self._watch())
        return self

    async def __aexit__(self, *_error: object) -> None:
        for task in (self._watching, self._hashing):
            task.cancel()
            with suppress(asyncio.CancelledError, Exception):
                await task

    async def ready(self) -> None:
        """Wait until the default model can be asked for. Raises `ModelError` where it is gone."""
        await self._hashing
        if not self.now.models:
            name = next(iter(self.readable))
            self.now = Offer({name: self.default})

    def named(self, name: str | None) -> ModelInfo:
        """The model of a name, or the default. Raises `BadInput` with the nearest names."""
        if name is None:
            return self.default
        names = {each.casefold(): each for each in self.now.models}
        if name.strip().casefold() not in names:
            raise BadInput("model", name, offer(name, tuple(self.now.models)))
        return self.now.models[names[name.strip().casefold()]]

    async def find(self, content_hash: str) -> ModelInfo:
        """As `Offer.of`, once all that was there at the start was looked at. Raises `ModelGone`."""
        if self.now.of(content_hash) is None:
            await self._has_looked.wait()
        if model := self.now.of(content_hash):
            return model
        raise ModelGone

    def hide(self, model: ModelInfo, error: Exception) -> None:
        """Offer a model no more, for it cannot be loaded; the default one stays."""
        name = self.now.name_of(model.content_hash)
        self._discovery.leave_out(name, model, error)
        if model is not self.default:
            models = {name: one for name, one in self.now.models.items() if one is not model}
            self.now = Offer(models, self.now.library)

    async def _watch(self) -> None:
        await self.ready()
        while True:
            try:
                await self._look()
            except Exception:
                _log.exception("the weights could not be looked at")
            self._has_looked.set()
            await asyncio.sleep(discovery.LOOK_SECONDS)

    async def _look(self) -> None:
        self.readable = await asyncio.to_thread(self._discovery.models)
        self._offer(self.now.models)
        library = await asyncio.to_thread(self._discovery.library)
        self.now = Offer(self.now.models, library)
        await self._keep_digests()
        for name, model in self.readable.items():
            if self.now.models.get(name) is not model and await self._is_hashed(name, model):
                self._offer({**self.now.models, name: model})
                _log.info("members may choose the model %s", name)

    def _offer(self, models: Mapping[str, ModelInfo]) -> None:
        """Those of `models` that are still readable, in the order of these."""
        still = {name: one for name, one in self.readable.items() if models.get(name) is one}
        self.now = Offer(still, self.now.library)

    async def _is_hashed(self, name: str, model: ModelInfo) -> bool:
        try:
            await self._hash(model)
        except Exception as error:
            self._discovery.leave_out(name, model, error)
            return False
        return True

    async def _hash(self, model: ModelInfo) -> None:
        await asyncio.to_thread(getattr, model, "content_hash")
        await self._keep_digests()

    async def _keep_digests(self) -> None:
        new = {state: digest for state, digest in known().items() if state not in self._kept}
        if new:
            await self._store.keep_digests(new)
            self._kept = {**self._kept, **new}

    def _hidden(self, fault: ModelHidden) -> None:
        """Called on whichever thread looks."""
        self._loop.call_soon_threadsafe(self._tell, Event(Kind.MODEL_HIDDEN, error=fault))
