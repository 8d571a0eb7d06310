"""Save small weights as the TensorFlow implementation of Stable Diffusion from 2022 does.

Run in an environment of its own with a clone of github.com/divamgupta/stable-diffusion-tensorflow,
see README.md beside this file. Its constructors make the networks, its loader takes the weights
from a checkpoint by their names there, and Keras 2 saves them. At full size only names and shapes
are kept; for the files themselves the numbers in the constructors are replaced by small ones.
"""

import json
import re
import shutil
import sys
import tempfile
import zipfile
from importlib import import_module
from pathlib import Path
from types import ModuleType, SimpleNamespace

import h5py
import tensorflow as tf
import tf_keras
from keras_rows import FILES, drawn

HERE = Path(__file__).parent
PACKAGE = "stable_diffusion_tf"
SMALL = {
    "clip_encoder.py": {768: 12, 3072: 48, 49408: 100},
    "diffusion_model.py": {
        **{width: width // 80 for width in (320, 640, 960, 1280, 1920, 2560)},
        **dict(zip((40, 80, 160), (1, 2, 4), strict=True)),  # of a head
        8: 4,  # heads
    },
    "autoencoder_kl.py": {128: 4, 256: 8, 512: 16},
    "stable_diffusion.py": {768: 12, 320: 4},
}


def main(clone):
    tf.keras = tf_keras
    sys.modules["tensorflow_addons"] = addons()
    sys.dont_write_bytecode = True  # a file that was changed must be read again
    with tempfile.TemporaryDirectory() as folder:
        folder = Path(folder)
        shutil.copytree(clone / PACKAGE, folder / PACKAGE)
        sys.path.insert(0, str(folder))
        order = {file.name: tensors_of(file, names) for file, names in saved(folder, 512)}
        for name, sizes in SMALL.items():
            make_smaller(folder / PACKAGE / name, sizes)
        with zipfile.ZipFile(HERE / "keras_h5.zip", "w", zipfile.ZIP_LZMA) as archive:
            archive.writestr("order.json", json.dumps(order))
            for file, _names in saved(folder, 64):
                archive.write(file, file.name)


def make_smaller(file, sizes):
    """Replace some numbers in a file of the package."""
    numbers = "|".join(map(str, sizes))
    text = re.sub(rf"\b(?:{numbers})\b", lambda one: str(sizes[int(one[0])]), file.read_text())
    file.write_text(text)


def addons():
    """Of the package that is no more, the one layer: its weights, not what it computes."""

    class GroupNormalization(tf_keras.layers.Layer):
        def __init__(self, epsilon):
            super().__init__()
            self.epsilon = epsilon

        def build(self, shape):
            self.gamma = self.add_weight("gamma", shape[-1:], initializer="ones")
            self.beta = self.add_weight("beta", shape[-1:], initializer="zeros")

        def call(self, inputs):
            return inputs * self.gamma + self.beta

    module = ModuleType("tensorflow_addons")
    module.layers = SimpleNamespace(GroupNormalization=GroupNormalization)
    return module


def saved(folder, size):
    """Each file and the names that its tensors have in a checkpoint, by position."""
    for name in [name for name in sys.modules if name.startswith(PACKAGE)]:
        del sys.modules[name]
    names = import_module(f"{PACKAGE}.constants").PYTORCH_CKPT_MAPPING
    model = import_module(f"{PACKAGE}.stable_diffusion").StableDiffusion(
        size, size, download_weights=False
    )
    sys.modules["torch"] = ModuleType("torch")
    sys.modules["torch"].load = lambda *_arguments, **_options: {
        "state_dict": checkpoint(model, names)
    }
    model.load_weights_from_pytorch_ckpt("drawn")
    for part, file in FILES.items():
        getattr(model, part).save_weights(folder / file)
        yield folder / file, [name for name, _axes in names[part]]


class Drawn:
    """A tensor of the checkpoint, drawn when it is asked for."""

    def __init__(self, name, shape):
        self.name, self.shape = name, shape

    def numpy(self):
        return drawn(self.name, self.shape)


def checkpoint(model, names):
    """All tensors as PyTorch has them, from the shapes that Keras has."""
    return {
        name: Drawn(name, in_torch(weight.shape, axes))
        for part in FILES
        for (name, axes), weight in zip(names[part], getattr(model, part).weights, strict=True)
    }


def in_torch(shape, axes):
    return (
        tuple(shape)
        if axes is None
        else tuple(shape[axes.index(axis)] for axis in range(len(axes)))
    )


def tensors_of(file, names):
    """Of each tensor of a saved file, in order: its name in it, its shape, that of a checkpoint."""
    with h5py.File(file) as opened:
        stored = [
            (name, list(opened[layer][name].shape))
            for layer in attribute(opened, "layer_names")
            for name in attribute(opened[layer], "weight_names")
        ]
    return [[*tensor, name] for tensor, name in zip(stored, names, strict=True)]


def attribute(group, name):
    """A list of names, which Keras divides where it is long."""
    parts = [key for key in group.attrs if re.fullmatch(rf"{name}\d*", key)]
    values = [value for part in parts for value in group.attrs[part]]
    return [value if isinstance(value, str) else value.decode() for value in values]


if __name__ == "__main__":
    main(Path(sys.argv[1]))
