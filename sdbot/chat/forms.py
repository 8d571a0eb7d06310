"""Forms that members fill in. Each lives in memory and holds what it needs."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import discord

from diffusion.recipe import NUM_SEEDS
from sdbot.chat import messages
from sdbot.chat.attachments import download
from sdbot.chat.requests import MakeOrder, answered, first_answer, request
from sdbot.errors import BadInput
from sdbot.jobs import Job, Order
from sdbot.service.orders import Wish

if TYPE_CHECKING:
    from sdbot.chat.client import ChatClient

_MAX_OPEN_SECONDS = 60 * 60
_DIGITS = re.compile(r"[0-9]{1,12}")


class _Form(discord.ui.Modal):
    """Answers its submission; `read` makes of it what is to be painted."""

    def __init__(self, title: str, client: ChatClient) -> None:
        super().__init__(title=title, timeout=_MAX_OPEN_SECONDS)
        self._open_forms = client.open_forms
        self._open_forms.add(self.custom_id)

    async def open(self, interaction: discord.Interaction[Any]) -> None:
        """Show it. Where discord.py cannot know that it is shown, it is gone when handed in."""
        is_known = False
        try:
            is_known = await first_answer(lambda: interaction.response.send_modal(self)) is not None
        finally:
            if not is_known:
                self._open_forms.discard(self.custom_id)

    def read(self, client: ChatClient) -> MakeOrder:
        """How to make the order. Raises `BadInput`."""
        raise NotImplementedError

    async def on_submit(self, interaction: discord.Interaction[Any]) -> None:
        """Ask for what the form says."""
        async with answered(interaction):
            await request(interaction, self.read(interaction.client))
        self._open_forms.discard(self.custom_id)

    async def on_timeout(self) -> None:
        """Discord does not tell of forms that nobody hands in."""
        self._open_forms.discard(self.custom_id)


def is_form_gone(interaction: discord.Interaction[ChatClient]) -> bool:
    """Whether a form is handed in that the client does not know, or does no longer."""
    is_form = interaction.type is discord.InteractionType.modal_submit
    data: Mapping[str, Any] = interaction.data or {}
    is_open = data.get("custom_id") in interaction.client.open_forms
    # One that is no longer open may have been answered just now.
    return is_form and not is_open and not interaction.response.is_done()


class EditForm(_Form):
    """Other words for a job; prefilled with its own, where they are known."""

    def __init__(self, client: ChatClient, job_id: int, job: Job | None) -> None:
        super().__init__(messages.EDIT, client)
        self._job_id = job_id
        recipe = job.order.recipe if job else None
        self.prompt = _words(messages.PROMPT_LABEL, recipe.text.prompt if recipe else "", True)
        negative_prompt = recipe.text.negative_prompt if recipe else ""
        self.negative_prompt = _words(messages.NEGATIVE_PROMPT_LABEL, negative_prompt, False)
        self.seed: discord.ui.TextInput[Any] = discord.ui.TextInput(
            label=messages.SEED_LABEL,
            default=str(recipe.sampling.seed) if recipe else "",
            required=False,
            max_length=12,
        )
        for item in (self.prompt, self.negative_prompt, self.seed):
            self.add_item(item)

    def read(self, client: ChatClient) -> MakeOrder:
        """As `Orders.edit`; without a seed it is drawn."""
        seed = _seed(self.seed.value)

        async def make_order() -> Order:
            words = self.prompt.value, self.negative_prompt.value
            return await client.orders.edit(await client.intake.job(self._job_id), *words, seed)

        return make_order


class RemixForm(_Form):
    """Words for a picture that stands in a message."""

    def __init__(self, client: ChatClient, picture: discord.Attachment, strength: float) -> None:
        super().__init__(messages.REMIX_THIS, client)
        self._picture = picture
        self.prompt = _words(messages.PROMPT_LABEL, "", True)
        self.negative_prompt = _words(messages.NEGATIVE_PROMPT_LABEL, "", False)
        self.strength: discord.ui.TextInput[Any] = discord.ui.TextInput(
            label=messages.STRENGTH_LABEL, default=f"{strength:g}", max_length=5
        )
        for item in (self.prompt, self.negative_prompt, self.strength):
            self.add_item(item)

    def read(self, client: ChatClient) -> MakeOrder:
        """As `Orders.remix`."""
        wish = Wish(
            prompt=self.prompt.value,
            negative_prompt=self.negative_prompt.value,
            strength=_strength(self.strength.value),
        )

        async def make_order() -> Order:
            return await client.orders.remix(
                wish, await download(self._picture, client.max_image_bytes)
            )

        return make_order


def _words(label: str, default: str, is_required: bool) -> discord.ui.TextInput[Any]:
    return discord.ui.TextInput(
        label=label,
        default=default,
        required=is_required,
        max_length=messages.MAX_PROMPT_LENGTH,
        style=discord.TextStyle.paragraph,
    )


def _seed(text: str) -> int | None:
    text = text.strip()
    if not text:
        return None
    if not _DIGITS.fullmatch(text) or int(text) >= NUM_SEEDS:
        raise BadInput("seed", text, f"a whole number from 0 to {NUM_SEEDS - 1}, or nothing")
    return int(text)


def _strength(text: str) -> float:
    try:
        strength = float(text.strip().replace(",", "."))
    except ValueError:
        strength = 0.0
    if not 0 < strength <= 1:
        raise BadInput("strength", text, "a number above 0, to 1")
    return strength
