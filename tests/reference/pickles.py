"""Make pickles/: files that `torch.save` writes, small, and the arrays that PyTorch reads in them.

Run in an environment of its own, see README.md beside this file.
"""

import collections
import sys
import types
import warnings
from pathlib import Path

import numpy as np
import torch
from torch import nn

HERE = Path(__file__).parent / "pickles"
DTYPES = (
    *(torch.float64, torch.float32, torch.float16, torch.bfloat16),
    *(torch.complex128, torch.complex64),
    *(torch.int64, torch.int32, torch.int16, torch.int8, torch.uint8, torch.bool),
)


def main():
    torch.manual_seed(0)
    # The older form would carry PyTorch's own source, which is not ours to give away.
    torch.serialization.get_source_lines_and_file = without_source
    warnings.filterwarnings("ignore", "Couldn't retrieve source code")
    HERE.mkdir(exist_ok=True)
    expected = {}
    for name, (saved, settings) in files().items():
        torch.save(saved, HERE / name, **settings)
        expected |= {f"{name}/{key}": array(tensor) for key, tensor in flat(saved)}
    np.savez_compressed(HERE / "expected.npz", **expected)
    unreadable()


def without_source(_kind):
    raise OSError


def files():
    """What each file holds, and how it is saved."""
    legacy = {"_use_new_zipfile_serialization": False}
    return {
        "checkpoint.ckpt": (checkpoint(), {}),
        "checkpoint-legacy.ckpt": (checkpoint(), legacy),
        "checkpoint-protocol-5.ckpt": (checkpoint(), {"pickle_protocol": 5}),
        "checkpoint-legacy-protocol-4.ckpt": (checkpoint(), {**legacy, "pickle_protocol": 4}),
        "flat.bin": (state_dict(), {}),
        "nested.pt": (nested(), {}),
        "nested-legacy.pt": (nested(), legacy),
    }


def checkpoint():
    """As Lightning writes it: a state dict, and things of many classes around it."""
    return {
        "epoch": 3,
        "state_dict": state_dict(),
        "callbacks": {unknown("pytorch_lightning.callbacks", "ModelCheckpoint"): {"best": None}},
        "best": np.float64(0.5),
        "history": np.arange(4),
        "ids": {1, 2, 3},
        "frozen": frozenset(("a",)),
        "raw": b"\x00\xff",
        "grown": bytearray(b"\x01"),
        "device": torch.device("cpu"),
        "dtype": torch.float16,
        "size": torch.Size((2, 3)),
        "counted": collections.defaultdict(list, {"a": [1.5, -7, 2**70, True]}),
        "hyper_parameters": unknown("omegaconf.dictconfig", "DictConfig")(),
        "optimizer_states": [{"state": {0: {"step": torch.tensor(4.0)}}}],
    }


def state_dict():
    """Each dtype, and views of every kind."""
    whole = torch.randn(4, 3, 2, 5)
    parameter = nn.Parameter(torch.randn(3))
    parameter.note = "an attribute of its own"
    tensors = collections.OrderedDict(
        {str(dtype).removeprefix("torch."): drawn(dtype) for dtype in DTYPES}
    )
    tensors |= {
        "whole": whole,
        "tied": whole,
        "transposed": whole[:, :, 0].permute(2, 0, 1),
        "part": whole[1:3, 1, :, 2:],
        "stepped": whole[::2, 0, 0, ::3],
        "channels_last": whole.to(memory_format=torch.channels_last),
        "position_ids": torch.arange(7).expand((1, -1)),
        "repeated": torch.randn(6)[:2].expand(3, 2),
        "scalar": torch.tensor(2.5),
        "empty": torch.zeros(0, 3),
        "parameter": nn.Parameter(torch.randn(2, 2)),
        "noted": parameter,
    }
    tensors._metadata = {"": {"version": 1}}
    return tensors


def nested():
    """As textual inversion writes it: no state dict, and a module that is a dictionary."""
    return {
        "string_to_token": {"*": torch.tensor(265)},
        "string_to_param": nn.ParameterDict({"*": nn.Parameter(torch.randn(2, 8))}),
        "name": "a word",
        "step": 500,
        "loss": np.float32(0.25),
    }


def drawn(dtype):
    numbers = torch.randn(3, 4) * 3
    is_whole = not (dtype.is_floating_point or dtype.is_complex)
    return (numbers.to(torch.int8) if is_whole else numbers).to(dtype)


def unknown(module, name):
    """A class in a module that nobody else has."""
    path = module.split(".")
    for end in range(1, len(path) + 1):
        part = ".".join(path[:end])
        sys.modules.setdefault(part, types.ModuleType(part))
    kind = getattr(sys.modules[module], name, None) or type(name, (), {"__module__": module})
    setattr(sys.modules[module], name, kind)
    return kind


def flat(saved):
    """The tensors of the state dict, or else all, by their names."""
    for key, value in saved.get("state_dict", saved).items():
        if isinstance(value, torch.Tensor):
            yield key, value
        elif isinstance(value, dict | nn.ParameterDict):
            yield from ((f"{key}.{inner}", tensor) for inner, tensor in value.items())


def array(tensor):
    tensor = tensor.detach()
    return (tensor.float() if tensor.dtype == torch.bfloat16 else tensor).numpy()


def unreadable():
    """What a state dict is not, and numbers that we do not read."""
    torch.save(nn.Linear(2, 2), HERE / "module.pt")
    torch.save({"a": torch.zeros(2, dtype=torch.uint16)}, HERE / "untyped.pt")
    torch.save({"a": torch.eye(2).to_sparse()}, HERE / "sparse.pt")
    torch.save({"a": torch.ones(2, dtype=torch.complex64).conj().imag}, HERE / "negated.pt")
    torch.save(torch.ones(2), HERE / "tensor.pt")


if __name__ == "__main__":
    main()
