"""Models in the folder layout of the diffusers library; nothing here needs TensorFlow."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from diffusion.checkpoints.files import weight_files
from diffusion.checkpoints.names import current_name
from diffusion.checkpoints.origin import stated_licence
from diffusion.checkpoints.tensors import StoredTensor, stored_tensors
from diffusion.config import (
    GENERATION,
    Generation,
    SchedulerConfig,
    TextEncoderConfig,
    UNetConfig,
    VAEConfig,
    assumed_settings,
    read_config,
    read_generation,
    read_json,
)
from diffusion.errors import ModelError
from diffusion.info import ModelInfo
from diffusion.schedulers import FROM_DIFFUSERS

INDEX, FAMILY = "model_index.json", "StableDiffusionPipeline"
TEXT_ENCODER, UNET, VAE = "text_encoder", "unet", "vae"
CONFIG, SCHEDULER_CONFIG = "config.json", "scheduler/scheduler_config.json"

# The files with settings, and what each is read as.
CONFIG_FILES: Mapping[str, type] = {
    f"{TEXT_ENCODER}/{CONFIG}": TextEncoderConfig,
    f"{UNET}/{CONFIG}": UNetConfig,
    f"{VAE}/{CONFIG}": VAEConfig,
    SCHEDULER_CONFIG: SchedulerConfig,
}
TOKENIZER_FILES = ("vocab.json", "merges.txt", "tokenizer_config.json")


@dataclass(frozen=True)
class FolderWeights:
    """A network's files, with the names that diffusers and transformers gave."""

    files: tuple[Path, ...]

    def tensors(self) -> dict[str, StoredTensor]:
        """As `Weights.tensors`."""
        return stored_tensors(self.files, current_name)


def read_folder(path: Path) -> ModelInfo:
    """Raises `ModelError` where it is not a Stable Diffusion 1.x."""
    _check_family(path)
    scheduler = read_config(SchedulerConfig, path / SCHEDULER_CONFIG)
    weights = {part: weight_files(path / part) for part in (TEXT_ENCODER, UNET, VAE)}
    return ModelInfo(
        path=path,
        tokenizer_path=path / "tokenizer",
        offer_path=path / GENERATION,
        text_encoder=read_config(TextEncoderConfig, path / TEXT_ENCODER / CONFIG),
        unet=read_config(UNetConfig, path / UNET / CONFIG),
        vae=read_config(VAEConfig, path / VAE / CONFIG),
        # As the diffusers library has it for this family, whatever the file says.
        scheduler=replace(scheduler, steps_offset=1),
        generation=_read_offer(path),
        weights={part: FolderWeights(files) for part, files in weights.items()},
        content=_content(path, weights),
        assumed=tuple(_assumptions(path)),
    )


def check_settings(path: Path) -> None:
    """Raise `ModelError` where the settings are of another model; weights need not be there."""
    _check_family(path)
    for file, kind in CONFIG_FILES.items():
        read_config(kind, path / file)


def _check_family(path: Path) -> None:
    family = read_json(path / INDEX).get("_class_name")
    if family != FAMILY:
        raise ModelError(f"{path} is a {family}; allowed: {FAMILY}")


def _read_offer(path: Path) -> Generation:
    """What the model offers; where it does not say, its own scheduler with the family's preset."""
    if (path / GENERATION).exists():
        return read_generation(path / GENERATION)
    named = read_json(path / SCHEDULER_CONFIG).get("_class_name", "")
    scheduler = FROM_DIFFUSERS.get(named, Generation.scheduler)
    return Generation(scheduler=scheduler, licence=stated_licence(path))


def _content(path: Path, weights: Mapping[str, tuple[Path, ...]]) -> dict[str, Path]:
    files = [path / file for file in CONFIG_FILES]
    files += [path / "tokenizer" / name for name in TOKENIZER_FILES]
    files += [file for part in weights.values() for file in part]
    return {file.relative_to(path).as_posix(): file for file in files}


def _assumptions(path: Path) -> Iterator[str]:
    for file, kind in CONFIG_FILES.items():
        for name, value in assumed_settings(kind, path / file).items():
            yield f"{file}: {name} = {value!r}"
    if not (path / GENERATION).exists():
        yield f"{GENERATION}: all of it, by the preset for Stable Diffusion 1.x"
