"""Embeds: what Discord refuses in them, and what it leaves out."""

from datetime import datetime

from sdbot.sandbox.documents import Document
from sdbot.sandbox.fields import Fields, shown
from sdbot.sandbox.kept import kept, plain

MAX_EMBEDS = 10
MAX_FIELDS = 25
MAX_TITLE = 256
MAX_DESCRIPTION = 4096
MAX_FIELD_VALUE = 1024
MAX_FOOTER = 2048
MAX_CHARACTERS = 6000
MAX_COLOR = 0xFFFFFF

LINK = ("http", "https")
MEDIA = (*LINK, "attachment")
# One of these at least makes an embed.
VISIBLE = ("title", "description", "author", "fields", "footer", "image", "thumbnail")

KNOWN = {
    **plain("title", "description", "url", "timestamp", "color"),
    "author": plain("name", "url", "icon_url"),
    "footer": plain("text", "icon_url"),
    "image": plain("url"),
    "thumbnail": plain("url"),
    "fields": plain("name", "value", "inline"),
}


def check_embeds(message: Fields) -> None:
    """Lengths, links and parts of each, and the characters of all of them together."""
    embeds = message.objects("embeds", MAX_EMBEDS)
    texts = [text for embed in embeds for text in _checked_texts(embed)]
    if sum(map(len, texts)) > MAX_CHARACTERS:
        text = f"Embed size exceeds maximum size of {MAX_CHARACTERS}"
        message.add("MAX_EMBED_SIZE_EXCEEDED", text, "embeds")


def _checked_texts(embed: Fields) -> list[str]:
    """The texts that count; what is wrong with the embed is added to the faults."""
    if not any(embed.get(name) for name in VISIBLE):
        embed.require("description")
    embed.url("url", LINK)
    embed.number("color", 0, MAX_COLOR)
    _check_timestamp(embed)
    for name in ("image", "thumbnail"):
        if picture := embed.part(name):
            picture.url("url", MEDIA, shortest=1)
    return [
        embed.text("title", MAX_TITLE),
        embed.text("description", MAX_DESCRIPTION),
        *_author(embed),
        *_footer(embed),
        *_fields(embed),
    ]


def _check_timestamp(embed: Fields) -> None:
    try:
        if embed.has("timestamp"):
            datetime.fromisoformat(embed.get("timestamp"))
    except (TypeError, ValueError):
        message = f"Could not parse {shown(embed.get('timestamp'))}. Should be ISO8601."
        embed.add("DATE_TIME_TYPE_PARSE", message, "timestamp")


def _author(embed: Fields) -> list[str]:
    author = embed.part("author")
    if author is None:
        return []
    author.url("url", LINK)
    author.url("icon_url", MEDIA)
    author.require("name")
    return [author.text("name", MAX_TITLE)]


def _footer(embed: Fields) -> list[str]:
    footer = embed.part("footer")
    if footer is None:
        return []
    footer.url("icon_url", MEDIA)
    footer.require("text")
    return [footer.text("text", MAX_FOOTER)]


def _fields(embed: Fields) -> list[str]:
    texts = []
    for field in embed.objects("fields", MAX_FIELDS):
        field.require("name", "value")
        field.truth("inline")
        texts.append(field.text("name", MAX_TITLE))
        texts.append(field.text("value", MAX_FIELD_VALUE))
    return texts


def kept_embed(embed: Document) -> Document:
    """A checked embed as Discord keeps it."""
    full: Document = {"type": "rich", **kept(embed, KNOWN)}
    if "fields" in full:
        full["fields"] = [{"inline": False, **field} for field in full["fields"]]
    return full
