"""The buttons under a picture; they work at any age and after any restart."""

from __future__ import annotations

import re
from typing import Any

import discord

from sdbot.chat import messages
from sdbot.chat.requests import answered, seated


class RerollButton(
    discord.ui.DynamicItem[discord.ui.Button[Any]], template=r"sdbot:reroll:(?P<job_id>\d+)"
):
    """Paints a job's recipe again with another seed; the job's row holds the recipe."""

    def __init__(self, job_id: int) -> None:
        self._job_id = job_id
        super().__init__(
            discord.ui.Button(
                label=messages.REROLL,
                emoji="🎲",
                style=discord.ButtonStyle.secondary,
                custom_id=f"sdbot:reroll:{job_id}",
            )
        )

    @classmethod
    async def from_custom_id(
        cls, _interaction: discord.Interaction[Any], _item: Any, match: re.Match[str]
    ) -> RerollButton:
        """Make the button again from what Discord sends when it is pressed."""
        return cls(int(match["job_id"]))

    async def callback(self, interaction: discord.Interaction[Any]) -> None:
        """Answer a press of the button."""
        intake = interaction.client.intake
        async with answered(interaction), seated(intake, interaction) as destination:
            await intake.accept(
                interaction_id=interaction.id,
                requester_id=interaction.user.id,
                recipe=await intake.reroll(self._job_id),
                destination=destination,
            )


def result_view(job_id: int) -> discord.ui.View:
    """The buttons under a job's picture."""
    view = discord.ui.View(timeout=None)
    view.add_item(RerollButton(job_id))
    return view
