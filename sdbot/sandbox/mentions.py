"""Whom a message may call, and which message it answers."""

from sdbot.sandbox.errors import InvalidForm
from sdbot.sandbox.fields import Fields, is_snowflake, shown

MENTIONED = ("roles", "users", "everyone")
MAX_IDS = 100
REPLY = 0


def check_mentions(message: Fields) -> None:
    """`allowed_mentions`: kinds to look for in the text, or the ids themselves, never both."""
    allowed = message.part("allowed_mentions")
    if allowed is None:
        return
    allowed.truth("replied_user")
    parsed = allowed.choices("parse", MENTIONED)
    for kind in ("users", "roles"):
        ids = allowed.values(kind, MAX_IDS)
        for index, id in enumerate(ids):
            if not is_snowflake(id):
                text = f'Value "{shown(id)}" is not snowflake.'
                allowed.add("NUMBER_TYPE_COERCE", text, kind, index)
        if ids and kind in parsed:
            text = f'parse:["{kind}"] and {kind}: [ids...] are mutually exclusive.'
            allowed.add("MESSAGE_ALLOWED_MENTIONS_PARSE_EXCLUSIVE", text)


def check_reference(message: Fields) -> None:
    """`message_reference`: an answer to a message; nothing can be forwarded here."""
    reference = message.part("message_reference")
    if reference is None:
        return
    reference.choice("type", (REPLY,))
    reference.require("message_id")
    for name in ("message_id", "channel_id", "guild_id"):
        reference.snowflake(name)
    reference.truth("fail_if_not_exists")


def unknown_reference() -> InvalidForm:
    """The channel has no message that could be answered."""
    fault = {"code": "REPLIES_UNKNOWN_MESSAGE", "message": "Unknown message"}
    return InvalidForm({"message_reference": {"_errors": [fault]}})
