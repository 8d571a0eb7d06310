"""Finding the models and adapters that have come, changed or gone."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from diffusion.adapters.library import EMPTY, Adapter, Library, Shelf
from diffusion.errors import ModelError
from diffusion.info import ModelInfo
from sdbot.errors import ModelHidden
from sdbot.service.weights import States, candidates, files_of, free_name, states_of

LOOK_SECONDS = 10.0
"""From one look to the next. What was changed since the last one may still be written."""


@dataclass(frozen=True)
class _Known:
    """A model as it was read, or None where it is hidden; `states` are those of its files then."""

    states: States
    info: ModelInfo | None


class Discovery:
    """Looks at files; what that takes is no work for an event loop.

    Models are the `named` ones or, where none are, whatever lies in `folder`. The `default` one is
    always among them, as it was read at first. `hide` is told once of what cannot be read.
    """

    def __init__(
        self,
        default: ModelInfo,
        folder: Path,
        named: Mapping[str, Path],
        hide: Callable[[ModelHidden], None],
    ) -> None:
        self._default = default
        self._folder = folder
        self._named = named
        self._hide = hide
        self._seen: dict[Path, States] = {}
        self._known: dict[Path, _Known] = {}
        self._library = EMPTY
        self._library_fault = ""

    def models(self) -> dict[str, ModelInfo]:
        """Those that can be read, by name, the default first."""
        paths = dict(self._named or candidates(self._folder))
        default = self._default.path.resolve()
        own = next((name for name, path in paths.items() if path.resolve() == default), None)
        if own is not None:
            del paths[own]
        models = {own or free_name(default, paths): self._default}
        for name, path in paths.items():
            if model := self._model(name, path):
                models[name] = model
        return models

    def library(self) -> Library:
        """The adapters, their files read for their hashes; as it was where two have one name."""
        try:
            library = Library.read(self._folder)
        except ModelError as error:
            if str(error) != self._library_fault:
                self._hide(ModelHidden(str(error)))
            self._library_fault = str(error)
            return self._library
        kinds = (library.loras, library.embeddings)
        ready = (Shelf(filter(self._is_ready, kind.values())) for kind in kinds)
        self._library = Library(*ready)
        return self._library

    def leave_out(self, name: str, model: ModelInfo, error: Exception) -> None:
        """Hide a model that cannot be used, until its files change."""
        states = states_of({*files_of(model.path), *model.content.values()})
        self._known[model.path] = _Known(states, None)
        self._hide(ModelHidden(f"{name}: {error}"))

    def _model(self, name: str, path: Path) -> ModelInfo | None:
        known = self._known.get(path)
        content = known.info.content.values() if known and known.info else ()
        states = states_of({*files_of(path), *content})
        if known and known.states == states:
            return known.info
        if not self._is_settled(path, states):
            return None
        try:
            info = ModelInfo.read(path)
        except Exception as error:  # whatever a file that is none of ours leads to
            self._known[path] = _Known(states, None)
            self._hide(ModelHidden(f"{name}: {error}"))
            return None
        states = states_of({*files_of(path), *info.content.values()})
        self._known[path] = _Known(states, info)
        return info

    def _is_ready(self, adapter: Adapter) -> bool:
        """Whether its hash is known without reading from now on."""
        if not self._is_settled(adapter.path, states_of([adapter.path])):
            return False
        try:
            return bool(adapter.hash)
        except ModelError:  # it is gone
            return False

    def _is_settled(self, path: Path, states: States) -> bool:
        """Whether nothing is being written: twice the same, or not changed for a while."""
        before, self._seen[path] = self._seen.get(path), states
        newest = max((changed_at for _file, _size, changed_at in states), default=0)
        return states == before or newest < time.time_ns() - LOOK_SECONDS * 1e9
