"""What a message remembers of the interaction that it answers."""

from sdbot.sandbox.documents import Document
from sdbot.sandbox.interactions import COMMAND, Interaction

DEFAULT, CHAT_INPUT_COMMAND = 0, 20


def interaction_fields(interaction: Interaction) -> Document:
    """Fields of the stored message; a follow-up also names the first answer."""
    metadata: Document = {"id": interaction.id, "type": interaction.type}
    if interaction.type == COMMAND:
        metadata["name"] = interaction.name
    else:
        metadata["interacted_message_id"] = interaction.message_id
    is_first = interaction.original_id is None
    if not is_first:
        metadata["original_response_message_id"] = interaction.original_id
    type = CHAT_INPUT_COMMAND if is_first and interaction.type == COMMAND else DEFAULT
    return {"type": type, "interaction_metadata": metadata}
