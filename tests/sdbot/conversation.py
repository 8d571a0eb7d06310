"""What a member sees and does, in a test's words."""

import io

from PIL import Image

REROLL = "Reroll"


def has_picture(event):
    return bool(event["message"]["attachments"])


def says(text):
    return lambda event: text in event["message"]["content"]


async def picture_message(member):
    """The next message with a picture."""
    return (await member.until("message_create", has_picture))["message"]


async def told(member, text):
    """The next change of a message that says this."""
    return (await member.until("message_update", says(text)))["message"]


async def reroll(member, message):
    """Press the button under a picture; the new picture's message."""
    await member.press(message["id"], reroll_id(message))
    return await picture_message(member)


def reroll_id(message):
    buttons = [button for row in message["components"] for button in row["components"]]
    (custom_id,) = (button["custom_id"] for button in buttons if button["label"] == REROLL)
    return custom_id


async def download(member, message):
    (attachment,) = message["attachments"]
    async with member.http.get(attachment["url"]) as response:
        return Image.open(io.BytesIO(await response.read()))
