"""The tables of playbooks: plays as people edited them, runs of plays, their steps, and what became of each step."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import Boolean, Date, DateTime, ForeignKey, Index, Integer, String, Text, UniqueConstraint, false
from sqlalchemy.orm import Mapped, mapped_column

from core.store.tables import Base, DocumentRow


class PlayRow(DocumentRow):
    """A play as an administrator wrote it, in place of the one that comes with Quarterdeck."""

    __tablename__ = "plays"
    __table_args__ = (UniqueConstraint("owner", "name"),)


class PlayRunRow(Base):
    """That a play was started for a subject, or that the subject was left out by chance to compare with."""

    __tablename__ = "play_runs"
    __table_args__ = (UniqueConstraint("book", "play", "subject_id", "occasion"),)

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    book: Mapped[str] = mapped_column(String(200))
    play: Mapped[str] = mapped_column(String(60))
    kind: Mapped[str] = mapped_column(String(20))
    subject_id: Mapped[str] = mapped_column(String(200))
    occasion: Mapped[str] = mapped_column(String(20), default="", server_default="")
    is_held_out: Mapped[bool] = mapped_column(Boolean, default=False, server_default=false())
    started_on: Mapped[date] = mapped_column(Date)
    started_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))


class PlayStepRow(Base):
    """One step of a run, as the play had it when the run began."""

    __tablename__ = "play_steps"
    __table_args__ = (
        UniqueConstraint("play_run_id", "number"),
        Index("ix_play_steps_state", "state", "assignee_id"),
    )

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    play_run_id: Mapped[int] = mapped_column(ForeignKey("play_runs.id", ondelete="CASCADE"))
    number: Mapped[int] = mapped_column(Integer)
    name: Mapped[str] = mapped_column(String(200))
    assignee_id: Mapped[str] = mapped_column(String(200))
    due_on: Mapped[date] = mapped_column(Date)
    state: Mapped[str] = mapped_column(String(12))
    reason: Mapped[str] = mapped_column(Text, default="", server_default="")
    changed_by: Mapped[str] = mapped_column(String(200), default="", server_default="")
    changed_on: Mapped[date | None] = mapped_column(Date)


class PlayChangeRow(Base):
    """One change of one step; rows are only ever added."""

    __tablename__ = "play_changes"

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    play_step_id: Mapped[int] = mapped_column(ForeignKey("play_steps.id", ondelete="CASCADE"), index=True)
    state: Mapped[str] = mapped_column(String(12))
    assignee_id: Mapped[str] = mapped_column(String(200))
    reason: Mapped[str] = mapped_column(Text)
    changed_by: Mapped[str] = mapped_column(String(200))
    changed_on: Mapped[date] = mapped_column(Date)
    changed_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
