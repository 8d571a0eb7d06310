"""What the service asks of whoever talks to members."""

from __future__ import annotations

from typing import Protocol

from sdbot.errors import SdbotError
from sdbot.jobs import Job, Progress


class Delivery(Protocol):
    """Carries a job's messages. Each call raises `DeliveryDelayed` or `Undeliverable`."""

    async def show_progress(self, job: Job, progress: Progress) -> None:
        """Say in the job's progress message how far it is."""

    async def post(self, job: Job, pictures: list[bytes]) -> int:
        """Post the PNGs as one new message and return the message's id.

        Called again for the same job within minutes, it posts no second message.
        """

    async def show_delivered(self, job: Job, message_id: int) -> None:
        """Turn the progress message into a link to the pictures."""

    async def show_failed(self, job: Job, failure: SdbotError) -> None:
        """Say in the progress message that there will be no picture, why, and what to do."""
