"""The models of tests/reference/single_rows.py, written as CompVis's code and diffusers would."""

import json
import shutil
import struct
from functools import cache
from typing import NamedTuple

import numpy as np
from safetensors.numpy import save_file

from tests.conftest import MODEL, REFERENCE
from tests.reference.single_rows import OTHER, SCHEDULER, SIZES
from tests.reference.small import redrawn

PARTS = {
    "model.diffusion_model.": "unet",
    "first_stage_model.": "vae",
    "cond_stage_model.transformer.": "text_encoder",
}
VAE = "first_stage_model."
# What no file says of the odd one, and a person has to.
ODD = {
    "prediction_type": "v_prediction",
    "config": {
        "unet": {"attention_head_dim": 3, "norm_num_groups": 16},
        "vae": {"norm_num_groups": 8, "scaling_factor": 0.4},
        "text_encoder": {"num_attention_heads": 3, "hidden_act": "gelu"},
        "scheduler": {"beta_end": 0.02},
    },
}


class Row(NamedTuple):
    """A tensor in a checkpoint, and as diffusers and transformers name it; no weight has none."""

    name: str
    prefix: str
    today: str
    shape: tuple[int, ...]

    @property
    def shape_today(self):
        """The attention of a VAE was a convolution."""
        is_matrix = self.prefix == VAE and ".attentions." in self.today
        return self.shape[:2] if is_matrix else self.shape


@cache
def reference():
    with np.load(REFERENCE / "single_files.npz") as arrays:
        return dict(arrays)


@cache
def rows(name):
    listed = json.loads(str(reference()[f"{name}/tensors"]))
    return tuple(Row(old, prefix, today, tuple(shape)) for old, prefix, today, shape in listed)


@cache
def averages(name):
    """Each tensor of the UNet, and its name in the running average."""
    return json.loads(str(reference()[f"{name}/average"]))


@cache
def drawn(name, before=""):
    """The weights of a checkpoint by their names in it, float32."""
    return {
        row.name: redrawn(before + row.today, row.shape).astype(np.float32)
        for row in rows(name)
        if row.today
    }


def averaged(name):
    """Other weights, as the running average of a UNet's."""
    others = drawn(name, OTHER)
    return {new: others[old] for old, new in averages(name).items()}


def of_vae(tensors):
    """The VAE's alone, without what they begin with."""
    return {name.removeprefix(VAE): array for name, array in tensors.items() if VAE in name}


def write(path, tensors, sidecar=None):
    save_file(tensors, path)
    if sidecar is not None:
        path.with_suffix(".json").write_text(json.dumps(sidecar))
    return path


def write_folder(folder, name, tensors):
    """The same weights and settings in the layout of diffusers."""
    sizes = SIZES[name]
    settings = {
        "model_index.json": {"_class_name": "StableDiffusionPipeline"},
        "scheduler/scheduler_config.json": SCHEDULER | sizes["scheduler"],
        **{f"{part}/config.json": sizes[part] for part in PARTS.values()},
    }
    for file, data in settings.items():
        (folder / file).parent.mkdir(parents=True, exist_ok=True)
        (folder / file).write_text(json.dumps(data))
    shutil.copytree(MODEL / "tokenizer", folder / "tokenizer")
    for prefix, part in PARTS.items():
        held = {
            row.today: tensors[row.name].reshape(row.shape_today)
            for row in rows(name)
            if row.prefix == prefix
        }
        save_file(held, folder / part / "model.safetensors")
    return folder


def write_sparse(path, shapes):
    """A safetensors file of these float16 tensors that takes no room: all of them are zeros."""
    header, end = {}, 0
    for name, shape in shapes.items():
        size = 2 * int(np.prod(shape))
        header[name] = {"dtype": "F16", "shape": shape, "data_offsets": [end, end + size]}
        end += size
    content = json.dumps(header).encode()
    with path.open("wb") as file:
        file.write(struct.pack("<Q", len(content)) + content)
        file.truncate(file.tell() + end)
    return path
