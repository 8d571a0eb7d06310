"""Texts of commands in other languages."""

from collections.abc import Callable

from sdbot.sandbox.fields import Fields

LOCALES = (
    *("id", "da", "de", "en-GB", "en-US", "es-ES", "es-419", "fr", "hr", "it", "lt"),
    *("hu", "nl", "no", "pl", "pt-BR", "ro", "fi", "sv-SE", "vi", "tr", "cs", "el"),
    *("bg", "ru", "uk", "hi", "th", "zh-CN", "ja", "zh-TW", "ko"),
)


def check_localizations(
    owner: Fields, name: str, check_text: Callable[[Fields, str], object]
) -> None:
    """An object of texts by their locales, each checked like the one in the first language."""
    texts = owner.part(name)
    if texts is None:
        return
    for locale in texts.names():
        if locale in LOCALES:
            check_text(texts, locale)
        else:
            owner.add("BASE_TYPE_CHOICES", f"Value must be one of {LOCALES}.", name)
