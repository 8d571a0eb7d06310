"""diffusers on PyTorch as a contestant."""

from __future__ import annotations

from pathlib import Path

import diffusers
import numpy as np
import torch
import transformers
from diffusers import DDIMScheduler, StableDiffusionPipeline

from tests.large.bench.inputs import GUIDANCE, PROMPT, SEED, TIMESTEP, make_inputs
from tests.large.bench.serving import serve


def to_torch(array: np.ndarray) -> torch.Tensor:
    """Pictures are (batch, channels, height, width) there."""
    return torch.from_numpy(array if array.ndim < 4 else array.transpose(0, 3, 1, 2).copy())


def to_numpy(tensor: torch.Tensor) -> np.ndarray:
    return tensor.float().numpy().transpose(0, 2, 3, 1)


class Theirs:
    def __init__(self) -> None:
        self.outputs: dict[str, np.ndarray] = {}

    def versions(self) -> dict[str, str]:
        return {
            "PyTorch": torch.__version__,
            "diffusers": diffusers.__version__,
            "transformers": transformers.__version__,
        }

    def load(self, folder: str, dtype: str) -> None:
        diffusers.utils.logging.disable_progress_bar()
        transformers.utils.logging.disable_progress_bar()
        self._dtype = getattr(torch, dtype)
        self._pipeline = StableDiffusionPipeline.from_pretrained(
            folder,
            torch_dtype=self._dtype,
            safety_checker=None,
            feature_extractor=None,
            requires_safety_checker=False,
            local_files_only=True,
        )
        scheduler = self._pipeline.scheduler.config
        self._pipeline.scheduler = DDIMScheduler.from_config(scheduler)
        self._pipeline.set_progress_bar_config(disable=True)
        side = self._pipeline.unet.config.sample_size
        hidden_size = self._pipeline.text_encoder.config.hidden_size
        arrays = make_inputs(side, side * self._pipeline.vae_scale_factor, hidden_size)
        self._inputs = {name: to_torch(array) for name, array in arrays.items()}

    def lay_out(self, networks: list[str], layout: str) -> None:
        """`layout` is torch's name of a memory format."""
        for network in networks:
            getattr(self._pipeline, network).to(memory_format=getattr(torch, layout))

    def text(self) -> None:
        tokens = self._pipeline.tokenizer(
            ["", PROMPT], padding="max_length", max_length=77, truncation=True, return_tensors="pt"
        )
        self._pipeline.text_encoder(tokens.input_ids)[0].float().numpy()

    def unet(self) -> None:
        latents = self._given("latents").repeat(2, 1, 1, 1)
        both = self._pipeline.unet(latents, TIMESTEP, self._given("context")).sample.float()
        negative, positive = both.chunk(2)
        self.outputs["unet"] = to_numpy(negative + GUIDANCE * (positive - negative))

    def decode(self) -> None:
        vae = self._pipeline.vae
        latents = self._given("latents") / vae.config.scaling_factor
        self.outputs["decode"] = to_numpy(vae.decode(latents).sample)

    def encode(self) -> None:
        vae = self._pipeline.vae
        latents = vae.encode(self._given("pixels")).latent_dist.sample()
        to_numpy(latents * vae.config.scaling_factor)

    def picture(self, count: int, steps: int) -> None:
        self._pipeline(
            [PROMPT] * count,
            num_inference_steps=steps,
            guidance_scale=GUIDANCE,
            generator=torch.Generator("cpu").manual_seed(SEED),
        )

    def save(self, file: str) -> None:
        """Write what the UNet and the decoder gave last."""
        np.savez(Path(file), **self.outputs)

    def matrices(self, size: int, dtype: str) -> None:
        self._pair = [torch.randn(size, size).to(getattr(torch, dtype)) for _ in range(2)]
        torch.matmul(*self._pair)

    def product(self) -> None:
        torch.matmul(*self._pair)

    def _given(self, name: str) -> torch.Tensor:
        return self._inputs[name].to(self._dtype)


if __name__ == "__main__":
    with torch.inference_mode():
        serve(Theirs())
