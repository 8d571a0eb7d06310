"""Models that are kept in memory."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable
from dataclasses import dataclass
from math import prod
from pathlib import Path
from typing import TYPE_CHECKING

from diffusion.info import ModelInfo

if TYPE_CHECKING:
    from diffusion.pipeline import Pipeline

_log = logging.getLogger(__name__)

MIB = 2**20
# Of a number of each dtype.
_NUM_BYTES = {"float32": 4, "bfloat16": 2, "float16": 2}
_MEMORY = Path("/proc/self/statm")


@dataclass(frozen=True)
class _Kept:
    pipeline: Pipeline
    num_bytes: int


class LoadedModels:
    """Pipelines by their models' content hashes, within `max_bytes`.

    The least recently used are let go before one is loaded for which there is no room. One that is
    larger than all of it is loaded alone. `load` makes a pipeline, `let_go` frees what is referred
    to no more. Call it on one thread.
    """

    def __init__(
        self, max_bytes: int, load: Callable[[ModelInfo], Pipeline], let_go: Callable[[], None]
    ) -> None:
        self._max_bytes = max_bytes
        self._load = load
        self._let_go = let_go
        self._kept: dict[str, _Kept] = {}  # the least recently used first
        self._too_large: set[str] = set()

    def __contains__(self, model: ModelInfo) -> bool:
        return model.content_hash in self._kept

    def use(self, model: ModelInfo, estimate: Callable[[], int]) -> Pipeline:
        """A model's pipeline, loaded where it was not; `estimate` of its bytes is made then alone.

        Raises what the two raise; what was let go for it stays so.
        """
        key = model.content_hash
        if key not in self._kept:
            num_bytes = estimate()
            self._make_room(model, num_bytes)
            self._kept[key] = self._loaded(model, num_bytes)
        kept = self._kept[key] = self._kept.pop(key)
        return kept.pipeline

    def _make_room(self, model: ModelInfo, estimate: int) -> None:
        if estimate > self._max_bytes and model.content_hash not in self._too_large:
            self._too_large.add(model.content_hash)
            text = "%s takes %d MiB, more than MODEL_MEMORY_MB (%d), and is loaded alone"
            _log.warning(text, model.path, estimate // MIB, self._max_bytes // MIB)
        num_kept = len(self._kept)
        while self._kept and self._num_bytes + estimate > self._max_bytes:
            del self._kept[next(iter(self._kept))]
        if num_dropped := num_kept - len(self._kept):
            before = resident_bytes()
            self._let_go()
            freed = (before - resident_bytes()) // MIB
            _log.info("models let go: %d, which freed %d MiB", num_dropped, freed)

    def _loaded(self, model: ModelInfo, estimate: int) -> _Kept:
        before = resident_bytes()
        try:
            pipeline = self._load(model)
        except BaseException:
            self._let_go()
            raise
        grown = resident_bytes() - before
        text = "model loaded: %s, estimated %d MiB, measured %d MiB"
        _log.info(text, model.path, estimate // MIB, grown // MIB)
        return _Kept(pipeline, max(estimate, grown))

    @property
    def _num_bytes(self) -> int:
        return sum(kept.num_bytes for kept in self._kept.values())


def estimated_bytes(model: ModelInfo, dtype: str) -> int:
    """What a model's numbers take in memory, by the shapes in its files. Raises `ModelError`."""
    shapes = [tensor.shape for part in model.weights.values() for tensor in part.tensors().values()]
    return sum(map(prod, shapes)) * _NUM_BYTES[dtype]


def resident_bytes() -> int:
    """The memory of this process; 0 where the system does not say."""
    try:
        return int(_MEMORY.read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except OSError:
        return 0
