"""Textual inversion: files with learned vectors for words; nothing here needs TensorFlow.

Source: textual inversion (arXiv:2208.01618) section 3; for the files its authors' own,
AUTOMATIC1111's stable-diffusion-webui and the diffusers library.
"""

from __future__ import annotations

from pathlib import Path
from textwrap import shorten

import numpy as np

from diffusion.adapters.library import Library
from diffusion.checkpoints.containers import tensors_in
from diffusion.checkpoints.tensors import FLOATS, StoredTensor
from diffusion.errors import ModelError, RecipeError
from diffusion.recipe import Embedding, Text
from diffusion.text.emphasis import read_markup
from diffusion.text.learned import Learned, find_words
from diffusion.text.prompt import clean

# What AUTOMATIC1111's files have beside the vectors; of SDXL's the two text encoders' names.
_PARAMETERS, _OF_SDXL = "string_to_param.", {"clip_l", "clip_g"}
_MOST_LISTED, _LONGEST = 5, 400


def named_embeddings(text: Text, library: Library) -> tuple[Embedding, ...]:
    """Those of a library that prompt or negative prompt name, in any case of letters."""
    if not text.markup:
        return ()
    adapters = {clean(name): adapter for name, adapter in library.embeddings.items()}
    pieces = (
        piece.text
        for prompt in (text.prompt, text.negative_prompt)
        for part in read_markup(prompt)
        for piece in part
    )
    words = dict.fromkeys(
        word for piece in pieces for word, _start, _end in find_words(adapters, clean(piece))
    )
    return tuple(Embedding(token=word, hash=adapters[word].hash) for word in words)


def learned_vectors(embeddings: tuple[Embedding, ...], library: Library, width: int) -> Learned:
    """The vectors of each token, `width` numbers long.

    Raises `RecipeError` on an embedding that is not in the library, or none for this width.
    """
    return {one.token: _vectors(one, library, width) for one in embeddings}


def _vectors(embedding: Embedding, library: Library, width: int) -> np.ndarray:
    path = Library(embeddings=library.embeddings).find(embedding.hash)
    if path is None:
        received = f"{embedding.token} ({embedding.hash[:10]})"
        listed = ", ".join(library.embeddings) or "none"
        allowed = f"one that is here, by its SHA-256: {shorten(listed, _LONGEST)}"
        raise RecipeError("embedding", received=received, allowed=allowed)
    try:
        return read_vectors(path, width)
    except ModelError as error:
        allowed = f"one that fits the model. {shorten(str(error), _LONGEST)}"
        raise RecipeError("embedding", received=embedding.token, allowed=allowed) from error


def read_vectors(path: Path, width: int) -> np.ndarray:
    """The vectors in a file, (n, width), float32, n from 1.

    Raises `ModelError` where it holds other things, vectors of another width among them.
    """
    name, tensor = _only_tensor(path)
    shape = tensor.shape if len(tensor.shape) > 1 else (1, *tensor.shape)
    if len(shape) != 2 or not shape[0] or shape[1] != width or tensor.dtype not in FLOATS:
        raise ModelError(
            f"{path}: {name} is {tensor.shape} of {tensor.dtype}; allowed: vectors of {width} "
            "floating-point numbers, those of a Stable Diffusion 1.x like the model"
        )
    vectors = tensor.read().astype(np.float32).reshape(shape)
    if not np.isfinite(vectors).all():
        raise ModelError(f"{path}: {name} has numbers that are not finite; allowed: finite ones")
    return vectors


def _only_tensor(path: Path) -> tuple[str, StoredTensor]:
    tensors = tensors_in(path)
    if set(tensors) >= _OF_SDXL:
        raise ModelError(f"{path} is an embedding of SDXL; allowed: one of Stable Diffusion 1.x")
    learned = [name for name in tensors if name.startswith(_PARAMETERS)] or list(tensors)
    if len(learned) != 1:
        listed = ", ".join(learned[:_MOST_LISTED]) + (", …" if learned[_MOST_LISTED:] else "")
        raise ModelError(f"{path} holds the tensors {listed or '(none)'}; allowed: one, for a word")
    return learned[0], tensors[learned[0]]
