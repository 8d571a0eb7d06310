"""OpenVINO as a contestant: the UNet of diffusers, converted from PyTorch."""

from __future__ import annotations

import os

import numpy as np
import openvino

from tests.large.bench.inputs import GUIDANCE, TIMESTEP, make_inputs
from tests.large.bench.serving import serve


class Converted:
    def versions(self) -> dict[str, str]:
        return {"OpenVINO": openvino.__version__.split("-")[0]}

    def convert(self, folder: str, file: str) -> None:
        """The UNet's weights are float16 in the folder, so that nothing is lost in the file."""
        import torch
        from diffusers import UNet2DConditionModel

        unet = UNet2DConditionModel.from_pretrained(
            folder, subfolder="unet", torch_dtype=torch.float32, local_files_only=True
        )
        unet.config.return_dict = False
        side, hidden_size = unet.config.sample_size, unet.config.cross_attention_dim
        example = (
            torch.zeros(2, unet.config.in_channels, side, side),
            torch.tensor(float(TIMESTEP)),
            torch.zeros(2, 77, hidden_size),
        )
        with torch.inference_mode():
            model = openvino.convert_model(
                unet.eval(), example_input=example, input=[tuple(each.shape) for each in example]
            )
        openvino.save_model(model, file, compress_to_fp16=True)

    def load(self, file: str, dtype: str) -> None:
        settings = {
            "INFERENCE_PRECISION_HINT": {"float32": "f32", "bfloat16": "bf16"}[dtype],
            "INFERENCE_NUM_THREADS": os.cpu_count(),
            "PERFORMANCE_HINT": "LATENCY",
        }
        self._model = openvino.Core().compile_model(file, "CPU", settings)
        _batch, _channels, side, _width = self._model.input(0).shape
        self._inputs = make_inputs(side, 8, self._model.input(2).shape[-1])

    def unet(self) -> None:
        latents = self._inputs["latents"].transpose(0, 3, 1, 2).repeat(2, axis=0)
        inputs = (latents, np.float32(TIMESTEP), self._inputs["context"])
        negative, positive = np.split(self._model(inputs)[0], 2)
        (negative + GUIDANCE * (positive - negative)).transpose(0, 2, 3, 1)


if __name__ == "__main__":
    serve(Converted())
