"""One answer behind a signed link: what the link shows, who may make it, and whether an address still opens it."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Any

from core.access.row_view import View
from core.config import Settings
from core.contracts.errors import AccessError
from core.questions.answering import Answer
from core.questions.slots import Slots
from core.questions.topics import Topic, by_name
from core.replicas import signed_files
from core.scope import Scope
from core.sealing.vault import Vault
from core.store import Store
from core.store.embed_links import EmbedLink, EmbedLinks
from core.store.leases import SharedNotes
from core.store.sessions import Sessions

RIGHT = "embedding:write"
PARTS = ("sentence", "chart", "rows")
READ_OFF = ("days", "months", "split", "amount", "is_commit", "has_period")
EXPIRED, REVOKED, ALTERED, NARROWED = "expired", "revoked", "signature wrong", "its owner's view has changed"


@dataclass(frozen=True)
class CellAsked:
    """A cell of a page.

    Attributes
    ----------
    file : str
        Of its page, relative to the folder of the app.
    title : str
        Of its page.
    question : str
    right : str
        What it takes to open the page; empty for nothing.
    address : str
        The parameters of the page's address: the scope, and the id of the deal or account.
    """

    file: str
    title: str
    question: str
    right: str
    address: str


def secret_of(store: Store) -> bytes:
    """Return what this installation signs links with, the same on all its servers.

    Raises
    ------
    StoreError
        When the database cannot be reached.
    """
    return signed_files.signing_secret(SharedNotes(Sessions(store.engine)), Vault())


def content_of(answer: Answer, view: View, shows: Sequence[str], is_masked: bool) -> dict[str, Any]:
    """Return what a link holds of an answer.

    Parameters
    ----------
    answer : Answer
    view : View
        What the owner's rows are cut to.
    shows : sequence of {"sentence", "chart", "rows"}
    is_masked : bool
        Whether names are hidden in it though the owner sees them.
    """
    slots = answer.slots or Slots(answer.scope, answer.question)
    return {
        "question": answer.question,
        "topic": answer.topic.name,
        "scope": answer.scope.parameters,
        "slots": {name: value for name, value in asdict(replace(slots, text="")).items() if name in READ_OFF},
        **_of_view(view, shows, is_masked),
    }


def content_of_cell(cell: CellAsked, view: View, shows: Sequence[str], is_masked: bool) -> dict[str, Any]:
    """Return what a link holds of a cell of a page.

    Parameters
    ----------
    cell : CellAsked
    view : View
        What the owner's rows are cut to.
    shows : sequence of {"sentence", "chart", "rows"}
    is_masked : bool
        Whether names are hidden in it though the owner sees them.
    """
    return {
        "cell": asdict(cell),
        "question": cell.question,
        **_of_view(view, shows, is_masked),
    }


def _of_view(view: View, shows: Sequence[str], is_masked: bool) -> dict[str, Any]:
    """Return what a link holds of how much it shows, and through whose eyes."""
    return {
        "shows": [part for part in PARTS if part in shows],
        "is_masked": is_masked or view.is_masked,
        "view": {"regions": list(view.regions), "team": view.team, "hidden": list(view.hidden)},
    }


def cell_of(content: Mapping[str, Any]) -> CellAsked | None:
    """Return the cell a link's content is of; None where it is the answer to a question."""
    return CellAsked(**content["cell"]) if "cell" in content else None


def asked_by(content: Mapping[str, Any]) -> tuple[Topic, Slots]:
    """Return which question a link's content is of, with its part of the company and period.

    Raises
    ------
    AccessError
        When there is no such question any more.
    """
    topic = by_name().get(str(content["topic"]))
    if topic is None:
        raise AccessError("There is no such question any more.", mend="Make the link anew.")
    return topic, Slots(Scope.from_address(content["scope"]), "", **content["slots"])


def address(link: EmbedLink, secret: bytes) -> str:
    """Return the last part of a link's address: its mark and the signature over all it shows.

    Parameters
    ----------
    link : EmbedLink
    secret : bytes
        From `secret_of`.
    """
    return f"{link.mark}.{_signature(link, secret)}"


def opened(links: EmbedLinks, secret: bytes, given: str, now: datetime) -> tuple[EmbedLink | None, str]:
    """Return the link an address is of, and why it opens nothing; no link where there is none of that mark.

    Parameters
    ----------
    links : EmbedLinks
    secret : bytes
    given : str
        The last part of an address.
    now : datetime
        With a time zone.
    """
    mark, _, signature = given.partition(".")
    link = links.get(mark)
    if link is None:
        return None, ""
    if not hmac.compare_digest(signature.encode(), _signature(link, secret).encode()):
        return link, ALTERED
    return link, {"good": "", "expired": EXPIRED, "revoked": REVOKED}[link.state(now)]


def is_same_view(content: Mapping[str, Any], view: View) -> bool:
    """Say whether the owner of a link still sees the rows and fields they saw when it was made."""
    own = content["view"]
    return (list(view.regions), view.team, list(view.hidden)) == (own["regions"], own["team"], own["hidden"])


def frame_ancestors(settings: Settings) -> str:
    """Return who may show an embedded answer in a frame, for the Content-Security-Policy."""
    return " ".join(("'self'", *settings.access.embed_hosts))


def _signature(link: EmbedLink, secret: bytes) -> str:
    whole = [link.mark, link.title, link.owner, link.content, int(link.expires_at.timestamp())]
    text = json.dumps(["embed", *whole], sort_keys=True, ensure_ascii=False)
    return hmac.new(secret, text.encode(), hashlib.sha256).hexdigest()
