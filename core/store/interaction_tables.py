"""The tables of engagement: mails, meetings and calls, who took part in each, and what was counted of a transcript."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import Boolean, Date, DateTime, Float, ForeignKey, Index, Integer, String, Text, UniqueConstraint, false
from sqlalchemy.orm import Mapped, mapped_column

from core.store.tables import Base


class InteractionRow(Base):
    """One mail, meeting or call. Subject and text are empty unless the settings allow them to be kept."""

    __tablename__ = "interactions"
    __table_args__ = (UniqueConstraint("book", "key"), Index("ix_interactions_occurred_at", "occurred_at"))

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    book: Mapped[str] = mapped_column(String(200))
    key: Mapped[str] = mapped_column(String(64))
    kind: Mapped[str] = mapped_column(String(12))
    occurred_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    ended_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    thread: Mapped[str] = mapped_column(String(64), default="", server_default="")
    opportunity_id: Mapped[str] = mapped_column(String(200), default="", server_default="")
    subject: Mapped[str] = mapped_column(String(300), default="", server_default="")
    text: Mapped[str] = mapped_column(Text, default="", server_default="")
    size_bytes: Mapped[int] = mapped_column(Integer, default=0, server_default="0")
    n_attachments: Mapped[int] = mapped_column(Integer, default=0, server_default="0")
    is_cancelled: Mapped[bool] = mapped_column(Boolean, default=False, server_default=false())
    added_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))


class InteractionPersonRow(Base):
    """Somebody who wrote, was written to, was invited or spoke."""

    __tablename__ = "interaction_people"
    __table_args__ = (Index("ix_interaction_people_address", "address"),)

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    interaction_id: Mapped[int] = mapped_column(ForeignKey("interactions.id", ondelete="CASCADE"), index=True)
    address: Mapped[str] = mapped_column(String(320))
    name: Mapped[str] = mapped_column(String(200), default="", server_default="")
    role: Mapped[str] = mapped_column(String(12))
    answer: Mapped[str] = mapped_column(String(12), default="", server_default="")


class CallTurnRow(Base):
    """What one person said in one go: counted, not written down, unless the settings allow texts."""

    __tablename__ = "call_turns"
    __table_args__ = (UniqueConstraint("interaction_id", "number"),)

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    interaction_id: Mapped[int] = mapped_column(ForeignKey("interactions.id", ondelete="CASCADE"))
    number: Mapped[int] = mapped_column(Integer)
    speaker: Mapped[str] = mapped_column(String(320))
    seconds: Mapped[float | None] = mapped_column(Float)
    n_words: Mapped[int] = mapped_column(Integer)
    n_questions: Mapped[int] = mapped_column(Integer)
    topics: Mapped[str] = mapped_column(String(300), default="", server_default="")
    step: Mapped[str] = mapped_column(String(20), default="", server_default="")
    step_due_on: Mapped[date | None] = mapped_column(Date)
    n_sentences: Mapped[int] = mapped_column(Integer, default=0, server_default="0")
    n_positive: Mapped[int] = mapped_column(Integer, default=0, server_default="0")
    n_negative: Mapped[int] = mapped_column(Integer, default=0, server_default="0")
    text: Mapped[str] = mapped_column(Text, default="", server_default="")
