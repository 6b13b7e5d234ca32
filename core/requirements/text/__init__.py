"""What a text says: its words, its meaning as a vector, its language, its kind and its category."""

from typing import TYPE_CHECKING

from core.lazy_imports import later

if TYPE_CHECKING:
    from core.requirements.text import (
        answer_text,
        categories,
        classification,
        embeddings,
        glossary,
        language,
        row_kind,
        tfidf,
    )

__all__ = [
    "answer_text",
    "categories",
    "classification",
    "embeddings",
    "glossary",
    "language",
    "row_kind",
    "tfidf",
]

__getattr__ = later(__name__, {name: name for name in __all__})
