"""What a member sees and does, in a test's words."""

import io

from PIL import Image

EPHEMERAL = 1 << 6


def has_picture(event):
    return bool(event["message"]["attachments"])


def is_private(event):
    return bool(event["message"]["flags"] & EPHEMERAL)


def says(text):
    return lambda event: text in event["message"]["content"]


async def picture_message(member):
    """The next message with a picture."""
    return (await member.until("message_create", has_picture))["message"]


async def told(member, text):
    """The next change of a message that says this."""
    return (await member.until("message_update", says(text)))["message"]


async def refused(member, text):
    """The next message for this member's eyes only, which says this."""
    event = await member.until("message_create", says(text))
    assert is_private(event)
    return event["message"]


async def opened(member):
    """The next form: the interaction that it answers, and its fields by the options' names."""
    event = await member.until("modal")
    fields = [field for row in event["data"]["components"] for field in row["components"]]
    return event["interaction_id"], {_option(field["label"]): field for field in fields}


def _option(label):
    return label.partition(" (")[0].lower().replace(" ", "_")


async def submit(member, form, **texts):
    """Hand in an opened form; what is not named stays as it was prefilled."""
    interaction_id, fields = form
    values = {
        field["custom_id"]: texts.get(name, field.get("value", ""))
        for name, field in fields.items()
    }
    await member.submit(interaction_id, **values)


async def remix(member, data, filename="picture.png", **options):
    """Use /remix with a file; the attachment."""
    attachment = await member.upload(filename, data)
    options = {"image": attachment["id"], "prompt": "a red apple", **options}
    await member.command("remix", **options)
    return attachment


async def completed(member, option, typed, command="imagine", **options):
    """What is offered to who types into an option of a command."""
    body = {"name": command, "options": {**options, option: typed}, "focused": option}
    answer = await member.done("/sandbox/autocomplete", channel_id=member.channel_id, **body)
    assert answer["message"] is None
    return [choice["value"] for choice in answer["choices"]]


def buttons(message):
    """The labels of the buttons, row by row."""
    return [[button["label"] for button in row["components"]] for row in message["components"]]


def button_id(message, label):
    found = [button for row in message["components"] for button in row["components"]]
    (custom_id,) = (button["custom_id"] for button in found if button["label"] == label)
    return custom_id


async def press(member, message, label):
    """Press a button under a picture."""
    await member.press(message["id"], button_id(message, label))


async def pressed(member, message, label):
    """Press a button under a picture; the message with the picture that comes of it."""
    await press(member, message, label)
    return await picture_message(member)


async def download(member, message, number=1):
    """Picture `number` of a message."""
    async with member.http.get(message["attachments"][number - 1]["url"]) as response:
        return Image.open(io.BytesIO(await response.read()))


async def registered(member, name):
    """The command of a name."""
    commands = (await member.state())["commands"]
    return next(command for command in commands if command["name"] == name)
