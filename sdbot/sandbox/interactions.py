"""Interactions: begun by a member, due in three seconds, their tokens good for fifteen minutes."""

import asyncio
import logging
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from sdbot.sandbox import errors, objects
from sdbot.sandbox.documents import Document
from sdbot.sandbox.gateway import Gateway
from sdbot.sandbox.page_events import PageEvents
from sdbot.sandbox.settings import Settings
from sdbot.sandbox.world import World

log = logging.getLogger(__name__)

COMMAND, COMPONENT, AUTOCOMPLETE, MODAL_SUBMIT = 2, 3, 4, 5
CHAT_INPUT = 1


@dataclass(kw_only=True)
class Interaction:
    """What one person did. `name` is the command's, with that of a sub-command, or a label.

    `message_id` is the message whose component was used, `target_id` the message or user whose
    menu held the command, `opened_by` the interaction whose answer was the modal; `original_id` is
    what `@original` means, `answer_type` the callback's, None until it came.
    """

    id: str
    token: str
    type: int
    user_id: str
    channel_id: str
    name: str
    command_type: int = CHAT_INPUT
    target_id: str | None = None
    message_id: str | None = None
    opened_by: "Interaction | None" = None
    original_id: str | None = None
    answer_type: int | None = None
    modal: Document | None = None
    choices: asyncio.Future[list[Document] | None] = field(default_factory=asyncio.Future)
    is_late: bool = False
    deadline: asyncio.TimerHandle = field(init=False)
    end: asyncio.TimerHandle = field(init=False)

    def complete(self, choices: list[Document] | None) -> None:
        """What who types waits for: the bot's choices, or None when there will be none."""
        if not self.choices.done():
            self.choices.set_result(choices)


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
        self._by_id: dict[str, Interaction] = {}

    def begin(
        self, type: int, user_id: str, channel_id: str, name: str, data: Document, **known: Any
    ) -> Interaction:
        """Send what a person did to the bot; `known` are further fields of the interaction."""
        interaction = Interaction(
            id=self._world.ids.next(),
            token=secrets.token_urlsafe(128),
            type=type,
            user_id=user_id,
            channel_id=channel_id,
            name=name,
            **known,
        )
        event = self._event(interaction, data)
        self._by_token[interaction.token] = interaction
        self._by_id[interaction.id] = interaction
        self._tell("interaction_create", interaction)
        self._gateway.dispatch("INTERACTION_CREATE", event)
        self._start_timers(interaction)
        return interaction

    def _event(self, interaction: Interaction, data: Document) -> Document:
        event = objects.interaction(
            self._world,
            id=interaction.id,
            token=interaction.token,
            type=interaction.type,
            user_id=interaction.user_id,
            channel_id=interaction.channel_id,
            data=data,
        )
        event["attachment_size_limit"] = self._settings.max_upload_bytes
        if message := self._world.messages.get(interaction.message_id or ""):
            event["message"] = objects.message_for_bot(self._world, message)
        return event

    def with_modal(self, id: str, user_id: str) -> Interaction | None:
        """The interaction that was answered with a modal for this person."""
        found = self._by_id.get(id)
        return found if found and found.modal and found.user_id == user_id else None

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

        Raises 10062 and 40060: the deadline or another answer may have come first. A form that is
        answered cannot be sent again.
        """
        self.unanswered(interaction.id, interaction.token)
        interaction.answer_type = answer_type
        try:
            yield
        except errors.ApiError:
            interaction.answer_type = None
            if interaction.deadline.when() <= asyncio.get_running_loop().time():
                self._pass_deadline(interaction)
            raise
        if interaction.opened_by:
            interaction.opened_by.modal = None
        self._tell("interaction_answered", interaction)

    def answered(self, application_id: str, token: str) -> Interaction:
        """The interaction of a webhook's token.

        Raises 10015 before the callback and 50027 after the token's life.
        """
        interaction = self._by_token.get(token)
        if application_id != self._world.identity.id:
            raise errors.unknown_webhook()
        if interaction is None:
            raise errors.invalid_webhook_token()
        if interaction.answer_type is None or interaction.type == AUTOCOMPLETE:
            raise errors.unknown_webhook()
        return interaction

    async def close(self) -> None:
        for interaction in self._by_token.values():
            interaction.deadline.cancel()
            interaction.end.cancel()
            interaction.complete(None)

    def _start_timers(self, interaction: Interaction) -> None:
        later, settings = asyncio.get_running_loop().call_later, self._settings
        interaction.deadline = later(settings.answer_seconds, self._pass_deadline, interaction)
        interaction.end = later(settings.token_life_seconds, self._end, interaction)

    def _pass_deadline(self, interaction: Interaction) -> None:
        if interaction.answer_type is None and not interaction.is_late:
            interaction.is_late = True
            log.warning("The application did not respond to %s in time", interaction.name)
            interaction.complete(None)
            self._tell("interaction_failed", interaction)

    def _end(self, interaction: Interaction) -> None:
        del self._by_token[interaction.token]
        del self._by_id[interaction.id]

    def _tell(self, event: str, interaction: Interaction) -> None:
        """Tell the pages of who acted: never the token, and nothing of what is typed."""
        if interaction.type == AUTOCOMPLETE:
            return
        is_slash = interaction.type == COMMAND and interaction.command_type == CHAT_INPUT
        self._pages.publish(
            event,
            to=interaction.user_id,
            interaction_id=interaction.id,
            channel_id=interaction.channel_id,
            message_id=interaction.message_id,
            name=f"/{interaction.name}" if is_slash else interaction.name,
        )
