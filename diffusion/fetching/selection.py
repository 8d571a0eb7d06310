"""Which of a repository's files a model needs."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace

from diffusion.checkpoints.files import preferred, variants
from diffusion.checkpoints.folder import (
    CONFIG_FILES,
    INDEX,
    TEXT_ENCODER,
    TOKENIZER_FILES,
    UNET,
    VAE,
)
from diffusion.config import GENERATION
from diffusion.errors import FetchError
from diffusion.fetching.sources import RemoteFile, Source

PLAIN = "plain"  # how a person calls the variant that has no name
_WANTED = ("fp16", "")  # half the size comes first
_SAFE = ".safetensors"
_SHARD = re.compile(r"\w+(?:\.(?P<first>\w+))?-\d+-of-\d+(?:\.(?P<last>\w+))?\.\w+")
# What weights and adapters come as.
SUFFIXES = (_SAFE, ".ckpt", ".pt", ".pth", ".bin", ".h5")
# Without these there is no model; a generation.json of ours may come with them.
SETTINGS = (INDEX, *CONFIG_FILES, *(f"tokenizer/{name}" for name in TOKENIZER_FILES))
_MOST_LISTED = 20


def is_model_folder(source: Source) -> bool:
    """Whether it is a model in the layout of the diffusers library."""
    return any(file.path == INDEX for file in source.files)


def model_files(source: Source, variant: str | None) -> Source:
    """The settings and, of each network, one variant's weights; None takes fp16 if there is one.

    Raises `FetchError` where there is no such variant, or no model is complete.
    """
    files = {file.path: file for file in source.files}
    if lacking := [path for path in SETTINGS if path not in files]:
        raise FetchError(f"{source.name} lacks {', '.join(lacking)}")
    chosen = [*SETTINGS, *([GENERATION] if GENERATION in files else [])]
    for part in (TEXT_ENCODER, UNET, VAE):
        chosen += (f"{part}/{name}" for name in _weights(source.name, files, part, variant))
    return replace(source, files=tuple(files[path] for path in chosen))


def _weights(
    name: str, files: Mapping[str, RemoteFile], part: str, variant: str | None
) -> Iterator[str]:
    """File names of a network's weights; of sharded ones, the index and all of its variant."""
    names = [file.name for path, file in files.items() if path == f"{part}/{file.name}"]
    found = variants(names)
    if not found:
        raise FetchError(f"{name} holds no weights in {part} that we read")
    wanted = "" if variant == PLAIN else variant
    if wanted is None:
        wanted = preferred(found, _WANTED)
    if wanted not in found:
        allowed = ", ".join(each or PLAIN for each in sorted(found))
        raise FetchError(f"{name}: {part} has no variant {variant!r}; allowed: {allowed}")
    yield found[wanted]
    if found[wanted].endswith(".json"):
        suffix = _SAFE if _SAFE in found[wanted] else ".bin"
        for shard in filter(None, map(_SHARD.fullmatch, names)):
            if (shard["first"] or shard["last"] or "") == wanted and shard[0].endswith(suffix):
                yield shard[0]


def single_file(source: Source, path: str | None) -> Source:
    """One file: the one at `path`, or the only .safetensors. Raises `FetchError` with a list."""
    if path is not None:
        found = [file for file in source.files if file.path == path]
    else:
        found = [file for file in source.files if file.path.endswith(_SAFE)]
    if len(found) != 1:
        wanted = f"no {path}" if path else f"{len(found) or 'no'} {_SAFE} files"
        raise FetchError(f"{source.name} has {wanted}. Ask for one by its address: {_list(source)}")
    if not found[0].path.endswith(SUFFIXES):
        raise FetchError(f"{found[0].path} holds no weights; allowed: {', '.join(SUFFIXES)}")
    return replace(source, files=tuple(found))


def _list(source: Source) -> str:
    files = [file for file in source.files if file.path.endswith(SUFFIXES)]
    listed = [f"{source.page}/blob/{source.state}/{file.path}" for file in files[:_MOST_LISTED]]
    more = [f"and {len(files) - _MOST_LISTED} more"] if len(files) > _MOST_LISTED else []
    return ", ".join([*listed, *more]) or "none of its files holds weights"
