"""Which files of a component hold its weights; nothing here needs TensorFlow."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from pathlib import Path

from diffusion.errors import ModelError

# A component's file, whole or the index of its shards, with or without a variant:
# model.safetensors, model.fp16.safetensors, model.safetensors.index.fp16.json, …
_VARIANT = r"(?:\.(?P<variant>[\w-]+))?"
_SAFE = (
    re.compile(rf"(?:diffusion_pytorch_model|model)\.safetensors\.index{_VARIANT}\.json"),
    re.compile(rf"(?:diffusion_pytorch_model|model){_VARIANT}\.safetensors"),
)
# What `torch.save` wrote: pytorch_model.bin, diffusion_pytorch_model.fp16.bin, …
_PICKLED = (
    re.compile(rf"(?:diffusion_)?pytorch_model\.bin\.index{_VARIANT}\.json"),
    re.compile(rf"(?:diffusion_)?pytorch_model{_VARIANT}\.bin"),
)
_SHARD = re.compile(r"\d+-of-\d+")
_PREFERRED = ("", "fp16", "bf16")  # then all others, such as non_ema, by name


def weight_files(folder: Path) -> tuple[Path, ...]:
    """The files of a component's weights: one, or its shards.

    Of several variants the plain one is taken, then fp16, bf16, and any other. Raises `ModelError`
    where there is none, or an index names files that are not there.
    """
    found = variants(file.name for file in folder.glob("*"))
    if not found:
        allowed = ".safetensors or .bin files, or their index"
        raise ModelError(f"{folder} holds no weights; allowed: {allowed}")
    file = folder / found[preferred(found, _PREFERRED)]
    return _shards(file) if file.suffix == ".json" else (file,)


def variants(names: Iterable[str]) -> dict[str, str]:
    """Of a component's files, that of each variant; a whole one comes before an index.

    The plain variant is called "". Pickled files (.bin) are taken where there is no safetensors.
    """
    ordered = sorted(names)
    return _fitting(ordered, _SAFE) or _fitting(ordered, _PICKLED)


def _fitting(ordered: Sequence[str], patterns: Iterable[re.Pattern[str]]) -> dict[str, str]:
    """Each variant's file, by the last pattern that one fits."""
    found: dict[str, str] = {}
    for pattern in patterns:
        for name in ordered:
            match = pattern.fullmatch(name)
            if match and not _SHARD.search(match["variant"] or ""):
                found[match["variant"] or ""] = name
    return found


def preferred(found: Iterable[str], order: Sequence[str]) -> str:
    """The variant that comes first in `order`; of those that it does not name, by name."""
    ranks = {name: rank for rank, name in enumerate(order)}
    return min(found, key=lambda name: (ranks.get(name, len(ranks)), name))


def _shards(index: Path) -> tuple[Path, ...]:
    try:
        names = set(json.loads(index.read_text("utf-8"))["weight_map"].values())
        files = tuple(index.parent / Path(name).name for name in sorted(names))
    except (OSError, ValueError, LookupError, AttributeError, TypeError) as error:
        raise ModelError(f"{index} is no index of shards: {error!r}") from error
    if missing := [file.name for file in files if not file.exists()]:
        raise ModelError(f"{index} names files that are not there: {', '.join(missing)}")
    return files
