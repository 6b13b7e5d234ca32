"""The company's own Word and PowerPoint templates, as the Admin page keeps them; without one those of the settings."""

from __future__ import annotations

import io
import os
import zipfile
from pathlib import Path

from core.branding.letterhead import Letterhead
from core.config import Settings
from core.contracts.errors import ConfigError
from core.enablement import document, office_file, slides, word
from core.enablement.document import Paper
from core.usage import usage_guard

DOCX, PPTX = "docx", "pptx"
KINDS = (DOCX, PPTX)
FOLDER = "branding"
MOST_BYTES = 20_000_000
LACKING = {DOCX: word.lacking, PPTX: slides.lacking}
ACTIVE = ("vbaproject.bin", "activex", "oleobject", "embeddings/")
REMOTE = b'TargetMode="External"'
LINKS = (b"/hyperlink",)


def path_of(settings: Settings, kind: str) -> Path:
    """Return where a template of a kind is kept, whether or not one is."""
    return settings.home / FOLDER / f"template.{kind}"


def is_saved(settings: Settings, kind: str) -> bool:
    """Say whether the Admin page keeps a template of a kind."""
    return path_of(settings, kind).is_file()


def in_force(settings: Settings, kind: str) -> bytes | None:
    """Return the template documents of a kind are written into; None for the house look.

    Raises
    ------
    ConfigError
        When it cannot be read.
    """
    if is_saved(settings, kind):
        return office_file.read_template(path_of(settings, kind))
    named = getattr(settings.enablement.templates, kind)
    return office_file.read_template(named) if named else None


def checked(content: bytes, kind: str) -> str:
    """Return what a template lacks and the house look stands in for; empty where it has all.

    Parameters
    ----------
    content : bytes
        What somebody uploaded; nothing of it is trusted.
    kind : str
        "docx" or "pptx".

    Raises
    ------
    ConfigError
        When it is too large, no such file, holds macros or embedded objects, fetches something from elsewhere, or
        lacks a layout no deck can be without.
    """
    if len(content) > MOST_BYTES:
        raise ConfigError(f"The template has {len(content) / 1e6:.0f} MB, and 20 MB is the most.", kind)
    gap = LACKING[kind](content)
    with zipfile.ZipFile(io.BytesIO(content)) as book:
        parts = book.namelist()
        links = [line for name in parts if name.endswith(".rels") for line in book.read(name).split(b"<Relationship ")]
    if any(mark in name.lower() for name in parts for mark in ACTIVE):
        raise ConfigError("The template holds macros or embedded objects.", kind, "Save it without them.")
    if any(REMOTE in line and not any(link in line for link in LINKS) for line in links):
        raise ConfigError("The template fetches something from elsewhere.", kind, "Put its pictures into the file.")
    if gap and kind == PPTX:
        raise ConfigError(gap, kind)
    return gap


def save(settings: Settings, kind: str, content: bytes) -> None:
    """Keep a template for everybody; documents made from now on are written into it.

    Raises
    ------
    ConfigError
        As `checked`, and when the home folder cannot be written to.
    StoreError
        When there is no room for it.
    """
    checked(content, kind)
    usage_guard.refuse_bytes(settings, len(content))
    path = path_of(settings, kind)
    part = path.with_suffix(".part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        part.write_bytes(content)
        os.replace(part, path)
    except OSError as error:
        raise ConfigError("The template cannot be saved.", str(path), "Check the home folder's rights.") from error


def forget(settings: Settings, kind: str) -> None:
    """Take a template away: that of the settings counts again, or the house look."""
    path_of(settings, kind).unlink(missing_ok=True)


def preview(kind: str, template: bytes | None, head: Letterhead) -> bytes:
    """Return a short document as a template makes it: title, text, list, table.

    Parameters
    ----------
    kind : str
    template : bytes, optional
        Default the house look.
    head : Letterhead
    """
    write = word.write if kind == DOCX else slides.write
    return write(sample(head.name), template, head)


def sample(name: str) -> Paper:
    """Return the document a preview is made of; it holds nothing of the company's data."""
    return Paper(
        "How your documents look",
        f"A preview for {name}",
        (
            document.heading("A section"),
            document.text("Text stands in the style of your template."),
            *document.bullets(["The first of two points", "The second of two points"]),
            document.heading("A table"),
            document.table(
                ("Requirement", "Answer", "Weeks"), (("Single sign-on", "Available", 0), ("Export", "Planned", 4))
            ),
        ),
    )
