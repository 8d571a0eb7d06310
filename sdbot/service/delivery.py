"""What the service asks of whoever talks to members."""

from __future__ import annotations

from typing import Protocol

from sdbot.errors import SdbotError
from sdbot.jobs import Job, Posted, Progress, Ticket


class Delivery(Protocol):
    """Carries a job's messages. Each call raises `DeliveryDelayed` or `Undeliverable`."""

    async def show_progress(self, job: Job, progress: Progress) -> None:
        """Say in the job's progress message how far it is."""

    async def find(self, job: Job) -> Posted | None:
        """The message with the job's pictures if it is there, however long ago it was posted."""

    async def post(self, job: Job, pictures: list[bytes]) -> Posted:
        """Post the PNGs as one new message, to the requester alone where the channel is closed.

        Called again for the same job within minutes, it posts no second message.
        """

    async def show_delivered(self, ticket: Ticket, posted: Posted) -> None:
        """Turn the progress message into a link to the pictures."""

    async def show_failed(self, ticket: Ticket, failure: SdbotError) -> None:
        """Say that there will be no picture, why, and what to do: in the progress message.

        Where that cannot be, the requester is told alone.
        """
