"""What the reference holds: shared by the script that makes it and by the tests."""

from itertools import product
from typing import NamedTuple

PROMPTS = (
    "",
    "a red apple",
    "a smiling yellow face with sunglasses, 3d style",
    "TWEMOJI style   blue heart!",
    "crème brûlée",
    "猫 と りんご 🐱",
    "don't panic: a 50% & more rocket #1",
    "a sunflower (noto style), green leaves",
    "kitten",
    "a very long wish for " + "a pizza with tomatoes and basil and cheese and olives, " * 10,
)
NEGATIVE_PROMPT = "blue, noto style"
GUIDANCE_SCALE = 4.0
NORMAL_SEEDS = (0, 7, 2**32 - 1)
NORMAL_SHAPES = ((4, 16, 12), (4, 4, 4), (1, 5, 7))  # the last is no multiple of 16 numbers
DDIM_ROWS = tuple(
    product(
        ("leading", "linspace", "trailing"),
        ("epsilon", "sample", "v_prediction"),
        ("linear", "scaled_linear"),
        (True, False),
        (1, 7),
    )
)


class Sheet(NamedTuple):
    """One picture file: all prompts side by side, with one setting."""

    num_steps: int
    negative_prompt: str
    width: int
    height: int

    @property
    def file_name(self) -> str:
        kind = "negative" if self.negative_prompt else "plain"
        return f"{kind}-{self.num_steps:02}-{self.width}x{self.height}.png"


SHEETS = tuple(
    Sheet(num_steps, negative_prompt, width, height)
    for num_steps in (1, 7, 25)
    for negative_prompt in ("", NEGATIVE_PROMPT)
    for width, height in ((128, 128), (96, 128))
)


def seed_of(prompt_index: int) -> int:
    """Every prompt has a seed of its own."""
    return 1000 + prompt_index
