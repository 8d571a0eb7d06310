"""A bot of hikari, which somebody else wrote and which takes no object that lacks a key."""

import asyncio
from typing import Any

import hikari

from sdbot.sandbox import Sandbox
from tests.sandbox.tiny_bot import picture

STYLES = ("Oil", "Ink", "Chalk")
CommandOption, OptionType = hikari.CommandOption, hikari.OptionType


class HikariBot:
    """Paints by a command, a button, a modal, a select and two menus.

    The interactions that it was told of wait in `told`.
    """

    def __init__(self, sandbox: Sandbox) -> None:
        self.app = hikari.GatewayBot(
            sandbox.token,
            rest_url=sandbox.api_url,
            banner=None,
            logs=None,
            suppress_optimization_warning=True,
            intents=hikari.Intents.ALL_UNPRIVILEGED,
        )
        self.ready, self.resumed = asyncio.Event(), asyncio.Event()
        self.told: asyncio.Queue[Any] = asyncio.Queue()
        for event, react in (
            (hikari.StartedEvent, self._register),
            (hikari.CommandInteractionCreateEvent, self._command),
            (hikari.AutocompleteInteractionCreateEvent, self._complete),
            (hikari.ComponentInteractionCreateEvent, self._component),
            (hikari.ModalInteractionCreateEvent, self._modal),
            (hikari.MessageCreateEvent, self._message),
            (hikari.ShardResumedEvent, self._resume),
        ):
            self.app.subscribe(event, react)

    async def __aenter__(self) -> "HikariBot":
        await self.app.start(check_for_updates=False)
        await self.ready.wait()
        return self

    async def __aexit__(self, *exception: object) -> None:
        await self.app.close()

    async def _register(self, event: hikari.StartedEvent) -> None:
        rest = self.app.rest
        paint = rest.slash_command_builder("paint", "Paint a picture")
        for type, name, more in (
            (OptionType.STRING, "prompt", {"is_required": True}),
            (OptionType.STRING, "style", {"autocomplete": True}),
            (OptionType.INTEGER, "steps", {"min_value": 1, "max_value": 50}),
            (OptionType.FLOAT, "guidance", {}),
            (OptionType.BOOLEAN, "hidden", {}),
            (OptionType.USER, "who", {}),
            (OptionType.CHANNEL, "where", {}),
            (OptionType.ROLE, "role", {}),
            (OptionType.MENTIONABLE, "whom", {}),
            (OptionType.ATTACHMENT, "image", {}),
        ):
            option = CommandOption(type=type, name=name, description=f"The {name}", **more)
            paint.add_option(option)
        portray = rest.context_menu_command_builder(hikari.CommandType.USER, "Portray")
        remix = rest.context_menu_command_builder(hikari.CommandType.MESSAGE, "Remix")
        application = await rest.fetch_application()
        await rest.set_application_commands(application.id, [paint, portray, remix])
        self.ready.set()

    async def _command(self, event: hikari.CommandInteractionCreateEvent) -> None:
        interaction = event.interaction
        self.told.put_nowait(interaction)
        if interaction.command_type is not hikari.CommandType.SLASH:
            await interaction.create_initial_response(4, f"{interaction.command_name} it is")
            return
        await interaction.create_initial_response(hikari.ResponseType.DEFERRED_MESSAGE_CREATE)
        await interaction.edit_initial_response("Painting")
        row = self.app.rest.build_message_action_row()
        row.add_interactive_button(hikari.ButtonStyle.PRIMARY, "again", label="Again")
        row.add_interactive_button(hikari.ButtonStyle.SECONDARY, "edit", label="Edit")
        menu = self.app.rest.build_message_action_row()
        select = menu.add_text_menu("style", placeholder="Style")
        for style in STYLES:
            select.add_option(style, style.lower())
        await self.app.rest.create_message(
            interaction.channel_id,
            f"{interaction.user.mention} has a picture",
            attachment=hikari.Bytes(picture().read(), "apple.png"),
            components=[row, menu],
            user_mentions=[interaction.user.id],
        )
        await interaction.edit_initial_response("Done")

    async def _complete(self, event: hikari.AutocompleteInteractionCreateEvent) -> None:
        (focused,) = (option for option in event.interaction.options if option.is_focused)
        found = [style for style in STYLES if style.lower().startswith(str(focused.value))]
        build = hikari.impl.AutocompleteChoiceBuilder
        await event.interaction.create_response([build(style, style.lower()) for style in found])

    async def _component(self, event: hikari.ComponentInteractionCreateEvent) -> None:
        interaction = event.interaction
        self.told.put_nowait(interaction)
        if interaction.custom_id == "edit":
            row = self.app.rest.build_modal_action_row().add_text_input("prompt", "Prompt")
            await interaction.create_modal_response("Edit", "edit", component=row)
        elif interaction.custom_id == "style":
            await interaction.create_initial_response(
                hikari.ResponseType.MESSAGE_UPDATE, f"In {interaction.values[0]}", components=[]
            )
        else:
            await interaction.create_initial_response(
                hikari.ResponseType.MESSAGE_CREATE,
                "Again",
                flags=hikari.MessageFlag.EPHEMERAL,
            )
            await interaction.execute("And again", flags=hikari.MessageFlag.EPHEMERAL)

    async def _modal(self, event: hikari.ModalInteractionCreateEvent) -> None:
        self.told.put_nowait(event.interaction)
        ((written,),) = event.interaction.components
        await event.interaction.create_initial_response(4, f"Edited: {written.value}")

    async def _message(self, event: hikari.MessageCreateEvent) -> None:
        if event.is_human and event.content:
            await event.message.respond(f"You said: {event.content}", reply=True)

    async def _resume(self, event: hikari.ShardResumedEvent) -> None:
        self.resumed.set()
