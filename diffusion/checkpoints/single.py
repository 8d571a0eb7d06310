"""Models in one file, as CompVis's latent diffusion saved them; nothing here needs TensorFlow."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from diffusion.checkpoints import ldm, vae_file
from diffusion.checkpoints.containers import metadata_in, tensors_in
from diffusion.checkpoints.families import check_family
from diffusion.checkpoints.folder import TEXT_ENCODER, UNET, VAE
from diffusion.checkpoints.ldm import Tensors
from diffusion.checkpoints.presets import (
    SCHEDULER,
    TOKENIZER,
    Part,
    assumptions,
    check_vocabulary,
    settings_of,
)
from diffusion.checkpoints.shapes import Settings, Shapes, text_encoder_settings, unet_settings
from diffusion.checkpoints.sidecar import Sidecar
from diffusion.checkpoints.tensors import StoredTensor
from diffusion.errors import ModelError
from diffusion.info import ModelInfo

# What a model predicts, where Stability AI's specification has another word for it.
_PREDICTIONS = {"v": "v_prediction"}


@dataclass(frozen=True)
class UNetWeights:
    """A UNet's tensors in a whole checkpoint: those that were trained, or their average."""

    files: tuple[Path, ...]
    averaged: bool

    def tensors(self) -> dict[str, StoredTensor]:
        """As `Weights.tensors`."""
        return ldm.unet_tensors(tensors_in(self.files[0]), averaged=self.averaged)


@dataclass(frozen=True)
class TextEncoderWeights:
    """A text encoder's tensors in a whole checkpoint."""

    files: tuple[Path, ...]

    def tensors(self) -> dict[str, StoredTensor]:
        """As `Weights.tensors`."""
        return ldm.text_encoder_tensors(tensors_in(self.files[0]))


def read_single(path: Path) -> ModelInfo:
    """A model in one file, with what the JSON beside it says.

    Raises `ModelError` where it is not a Stable Diffusion 1.x.
    """
    tensors = tensors_in(path)
    sidecar = Sidecar.read(path)
    check_family(path, tensors, needs_vae=sidecar.vae is None)
    is_chosen = sidecar.averaged and bool(ldm.under(tensors, ldm.UNET))
    averaged = _is_averaged(path, tensors, sidecar)
    vae = sidecar.vae or path
    parts = _parts(path, tensors, vae, sidecar, averaged=averaged)
    text_encoder = parts[TEXT_ENCODER].config(path)
    check_vocabulary(path, text_encoder.vocab_size)
    generation = sidecar.generation
    return ModelInfo(
        path=path,
        tokenizer_path=TOKENIZER,
        offer_path=sidecar.path,
        text_encoder=text_encoder,
        unet=parts[UNET].config(path),
        vae=parts[VAE].config(path),
        scheduler=parts[SCHEDULER].config(path),
        generation=replace(generation, title=generation.title or path.stem),
        weights={
            TEXT_ENCODER: TextEncoderWeights((path,)),
            UNET: UNetWeights((path,), averaged),
            VAE: vae_file.VAEWeights((vae,)),
        },
        content={"checkpoint": path} | ({vae_file.CONTENT: vae} if sidecar.vae else {}),
        settings=settings_of(parts.values(), ema=is_chosen),
        assumed=tuple(_assumptions(parts.values(), tensors, sidecar)),
    )


def _parts(
    path: Path, tensors: Tensors, vae: Path, sidecar: Sidecar, *, averaged: bool
) -> dict[str, Part]:
    text_encoder = Shapes(path, ldm.text_encoder_tensors(tensors))
    unet = Shapes(path, ldm.unet_tensors(tensors, averaged=averaged))
    said = {
        TEXT_ENCODER: text_encoder_settings(text_encoder),
        UNET: unet_settings(unet),
        VAE: vae_file.settings_in(vae),
        SCHEDULER: _stated(path),
    }
    return {
        name: Part(name, settings, sidecar.config.get(name, {})) for name, settings in said.items()
    }


def _stated(path: Path) -> Settings:
    """What the file says of itself. Source: Stability-AI/ModelSpec, `modelspec.prediction_type`."""
    stated = metadata_in(path).get("modelspec.prediction_type")
    return {"prediction_type": _PREDICTIONS.get(stated, stated)} if stated else {}


def _is_averaged(path: Path, tensors: Tensors, sidecar: Sidecar) -> bool:
    """Whether the average is taken: where a person asks for it, or the file has nothing else."""
    if sidecar.averaged and not ldm.under(tensors, ldm.AVERAGED):
        allowed = f"false, for {path.name} has no running average of its weights"
        raise ModelError(f"{sidecar.path}: ema is True; allowed: {allowed}")
    return sidecar.averaged or not ldm.under(tensors, ldm.UNET)


def _assumptions(parts: Iterable[Part], tensors: Tensors, sidecar: Sidecar) -> Iterator[str]:
    yield from assumptions(parts)
    if not ldm.under(tensors, ldm.UNET):
        yield f"{UNET}: the running average of its weights, for no others are there"
    elif ldm.under(tensors, ldm.AVERAGED) and not sidecar.averaged:
        yield f"{UNET}: its weights as trained; their running average, there too, is for ema = true"
    if not sidecar.path.exists():
        yield f"{sidecar.path.name}: all of it, by the preset for Stable Diffusion 1.x"
