"""One door for all files of engagement: what a file is shows in its first bytes, and how much is read is bounded."""

from __future__ import annotations

import io
import zipfile
import zlib
from dataclasses import dataclass
from datetime import date, datetime, tzinfo
from pathlib import PurePosixPath

from core.contracts.errors import SourceError
from core.interactions import calendar_files, graph_files, listed_interactions, mail_files, transcript_files
from core.interactions.read_interaction import ReadFile
from core.localization import message

LARGEST_BYTES = 500 * 2**20
MOST_FILES, LARGEST_MEMBER, LARGEST_TOGETHER, MOST_PACKED = 20_000, 300 * 2**20, 500 * 2**20, 200
ENDINGS = (".mbox", ".eml", ".ics", ".json", ".csv", ".vtt", ".txt", ".zip")
OTHER_KIND, UNREAD = "files of another kind", "files that cannot be read"
BROKEN = (zipfile.BadZipFile, zlib.error, RuntimeError, NotImplementedError, EOFError, OSError, ValueError, MemoryError)


@dataclass(frozen=True)
class Reading:
    """How files are read.

    Attributes
    ----------
    zone : tzinfo
        Of times without a zone: the company's.
    around : date
        The last day of the data: meetings that repeat are laid out around it.
    with_text : bool
        Whether texts of mails are read at all.
    occurred_at : datetime, optional
        When a call was, for a transcript that does not say.
    opportunity_id : str
        The deal a transcript is about.
    """

    zone: tzinfo
    around: date
    with_text: bool = False
    occurred_at: datetime | None = None
    opportunity_id: str = ""


def read(content: bytes, title: str, reading: Reading) -> ReadFile:
    """Return the mails, meetings and calls of a file.

    Parameters
    ----------
    content : bytes
        An mbox, a mail, a calendar, Graph's JSON, a CSV list, a transcript, or a zip of those, as Takeout makes it.
    title : str
        Its name; the ending tells texts apart, never what is unpacked.
    reading : Reading

    Raises
    ------
    SourceError
        When it is of another kind, damaged, larger than 500 MB, or a zip that would unpack to more than 500 MB.
    """
    if len(content) > LARGEST_BYTES:
        raise SourceError("The file is larger than 500 MB.", title, "Export fewer months at once.")
    if content[:2] == b"PK":
        return _unpacked(content, title, reading)
    out = _plain(content, title, reading)
    if out is None:
        raise SourceError(
            "Files of this kind are not read.",
            title,
            message("Give a file that ends in {endings}.", endings=", ".join(ENDINGS)),
        )
    return out


def _plain(content: bytes, title: str, reading: Reading) -> ReadFile | None:
    ending = PurePosixPath(title).suffix.lower()
    head = content[:2_000].removeprefix(b"\xef\xbb\xbf").lstrip()
    if head.startswith(b"BEGIN:VCALENDAR"):
        return calendar_files.meetings(content, reading.zone, reading.around)
    if head.startswith(b"WEBVTT") or ending in (".vtt", ".txt"):
        return transcript_files.transcript(content, title, reading.zone, reading.occurred_at, reading.opportunity_id)
    if mail_files.is_mbox(content):
        return mail_files.mbox(content, reading.with_text)
    out = None
    if ending == ".json":
        out = graph_files.interactions(content, title)
    elif ending == ".csv":
        out = listed_interactions.interactions(content, title, reading.zone)
    elif ending in (".eml", ".mbox"):
        out = ReadFile()
        mail_files.add(out, content, reading.with_text)
    return out


def _unpacked(content: bytes, title: str, reading: Reading) -> ReadFile:
    out = ReadFile()
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as packed:
            infos = [info for info in packed.infolist() if not info.is_dir()]
            wanted = [info for info in infos if _is_read(info.filename)]
            size = sum(info.file_size for info in wanted)
            if len(wanted) > MOST_FILES or size > min(LARGEST_TOGETHER, MOST_PACKED * max(len(content), 10_000)):
                raise SourceError("The zip file unpacks to too much.", title, "Export fewer months at once.")
            if len(infos) > len(wanted):
                out.leave_out(OTHER_KIND, len(infos) - len(wanted))
            for info in wanted:
                with packed.open(info) as member:
                    # The size a zip declares may be a lie.
                    part = member.read(min(info.file_size, LARGEST_MEMBER) + 1)
                if len(part) > info.file_size:
                    raise SourceError("The zip file is damaged.", title, "Export it again.")
                _take(out, part, PurePosixPath(info.filename).name, reading)
    except BROKEN as error:
        raise SourceError("The zip file is damaged or locked.", title, "Export it again.") from error
    return out


def _take(out: ReadFile, part: bytes, name: str, reading: Reading) -> None:
    try:
        read_part = _plain(part, name, reading)
    except SourceError:
        read_part = None
    if read_part is None:
        out.leave_out(UNREAD)
    else:
        out.take(read_part)


def _is_read(name: str) -> bool:
    path = PurePosixPath(name)
    is_aside = any(part.startswith((".", "__MACOSX")) for part in path.parts)
    return path.suffix.lower() in ENDINGS and path.suffix.lower() != ".zip" and not is_aside
