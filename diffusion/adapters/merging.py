"""LoRAs in a model's variables."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from diffusion.adapters.library import Library
from diffusion.adapters.lora import Update, read_lora
from diffusion.adapters.lora_names import kernel_key
from diffusion.checkpoints.weights import is_kernel, tensor_name, torch_shape
from diffusion.errors import RecipeError
from diffusion.models.layers import Block
from diffusion.recipe import LoRA
from diffusion.runtime import PACKING, keeps_packed

_Weighted = tuple[float, Mapping[str, Update]]


class Merged:
    """The LoRAs that are in a model's kernels, at first none; they stay until others are asked for.

    The numbers that a changed kernel had are kept beside it, so that the very same bits come back:
    until then the model takes as much memory more as its changed kernels do. While one is changed,
    four arrays of its size stand beside it. Graphs without packed kernels see it.
    """

    def __init__(self, models: Iterable[Block], library: Library) -> None:
        self.library = library
        self._kernels = {
            kernel_key(tensor_name(variable)): variable
            for model in models
            for variable in model.variables
            if is_kernel(variable)
        }
        self._own: dict[str, np.ndarray] = {}
        self._loras: tuple[LoRA, ...] = ()

    def use(self, loras: tuple[LoRA, ...]) -> None:
        """Have these LoRAs in the kernels and no others.

        A kernel and what is added to it are summed up in float32 at least, and rounded once. Raises
        `RecipeError` on a LoRA that the library does not have, and on any where TensorFlow keeps
        packed weights; `ModelError` on one that does not fit. The model is itself again after
        whatever goes wrong on the way.
        """
        if loras == self._loras:
            return
        if loras and keeps_packed():  # and would go on with what was packed before
            allowed = f"none where {PACKING} is set, for weights may not change then"
            raise RecipeError("loras", received=len(loras), allowed=allowed)
        self._loras = ()
        try:
            self._change([(lora.weight, self._read(lora)) for lora in loras if lora.weight])
            for lora in loras:  # read to the end, it is still what it was
                self.library.lora_file(lora)
        except BaseException:
            self._change([])
            raise
        self._loras = loras

    def _read(self, lora: LoRA) -> dict[str, Update]:
        shapes = {key: torch_shape(kernel) for key, kernel in self._kernels.items()}
        return read_lora(self.library.lora_file(lora), shapes)

    def _change(self, changes: Sequence[_Weighted]) -> None:
        """Add these to the kernels' own numbers; all other kernels have those alone."""
        keys = dict.fromkeys(key for _, updates in changes for key in updates)
        for key in [key for key in self._own if key not in keys]:
            self._kernels[key].assign(self._own[key])
            del self._own[key]
        for key in keys:
            self._add(key, changes)

    def _add(self, key: str, changes: Sequence[_Weighted]) -> None:
        kernel = self._kernels[key]
        if key not in self._own:
            self._own[key] = kernel.numpy()
        own = self._own[key]
        total = own.astype(np.promote_types(own.dtype, np.float32))
        for weight, updates in changes:
            if key in updates:
                delta = updates[key].delta(total.dtype)
                delta *= weight
                total += delta.reshape(total.shape)
        kernel.assign(total.astype(own.dtype, copy=False))
