"""What Word and PowerPoint files have in common: clean text, no clock, a customer's own template."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from core.config.branding import PRODUCT
from core.contracts.errors import ConfigError
from core.localization import message, message_plural

T = TypeVar("T")
CONTENT_TYPES = "[Content_Types].xml"
FIXED_DATE = (2026, 1, 1, 0, 0, 0)
FORBIDDEN = re.compile(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
DATES = ("created", "modified", "lastPrinted", "revision", "lastModifiedBy")
MOST_BYTES = 50_000_000


def clean(text: object) -> str:
    """Return a text without the characters XML forbids."""
    return FORBIDDEN.sub("", str(text))


def described(rows: tuple[tuple[str, ...], ...]) -> str:
    """Return the alternative text of a table: its columns and how many rows it has."""
    n = max(len(rows) - 1, 0)
    return clean(
        message_plural(
            "Table of {n} row with the columns {rows}",
            "Table of {n} rows with the columns {rows}",
            n,
            rows=", ".join(rows[0]) if rows else "",
        )
    )


def signed(document: Any, title: str, subtitle: str, author: str = PRODUCT) -> None:
    """Write title and subject into a file's properties, and take out when and by whom a template was made."""
    properties = document.core_properties
    properties.title, properties.subject, properties.author = (
        clean(words)[:255] for words in (title, subtitle, author)
    )
    properties.language = "en"
    for child in list(properties._element):
        if child.tag.rpartition("}")[2] in DATES:
            properties._element.remove(child)
    package = document.part.package
    relations = package.rels if hasattr(package, "rels") else package._rels
    for key in [key for key, relation in relations.items() if relation.reltype.endswith("/thumbnail")]:
        relations.pop(key)  # the picture of another file


def repeatable(save: Callable[[io.BytesIO], None]) -> bytes:
    """Return what a library saves, with one date on every part: the same content is the same file.

    Parameters
    ----------
    save : callable
        Writes an office file to a stream.
    """
    saved, target = io.BytesIO(), io.BytesIO()
    save(saved)
    with zipfile.ZipFile(saved) as book, zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as again:
        for name in sorted(book.namelist(), key=lambda name: (name != CONTENT_TYPES, name)):
            part = zipfile.ZipInfo(name, FIXED_DATE)
            part.compress_type = zipfile.ZIP_DEFLATED
            again.writestr(part, book.read(name))
    return target.getvalue()


def read_template(path: str | Path) -> bytes:
    """Return the content of a template that the settings name.

    Raises
    ------
    ConfigError
        When it cannot be read.
    """
    try:
        return Path(path).read_bytes()
    except OSError as error:
        raise ConfigError(
            "The template cannot be read.", str(path), "Correct enablement.templates in the settings."
        ) from error


def opened(open_file: Callable[[io.BytesIO], T], content: bytes, kind: str) -> T:
    """Return a template as its library opens it.

    Parameters
    ----------
    open_file : callable
    content : bytes
    kind : str
        What it should be, as in "Word document (.docx)".

    Raises
    ------
    ConfigError
        When it is no such file, or unpacks to more than 50 MB.
    """
    mend = message("Choose a {kind}, saved by the program itself.", kind=kind)
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as book:
            size = sum(part.file_size for part in book.infolist())
        if size > MOST_BYTES:
            raise ConfigError(
                message("The template unpacks to {size} MB.", size=size // 1000000), "", "Take pictures out of it."
            )
        return open_file(io.BytesIO(content))
    except ConfigError:
        raise
    except Exception as error:  # the libraries raise whatever a broken part leads them to
        raise ConfigError("The template cannot be opened.", "", mend) from error
