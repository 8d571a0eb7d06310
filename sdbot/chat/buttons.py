"""The buttons under pictures; they work at any age and after any restart."""

from __future__ import annotations

import re
from typing import Any

import discord

from sdbot.chat import messages
from sdbot.chat.actions import ACTIONS, Press
from sdbot.chat.requests import answered
from sdbot.jobs import Job

OF_PICTURES = ("subtle", "strong", "enlarge")
_TEMPLATE = re.compile(
    rf"sdbot:(?P<action>{'|'.join(ACTIONS)}):(?P<job_id>\d+)(:(?P<number>[1-4]))?"
)
OF_JOBS = ("reroll", "edit", "recipe", "delete")


class ActionButton(
    discord.ui.DynamicItem[discord.ui.Button[Any]],
    template=_TEMPLATE,
):
    """Does one of `ACTIONS` with a job, or with its picture `number`; the job's row holds all."""

    def __init__(self, action: str, job_id: int, number: int | None = None) -> None:
        self._action = action
        self._job_id = job_id
        self._number = number
        label, emoji = messages.BUTTONS[action]
        style = discord.ButtonStyle.danger if action == "delete" else discord.ButtonStyle.secondary
        super().__init__(
            discord.ui.Button(
                label=f"{label} {number}" if number else label,
                emoji=emoji,
                style=style,
                custom_id=f"sdbot:{action}:{job_id}" + (f":{number}" if number else ""),
            )
        )

    @classmethod
    async def from_custom_id(
        cls, _interaction: discord.Interaction[Any], _item: Any, match: re.Match[str]
    ) -> ActionButton:
        """Make the button again from what Discord sends when it is pressed."""
        number = int(match["number"]) if match["number"] else None
        return cls(match["action"], int(match["job_id"]), number)

    async def callback(self, interaction: discord.Interaction[Any]) -> None:
        """Answer a press of the button."""
        async with answered(interaction):
            await ACTIONS[self._action](Press(interaction, self._job_id, self._number or 1))


def result_view(job: Job) -> discord.ui.View:
    """The buttons under a job's pictures: a row for each kind, where there are several."""
    view = discord.ui.View(timeout=None)
    rows: list[list[ActionButton]]
    if job.order.count == 1:
        rows = [[ActionButton(action, job.id) for action in OF_PICTURES]]
    else:
        numbers = range(1, job.order.count + 1)
        rows = [[ActionButton(action, job.id, n) for n in numbers] for action in OF_PICTURES]
    rows.append([ActionButton(action, job.id) for action in OF_JOBS])
    for number, row in enumerate(rows):
        for button in row:
            button.item.row = number
            view.add_item(button)
    return view


def is_result(message: discord.Message, job: Job) -> bool:
    """Whether a message has the buttons of a job's pictures."""
    buttons = [
        button
        for row in message.components
        if isinstance(row, discord.ActionRow)
        for button in row.children
    ]
    matches = [_TEMPLATE.fullmatch(button.custom_id or "") for button in buttons]
    return any(match and int(match["job_id"]) == job.id for match in matches)
