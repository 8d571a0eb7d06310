"""/queue and /cancel"""

# Annotations are evaluated here: discord.py reads the options from them.
from typing import Any

import discord
from discord import app_commands
from discord.app_commands import Choice

from sdbot.chat import messages
from sdbot.chat.commands.options import described
from sdbot.chat.requests import answered, tell_privately
from sdbot.errors import NotYours
from sdbot.service.intake import Intake


def queue_command(intake: Intake) -> app_commands.Command[Any, ..., None]:
    """A member's own jobs and their places."""

    @app_commands.command(name="queue", description=messages.QUEUE)
    async def queue(interaction: discord.Interaction[Any]) -> None:
        async with answered(interaction):
            await tell_privately(interaction, messages.line(intake.jobs_of(interaction.user.id)))

    return queue


def cancel_command(intake: Intake) -> app_commands.Command[Any, ..., None]:
    """Takes a job out of the line; who may manage messages may do so with anybody's."""

    @app_commands.command(name="cancel", description=messages.CANCEL)
    @described("job")
    async def cancel(interaction: discord.Interaction[Any], job: int) -> None:
        async with answered(interaction):
            found = intake.waiting(job)
            is_own = found.requester_id == interaction.user.id
            if not is_own and not _manages(interaction, found.destination.guild_id):
                raise NotYours
            await intake.cancel(found)
            await tell_privately(interaction, messages.cancelled(found))

    @cancel.autocomplete("job")
    async def complete(interaction: discord.Interaction[Any], typed: str) -> list[Choice[int]]:
        jobs = intake.jobs_of(interaction.user.id)
        choices = [Choice(name=messages.job_choice(job), value=job.id) for job in jobs]
        return [choice for choice in choices if typed in choice.name][: messages.MAX_CHOICES]

    return cancel


def _manages(interaction: discord.Interaction[Any], guild_id: int | None) -> bool:
    """Only the jobs of the server where they manage messages."""
    is_here = guild_id is not None and guild_id == interaction.guild_id
    return is_here and interaction.permissions.manage_messages
