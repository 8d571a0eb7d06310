"""Every word that a member reads."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from discord.utils import escape_mentions

from diffusion.errors import RecipeError
from sdbot.errors import (
    BadInput,
    Cancelled,
    ChannelClosed,
    DiedTwice,
    MemberLimitReached,
    MissingPermissions,
    ModelGone,
    ModelUnavailable,
    NoPicture,
    NoRecipe,
    NotInLine,
    NotYours,
    OutOfMemory,
    PictureGone,
    PictureRefused,
    QueueFull,
    SdbotError,
    ShuttingDown,
    TooLarge,
    Undeliverable,
    UnknownJob,
    UserInstalled,
)
from sdbot.jobs import Job, Loading, Order, Paused, Posted, Progress, Status, Ticket, Waiting
from sdbot.service.models import Offer

MAX_PROMPT_LENGTH = 1000
# Of what is repeated. Escaping may double it, and a message holds 2,000 characters.
MAX_SHOWN_LENGTH = 600
MAX_BOTH_LENGTH = 400  # of each, where two texts are shown
MAX_OFFER_LENGTH = 150
MAX_LISTED_LENGTH = 100
MAX_NAME_LENGTH = 80
MAX_CUT_LENGTH = 100
MAX_IN_LINE_LENGTH = 50
MAX_LINES = 10
MAX_ALT_TEXT_LENGTH = 1024
MAX_CHOICE_LENGTH = 100
MAX_CHOICES = 25
MAX_COUNT = 4
MIN_STRENGTH = 0.05

IMAGINE = "Paint pictures from your words"
REMIX = "Paint over a picture of yours"
QUEUE = "Show your pictures that are waiting, and their places"
CANCEL = "Take one of your pictures out of the line"
HELP = "Show what I can do"
OPTIONS: Mapping[str, str] = {
    "prompt": "What the picture shows",
    "negative_prompt": "What the picture should not show",
    "count": "How many pictures, each with a seed of its own",
    "seed": "The number that decides the chance; the same seed gives the same picture",
    "steps": "More steps take longer and add detail",
    "guidance": "How closely the picture follows the words",
    "size": "Width x height in pixels",
    "scheduler": "How the steps are taken",
    "image": "PNG, JPEG, WebP, GIF or BMP; it is fitted to a size that I can paint",
    "strength": "How much is painted anew: a little near 0, everything at 1",
    "model": "Which model paints it; choose it from the list",
    "lora": "A style from the list; ink:0.8 takes less of it than ink",
    "job": "Which one; choose it from the list",
}
REMIX_THIS, RECIPE, EDIT = "Remix this", "Recipe", "Edit the words"
PROMPT_LABEL, NEGATIVE_PROMPT_LABEL = "Prompt", "Negative prompt"
SEED_LABEL = "Seed (empty for a new one)"
STRENGTH_LABEL = "Strength (above 0, to 1)"
# Label and emoji by the button's action.
BUTTONS: Mapping[str, tuple[str, str]] = {
    "reroll": ("Reroll", "🎲"),
    "subtle": ("Subtle", "🌱"),
    "strong": ("Strong", "🔥"),
    "enlarge": ("Enlarge", "🔍"),
    "edit": ("Edit", "✏️"),
    "recipe": ("Recipe", "📋"),
    "delete": ("Delete", "🗑️"),
}
FORMATS = {"png": "PNG", "webp": "WebP", "jpg": "JPEG"}

LOADING, READY = "Loading the model", "Ready: /imagine"
UNAVAILABLE = "Out of order: no model"
FORM_GONE = "This form is from before a restart, or too old. Please open it again."
UNEXPECTED = "Something went wrong here, and the operator's log says what. Please try again."

# Within a line: markup, what begins with "<" (mentions, emoji, dates), and links.
_ACTIVE = re.compile(r"[\\*_~|`\[<]|:(?=//)")


def progress(job: Job, progress: Progress) -> str:
    """The progress message while a job waits, is painted, or is held up by a restart."""
    match progress:
        case Waiting(place=place, ready_at=ready_at):
            return f"In line, place {place}{_promised(ready_at)}. {_job(job)}"
        case Paused():
            return f"I am restarting. Your picture keeps its place in the line. {_job(job)}"
        case Loading(model=model):
            return f"Loading the model {_quoted(model, MAX_NAME_LENGTH)}. {_job(job)}"
    return f"Painting, step {progress.done} of {progress.num_steps}. {_job(job)}"


def _promised(ready_at: float | None) -> str:
    """A time of day, and how far it is, as Discord writes them where the member is."""
    if ready_at is None:
        return ""
    return f", ready about <t:{ready_at:.0f}:t> (<t:{ready_at:.0f}:R>)"


def delivered(ticket: Ticket, posted: Posted) -> str:
    """The progress message once the pictures stand elsewhere."""
    is_here = posted.channel_id == ticket.destination.channel_id
    place = (ticket.destination.guild_id if is_here else None) or "@me"
    url = f"https://discord.com/channels/{place}/{posted.channel_id}/{posted.message_id}"
    where = "" if is_here else "I may not post it here, so I have sent it to you alone. "
    what = "pictures are" if isinstance(ticket, Job) and ticket.order.count > 1 else "picture is"
    return f"{where}Your {what} ready: {url} {_job(ticket)}"


def failed(ticket: Ticket, failure: SdbotError) -> str:
    """The last word of a job that ends without a picture."""
    return f"{_failure(failure)} {_job(ticket)}"


def _failure(failure: SdbotError) -> str:
    match failure:
        case Cancelled():
            return "Cancelled."
        case OutOfMemory():
            return "There is not enough memory for this. Please ask for a smaller size, or fewer."
        case DiedTwice():
            return (
                "I broke down twice over this and leave it. Apps → Recipe, in the menu of this "
                "message, shows what it was: please ask for a smaller size, or fewer."
            )
        case TooLarge():
            return (
                "Your picture was painted, but in every format it is too large for this channel. "
                "Please ask for a smaller size, or fewer."
            )
        case ChannelClosed():
            return (
                "Your picture was painted, but I may post it neither here nor to you alone. Please "
                "ask a moderator whether I may send messages and files, or open your DMs to me."
            )
        case Undeliverable():
            return (
                "Your picture was painted, but I could not post it here. "
                "Please ask a moderator whether I may send messages and files."
            )
        case ModelGone():
            return (
                "The model that this was asked of is no longer here, or cannot be loaded. "
                "Please ask again, with another model."
            )
        case PictureGone() | ModelUnavailable():
            return refusal(failure)
    return "This picture could not be painted: the operator's log says why. Please try again."


def result(job: Job, suffix: str, offer: Offer, *, is_elsewhere: bool = False) -> str:
    """The message that carries the pictures; `suffix` is their format's.

    It names the model where there are several, and says so where it is elsewhere than it was asked
    for.
    """
    order, recipe = job.order, job.order.recipe
    lines = [
        f"<@{job.requester_id}> **{_quoted(recipe.text.prompt, MAX_SHOWN_LENGTH)}**",
        f"-# {_facts(job, offer)}",
    ]
    if order.received:
        lines.append(f"-# Your picture ({order.received}) was {_fitted(order)}.")
    if order.cut:
        cut = _quoted(order.cut, MAX_CUT_LENGTH)
        lines.append(f"-# The prompt was too long for the model, which has not read: {cut}")
    if order.is_enlarged:
        lines.append("-# Painted anew at twice its size.")
    if order.is_one_by_one:
        lines.append("-# Painted one by one, for lack of memory.")
    if order.scale > 1:
        lines.append(f"-# Enlarged {order.scale} times by resampling, without painting.")
    if suffix != "png":
        lines.append(f"-# Posted as {FORMATS[suffix]}: as PNG it would be too large for here.")
    if is_elsewhere:
        lines.append("-# Here, because I cannot post it where you asked for it.")
    return "\n".join(lines)


def _fitted(order: Order) -> str:
    """What became of a member's picture; only one of another ratio was cropped."""
    width, height = order.size
    received_width, received_height = map(int, order.received.split(" x "))
    is_cropped = received_width * height != received_height * width
    return f"{'cropped and ' if is_cropped else ''}resized to {width} x {height}"


