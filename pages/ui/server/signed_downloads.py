"""Files a page hands out, by signed addresses that any server answers; see `core.replicas.signed_files`.

Streamlit would keep them in the memory of the process that made them, where no other server finds them.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable
from datetime import UTC, datetime
from functools import wraps
from typing import TYPE_CHECKING, Any, Protocol
from urllib.parse import quote

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route
from streamlit import config
from streamlit.runtime.memory_media_file_storage import MemoryMediaFileStorage

from core.artifacts import is_failure
from core.replicas import signed_files
from core.replicas.signed_files import Grant
from pages.ui.server import browser_mark

if TYPE_CHECKING:
    from core.artifacts.session_files import SessionFiles

OWNER = "quarterdeck_downloads"
PATH, SAFE = "download", re.compile(r"[^A-Za-z0-9._-]+")
GONE = "This download has ended or is not for you. Go back to the page and ask for the file again."
logger = logging.getLogger(__name__)


class Release(bytes):
    """What a page hands to Streamlit in place of a file that the store has: the file's address."""


class Desk(Protocol):
    """What knows where files lie and who may have them."""

    def files(self) -> SessionFiles:
        """Return where files are kept until they are fetched."""
        ...

    def secret(self) -> bytes:
        """Return what addresses are signed with, the same on all servers."""
        ...

    def may_have(self, request: Request, grant: Grant) -> bool:
        """Say whether who asks is the person a file was made for, and still may have it."""
        ...


class SignedDownloads:
    """Keeps files and hands them out.

    Parameters
    ----------
    desk : callable
        Returns the `Desk`.
    """

    def __init__(self, desk: Callable[[], Desk]) -> None:
        self._desk = desk

    def address(self, content: bytes, grant: Grant) -> str | None:
        """Keep a file and return its address; None where it cannot be kept, and this process alone has it."""
        try:
            part = signed_files.issue(self._desk().files(), self._desk().secret(), grant, content, _now())
        except BaseException as error:
            if not is_failure(error):
                raise
            logger.warning("A download is not shared with other servers: %s", error)
            return None
        base = str(config.get_option("server.baseUrlPath")).strip("/")
        name = SAFE.sub("-", grant.file_name) or "file"
        return f"{'/' + base if base else ''}/{PATH}/{part}/{name}"

    def route(self) -> Route:
        """Return the route that answers with the files."""
        return Route(f"/{PATH}/{{part}}/{{name}}", self._answer)

    async def _answer(self, request: Request) -> Response:
        return await run_in_threadpool(self._file, request)

    def _file(self, request: Request) -> Response:
        try:
            desk = self._desk()
            match = signed_files.opened(desk.files(), desk.secret(), request.path_params["part"], _now())
            if match is None or not _is_same_browser(request, match[0]) or not desk.may_have(request, match[0]):
                return PlainTextResponse(GONE, 404)
        except BaseException as error:
            if not is_failure(error):
                raise
            logger.warning("A download was not handed out: %s", error)
            return PlainTextResponse("The file cannot be read at the moment. Try again soon.", 503)
        grant, content = match
        headers = {
            "Content-Disposition": f"attachment; filename*=utf-8''{quote(grant.file_name, safe='')}",
            "Cache-Control": "no-store",
        }
        return Response(content, media_type=grant.kind, headers=headers)


def install(downloads: SignedDownloads) -> None:
    """Give files their signed addresses from now on."""
    manager: Any = MemoryMediaFileStorage
    setattr(manager, OWNER, downloads)
    before = manager.get_url
    if getattr(before, "is_signing", False):
        return

    @wraps(before)
    def get_url(self: Any, file_id: str) -> str:
        content = self.get_file(file_id).content
        if not isinstance(content, Release):
            return str(before(self, file_id))
        self.delete_file(file_id)
        return bytes(content).decode()

    get_url.is_signing = True  # type: ignore[attr-defined]
    manager.get_url = get_url


def released(content: bytes, grant: Grant) -> bytes:
    """Return what stands for a file that was kept under a signed address, else the file itself."""
    downloads: SignedDownloads | None = getattr(MemoryMediaFileStorage, OWNER, None)
    address = downloads.address(content, grant) if downloads is not None else None
    return content if address is None else Release(address.encode())


def _is_same_browser(request: Request, grant: Grant) -> bool:
    return not grant.browser or browser_mark.known_by(request.cookies.get(browser_mark.NAME, "")) == grant.browser


def _now() -> datetime:
    return datetime.now(UTC)
