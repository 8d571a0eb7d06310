"""Models and LoRAs that lie beside the included model."""

import json
import os
import shutil

import numpy as np
from safetensors.numpy import load_file, save_file

from diffusion.info import ModelInfo
from tests.conftest import MODEL
from tests.sdbot.conversation import completed


def put_model(folder, name, **offer):
    """A model of its own hash, with the included one's weights; it offers what it is told to."""
    path = folder / name
    shutil.copytree(MODEL, path, copy_function=os.symlink)
    rewrite(path / "generation.json", lambda data: {**data, "title": name, **offer})
    rewrite(path / "vae" / "config.json", lambda data: {**data, "_of": name})
    return ModelInfo.read(path)


def put_weights(folder, name, scale):
    """A model whose pictures are its own."""
    info = put_model(folder, name)
    file = info.path / "vae" / "diffusion_pytorch_model.safetensors"
    tensors = load_file(file)
    tensors["decoder.conv_out.bias"] = tensors["decoder.conv_out.bias"] + np.float32(scale)
    file.unlink()
    save_file(tensors, file)
    return ModelInfo.read(info.path)


def put_lora(folder, name, model):
    """A LoRA of rank 1 for one layer of a model."""
    key, (rows, columns, *_) = next(
        (key, shape) for key, shape in model.kernels.items() if key.endswith("attn1_to_q")
    )
    path = folder / "loras" / f"{name}.safetensors"
    path.parent.mkdir(parents=True, exist_ok=True)
    number = np.float32(len(name))  # another name, another hash
    tensors = {"up": np.full((rows, 1), number), "down": np.full((1, columns), number)}
    named = {f"lora_unet_{key}.lora_{part}.weight": tensors[part] for part in tensors}
    save_file(named, path)
    return path


def rewrite(file, change):
    """It may be a link to the included model's."""
    data = change(json.loads(file.read_text()))
    file.unlink()
    file.write_text(json.dumps(data))


def age(path, seconds=60):
    """Let what is there be of a while ago."""
    files = [path, *path.rglob("*")] if path.is_dir() else [path]
    for file in files:
        changed_at = file.lstat().st_mtime - seconds
        os.utime(file, (changed_at, changed_at), follow_symlinks=False)


async def until_offered(member, option, *names):
    """Wait until these and no others are offered."""
    while sorted(await completed(member, option, "")) != sorted(names):
        pass