def _facts(job: Job, offer: Offer) -> str:
    order, sampling = job.order, job.order.recipe.sampling
    last = order.recipes[-1].sampling.seed
    seed = f"seed {sampling.seed}" if order.count == 1 else f"seeds {sampling.seed} to {last}"
    facts = [seed, f"{sampling.num_steps} steps", "{} x {}".format(*order.size)]
    if source := order.recipe.source:
        facts.append(f"strength {source.strength:g}")
    if len(offer.models) > 1 and (model := offer.name_of(order.recipe.model)):
        facts.append(_quoted(model, MAX_NAME_LENGTH))
    return " · ".join([*facts, f"job {job.id}"])


def recipe(job: Job, offer: Offer) -> str:
    """What decides a job's pictures, for people; the file beside it says it exactly."""
    recipe, sampling = job.order.recipe, job.order.recipe.sampling
    words = f"**{_quoted(recipe.text.prompt, MAX_BOTH_LENGTH)}**"
    if recipe.text.negative_prompt:
        words += f"\nnot: {_quoted(recipe.text.negative_prompt, MAX_BOTH_LENGTH)}"
    details = f"guidance {sampling.guidance_scale:g} · {sampling.scheduler}"
    return f"{words}\n{_facts(job, offer)}\n{details} · model {recipe.model[:10]}"


