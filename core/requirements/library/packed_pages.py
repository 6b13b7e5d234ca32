"""The pages of a wiki's export: the files of a zip that are read, with limits on what it may unpack to."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import PurePosixPath

from core.contracts.errors import RequirementError
from core.requirements.officefiles import bundles
from core.requirements.officefiles.spreadsheet import BROKEN

MOST_PAGES = 5_000
LARGEST_PAGE, LARGEST_TOGETHER, MOST_PACKED = 20 * 2**20, 100 * 2**20, 200
# Pictures, style sheets and the like of a web page, which hold no text.
SILENT = (".png", ".jpg", ".jpeg", ".gif", ".svg", ".webp", ".css", ".js", ".ico", ".woff", ".woff2", ".ttf", ".mp4")


@dataclass(frozen=True)
class Pages:
    """The pages of an export: name and content; and the files whose kind is not read."""

    pages: tuple[tuple[str, bytes], ...]
    left_out: tuple[str, ...]


def pages(content: bytes, title: str, endings: Collection[str]) -> Pages | None:
    """Return the pages of a zip by their names; None where the file is none.

    Parameters
    ----------
    content : bytes
    title : str
    endings : collection of str
        Of the kinds that are read. Zips in zips are not.

    Raises
    ------
    RequirementError
        When it is damaged or locked, or would unpack to more than 5,000 pages, 20 MB a page, 100 MB in all or 200
        times its own size.
    """
    if not bundles.is_bundle(content):
        return None
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as packed:
            infos = [info for info in packed.infolist() if not info.is_dir() and not _is_aside(info.filename)]
            wanted = [info for info in infos if _ending(info.filename) in endings and _ending(info.filename) != ".zip"]
            size = sum(info.file_size for info in wanted)
            if len(wanted) > MOST_PAGES or size > LARGEST_TOGETHER or size > MOST_PACKED * max(len(content), 10_000):
                raise RequirementError("The zip file unpacks to too much.", title, "Export fewer pages at once.")
            if any(info.file_size > LARGEST_PAGE for info in wanted):
                raise RequirementError("A page in the zip file is larger than 20 MB.", title, "Leave it out.")
            read = tuple((info.filename, packed.read(info)) for info in wanted)
    except (RuntimeError, NotImplementedError, *BROKEN) as error:
        raise RequirementError("The zip file is damaged or locked.", title, "Export it again.") from error
    others = {info.filename for info in infos} - {info.filename for info in wanted}
    return Pages(read, tuple(sorted(name for name in others if _ending(name) not in SILENT)))


def _ending(name: str) -> str:
    return PurePosixPath(name).suffix.lower()


def _is_aside(name: str) -> bool:
    return any(part.startswith((".", "__MACOSX", "~$")) for part in PurePosixPath(name).parts)
