"""Words on screen in the reader's language: messages that remember their template, and one catalogue of them."""

from core.localization.messages import Figure, Message, Text, joined, message, message_plural
from core.localization.reader import Reader, reading, shown, shown_value, shown_whole

__all__ = [
    "Figure",
    "Message",
    "Reader",
    "Text",
    "joined",
    "message",
    "message_plural",
    "reading",
    "shown",
    "shown_value",
    "shown_whole",
]