def file_name(job: Job, number: int, suffix: str) -> str:
    """Of a picture: numbered where there are several."""
    numbered = f"-{number}" if job.order.count > 1 else ""
    return f"sdbot-{job.id}{numbered}.{suffix}"


def alt_text(job: Job, number: int) -> str:
    """What a picture shows, for those who do not see it."""
    which = f"Picture {number} of {job.order.count}, painted" if job.order.count > 1 else "Painted"
    return f"{which} from the words: {job.order.recipe.text.prompt}"[:MAX_ALT_TEXT_LENGTH]


def line(jobs: Mapping[Job, Waiting]) -> str:
    """A member's jobs, their places and times."""
    if not jobs:
        return "None of your pictures is waiting. Use /imagine to ask for one."
    lines = [_in_line(job, waiting) for job, waiting in jobs.items()]
    if len(lines) > MAX_LINES:
        lines[MAX_LINES:] = [f"… and {len(lines) - MAX_LINES} more."]
    return "\n".join(lines)


def _in_line(job: Job, waiting: Waiting) -> str:
    words = _quoted(job.order.recipe.text.prompt, MAX_IN_LINE_LENGTH)
    promised = f"place {waiting.place}{_promised(waiting.ready_at)}"
    where = promised if waiting.place else "being painted"
    return f"Job {job.id}, {where}: {words}"


def job_choice(job: Job) -> str:
    """A job in the list of those that can be cancelled."""
    words = _in_one_line(job.order.recipe.text.prompt)
    return _shortened(f"{job.id}: {words}", MAX_CHOICE_LENGTH - 1)


def cancelled(job: Job) -> str:
    """The answer to who cancels."""
    return f"Job {job.id} will not be painted."


def presence(status: Status) -> str:
    """What stands beside the bot's name."""
    if status.is_loaded is None:
        return LOADING
    if not status.is_loaded:
        return UNAVAILABLE
    if status.num_waiting:
        return f"Painting; {status.num_waiting} in line"
    return "Painting" if status.is_painting else READY


