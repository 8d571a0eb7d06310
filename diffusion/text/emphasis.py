r"""What a person says with brackets in a prompt.

    (word)              1.1 times the weight; ((word)) 1.1 * 1.1 times
    (word:1.3)          1.3 times
    [word]              1 / 1.1 times
    \( \) \[ \] \\      the character itself
    BREAK               what follows begins a new chunk

An opening bracket that is never closed reaches to the end; a closing one that closes nothing is
text. Round and square brackets pair off by themselves. Source: AUTOMATIC1111's
stable-diffusion-webui, `parse_prompt_attention` of `modules/prompt_parser.py`; there, BREAK inside
of brackets is a word.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from operator import attrgetter

import numpy as np

from diffusion.errors import RecipeError
from diffusion.text.tags import without_tags

MAX_WEIGHT = 10
_FACTORS = {"(": 1.1, "[": 1 / 1.1}
_MARKS = re.compile(
    r"""
    \\ (?P<literal> [()\[\]\\]? )
    | (?P<opening> [(\[] )
    | : \s* (?P<factor> [+-]? (?: [.\d]+ | nan | inf ) ) \s* \)
    | (?P<closing> [)\]] )
    | : | [^\\()\[\]:]+
    """,
    re.VERBOSE,
)
_BREAK = re.compile(r"\bBREAK\b")

_Marks = Sequence[re.Match[str]]


@dataclass(frozen=True)
class Piece:
    """Text whose words all have one weight."""

    text: str
    weight: float = 1.0


def read_markup(prompt: str) -> list[list[Piece]]:
    """The pieces of each part of a prompt without its tags; BREAK is where it parts.

    Neighbours differ in their weights. Raises `RecipeError` on weights beyond -10 to 10.
    """
    parts: list[list[Piece]] = [[]]
    for text, weight in _weighted(list(_MARKS.finditer(without_tags(prompt)))):
        first, *others = _BREAK.split(text)
        parts[-1].append(Piece(first, weight))
        parts += ([Piece(other, weight)] for other in others)
    return [[_checked(piece) for piece in _merged(part)] for part in parts]


def weigh(states: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """The states of texts times their weights, with the mean that each text's had.

    Shapes: states and result (batch, length, hidden_size) of any float, computed in float32;
    weights (batch, length). Weights that are all 1 change nothing. Source: `EmphasisOriginal` of
    AUTOMATIC1111's `modules/sd_emphasis.py`, which takes the mean over a chunk.
    """
    if (weights == 1).all():
        return states
    full = states.astype(np.float32)
    weighted = full * weights[..., None]
    before, after = (one.mean(axis=(1, 2), keepdims=True) for one in (full, weighted))
    ratio = np.divide(before, after, out=np.ones_like(after), where=after != 0)
    return (weighted * ratio).astype(states.dtype)


def _weighted(marks: _Marks) -> Iterator[tuple[str, float]]:
    """Each text that is not a bracket, with the product of the factors around it."""
    factors = _factors(marks)
    products = {kind: [1.0] for kind in _FACTORS}
    for place, mark in enumerate(marks):
        if place not in factors:
            text = mark[0] if mark["literal"] is None else mark["literal"]
            yield text, products["("][-1] * products["["][-1]
        elif kind := mark["opening"]:
            products[kind].append(products[kind][-1] * factors[place])
        else:
            products[_closed_by(mark)].pop()


def _factors(marks: _Marks) -> Mapping[int, float]:
    """The factor of each pair of brackets, by the places of both; the others are text."""
    factors: dict[int, float] = {}
    unclosed: dict[str, list[int]] = {kind: [] for kind in _FACTORS}
    for place, mark in enumerate(marks):
        if kind := mark["opening"]:
            factors[place] = _FACTORS[kind]
            unclosed[kind].append(place)
        elif unclosed.get(kind := _closed_by(mark)):
            factor = _number(mark["factor"]) if mark["factor"] else _FACTORS[kind]
            factors[place] = factors[unclosed[kind].pop()] = factor
    return factors


def _closed_by(mark: re.Match[str]) -> str:
    """The kind of bracket that a mark can close; of others the empty text."""
    if mark["factor"]:
        return "("
    return {")": "(", "]": "["}.get(mark["closing"], "")


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        allowed = "a number, as in (word:1.3)"
        raise RecipeError("weight", received=text, allowed=allowed) from None


def _merged(pieces: Sequence[Piece]) -> Iterator[Piece]:
    """Neighbours of one weight as one piece; nothing without text."""
    with_text = (piece for piece in pieces if piece.text)
    for weight, group in groupby(with_text, attrgetter("weight")):
        yield Piece("".join(piece.text for piece in group), weight)


def _checked(piece: Piece) -> Piece:
    if not abs(piece.weight) <= MAX_WEIGHT:  # nor what is no number
        name = f"weight of {piece.text.strip()[:40]!r}"
        allowed = f"-{MAX_WEIGHT} to {MAX_WEIGHT}"
        raise RecipeError(name, received=piece.weight, allowed=allowed)
    return piece
