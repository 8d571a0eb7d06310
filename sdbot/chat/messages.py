"""Every word that a member reads."""

from __future__ import annotations

import re

from discord.utils import escape_markdown, escape_mentions

from diffusion.errors import RecipeError
from diffusion.recipe import Recipe
from sdbot.errors import MissingPermissions, QueueFull, Refused, ShuttingDown, UnknownJob
from sdbot.jobs import Job, Progress, Waiting

MAX_PROMPT_LENGTH = 1000
MAX_SHOWN_LENGTH = 600
MAX_ALT_TEXT_LENGTH = 1024

IMAGINE = "Paint a picture from your words"
PROMPT = "What the picture shows"
NEGATIVE_PROMPT = "What the picture should not show"
SEED = "The number that decides the chance; the same seed gives the same picture"
STEPS = "More steps take longer and add detail"
REROLL = "Reroll"

UNEXPECTED = "Something went wrong here, and the operator's log says what. Please try again."


def progress(job: Job, progress: Progress) -> str:
    """The progress message while a job waits or is painted."""
    if isinstance(progress, Waiting):
        return f"In line, place {progress.place}. {_job(job)}"
    return f"Painting, step {progress.done} of {progress.num_steps}. {_job(job)}"


def delivered(job: Job, url: str) -> str:
    """The progress message once the picture stands elsewhere."""
    return f"Your picture is ready: {url} {_job(job)}"


def failed(job: Job) -> str:
    """The progress message of a job that ends without a picture."""
    return f"This picture could not be painted or posted. Please ask for it again. {_job(job)}"


def result(job: Job) -> str:
    """The message that carries the picture."""
    sampling = job.recipe.sampling
    return (
        f"<@{job.requester_id}> **{_quoted(_shortened(job.recipe.text.prompt))}**\n"
        f"-# seed {sampling.seed} · {sampling.num_steps} steps · job {job.id}"
    )


def alt_text(recipe: Recipe) -> str:
    """What the picture shows, for those who do not see it."""
    return f"Painted from the words: {recipe.text.prompt}"[:MAX_ALT_TEXT_LENGTH]


def refusal(error: Refused | RecipeError) -> str:
    """Why something is not done, and what to do."""
    match error:
        case QueueFull(limit=limit):
            return f"The line is full: {limit} pictures are waiting. Please try again in a while."
        case ShuttingDown():
            return "The bot is restarting. Please try again in a minute."
        case MissingPermissions(names=names):
            return (
                f"I lack permissions in this channel: {', '.join(names)}. "
                "Please ask a moderator to give them to me, or try another channel."
            )
        case UnknownJob(job_id=job_id):
            return f"I keep no record of job {job_id} any more. Please use /imagine."
        case RecipeError():
            return f"{_quoted(str(error))}. Please change that and ask again."
    return UNEXPECTED


def _job(job: Job) -> str:
    return f"(job {job.id})"


def _shortened(prompt: str) -> str:
    """Escaping may double what is shown, and a message holds 2,000 characters."""
    if len(prompt) <= MAX_SHOWN_LENGTH:
        return prompt
    return f"{prompt[:MAX_SHOWN_LENGTH]}…"


def _quoted(text: str) -> str:
    """A member's words, in one line, with nothing in them that Discord would act on."""
    line = re.sub(r"\s+", " ", text).strip()
    return escape_mentions(escape_markdown(line, ignore_links=False)) or "(no words)"
