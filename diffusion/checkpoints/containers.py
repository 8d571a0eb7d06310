"""Files of tensors, told apart by what is in them; nothing here needs TensorFlow."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from diffusion.checkpoints.pickles import torch_tensors
from diffusion.checkpoints.safe_files import safe_metadata, safe_tensors
from diffusion.checkpoints.torch_files import is_torch_file
from diffusion.errors import ModelError

if TYPE_CHECKING:
    from diffusion.checkpoints.tensors import StoredTensor

_HEAD = 512  # bytes
# A safetensors file begins with the length of its header, which is JSON.
_SAFE, _SAFE_AT = b"{", 8
# What people have got in a file's place.
_MISTAKEN = {
    b"version https://git-lfs": "it is a pointer of Git LFS; `git lfs pull` brings the file itself",
    b"<": "it is a page of the web, not the file that it offers",
}


def tensors_in(path: Path) -> dict[str, StoredTensor]:
    """All tensors of a safetensors or PyTorch file, by their names in it.

    The first bytes say which it is, whatever its suffix. Of a PyTorch file this is the state dict.
    Raises `ModelError`.
    """
    head = _head(path)
    if head.startswith(_SAFE, _SAFE_AT):
        return dict(safe_tensors(path))
    if is_torch_file(head):
        return dict(torch_tensors(path))
    for beginning, fault in _MISTAKEN.items():
        if head.startswith(beginning):
            raise ModelError(f"{path} cannot be read: {fault}")
    raise ModelError(f"{path} cannot be read: it begins as no safetensors and no PyTorch file")


def metadata_in(path: Path) -> Mapping[str, str]:
    """What a safetensors file says of itself; nothing of any other. Raises `ModelError`."""
    return safe_metadata(path) if _head(path).startswith(_SAFE, _SAFE_AT) else {}


def _head(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(_HEAD)
    except OSError as error:
        raise ModelError(f"{path} cannot be read: {error.strerror}") from error
