"""Prompts of any length, in chunks that the text encoder takes one by one.

A chunk has room for all but two of the encoder's places: a start and an end stand around it. Where
a chunk is full and a comma is among its last 20 tokens, what follows the comma goes into the next.
Source: AUTOMATIC1111's stable-diffusion-webui, `tokenize_line` of `modules/sd_hijack_clip.py`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import zip_longest

import numpy as np

from diffusion.errors import RecipeError
from diffusion.recipe import CHUNK, Text
from diffusion.text.emphasis import Piece, read_markup
from diffusion.text.learned import NONE, Learned, find_words
from diffusion.text.prompt import clean
from diffusion.text.tokenizer import CLIPTokenizer

MAX_CHUNKS = 8
_COMMA_REACH = 20


@dataclass(frozen=True)
class Chunk:
    """What the text encoder takes at once, and the weights of what comes out.

    Shapes: token_ids (length,), int32; weights (length,), float32. `vectors` (n, hidden_size) stand
    for the tokens at n places from the one that is their key.
    """

    token_ids: np.ndarray
    weights: np.ndarray
    vectors: Mapping[int, np.ndarray]


@dataclass(frozen=True)
class Reading:
    """A prompt's chunks; and the words that are in them, and those that are cut, if any are.

    A word of which only the beginning fits counts as cut.
    """

    chunks: tuple[Chunk, ...]
    kept: str
    cut: str


@dataclass(frozen=True)
class _Unit:
    """What is never parted: a token of the word that begins at `start`, or all learned vectors."""

    start: int
    weight: float
    ids: tuple[int, ...]
    vectors: np.ndarray | None = None


def read_text(
    text: Text, tokenizer: CLIPTokenizer, learned: Learned = NONE
) -> tuple[Reading, Reading]:
    """The readings of [negative prompt, prompt].

    What is longer than 8 chunks is cut; by "truncate", what is longer than one, comma or not.
    Raises `RecipeError` on more learned vectors than fit into a chunk.
    """
    room = tokenizer.length - 2
    for word, vectors in learned.items():
        if len(vectors) > room:
            allowed = f"one with up to {room} vectors"
            raise RecipeError(
                "embedding", received=f"{word} with {len(vectors)} vectors", allowed=allowed
            )
    negative, prompt = (
        _read(prompt, text, tokenizer, learned) for prompt in (text.negative_prompt, text.prompt)
    )
    return negative, prompt


def side_by_side(
    readings: Iterable[Reading], tokenizer: CLIPTokenizer
) -> Iterator[tuple[Chunk, ...]]:
    """The first chunks of several prompts, then the second ones; empty ones for those that end."""
    chunks = (reading.chunks for reading in readings)
    return zip_longest(*chunks, fillvalue=_chunk((), tokenizer))


def encoder_inputs(chunks: Sequence[Chunk]) -> tuple[np.ndarray, ...]:
    """What `CLIPTextEncoder` takes for a batch: token ids; where there are vectors, them too."""
    token_ids = np.stack([chunk.token_ids for chunk in chunks])
    placed = [
        (row, place, vectors)
        for row, chunk in enumerate(chunks)
        for place, vectors in chunk.vectors.items()
    ]
    if not placed:
        return (token_ids,)
    width = placed[0][2].shape[1]
    rows, has_vector = np.zeros((*token_ids.shape, width), np.float32), token_ids < 0
    for row, place, vectors in placed:
        places = slice(place, place + len(vectors))
        rows[row, places], has_vector[row, places] = vectors, True
    return token_ids, rows, has_vector


def _read(prompt: str, text: Text, tokenizer: CLIPTokenizer, learned: Learned) -> Reading:
    reach, most = (_COMMA_REACH, MAX_CHUNKS) if text.long_prompt == CHUNK else (0, 1)
    words: list[str] = []
    chunks: list[list[_Unit]] = []
    start = 0
    for part in read_markup(prompt) if text.markup else [[Piece(prompt)]]:
        units: list[_Unit] = []
        for piece in part:
            if cleaned := clean(piece.text):
                units += _units(cleaned, start, piece.weight, tokenizer, learned)
                words.append(cleaned)
                start += len(cleaned) + 1
        chunks += _filled(units, tokenizer, reach)
    if len(chunks) > 1 and not chunks[-1]:
        chunks.pop()
    written = " ".join(words)
    left_out = [unit for chunk in chunks[most:] for unit in chunk]
    end = left_out[0].start if left_out else len(written)
    kept = tuple(_chunk(chunk, tokenizer) for chunk in chunks[:most])
    return Reading(kept, written[:end].rstrip(), written[end:])


def _units(
    text: str, start: int, weight: float, tokenizer: CLIPTokenizer, learned: Learned
) -> Iterator[_Unit]:
    """Those of a cleaned text, which begins at `start` of the prompt."""
    place = 0
    for word, first, after in find_words(learned, text):
        yield from _plain_units(text[place:first], start + place, weight, tokenizer)
        vectors = learned[word]
        yield _Unit(start + first, weight, (0,) * len(vectors), vectors)
        place = after
    yield from _plain_units(text[place:], start + place, weight, tokenizer)


def _plain_units(text: str, start: int, weight: float, tokenizer: CLIPTokenizer) -> Iterator[_Unit]:
    for place, ids in tokenizer.words(text):
        yield from (_Unit(start + place, weight, (one,)) for one in ids)


def _filled(units: Iterable[_Unit], tokenizer: CLIPTokenizer, reach: int) -> list[list[_Unit]]:
    """One or more chunks with all units, in order."""
    room, comma = tokenizer.length - 2, (tokenizer.comma,)
    chunks: list[list[_Unit]] = [[]]
    for unit in units:
        if _size(chunks[-1]) == room and unit.ids != comma:
            full = chunks.pop()
            end = _end_of(full, comma, reach)
            chunks += [full[:end], full[end:]]
        if _size(chunks[-1]) + len(unit.ids) > room:
            chunks.append([])
        chunks[-1].append(unit)
    return chunks


def _size(units: Iterable[_Unit]) -> int:
    return sum(len(unit.ids) for unit in units)


def _end_of(full: Sequence[_Unit], comma: tuple[int | None], reach: int) -> int:
    """After the comma that is among the last `reach` tokens of a full chunk; else its own end."""
    size = 0
    for index in reversed(range(len(full))):
        size += len(full[index].ids)
        if size > reach:
            break
        if full[index].ids == comma:
            return index + 1
    return len(full)


def _chunk(units: Sequence[_Unit], tokenizer: CLIPTokenizer) -> Chunk:
    ids = [one for unit in units for one in unit.ids]
    weights = np.ones(tokenizer.length, np.float32)
    weights[1 : 1 + len(ids)] = [unit.weight for unit in units for _ in unit.ids]
    vectors, place = {}, 1
    for unit in units:
        if unit.vectors is not None:
            vectors[place] = unit.vectors
        place += len(unit.ids)
    return Chunk(tokenizer.row(ids), weights, vectors)
