"""The adapters that a person keeps beside their models, by name and by content."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path

from diffusion.adapters.tags import lora_tags
from diffusion.digest import digest, is_known
from diffusion.errors import ModelError, RecipeError
from diffusion.recipe import LoRA

_SUFFIXES = (".safetensors", ".pt", ".ckpt", ".bin")
_MOST_LISTED = 20


@dataclass(frozen=True)
class Adapter:
    """A file that changes a model; `name` is what a prompt calls it."""

    name: str
    path: Path

    @property
    def hash(self) -> str:
        """SHA-256 of the file as it is now, read when first asked for. Raises `ModelError`."""
        return digest(self.path)


class Shelf(Mapping[str, Adapter]):
    """Adapters of one kind by name, looked up in any case of letters."""

    def __init__(self, adapters: Iterable[Adapter] = ()) -> None:
        self._adapters = {adapter.name.casefold(): adapter for adapter in adapters}

    @classmethod
    def read(cls, folder: Path) -> Shelf:
        """The files of a folder and the folders in it; their names are without the suffix.

        What is hidden is left out. Two files of one name leave open which is meant: `ModelError`.
        """
        adapters: dict[str, Adapter] = {}
        for path in sorted(folder.rglob("*")):
            is_hidden = any(part.startswith(".") for part in path.relative_to(folder).parts)
            if is_hidden or path.suffix.lower() not in _SUFFIXES or not path.is_file():
                continue
            other = adapters.setdefault(path.stem.casefold(), Adapter(path.stem, path))
            if other.path != path:
                raise ModelError(f"{other.path} and {path} have the same name; allowed: one of it")
        return cls(adapters.values())

    def __getitem__(self, name: str) -> Adapter:
        return self._adapters[name.casefold()]

    def __iter__(self) -> Iterator[str]:
        return (adapter.name for adapter in self._adapters.values())

    def __len__(self) -> int:
        return len(self._adapters)


@dataclass(frozen=True)
class Library:
    """LoRAs and embeddings by the names that prompts use; empty unless it is read."""

    loras: Mapping[str, Adapter] = field(default_factory=Shelf)
    embeddings: Mapping[str, Adapter] = field(default_factory=Shelf)

    @classmethod
    def read(cls, folder: str | Path) -> Library:
        """What is under `loras` and `embeddings` in a folder; nothing where these are not there.

        No file is opened. Raises `ModelError` where two have the same name.
        """
        return cls(*(Shelf.read(Path(folder) / kind) for kind in ("loras", "embeddings")))

    def find(self, hash: str) -> Path | None:
        """The file of this SHA-256, if there is one.

        Files are read until it is found, each once: those first whose hash is already known.
        """
        adapters = [*self.loras.values(), *self.embeddings.values()]
        adapters.sort(key=lambda adapter: not is_known(adapter.path))
        return next((each.path for each in adapters if _has(each, hash)), None)

    def named_loras(self, prompt: str) -> tuple[LoRA, ...]:
        """What the tags of a prompt name; the weights of one that is named again are added up.

        Raises `RecipeError` on a name that is not here, and on a weight that is none.
        """
        weights: dict[str, float] = {}
        for name, weight in lora_tags(prompt):
            if name not in self.loras:
                allowed = offer(name, tuple(self.loras))
                raise RecipeError("lora", received=name, allowed=allowed)
            hash = self.loras[name].hash
            weights[hash] = weights.get(hash, 0.0) + weight
        return tuple(LoRA(hash=hash, weight=weight) for hash, weight in weights.items())

    def lora_file(self, lora: LoRA) -> Path:
        """Where a recipe's LoRA is. Raises `RecipeError` where it is not here."""
        path = self.find(lora.hash)
        if path is None:
            allowed = f"the SHA-256 of one that is here: {_listed(tuple(self.loras))}"
            raise RecipeError("lora", received=lora.hash[:10], allowed=allowed)
        return path


EMPTY = Library()


def _has(adapter: Adapter, hash: str) -> bool:
    try:
        return adapter.hash == hash
    except ModelError:  # it is gone
        return False


def offer(name: str, names: tuple[str, ...]) -> str:
    """What is allowed where nothing is called `name`: the nearest, where one is near, and all."""
    spelled = {known.casefold(): known for known in names}
    nearest = get_close_matches(name.casefold(), spelled, n=1)
    return (f"{spelled[nearest[0]]} (the nearest), or one of " if nearest else "") + _listed(names)


def _listed(names: tuple[str, ...]) -> str:
    more = len(names) - _MOST_LISTED
    listed = ", ".join(names[:_MOST_LISTED]) or "none, for there is none"
    return f"{listed} and {more} more" if more > 0 else listed
