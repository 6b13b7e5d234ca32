"""An Excel workbook's parts: its sheets, shared texts, number formats and named ranges. Nothing in it is run."""

from __future__ import annotations

import io
import lzma
import posixpath
import re
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any
from xml.parsers import expat

from core.contracts.errors import RequirementError
from core.requirements.officefiles.sheetxml import Doctype, RawSheet, SheetReader, guarded, unescape

LARGEST_UNPACKED = 400 * 2**20
LARGEST_TEXTS = 150 * 2**20
CHUNK = 1 << 20
DATES = frozenset((*range(14, 18), 22, *range(27, 37), *range(50, 59)))
DATE_CODE = re.compile(r"[yd]|m(?!\w*[\"\]])", re.IGNORECASE)
ASIDES = re.compile(r'"[^"]*"|\[[^\]]*\]|\\.|_.|;.*')
FIXED = re.compile(r"^0\.(0+)$")
BUILT_IN = {2: "0.00", 9: "0%", 10: "0.00%"}
BROKEN = (
    expat.ExpatError,
    zipfile.BadZipFile,
    zlib.error,
    lzma.LZMAError,
    struct.error,
    LookupError,
    ValueError,
    OverflowError,
    NotImplementedError,
    EOFError,
    OSError,
)


class Book:
    """An open workbook.

    Attributes
    ----------
    title : str
        The file's name.
    sheets : dict of str to str
        Each worksheet's part by its name, in the workbook's order.
    hidden : set of str
        The names of hidden sheets.
    names : dict of str to str
        Named ranges and what they refer to.
    has_macros, has_links : bool
        Whether it carries macros or refers to other files; neither is ever followed.
    """

    def __init__(self, content: bytes, title: str) -> None:
        self.title = title
        self.packed = opened(content, title)
        self.sheets: dict[str, str] = {}
        self.hidden: set[str] = set()
        self.names: dict[str, str] = {}
        self._is_1904 = False
        parts = self.packed.namelist()
        self.has_macros = any(part.lower().endswith("vbaproject.bin") for part in parts)
        self.has_links = any("externallinks/" in part.lower() for part in parts)
        try:
            self._root = self._workbook_part()
            self._contents()
            self.formats = self._formats()
        except BROKEN as error:
            raise damaged(title) from error
        except Doctype as error:
            raise refused(title) from error
        self._strings: list[str] | None = None

    def raw(self, name: str, most_rows: int) -> RawSheet:
        """Read one sheet.

        Raises
        ------
        RequirementError
            When its part is damaged.
        """
        try:
            if self._strings is None:
                self._strings = self._shared()
            reader = SheetReader(self._strings, self.shown, most_rows)
            with self.packed.open(self.sheets[name]) as part:
                return reader.read(iter(lambda: part.read(CHUNK), b""))
        except BROKEN as error:
            raise damaged(self.title) from error
        except Doctype as error:
            raise refused(self.title) from error

    def shown(self, raw: str, style: int) -> str:
        """Return a number as its format shows it: dates as 2026-03-31, fixed decimals kept."""
        code = self.formats.get(style, "")
        try:
            number = float(raw)
        except ValueError:
            return raw
        if code == "date":
            return self._date(number) or raw
        if code.endswith("%"):
            return f"{number * 100:.{max(0, len(code) - 3)}f}%"
        fixed = FIXED.match(code)
        if fixed:
            return f"{number:.{len(fixed.group(1))}f}"
        return str(int(number)) if number.is_integer() and abs(number) < 1e15 else repr(number)

    def _date(self, serial: float) -> str:
        start = datetime(1904, 1, 1) if self._is_1904 else datetime(1899, 12, 30)
        try:
            moment = start + timedelta(days=serial)
        except OverflowError:
            return ""
        if 0 <= serial < 1:
            return moment.strftime("%H:%M")
        return moment.strftime("%Y-%m-%d" if serial == int(serial) else "%Y-%m-%d %H:%M")

    def _workbook_part(self) -> str:
        for kind, target in self._relations("_rels/.rels", ""):
            if kind.endswith("/officeDocument"):
                return target
        raise KeyError("xl/workbook.xml")

    def _relations(self, part: str, folder: str) -> Iterator[tuple[str, str]]:
        for _, kind, target in self._linked(part, folder):
            yield kind, target

    def _linked(self, part: str, folder: str) -> list[tuple[str, str, str]]:
        links: list[tuple[str, str, str]] = []

        def start(name: str, given: dict[str, str]) -> None:
            if name.rpartition(":")[2] == "Relationship" and given.get("TargetMode") != "External":
                target = given.get("Target", "")
                full = target[1:] if target.startswith("/") else posixpath.normpath(posixpath.join(folder, target))
                links.append((given.get("Id", ""), given.get("Type", ""), full))

        self._parse(part, start)
        return links

    def _contents(self) -> None:
        folder, file = posixpath.split(self._root)
        linked = self._linked(f"{folder}/_rels/{file}.rels".lstrip("/"), folder)
        targets = {key: target for key, _, target in linked}
        self._parts = {kind.rsplit("/", 1)[-1]: target for _, kind, target in linked}
        listed: list[tuple[str, str, str]] = []
        naming: list[str] = []

        def start(name: str, given: dict[str, str]) -> None:
            local = name.rpartition(":")[2]
            if local == "sheet":
                key = next((v for k, v in given.items() if k.rpartition(":")[2] == "id" and ":" in k), "")
                listed.append((given.get("name", ""), key, given.get("state", "visible")))
            elif local == "workbookPr":
                self._is_1904 = given.get("date1904") in ("1", "true")
            elif local == "definedName":
                naming.append(given.get("name", ""))
                self.names[naming[-1]] = ""

        def text(piece: str) -> None:
            if naming:
                self.names[naming[-1]] += piece

        def end(name: str) -> None:
            if name.rpartition(":")[2] == "definedName":
                naming.clear()

        self._parse(self._root, start, end, text)
        present = set(self.packed.namelist())
        for name, key, state in listed:
            part = targets.get(key, "")
            if part in present and "chartsheet" not in part.lower():
                self.sheets[name] = part
                if state != "visible":
                    self.hidden.add(name)

    def _formats(self) -> dict[int, str]:
        """Return, per cell style, "date", or its code where that is simple; others are left out."""
        codes: dict[int, str] = dict(BUILT_IN)
        styles: list[int] = []
        inside: list[str] = []

        def start(name: str, given: dict[str, str]) -> None:
            local = name.rpartition(":")[2]
            if local == "numFmt":
                codes[int(given["numFmtId"])] = given.get("formatCode", "")
            elif local == "cellXfs":
                inside.append(local)
            elif local == "xf" and inside:
                styles.append(int(given.get("numFmtId", "0")))

        def end(name: str) -> None:
            if name.rpartition(":")[2] == "cellXfs":
                inside.clear()

        part = self._parts.get("styles", "")
        if part in self.packed.namelist():
            self._parse(part, start, end)
        return {index: kind for index, number in enumerate(styles) if (kind := _kind(number, codes.get(number, "")))}

    def _shared(self) -> list[str]:
        part = self._parts.get("sharedStrings", "")
        if part not in self.packed.namelist():
            return []
        if self.packed.getinfo(part).file_size > LARGEST_TEXTS:
            raise too_large(self.title)
        return _texts(lambda *handlers: self._parse(part, *handlers))

    def _parse(
        self,
        part: str,
        start: Callable[..., None],
        end: Callable[..., None] = lambda _: None,
        text: Callable[..., None] = lambda _: None,
    ) -> None:
        parser: Any = guarded(start, end, text)
        with self.packed.open(part) as flow:
            while chunk := flow.read(CHUNK):
                parser.Parse(chunk, False)
        parser.Parse(b"", True)


