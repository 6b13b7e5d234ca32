"""What speaks against one open deal, with the record of each signal."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from core.config import Settings
from core.contracts import Dataset
from core.localization import message
from core.metrics.measure import counted, percent
from core.metrics.risk import at_risk
from core.metrics.signals import SIGNALS, open_marks


@dataclass(frozen=True)
class DealSignals:
    """The signals of one deal: [signal, meaning, n_past, slipped_rate, others_rate, evidence], sharpest first."""

    frame: pl.DataFrame
    loss_rate: float | None

    def sentence(self) -> str:
        """Say how many signals there are and by how much they lower the chance together."""
        if self.frame.is_empty():
            return "No warning sign on this deal."
        text = message("{warnings} on this deal", warnings=counted(self.frame.height, "warning sign"))
        if not self.loss_rate:
            return f"{text}."
        return message(
            "{text}; by what such signs have meant, they cost {loss_rate} of its chance.",
            text=text,
            loss_rate=percent(self.loss_rate),
        )


def signals(data: Dataset, settings: Settings, opportunity_id: str) -> DealSignals:
    """Return what speaks against one open deal.

    Parameters
    ----------
    data : Dataset
    settings : Settings
        `risk` holds the thresholds.
    opportunity_id : str
        One that is not open has no signals.
    """
    marked = open_marks(data, settings).filter(pl.col("opportunity_id") == opportunity_id)
    names = [name for name in SIGNALS if marked.height and marked[name][0]]
    risks = at_risk(data, settings)
    shown = ("signal", "meaning", "n_past", "slipped_rate", "others_rate", "evidence")
    frame = risks.record.filter(pl.col("signal").is_in(names)).sort("difference", descending=True, nulls_last=True)
    own = risks.frame.filter(pl.col("opportunity_id") == opportunity_id)["loss_rate"]
    return DealSignals(frame.select(shown), own[0] if own.len() else None)
