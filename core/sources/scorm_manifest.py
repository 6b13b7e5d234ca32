"""Names of courses and their modules, read from the manifest of a SCORM package.

Sources: SCORM 1.2 Content Aggregation Model, 2.2 and 2.3; SCORM 2004 4th Edition Content Aggregation Model, 3.4.
"""

from __future__ import annotations

import zipfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Any
from xml.parsers import expat

import polars as pl

from core.contracts.errors import SourceError
from core.localization import message

MANIFEST = "imsmanifest.xml"
LARGEST_MANIFEST, MOST_MODULES, DEEPEST = 10 * 2**20, 5_000, 50
TABLE = "course_modules"
COLUMNS = {
    "course_id": "course_identifier",
    "course_name": "course_title",
    "course_key": "organization_identifier",
    "module_id": "module_identifier",
    "module_name": "module_title",
    "module_path": "launch_file",
}
MEND = "Export the package again from the authoring tool."


@dataclass
class _Item:
    key: str
    resource: str
    name: str = ""
    n_below: int = 0


@dataclass
class _Reader:
    """What is read of a manifest while its tags come by."""

    root: str = ""
    manifest: str = ""
    chosen: str = ""
    organizations: list[_Item] = field(default_factory=list)
    items: list[tuple[int, _Item]] = field(default_factory=list)
    paths: dict[str, str] = field(default_factory=dict)
    open_items: list[_Item] = field(default_factory=list)
    tags: list[str] = field(default_factory=list)
    text: list[str] = field(default_factory=list)

    def start(self, tag: str, given: dict[str, str]) -> None:
        """Take a tag in, by its name without the schema in front."""
        name = tag.rpartition(" ")[2]
        self.root = self.root or name
        self.tags.append(name)
        if len(self.tags) > DEEPEST:
            raise ValueError("The tags lie too deep.")
        self.text.clear()
        if name == "manifest" and not self.manifest:
            self.manifest = given.get("identifier", "").strip()
        elif name == "organizations":
            self.chosen = given.get("default", "").strip()
        elif name in ("organization", "item"):
            item = _Item(given.get("identifier", "").strip(), given.get("identifierref", "").strip())
            if name == "organization":
                self.organizations.append(item)
            else:
                self._nest(item)
            self.open_items.append(item)
        elif name == "resource":
            self.paths[given.get("identifier", "").strip()] = given.get("href", "").strip()

    def _nest(self, item: _Item) -> None:
        if not self.organizations:
            raise ValueError("An item lies outside of an organization.")
        self.open_items[-1].n_below += 1
        self.items.append((len(self.organizations) - 1, item))
        if len(self.items) > MOST_MODULES:
            raise ValueError("There are too many items.")

    def end(self, tag: str) -> None:
        """Close a tag; a title names the organization or the item it lies in."""
        name = tag.rpartition(" ")[2]
        self.tags.pop()
        if name == "title" and self.open_items and self.tags[-1:] in (["organization"], ["item"]):
            self.open_items[-1].name = " ".join("".join(self.text).split())
        elif name in ("organization", "item"):
            self.open_items.pop()

    def rows(self) -> list[tuple[str, ...]]:
        """Return a row for each module of the organization that is launched by default, or of the first one."""
        if not self.organizations:
            return []
        keys = [organization.key for organization in self.organizations]
        at = keys.index(self.chosen) if self.chosen in keys else 0
        course = self.organizations[at]
        name = course.name or self.manifest or course.key
        modules = [item for number, item in self.items if number == at and item.resource]
        return [
            (self.manifest or course.key, name, course.key, item.key, item.name or item.key, self._path(item))
            for item in modules
        ]

    def _path(self, item: _Item) -> str:
        return self.paths.get(item.resource, "").partition("?")[0]


def packages(names: Sequence[str]) -> list[str]:
    """Return the folders of an archive that are SCORM packages, outermost first; an empty text is the archive itself.

    Examples
    --------
    >>> packages(["imsmanifest.xml", "a/imsmanifest.xml"]), packages(["x/IMSManifest.xml"]), packages(["y.csv"])
    ([''], ['x/'], [])
    """
    paths = [PurePosixPath(name) for name in names if PurePosixPath(name).name.lower() == MANIFEST]
    folders = sorted({"" if len(p.parts) == 1 else f"{p.parent.as_posix()}/" for p in paths}, key=lambda f: (len(f), f))
    outer: list[str] = []
    for folder in folders:
        if not any(folder.startswith(other) for other in outer):
            outer.append(folder)
    return outer


def table(content: bytes, title: str) -> bytes:
    """Return the modules of a manifest as a table, in CSV, as other files of a source come.

    Parameters
    ----------
    content : bytes
        An `imsmanifest.xml` of SCORM 1.2 or of any edition of SCORM 2004.
    title : str
        What the package is called, for messages.

    Returns
    -------
    bytes
        The columns of `COLUMNS`: a row for each item that can be launched, in the manifest's order. A course without a
        title is called by its identifier, and so is a module.

    Raises
    ------
    SourceError
        When it is no such manifest, is broken, defines entities, or names nothing that can be launched.
    """
    rows = _parsed(content, title).rows()
    if not rows:
        raise SourceError("The manifest of the course names nothing that can be launched.", title, MEND)
    frame = pl.DataFrame(rows, schema=dict.fromkeys(COLUMNS.values(), pl.String), orient="row")
    return frame.write_csv().encode()


def _parsed(content: bytes, title: str) -> _Reader:
    reader = _Reader()
    parser = expat.ParserCreate(namespace_separator=" ")
    parser.buffer_text = True
    parser.StartElementHandler, parser.EndElementHandler = reader.start, reader.end
    parser.CharacterDataHandler = reader.text.append
    parser.StartDoctypeDeclHandler = _refuse
    try:
        parser.Parse(content, True)
    except (expat.ExpatError, ValueError, LookupError) as error:
        raise SourceError(
            message("The manifest of the course cannot be read: {error}", error=error), title, MEND
        ) from error
    if reader.root != "manifest":
        raise SourceError("The manifest of the course is of another kind.", title, MEND)
    return reader


def _refuse(*_: Any) -> None:
    # A document type can define entities that grow without end; manifests have none.
    raise ValueError("It defines a document type of its own.")


def read(archive: zipfile.ZipFile, folder: str, title: str) -> bytes:
    """Return the modules of a package in an archive as a table.

    Raises
    ------
    SourceError
        As `table`, and when the manifest is larger than 10 MB.
    """
    entry = next(i for i in archive.infolist() if i.filename.lower() == f"{folder}{MANIFEST}".lower())
    with archive.open(entry) as flow:
        # The size a zip declares may be a lie.
        content = flow.read(LARGEST_MANIFEST + 1)
    if len(content) > LARGEST_MANIFEST:
        raise SourceError("The manifest of the course is larger than 10 MB.", title, MEND)
    return table(content, title)
