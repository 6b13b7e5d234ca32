"""Tables of compensation: versions of the plans, exceptions to pay, and approvals of statements."""

from __future__ import annotations

from datetime import date

from sqlalchemy import BigInteger, Date, Integer, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from core.store.tables import VersionedRow


class PayPlansRow(VersionedRow):
    """One version of the file of compensation plans."""

    __tablename__ = "pay_plans"
    __table_args__ = (UniqueConstraint("book", "file", "version"),)
    KEYS = ("file",)
    WORDS = ("content", "note")

    file: Mapped[str] = mapped_column(String(40))
    content: Mapped[str] = mapped_column(Text)
    note: Mapped[str] = mapped_column(Text, default="")


class PayExceptionRow(VersionedRow):
    """An amount paid or taken beside the plan: asked for, approved or refused."""

    __tablename__ = "pay_exceptions"
    __table_args__ = (UniqueConstraint("book", "rep_id", "period_start_on", "number", "version"),)
    KEYS = ("rep_id", "period_start_on", "number")
    WORDS = ("cents", "reason", "state", "asked_by", "note")

    rep_id: Mapped[str] = mapped_column(String(200))
    period_start_on: Mapped[date] = mapped_column(Date)
    number: Mapped[int] = mapped_column(Integer)
    cents: Mapped[int] = mapped_column(BigInteger)
    reason: Mapped[str] = mapped_column(Text)
    state: Mapped[str] = mapped_column(String(20))
    asked_by: Mapped[str] = mapped_column(String(200))
    note: Mapped[str] = mapped_column(Text, default="")


class PayApprovalRow(VersionedRow):
    """A statement approved at an amount."""

    __tablename__ = "pay_approvals"
    __table_args__ = (UniqueConstraint("book", "rep_id", "period_start_on", "version"),)
    KEYS = ("rep_id", "period_start_on")
    WORDS = ("cents",)

    rep_id: Mapped[str] = mapped_column(String(200))
    period_start_on: Mapped[date] = mapped_column(Date)
    cents: Mapped[int] = mapped_column(BigInteger)
