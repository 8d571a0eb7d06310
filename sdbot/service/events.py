"""What happens, told to whoever wants to know: the log, and the room that is seen from outside."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from sdbot.errors import SdbotError
from sdbot.jobs import Job, Ticket

_log = logging.getLogger(__name__)


class Kind(StrEnum):
    """Of a job: from being accepted to its end. Of the bot: its models, its gateway, its end."""

    ACCEPTED = "accepted"
    RESUMED = "resumed"
    BEGUN = "begun"
    STEPPED = "stepped"
    PAINTED = "painted"
    NOT_PAINTED = "not_painted"
    DELAYED = "delayed"
    DELIVERED = "delivered"
    FAILED = "failed"
    PAUSED = "paused"
    NOT_DELIVERED = "not_delivered"

    MODEL_LOADED = "model_loaded"
    MODEL_FAILED = "model_failed"
    MODEL_HIDDEN = "model_hidden"
    CONNECTED = "connected"
    DISCONNECTED = "disconnected"
    DRAINING = "draining"


@dataclass(frozen=True)
class Event:
    """What happened, to which job if to one, and the error where one was the reason."""

    kind: Kind
    job: Ticket | None = None
    error: BaseException | None = None


Tell = Callable[[Event], None]

_LEVELS = {
    Kind.STEPPED: logging.DEBUG,
    Kind.FAILED: logging.WARNING,
    Kind.DISCONNECTED: logging.WARNING,
    Kind.NOT_PAINTED: logging.ERROR,
    Kind.NOT_DELIVERED: logging.ERROR,
    Kind.MODEL_FAILED: logging.ERROR,
    Kind.MODEL_HIDDEN: logging.ERROR,
}


def log(event: Event) -> None:
    """Write a line; with the traceback where a painting failed or the error was not foreseen."""
    facts: dict[str, object] = {}
    if event.job is not None:
        facts["job"] = event.job.id
    if isinstance(event.job, Job) and event.kind is Kind.ACCEPTED:
        facts["prompt"] = event.job.order.recipe.text.prompt
    if event.error is not None:
        facts["error"] = repr(event.error)
    is_plain = isinstance(event.error, SdbotError) and event.kind is not Kind.NOT_PAINTED
    traceback = None if is_plain else event.error
    _log.log(_LEVELS.get(event.kind, logging.INFO), event.kind, exc_info=traceback, extra=facts)
