"""Which files of a component hold its weights; nothing here needs TensorFlow."""

from __future__ import annotations

import json
import re
from pathlib import Path

from diffusion.errors import ModelError

# A component's file, whole or the index of its shards, with or without a variant:
# model.safetensors, model.fp16.safetensors, model.safetensors.index.fp16.json, …
_WHOLE = re.compile(r"(?:diffusion_pytorch_model|model)(?:\.(?P<variant>[\w-]+))?\.safetensors")
_INDEX = re.compile(
    r"(?:diffusion_pytorch_model|model)\.safetensors\.index(?:\.(?P<variant>[\w-]+))?\.json"
)
_SHARD = re.compile(r"\d+-of-\d+")
_PREFERRED = ("", "fp16", "bf16")  # then all others, such as non_ema, by name


def weight_files(folder: Path) -> tuple[Path, ...]:
    """The safetensors files of a component: one, or its shards.

    Of several variants the plain one is taken, then fp16, bf16, and any other. Raises `ModelError`
    where there is none, or an index names files that are not there.
    """
    found = _variants(folder)
    if not found:
        raise ModelError(f"{folder} holds no weights; allowed: .safetensors files, or their index")
    chosen = min(found, key=lambda name: (name not in _PREFERRED, _rank(name), name))
    file = found[chosen]
    return _shards(file) if file.suffix == ".json" else (file,)


def _rank(variant: str) -> int:
    return _PREFERRED.index(variant) if variant in _PREFERRED else 0


def _variants(folder: Path) -> dict[str, Path]:
    """Each variant's file; a whole one comes before an index."""
    found: dict[str, Path] = {}
    for pattern in (_INDEX, _WHOLE):
        for file in sorted(folder.glob("*")):
            match = pattern.fullmatch(file.name)
            if match and not _SHARD.search(match["variant"] or ""):
                found[match["variant"] or ""] = file
    return found


def _shards(index: Path) -> tuple[Path, ...]:
    try:
        names = set(json.loads(index.read_text("utf-8"))["weight_map"].values())
        files = tuple(index.parent / Path(name).name for name in sorted(names))
    except (OSError, ValueError, LookupError, AttributeError, TypeError) as error:
        raise ModelError(f"{index} is no index of shards: {error!r}") from error
    if missing := [file.name for file in files if not file.exists()]:
        raise ModelError(f"{index} names files that are not there: {', '.join(missing)}")
    return files
