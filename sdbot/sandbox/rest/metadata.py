"""What a message remembers of the interaction that it answers."""

from sdbot.sandbox.documents import Document
from sdbot.sandbox.fields import Fields
from sdbot.sandbox.flags import EPHEMERAL
from sdbot.sandbox.forms import MAX_FLAGS
from sdbot.sandbox.interactions import CHAT_INPUT, COMMAND, COMPONENT, Interaction

DEFAULT, CHAT_INPUT_COMMAND, CONTEXT_MENU_COMMAND = 0, 20, 23
OF_USER, OF_MESSAGE = 2, 3


def flags_of(payload: Document) -> int:
    """Of a message that is to be made. Raises 50035 for what are none."""
    form = Fields.of(payload)
    flags = form.number("flags", 0, MAX_FLAGS) or 0
    form.raise_any()
    return int(flags)


def interaction_fields(interaction: Interaction, flags: int) -> Document:
    """Fields of the stored message; a follow-up also names the first answer."""
    metadata = _metadata(interaction)
    is_first = interaction.original_id is None
    if not is_first:
        metadata["original_response_message_id"] = interaction.original_id
    return {
        "type": _message_type(interaction) if is_first else DEFAULT,
        "interaction_metadata": metadata,
        "visible_to": interaction.user_id if flags & EPHEMERAL else None,
    }


def _message_type(interaction: Interaction) -> int:
    if interaction.type != COMMAND:
        return DEFAULT
    is_slash = interaction.command_type == CHAT_INPUT
    return CHAT_INPUT_COMMAND if is_slash else CONTEXT_MENU_COMMAND


def _metadata(interaction: Interaction) -> Document:
    metadata: Document = {
        "id": interaction.id,
        "type": interaction.type,
        "user_id": interaction.user_id,
    }
    if interaction.type == COMMAND:
        metadata["name"] = interaction.name
        metadata["command_type"] = interaction.command_type
    if interaction.command_type == OF_USER:
        metadata["target_user_id"] = interaction.target_id
    elif interaction.command_type == OF_MESSAGE:
        metadata["target_message_id"] = interaction.target_id
    if interaction.type == COMPONENT:
        metadata["interacted_message_id"] = interaction.message_id
    if interaction.opened_by:
        metadata["triggering_interaction_metadata"] = _metadata(interaction.opened_by)
    return metadata
