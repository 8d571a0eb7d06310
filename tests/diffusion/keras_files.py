"""Files as Keras 2 writes them: those of the reference, and others with its names and order."""

import json
import zipfile
from contextlib import contextmanager
from types import SimpleNamespace

import h5py
import numpy as np

from diffusion.checkpoints.ldm import text_encoder_tensors, unet_tensors, vae_tensors
from tests.conftest import REFERENCE

ARCHIVE = REFERENCE / "keras_h5.zip"
NETWORKS = {
    "text_encoder": ("text_encoder.h5",),
    "unet": ("diffusion_model.h5",),
    "vae": ("decoder.h5", "encoder_newW.h5"),
}
_MOST_BYTES = 64512  # of an attribute; Keras divides what is longer


def order():
    """Of each file the tensors by position: name in Keras, shape there, name in a checkpoint."""
    with zipfile.ZipFile(ARCHIVE) as archive:
        return json.loads(archive.read("order.json"))


def names_today():
    """What diffusers calls each tensor of a checkpoint."""
    rows = [row for rows in order().values() for row in rows]
    tensors = {name: SimpleNamespace(name=name, shape=in_torch(*row)) for *row, name in rows}
    today = {}
    for renamed in (text_encoder_tensors, unet_tensors, vae_tensors):
        for name, tensor in renamed(tensors).items():
            today[getattr(tensor, "convolution", tensor).name] = name
    return today


def in_torch(name, shape):
    """The shape that a checkpoint has for a tensor of Keras."""
    return tuple(shape[:-3:-1] + shape[:-2] if name.endswith("/kernel:0") else shape)


def save_keras(folder, tensors):
    """Write the four files from tensors by today's names."""
    today = names_today()
    for file, rows in order().items():
        arrays = {}
        for name, shape, old in rows:
            array = tensors[today[old]]
            if name.endswith("/kernel:0"):
                array = array.reshape(array.shape + (1,) * (len(shape) - array.ndim))
                array = array.transpose((*range(2, array.ndim), 1, 0))
            arrays[name] = array
        with layer_of(folder / file, list(arrays)) as layer:
            for name, array in arrays.items():
                layer.create_dataset(name, data=array)


def save_keras_at_full_size(folder):
    """Write the four files with the shapes of Stable Diffusion 1.4, without their numbers."""
    for file, rows in order().items():
        with layer_of(folder / file, [name for name, *_rest in rows]) as layer:
            for name, shape, _old in rows:
                layer.create_dataset(name, shape, np.float32, dcpl=_reserved())


def _reserved():
    """Room in the file that nothing is written to, so that it takes none on the disk."""
    properties = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
    properties.set_alloc_time(h5py.h5d.ALLOC_TIME_EARLY)
    properties.set_fill_time(h5py.h5d.FILL_TIME_NEVER)
    return properties


@contextmanager
def layer_of(path, names):
    """A new file of one input and one layer, open for the layer's weights."""
    with h5py.File(path, "w") as file:
        file.attrs["layer_names"] = [b"input_1", b"model"]
        file.create_group("input_1").attrs["weight_names"] = []
        layer = file.create_group("model")
        _list(layer, "weight_names", [name.encode() for name in names])
        yield layer


def _list(layer, attribute, names):
    count = -(-np.asarray(names).nbytes // _MOST_BYTES)
    if count <= 1:
        layer.attrs[attribute] = names
        return
    for number, part in enumerate(np.array_split(np.asarray(names), count)):
        layer.attrs[f"{attribute}{number}"] = part


def rewrite_order(file, edit):
    """Replace a linked file by one that lists the names of its weights in another way."""
    content = file.read_bytes()
    file.unlink()
    file.write_bytes(content)
    with h5py.File(file, "r+") as opened:
        attributes = opened["model"].attrs
        parts = sorted(attributes)
        stored = [name for part in parts for name in attributes[part]]
        names = edit([name if isinstance(name, bytes) else name.encode() for name in stored])
        for part, listed in zip(parts, np.array_split(names, len(parts)), strict=True):
            attributes[part] = listed.tolist()