def _kind(number: int, code: str) -> str:
    if number in DATES:
        return "date"
    plain = ASIDES.sub("", code)
    if code and re.search(r"[yd]", plain, re.IGNORECASE) and "0" not in plain and "#" not in plain:
        return "date"
    return plain if FIXED.match(plain) or plain in ("0%", "0.0%", "0.00%") else ""


def _texts(parse: Callable[..., None]) -> list[str]:
    """Return the shared texts; runs of a rich text are joined, phonetic readings left out."""
    out: list[str] = []
    pieces: list[str] = []
    state = {"keep": False, "silent": 0}
    local: dict[str, str] = {}

    def start(name: str, _: dict[str, str]) -> None:
        plain = local.setdefault(name, name.rpartition(":")[2])
        if plain == "t":
            state["keep"] = not state["silent"]
        elif plain == "rPh":
            state["silent"] += 1

    def end(name: str) -> None:
        plain = local[name]
        if plain == "t":
            state["keep"] = False
        elif plain == "si":
            out.append(unescape("".join(pieces)))
            pieces.clear()
        elif plain == "rPh":
            state["silent"] -= 1

    def text(piece: str) -> None:
        if state["keep"]:
            pieces.append(piece)

    parse(start, end, text)
    return out


def opened(content: bytes, title: str) -> zipfile.ZipFile:
    """Open a packed file that unpacks to no more than 400 MB of XML.

    Raises
    ------
    RequirementError
        When it is damaged, locked by a password or unpacks to more.
    """
    try:
        packed = zipfile.ZipFile(io.BytesIO(content))
        parts = packed.infolist()
    except BROKEN as error:
        raise damaged(title) from error
    if any(part.flag_bits & 1 for part in parts):
        raise RequirementError("The file is password-protected.", title, "Save it without a password.")
    if sum(part.file_size for part in parts if part.filename.endswith((".xml", ".rels"))) > LARGEST_UNPACKED:
        raise too_large(title)
    return packed


def damaged(title: str) -> RequirementError:
    """Return the error of a damaged file."""
    return RequirementError("The workbook is damaged.", title, "Save it again in your spreadsheet program.")


def refused(title: str) -> RequirementError:
    """Return the error of a file that declares entities, as attacks do."""
    return RequirementError(
        "The workbook holds a document type declaration, which no spreadsheet program writes; it was not read.",
        title,
        "Save it again in your spreadsheet program.",
    )


def too_large(title: str) -> RequirementError:
    """Return the error of a file that unpacks to too much."""
    return RequirementError("The workbook unpacks to more than 400 MB.", title, "Copy the list to a new workbook.")
