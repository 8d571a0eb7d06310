"""What the reference holds: shared by the script that makes it and by the tests."""

from pathlib import Path
from typing import NamedTuple

from PIL import Image, ImageDraw

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
# Texts that transformers 5 does not clean as OpenAI's CLIP does, and some that both clean alike.
CLEANED_BY_OPENAI_ALONE = (
    "don’t",
    "it’s “quoted”",
    "ﬁre ﬂower",
    "１２３ ＡＢＣ",
    "a &amp; b &lt;c&gt;",
    "a &amp;amp; b",
    "schÃ¶n",
)
UNCLEAN = (
    *CLEANED_BY_OPENAI_ALONE,
    "naïve école",
    "Ⅻ ½ …",
    "👩\u200d🚀 日本",
    "hello\u00a0 world",
    "<|endoftext|>",
)
NEGATIVE_PROMPT = "blue, noto style"
GUIDANCE_SCALE = 4.0
NORMAL_SEEDS = (0, 7, 2**32 - 1)
NORMAL_SHAPES = ((4, 16, 12), (4, 4, 4), (1, 5, 7))  # the last is no multiple of 16 numbers
# One picture each: the scheduler's name, and diffusers' class with what the name decides there.
SCHEDULERS = (
    ("ddpm", "DDPMScheduler", {}),
    ("ddim", "DDIMScheduler", {}),
    ("pndm", "PNDMScheduler", {"skip_prk_steps": True}),
    ("euler", "EulerDiscreteScheduler", {}),
    ("euler_ancestral", "EulerAncestralDiscreteScheduler", {}),
    ("heun", "HeunDiscreteScheduler", {}),
    ("lms", "LMSDiscreteScheduler", {}),
    ("dpmpp_2m_karras", "DPMSolverMultistepScheduler", {"use_karras_sigmas": True}),
    ("dpmpp_2m_sde", "DPMSolverMultistepScheduler", {"algorithm_type": "sde-dpmsolver++"}),
    ("dpm2", "KDPM2DiscreteScheduler", {}),
    ("unipc", "UniPCMultistepScheduler", {}),
    ("lcm", "LCMScheduler", {}),
)
SCHEDULER_STEPS = 6
REMIX_STEPS = 10
# A prompt and the strength of its image-to-image, and of its inpainting.
REMIXES = (
    ("a blue heart", 0.3),
    ("a green apple", 0.65),
    ("a cat face", 1.0),
    ("", 0.5),
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


def source_picture():
    """What image-to-image starts from: the second prompt's picture after 25 steps."""
    with Image.open(Path(__file__).parent / "plain-25-128x128.png") as sheet:
        return sheet.convert("RGB").crop((128, 0, 256, 128))


def mask_picture():
    """White, and so painted, is a disc; its edge runs through latents."""
    mask = Image.new("RGB", (128, 128))
    ImageDraw.Draw(mask).ellipse((30, 21, 101, 93), fill="white")
    return mask
