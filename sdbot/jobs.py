"""What crosses rooms, all of it frozen."""

from __future__ import annotations

from dataclasses import dataclass

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
class Job:
    """One picture that a member was promised."""

    id: int
    interaction_id: int
    requester_id: int
    recipe: Recipe
    destination: Destination


@dataclass(frozen=True, kw_only=True)
class Waiting:
    """A job's place in the line; the next to be painted has place 1."""

    place: int


@dataclass(frozen=True, kw_only=True)
class Stepping:
    """A job that is being painted: `done` of `num_steps`."""

    done: int
    num_steps: int


Progress = Waiting | Stepping
