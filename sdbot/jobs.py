"""What crosses rooms, all of it frozen."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil

from diffusion.recipe import Recipe


@dataclass(frozen=True, kw_only=True)
class Destination:
    """Where a job's messages go.

    The progress message is the deferred answer to the interaction. It is edited with the
    interaction's token until `token_expires_at` (seconds since the epoch), then with the bot's own.
    """

    guild_id: int | None
    channel_id: int
    progress_message_id: int
    interaction_token: str
    token_expires_at: float


@dataclass(frozen=True, kw_only=True)
class Shape:
    """What decides how fast a unit of cost is painted; the first of a shape is traced as well."""

    model: str
    width: int
    height: int
    count: int


@dataclass(frozen=True, kw_only=True)
class Order:
    """What is to be painted: `count` pictures, of `recipe` and of the seeds after its own.

    Each is enlarged `scale` times afterwards, by resampling; `is_enlarged` says that it is painted
    over a picture of half the size. The member is told of that, of what was `cut` off the prompt,
    and that a picture of the size `received` was fitted; both may be empty. `is_one_by_one` says
    that its pictures were not painted at once, for lack of memory; it is not kept.
    """

    recipe: Recipe
    count: int = 1
    scale: int = 1
    is_enlarged: bool = False
    cut: str = ""
    received: str = ""
    is_one_by_one: bool = False

    @property
    def recipes(self) -> list[Recipe]:
        """One for each picture."""
        return self.recipe.batch(self.count)

    @property
    def size(self) -> tuple[int, int]:
        """Width and height of each picture, in pixels."""
        sampling = self.recipe.sampling
        return sampling.width * self.scale, sampling.height * self.scale

    @property
    def shape(self) -> Shape:
        """What is painted at once, before it is enlarged."""
        sampling = self.recipe.sampling
        return Shape(
            model=self.recipe.model,
            width=sampling.width,
            height=sampling.height,
            count=self.count,
        )

    @property
    def cost(self) -> int:
        """How much work it is: calls of the model, times the pixels of all pictures.

        Without guidance a call does for two pictures what it else does for one.
        """
        recipe, shape = self.recipe, self.shape
        is_guided = recipe.sampling.guidance_scale != 1
        count = shape.count if is_guided else ceil(shape.count / 2)
        return recipe.num_calls * shape.width * shape.height * count


@dataclass(frozen=True, kw_only=True)
class Ticket:
    """Whose an accepted job is and where its messages go; all that is needed to tell of its end."""

    id: int
    interaction_id: int
    requester_id: int
    destination: Destination


@dataclass(frozen=True, kw_only=True)
class Job(Ticket):
    """What a member was promised; of those that wait, the one with the least turn is painted next.

    The turns are `JobQueue`'s.
    """

    order: Order
    turn: int = 0


@dataclass(frozen=True, kw_only=True)
class Posted:
    """The message with a job's pictures, and the channel that has it."""

    channel_id: int
    message_id: int


@dataclass(frozen=True, kw_only=True)
class Waiting:
    """A job's place in the line; the next to be painted has place 1, the one that is, 0.

    `ready_at` is when it will be painted, in seconds since the epoch, once that can be told.
    """

    place: int
    ready_at: float | None = None


@dataclass(frozen=True, kw_only=True)
class Stepping:
    """A job that is being painted: `done` of `num_steps`."""

    done: int
    num_steps: int


@dataclass(frozen=True)
class Loading:
    """A job whose model, of this name, is being loaded."""

    model: str


@dataclass(frozen=True)
class Paused:
    """A job that goes on after a restart, from the same place in the line."""


@dataclass(frozen=True, kw_only=True)
class Status:
    """How the bot is: its model once it is loaded, None before, False where that failed."""

    is_loaded: bool | None
    is_painting: bool
    num_waiting: int


Progress = Waiting | Loading | Stepping | Paused
