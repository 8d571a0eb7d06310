"""Checkpoints in the layout of CompVis's latent diffusion: all networks' tensors in one file."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from diffusion.checkpoints.ldm_names import dotted, unet_names, vae_names
from diffusion.checkpoints.names import current_name
from diffusion.checkpoints.tensors import StoredTensor

UNET, AVERAGED = "model.diffusion_model.", "model_ema.diffusion_model"
VAE, TEXT_ENCODER = "first_stage_model.", "cond_stage_model.transformer."

Tensors = Mapping[str, StoredTensor]

# What a training leaves beside the weights of the networks.
_NO_WEIGHT = re.compile(
    r"betas|logvar|lvlb_weights|posterior_\w+|alphas_cumprod(?:_prev)?|model_ema\..+"
    r"|(?:sqrt|sqrt_recip|sqrt_recipm1|sqrt_one_minus|log_one_minus)_alphas_cumprod"
    r"|cond_stage_model\.(?:transformer\.)?(?:logit_scale|text_projection(?:\.weight)?)"
)
_NO_WEIGHT_OF_A_VAE = re.compile(r"(?:loss|model_ema)\..+")


@dataclass(frozen=True)
class Matrix:
    """A `StoredTensor` of a 1 x 1 convolution, (out, in, 1, 1), as a linear map, (out, in)."""

    convolution: StoredTensor

    @property
    def shape(self) -> tuple[int, ...]:
        return self.convolution.shape[:2]

    @property
    def dtype(self) -> str:
        return self.convolution.dtype

    def read(self) -> np.ndarray:
        return self.convolution.read().reshape(self.shape)


def under(tensors: Tensors, prefix: str) -> dict[str, StoredTensor]:
    """Those whose names begin so, by the rest of their names."""
    return {
        name.removeprefix(prefix): tensor
        for name, tensor in tensors.items()
        if name.startswith(prefix)
    }


def unet_tensors(tensors: Tensors, *, averaged: bool = False) -> dict[str, StoredTensor]:
    """The UNet's in a whole checkpoint by today's names, and by their own those of nothing known.

    The weights are those that were trained, or their running average where it is `averaged`.
    """
    own = under(tensors, AVERAGED if averaged else UNET)
    if averaged:
        own = {dotted(name): tensor for name, tensor in own.items()}
    renamed = {new: own[name] for name, new in unet_names(own).items()}
    return renamed | {name: tensor for name, tensor in tensors.items() if not _is_known(name)}


def text_encoder_tensors(tensors: Tensors) -> dict[str, StoredTensor]:
    """The text encoder's in a whole checkpoint, by today's names."""
    own = {name: tensor for name, tensor in tensors.items() if not _NO_WEIGHT.fullmatch(name)}
    renamed = {current_name(name): tensor for name, tensor in under(own, TEXT_ENCODER).items()}
    return {name: tensor for name, tensor in renamed.items() if name}


def vae_tensors(tensors: Tensors) -> dict[str, StoredTensor]:
    """The VAE's in a whole checkpoint or a file of its own, by today's names.

    In a file of its own they may be called as diffusers calls them, now or earlier.
    """
    own = under(tensors, VAE) or tensors
    names = {old: current_name(new) for old, new in vae_names(own).items()}
    return {
        new: _as_today(new, own[old])
        for old, new in names.items()
        if new and not _NO_WEIGHT_OF_A_VAE.fullmatch(old)
    }


def _as_today(name: str, tensor: StoredTensor) -> StoredTensor:
    is_matrix = ".attentions." in name and tensor.shape[2:] == (1, 1)
    return Matrix(tensor) if is_matrix else tensor


def _is_known(name: str) -> bool:
    return bool(name.startswith((UNET, VAE, TEXT_ENCODER)) or _NO_WEIGHT.fullmatch(name))
