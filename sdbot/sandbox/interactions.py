"""Interactions: begun by a member, due in three seconds, their tokens good for fifteen minutes."""

import asyncio
import logging
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from sdbot.sandbox import errors, objects
from sdbot.sandbox.documents import Document
from sdbot.sandbox.gateway import Gateway
from sdbot.sandbox.page_events import PageEvents
from sdbot.sandbox.settings import Settings
from sdbot.sandbox.world import World

log = logging.getLogger(__name__)

COMMAND, COMPONENT = 2, 3


@dataclass
class Interaction:
    """One command or press. `name` is the command's, or the label of the button.

    `message_id` is the message whose button was pressed, `original_id` what `@original` means;
    `answer_type` is the callback's, None until it came.
    """

    id: str
    token: str
    type: int
    channel_id: str
    name: str
    message_id: str | None = None
    original_id: str | None = None
    answer_type: int | None = None
    is_late: bool = False
    timers: list[asyncio.TimerHandle] = field(default_factory=list)


class Interactions:
    """Those whose tokens are good; they do not outlive the sandbox."""

    def __init__(
        self, world: World, gateway: Gateway, pages: PageEvents, settings: Settings
    ) -> None:
        self._world = world
        self._gateway = gateway
        self._pages = pages
        self._settings = settings
        self._by_token: dict[str, Interaction] = {}

    def begin_command(self, channel_id: str, command: Document, options: list[Document]) -> str:
        """Send a command to the bot; returns the interaction's id."""
        data = {"id": command["id"], "name": command["name"], "type": 1, "options": options}
        if "guild_id" in command:
            data["guild_id"] = command["guild_id"]
        return self._begin(COMMAND, channel_id, command["name"], data)

    def begin_component(self, message: Document, component: Document) -> str:
        """Send the press of a button to the bot; returns the interaction's id."""
        data = {"custom_id": component["custom_id"], "component_type": component["type"]}
        return self._begin(
            COMPONENT, message["channel_id"], component.get("label") or "button", data, message
        )

    def _begin(
        self, type: int, channel_id: str, name: str, data: Document, message: Document | None = None
    ) -> str:
        interaction = Interaction(
            id=self._world.ids.next(),
            token=secrets.token_urlsafe(128),
            type=type,
            channel_id=channel_id,
            name=name,
            message_id=message["id"] if message else None,
        )
        event = objects.interaction(
            self._world,
            id=interaction.id,
            token=interaction.token,
            type=type,
            channel_id=channel_id,
            data=data,
        )
        event["attachment_size_limit"] = self._settings.max_upload_bytes
        if message:
            event["message"] = objects.message(self._world, message)
        self._by_token[interaction.token] = interaction
        self._pages.publish("interaction_create", **self._told(interaction))
        self._gateway.dispatch("INTERACTION_CREATE", event)
        self._start_timers(interaction)
        return interaction.id

    def unanswered(self, id: str, token: str) -> Interaction:
        """The interaction that a callback may still answer. Raises 10062 and 40060."""
        interaction = self._by_token.get(token)
        if interaction is None or interaction.id != id or interaction.is_late:
            raise errors.unknown_interaction()
        if interaction.answer_type is not None:
            raise errors.already_answered()
        return interaction

    @contextmanager
    def answering(self, interaction: Interaction, answer_type: int) -> Iterator[None]:
        """The block makes the answer; one that Discord refuses leaves the interaction unanswered.

        Raises 10062 and 40060: the deadline or another answer may have come first.
        """
        self.unanswered(interaction.id, interaction.token)
        interaction.answer_type = answer_type
        try:
            yield
        except errors.ApiError:
            interaction.answer_type = None
            raise
        self._pages.publish("interaction_answered", **self._told(interaction))

    def answered(self, application_id: str, token: str) -> Interaction:
        """The interaction of a webhook's token.

        Raises 10015 before the callback and 50027 after the token's life.
        """
        interaction = self._by_token.get(token)
        if application_id != self._world.identity.id:
            raise errors.unknown_webhook()
        if interaction is None:
            raise errors.invalid_webhook_token()
        if interaction.answer_type is None:
            raise errors.unknown_webhook()
        return interaction

    async def close(self) -> None:
        for interaction in self._by_token.values():
            for timer in interaction.timers:
                timer.cancel()

    def _start_timers(self, interaction: Interaction) -> None:
        loop = asyncio.get_running_loop()
        interaction.timers = [
            loop.call_later(self._settings.answer_seconds, self._pass_deadline, interaction),
            loop.call_later(self._settings.token_life_seconds, self._end, interaction),
        ]

    def _pass_deadline(self, interaction: Interaction) -> None:
        if interaction.answer_type is None:
            interaction.is_late = True
            log.warning("The application did not respond to %s in time", interaction.name)
            self._pages.publish("interaction_failed", **self._told(interaction))

    def _end(self, interaction: Interaction) -> None:
        del self._by_token[interaction.token]

    def _told(self, interaction: Interaction) -> Document:
        """What a page is told: never the token."""
        is_command = interaction.type == COMMAND
        return {
            "interaction_id": interaction.id,
            "channel_id": interaction.channel_id,
            "message_id": interaction.message_id,
            "name": f"/{interaction.name}" if is_command else interaction.name,
        }
