"""A bot that asks back: it completes what is typed, opens a modal, and hangs in menus."""

from typing import Any

import discord
from discord import app_commands

from tests.sandbox.tiny_bot import TinyBot

STYLES = ("Oil", "Ink", "Chalk")


class EditModal(discord.ui.Modal, title="Edit"):
    prompt = discord.ui.Label[Any](text="Prompt", component=discord.ui.TextInput())
    style = discord.ui.Label[Any](
        text="Style",
        component=discord.ui.Select(
            options=[discord.SelectOption(label=style) for style in STYLES]
        ),
    )
    who = discord.ui.Label[Any](text="Who", component=discord.ui.UserSelect(required=False))
    files = discord.ui.Label[Any](text="Files", component=discord.ui.FileUpload(required=False))

    async def on_submit(self, interaction: discord.Interaction) -> None:
        given = [
            self.prompt.component.value,
            *self.style.component.values,
            *(user.display_name for user in self.who.component.values),
            *(file.filename for file in self.files.component.values),
        ]
        await interaction.response.send_message(", ".join(given))


class AskingView(discord.ui.View):
    """A button that opens the modal, and a select of channels."""

    @discord.ui.button(label="Edit", custom_id="edit")
    async def edit(self, interaction: discord.Interaction, button: discord.ui.Button) -> None:
        await interaction.response.send_modal(EditModal())

    @discord.ui.select(cls=discord.ui.ChannelSelect, custom_id="where")
    async def where(
        self, interaction: discord.Interaction, select: discord.ui.ChannelSelect
    ) -> None:
        await interaction.response.edit_message(content=f"In {select.values[0]}", view=None)


class AskingBot(TinyBot):
    def __init__(self, intents: discord.Intents | None = None) -> None:
        super().__init__(intents)
        draw = app_commands.Group(name="draw", description="Draw")
        draw.add_command(app_commands.command(name="like")(self.like))
        self.tree.add_command(draw)
        self.tree.add_command(app_commands.ContextMenu(name="Portray", callback=portray))
        self.tree.add_command(app_commands.ContextMenu(name="Remix", callback=remix))

    async def complete_style(
        self, interaction: discord.Interaction, current: str
    ) -> list[app_commands.Choice[str]]:
        found = [style for style in STYLES if style.lower().startswith(current.lower())]
        return [app_commands.Choice(name=style, value=style) for style in found]

    @app_commands.autocomplete(style=complete_style)
    async def like(
        self,
        interaction: discord.Interaction,
        style: str,
        image: discord.Attachment | None = None,
        whom: discord.Member | discord.Role | None = None,
        where: discord.Thread | None = None,
    ) -> None:
        """Draw like somebody."""
        data = await image.read() if image else b""
        text = f"{style}, {len(data)}, {whom}, {where}"
        await interaction.response.send_message(text, view=AskingView())


async def portray(interaction: discord.Interaction, user: discord.Member) -> None:
    roles = ", ".join(role.name for role in user.roles)
    await interaction.response.send_message(f"{user.display_name}: {roles}", ephemeral=True)


async def remix(interaction: discord.Interaction, message: discord.Message) -> None:
    await interaction.response.defer(thinking=True)
    data = await message.attachments[0].read()
    await interaction.followup.send(f"{message.author.name}'s {message.content}: {len(data)}")
