"""What Discord refuses in a message: lengths, counts and shapes, each fault by its path."""

from collections.abc import Collection
from typing import Any

from sdbot.sandbox.components import check_components
from sdbot.sandbox.embeds import check_embeds
from sdbot.sandbox.fields import Fields
from sdbot.sandbox.mentions import check_mentions, check_reference

MAX_CONTENT = 2000
MAX_ATTACHMENTS = 10
MAX_ALT_TEXT = 1024
MAX_FILENAME = 1024
MAX_FLAGS = (1 << 31) - 1
IS_COMPONENTS_V2 = 1 << 15
MAX_NONCE = 25


def check_message(
    payload: Any, file_indices: Collection[int], attachment_ids: Collection[str] = ()
) -> None:
    """Raises 50035 with every fault of a message that is to be made or edited.

    `file_indices` are the n of the `files[n]` that came with it, `attachment_ids` those of the
    files that an edited message has.
    """
    message = Fields.of(payload)
    message.text("content", MAX_CONTENT)
    for name in ("tts", "enforce_nonce"):
        message.truth(name)
    _check_flags(message)
    _check_nonce(message)
    check_mentions(message)
    check_reference(message)
    check_embeds(message)
    check_components(message)
    _check_attachments(message, {str(index) for index in file_indices}, set(attachment_ids))
    message.raise_any()


def _check_flags(message: Fields) -> None:
    flags = message.number("flags", 0, MAX_FLAGS)
    if flags and int(flags) & IS_COMPONENTS_V2:
        # No code of Discord's: it would take the message.
        text = "The sandbox does not know the components that IS_COMPONENTS_V2 allows."
        message.add("SANDBOX_LACKS_COMPONENTS_V2", text, "flags")


def _check_nonce(message: Fields) -> None:
    nonce = message.get("nonce")
    if isinstance(nonce, str):
        if len(nonce) > MAX_NONCE:
            text = f"Must be {MAX_NONCE} or fewer characters long."
            message.add("NONCE_TYPE_TOO_LONG", text, "nonce")
    elif nonce is not None and type(nonce) is not int:
        text = "This field must be a string or integer."
        message.add("NONCE_TYPE_INVALID_TYPE", text, "nonce")


def _check_attachments(message: Fields, new: set[str], existing: set[str]) -> None:
    """Each entry is one of the files that came, or one that is to be kept."""
    ids = set()
    for attachment in message.objects("attachments", MAX_ATTACHMENTS):
        attachment.text("filename", MAX_FILENAME)
        attachment.text("description", MAX_ALT_TEXT)
        attachment.require("id")
        id = attachment.snowflake("id")
        if id and id not in new | existing:
            attachment.add("ATTACHMENT_NOT_FOUND", "Attachment data not found", "id")
        ids.add(id)
    kept = ids if message.has("attachments") else existing
    if len(kept | new) > MAX_ATTACHMENTS:
        text = f"Must be {MAX_ATTACHMENTS} or fewer in length."
        message.add("BASE_TYPE_MAX_LENGTH", text, "attachments")
