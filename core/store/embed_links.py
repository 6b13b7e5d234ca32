"""Links that open one answer without signing in: what each shows, for whom, until when, and that it was opened."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from core.contracts.errors import StoreError
from core.localization import message
from core.store.audit_chain import write_down
from core.store.repositories import Clock, in_utc
from core.store.sessions import Sessions
from core.store.tables import LONGEST_NAME, EmbedLinkRow

N_MARK, LONGEST_DAYS = 12, 366


@dataclass(frozen=True)
class EmbedLink:
    """A link.

    Attributes
    ----------
    mark : str
        The part of its address that names it; it opens nothing without the signature.
    title : str
        What stands above the answer.
    owner : str
        Whose rows it shows.
    content : dict
        The question, its part of the company and period, what is shown of it, and how the rows are cut.
    made_at, expires_at : datetime
        In UTC.
    opened_at : datetime, optional
        The last time it was opened.
    n_opened : int
    revoked_at : datetime, optional
    """

    mark: str
    title: str
    owner: str
    content: dict[str, Any]
    made_at: datetime
    expires_at: datetime
    opened_at: datetime | None
    n_opened: int
    revoked_at: datetime | None

    def state(self, now: datetime) -> str:
        """Return "good", "expired" or "revoked"."""
        return "revoked" if self.revoked_at else "expired" if now >= self.expires_at else "good"


class EmbedLinks:
    """The links of an installation."""

    def __init__(self, sessions: Sessions, clock: Clock) -> None:
        self._sessions, self._clock = sessions, clock

    def make(self, title: str, owner: str, content: dict[str, Any], days: int) -> EmbedLink:
        """Keep a link; its address is signed by whoever calls.

        Raises
        ------
        StoreError
            When the title is empty or too long, or it would last longer than a year.
        """
        name = title.strip()
        if not 0 < len(name) <= LONGEST_NAME:
            raise StoreError(
                message("A link needs a title of 1 to {longest_name} characters.", longest_name=LONGEST_NAME),
                mend="Say what it shows.",
            )
        if not 0 < days <= LONGEST_DAYS:
            raise StoreError(
                message("A link lasts 1 to {longest_days} days.", longest_days=LONGEST_DAYS),
                mend="Choose how long it opens.",
            )
        now = self._clock()
        row = EmbedLinkRow(
            mark=secrets.token_hex(N_MARK // 2),
            title=name,
            owner=owner[:200],
            content=content,
            made_at=now,
            expires_at=now + timedelta(days=days),
            n_opened=0,
        )
        with self._sessions.begin() as session:
            session.add(row)
            self._audit(
                session,
                owner,
                "made an embed link",
                row.mark,
                message("{name}, until {expires_at:%Y-%m-%d}", name=name, expires_at=row.expires_at),
            )
        return _link(row)

    def get(self, mark: str) -> EmbedLink | None:
        """Return a link by its mark; None where there is none."""
        with self._sessions() as session:
            row = session.scalars(select(EmbedLinkRow).where(EmbedLinkRow.mark == mark[:N_MARK])).first()
        return None if row is None or row.mark != mark else _link(row)

    def list(self) -> list[EmbedLink]:
        """Return the links, newest first."""
        with self._sessions() as session:
            return [_link(row) for row in session.scalars(select(EmbedLinkRow).order_by(EmbedLinkRow.id.desc()))]

    def note(self, link: EmbedLink, site: str, why: str = "") -> None:
        """Write down that a link was opened, or why it was refused.

        Parameters
        ----------
        link : EmbedLink
        site : str
            The page it was shown on, as the browser says; may be empty.
        why : str
            Why nothing was shown; empty where it was.
        """
        now = self._clock()
        opened = {"opened_at": now, "n_opened": EmbedLinkRow.n_opened + 1}
        with self._sessions.begin() as session:
            if not why:
                session.execute(update(EmbedLinkRow).where(EmbedLinkRow.mark == link.mark).values(**opened))
            action = "refused an embedded answer" if why else "opened an embedded answer"
            detail = (
                f"{link.title}: {why}"
                if why
                else message("{title}, rows of {owner}", title=link.title, owner=link.owner)
            )
            self._audit(
                session,
                "embed link",
                action,
                link.mark,
                message("{detail}, on {site}", detail=detail, site=site)[:400] if site else detail,
            )

    def revoke(self, mark: str, by: str) -> None:
        """End a link at once.

        Raises
        ------
        StoreError
            When there is none with that mark that was not revoked.
        """
        with self._sessions.begin() as session:
            asked = select(EmbedLinkRow).where(EmbedLinkRow.mark == mark, EmbedLinkRow.revoked_at.is_(None))
            row = session.scalars(asked).first()
            if row is None:
                raise StoreError("There is no such link any more.", mend="Load the page again.")
            row.revoked_at = self._clock()
            self._audit(session, by, "revoked an embed link", mark, row.title)

    def _audit(self, session: Session, user: str, action: str, target: str, detail: str) -> None:
        write_down(session, [{"at": self._clock(), "user": user, "action": action, "target": target, "detail": detail}])


def _link(row: EmbedLinkRow) -> EmbedLink:
    opened_at = in_utc(row.opened_at) if row.opened_at else None
    revoked_at = in_utc(row.revoked_at) if row.revoked_at else None
    made_at, expires_at = in_utc(row.made_at), in_utc(row.expires_at)
    return EmbedLink(
        row.mark, row.title, row.owner, dict(row.content), made_at, expires_at, opened_at, row.n_opened, revoked_at
    )