def help_text(offer: Offer) -> str:
    """What the bot can do, and with which models; the default one is described."""
    model = next(iter(offer.models.values()))
    generation = model.generation
    texts = (model.title, generation.licence, generation.description)
    title, licence, description = (_quoted(text, MAX_OFFER_LENGTH, "") for text in texts)
    sizes = ", ".join(f"{width} x {height}" for width, height in generation.sizes[:MAX_CHOICES])
    return (
        "**/imagine** paints from your words, **/remix** over a picture of yours; in the menu of "
        f"any message with a picture, Apps → **{REMIX_THIS}** does the same.\n"
        "Under each picture: **Reroll** paints it with another seed, **Subtle** and **Strong** "
        "vary it, **Enlarge** doubles its size, **Edit** changes the words, **Recipe** shows what "
        "it was made from, **Delete** removes it.\n"
        "**/queue** shows your places in the line, **/cancel** takes one back.\n"
        f"-# Model: {title}, licence {licence}. Sizes: {sizes}. "
        f"Steps: {generation.steps.min:g} to {generation.steps.max:g}. {description}"
        f"{_listed('Models', offer.models if len(offer.models) > 1 else ())}"
        f"{_listed('LoRAs', offer.library.loras)}"
    )


def _listed(what: str, names: Iterable[str]) -> str:
    """A line with names, or nothing without any."""
    text = ", ".join(names)
    return f"\n-# {what}: {_quoted(text, MAX_LISTED_LENGTH)}" if text else ""


def refusal(error: SdbotError | RecipeError) -> str:
    """Why something is not done, and what to do."""
    match error:
        case QueueFull(limit=limit):
            return f"The line is full: {limit} pictures are waiting. Please try again in a while."
        case MemberLimitReached(limit=limit):
            return (
                f"You have {limit} in the line already, and that is the most for one member. "
                "Please wait for one of them, or use /cancel."
            )
        case ShuttingDown():
            return "The bot is restarting. Please try again in a minute."
        case ModelUnavailable():
            return "My model could not be loaded. Please tell the operator, whose log says why."
        case UserInstalled():
            return "I work in servers and in my direct messages. Please ask me there."
        case MissingPermissions(names=names):
            return (
                f"I lack permissions in this channel: {', '.join(names)}. "
                "Please ask a moderator to give them to me, or try another channel."
            )
        case BadInput(field=field, received=received, allowed=allowed):
            typed = _quoted(received, MAX_CUT_LENGTH)
            may_be = _quoted(allowed, MAX_SHOWN_LENGTH)
            return f"{field} is {typed}; allowed: {may_be}. Please try again."
        case UnknownJob(job_id=job_id):
            return f"I keep no record of job {job_id} any more. Please use /imagine."
        case NotInLine(job_id=job_id):
            return f"Job {job_id} is not in the line. Use /queue to see yours."
        case NotYours():
            return "Only who asked for it, or a moderator, can do that."
        case NoPicture():
            return "I find no picture in this message."
        case NoRecipe():
            return "I have no recipe for this message. I keep those of my own pictures."
        case PictureRefused(reason=reason):
            why = _quoted(reason, MAX_SHOWN_LENGTH)
            return f"I cannot use this picture: {why}. Please try another."
        case PictureGone():
            return (
                "The picture that this was painted from is no longer kept. "
                "Please use /remix with it again."
            )
        case RecipeError():
            why = _quoted(str(error), MAX_SHOWN_LENGTH)
            return f"{why}. Please change that and ask again."
    return UNEXPECTED


def is_shortened(prompt: str) -> bool:
    """Whether the result's message does not show all of a prompt."""
    return len(prompt) > MAX_SHOWN_LENGTH


def _job(ticket: Ticket) -> str:
    return f"(job {ticket.id})"


def _shortened(text: str, most: int) -> str:
    return text if len(text) <= most else f"{text[:most]}…"


def _in_one_line(text: str) -> str:
    return re.sub(r"\s+", " ", text).strip()


def _quoted(text: str, most: int, nothing: str = "(no words)") -> str:
    """A member's words, in one line, with nothing in them that Discord would act on."""
    line = _in_one_line(_shortened(text, most))
    return escape_mentions(_ACTIVE.sub(r"\\\g<0>", line)) or nothing
