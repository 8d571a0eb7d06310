"""A bot of one command, as small as a bot can be that does what painting bots do."""

import asyncio
import io
import re

import discord
from discord import app_commands
from PIL import Image

ALT_TEXT = "A red apple, painted in one colour"


def picture(size: tuple[int, int] = (64, 48)) -> io.BytesIO:
    data = io.BytesIO()
    Image.new("RGB", size, "firebrick").save(data, "PNG")
    data.seek(0)
    return data


class RerollButton(discord.ui.DynamicItem[discord.ui.Button], template=r"reroll:(?P<job>\w+)"):
    """Rebuilt from its custom_id alone, so that it works after any restart."""

    def __init__(self, job: str) -> None:
        button = discord.ui.Button(label="Reroll", custom_id=f"reroll:{job}")
        super().__init__(button)
        self.job = job

    @classmethod
    async def from_custom_id(
        cls,
        interaction: discord.Interaction,
        item: discord.ui.Item,
        match: re.Match[str],
    ) -> "RerollButton":
        return cls(match["job"])

    async def callback(self, interaction: discord.Interaction) -> None:
        await interaction.response.send_message(f"Job {self.job} again", ephemeral=True)


class TinyBot(discord.Client):
    """Waits for `go` after its deferred answer, and once more after its progress."""

    def __init__(self, intents: discord.Intents | None = None) -> None:
        super().__init__(
            intents=intents or discord.Intents(guilds=True),
            allowed_mentions=discord.AllowedMentions.none(),
            guild_ready_timeout=0,
        )
        self.tree = app_commands.CommandTree(self)
        self.tree.add_command(app_commands.command(name="paint")(self.paint))
        self.go = asyncio.Event()
        self.finish = asyncio.Event()
        self.ready = asyncio.Event()
        self.resumed = asyncio.Event()
        self.interaction: discord.Interaction | None = None

    async def setup_hook(self) -> None:
        self.add_dynamic_items(RerollButton)
        await self.tree.sync()

    async def before_identify_hook(self, shard_id: int | None, *, initial: bool = False) -> None:
        """Without the wait of five seconds that spares Discord."""

    async def on_ready(self) -> None:
        self.ready.set()

    async def on_resumed(self) -> None:
        self.resumed.set()

    @app_commands.describe(prompt="What to paint", steps="How long to paint")
    async def paint(
        self,
        interaction: discord.Interaction,
        prompt: str,
        steps: app_commands.Range[int, 1, 50] = 20,
        hidden: bool = False,
    ) -> None:
        """Paint a picture."""
        self.interaction = interaction
        await interaction.response.defer(thinking=True, ephemeral=hidden)
        await self.go.wait()
        text = discord.utils.escape_markdown(prompt)
        progress = await interaction.edit_original_response(content=f"**{text}**: 1 of {steps}")
        await self.finish.wait()
        view = discord.ui.View(timeout=None)
        view.add_item(RerollButton("7"))
        result = await interaction.channel.send(  # type: ignore[union-attr]
            f"{interaction.user.mention} *{text}*",
            file=discord.File(picture((640, 480)), "apple.png", description=ALT_TEXT),
            view=view,
            allowed_mentions=discord.AllowedMentions(users=[interaction.user]),
        )
        await progress.edit(content=f"Done: {result.jump_url}")
