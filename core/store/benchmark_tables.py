"""The tables of benchmarks: what was made ready to leave, with its privacy budget, and files that came from others."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, Date, DateTime, Double, Integer, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from core.store.tables import Base, DocumentRow


class BenchmarkFileRow(DocumentRow):
    """A file of aggregates that came from others."""

    __tablename__ = "benchmark_files"
    __table_args__ = (UniqueConstraint("owner", "name"),)


class BenchmarkExportRow(Base):
    """What was made ready to leave, once; its noise is drawn once, and its budget is spent."""

    __tablename__ = "benchmark_exports"

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    book: Mapped[str] = mapped_column(String(200))
    content: Mapped[dict[str, Any]] = mapped_column(JSON)
    epsilon: Mapped[float] = mapped_column(Double)
    made_by: Mapped[str] = mapped_column(String(200))
    made_on: Mapped[date] = mapped_column(Date)
    made_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
