"""The tables of the work on a requirement list: plan, members, what changed when, tasks, questions to the buyer."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import (
    JSON,
    Boolean,
    Date,
    DateTime,
    ForeignKey,
    Index,
    Integer,
    String,
    Text,
    UniqueConstraint,
)
from sqlalchemy.orm import Mapped, mapped_column

from core.store.tables import Base

LIST = "requirement_sets.id"


class ProjectPlanRow(Base):
    """How the work on a list is to go: deadline, calendar, rules of assignment, review stages."""

    __tablename__ = "project_plans"

    requirement_set_id: Mapped[int] = mapped_column(ForeignKey(LIST, ondelete="CASCADE"), primary_key=True)
    payload: Mapped[dict[str, Any]] = mapped_column(JSON)
    version: Mapped[int] = mapped_column(Integer)
    saved_by: Mapped[str] = mapped_column(String(200))
    saved_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))


class ProjectMemberRow(Base):
    """That a person has a role in the work on a list."""

    __tablename__ = "project_members"

    requirement_set_id: Mapped[int] = mapped_column(ForeignKey(LIST, ondelete="CASCADE"), primary_key=True)
    person: Mapped[str] = mapped_column(String(200), primary_key=True)
    role: Mapped[str] = mapped_column(String(40), primary_key=True)


class RowChangeRow(Base):
    """One change of one row of a list: which fields, and where the row stood then; rows are only ever added."""

    __tablename__ = "row_changes"
    __table_args__ = (UniqueConstraint("requirement_set_id", "sheet", "row", "version"),)

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    requirement_set_id: Mapped[int] = mapped_column(ForeignKey(LIST, ondelete="CASCADE"))
    sheet: Mapped[str] = mapped_column(String(200))
    row: Mapped[int] = mapped_column(Integer)
    version: Mapped[int] = mapped_column(Integer)
    fields: Mapped[list[str]] = mapped_column(JSON)
    state: Mapped[str] = mapped_column(String(20))
    stage: Mapped[str | None] = mapped_column(String(40))
    changed_by: Mapped[str] = mapped_column(String(200))
    changed_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))


class WorkTaskRow(Base):
    """Something somebody has to do with a row of a list; at most one of a kind for a person and a row."""

    __tablename__ = "work_tasks"
    __table_args__ = (
        UniqueConstraint("requirement_set_id", "sheet", "row", "kind", "assignee"),
        Index("ix_work_tasks_mine", "assignee", "is_open"),
    )

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    requirement_set_id: Mapped[int] = mapped_column(ForeignKey(LIST, ondelete="CASCADE"))
    sheet: Mapped[str] = mapped_column(String(200))
    row: Mapped[int] = mapped_column(Integer)
    kind: Mapped[str] = mapped_column(String(20))
    assignee: Mapped[str] = mapped_column(String(200))
    due_on: Mapped[date | None] = mapped_column(Date)
    is_open: Mapped[bool] = mapped_column(Boolean)
    snoozed_until: Mapped[date | None] = mapped_column(Date)
    made_by: Mapped[str] = mapped_column(String(200))
    made_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    closed_by: Mapped[str] = mapped_column(String(200))
    closed_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))


class BuyerQuestionRow(Base):
    """A question to the buyer about a row of their list, with the answer that was taken and one that contradicts it."""

    __tablename__ = "buyer_questions"
    __table_args__ = (UniqueConstraint("requirement_set_id", "code"),)

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    requirement_set_id: Mapped[int] = mapped_column(ForeignKey(LIST, ondelete="CASCADE"))
    sheet: Mapped[str] = mapped_column(String(200))
    row: Mapped[int] = mapped_column(Integer)
    code: Mapped[str] = mapped_column(String(20))
    question: Mapped[str] = mapped_column(Text)
    state: Mapped[str] = mapped_column(String(20))
    answer: Mapped[str] = mapped_column(Text)
    answer_file: Mapped[str] = mapped_column(String(260))
    rival_answer: Mapped[str] = mapped_column(Text)
    rival_file: Mapped[str] = mapped_column(String(260))
    asked_by: Mapped[str] = mapped_column(String(200))
    asked_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    answered_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    version: Mapped[int] = mapped_column(Integer)
