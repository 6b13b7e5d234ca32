"""Model levers: open deals scored anew as if they had more meetings, contacts or fresher talk."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from core.scenarios.data import win_curves
from core.scenarios.data.factors import Side
from core.scenarios.levers import LeverSetting

if TYPE_CHECKING:
    from core.models.bundle import Bundle

FEATURES = {"meetings": "meetings_per_week", "contacts": "n_contacts", "response": "silence_days"}
LOW, HIGH = 0.05, 0.95
Rescore = Callable[[Side, np.ndarray, tuple[LeverSetting, ...]], np.ndarray]


def scorer(
    bundle: Bundle | None, open_deals: pl.DataFrame, stages: dict[str, np.ndarray], as_of: date
) -> Rescore | None:
    """Return what scores the open deals anew for model levers; None without a close model.

    A lever adds to its feature of every deal it reaches, up to the 95th percentile of open deals and down to
    the 5th: a deal beyond them stays where it is. The model's answer is an association in past deals, no
    promise that doing it would have the effect. What is returned takes the rows of the open deals, their own
    curves [knot, deal] and the settings moved, and gives the curves after them.
    """
    if bundle is None or bundle.close is None or bundle.deal_features.is_empty():
        return None
    close, features = bundle.close, bundle.deal_features

    def rescore(deals: Side, plain: np.ndarray, settings: tuple[LeverSetting, ...]) -> np.ndarray:
        ids = open_deals.select("opportunity_id")
        rows = ids.join(features, on="opportunity_id", how="left", maintain_order="left")
        has_features = rows["stage"].is_not_null().to_numpy()
        for lever, feature in FEATURES.items():
            more = deals.total(tuple(s for s in settings if s.lever == lever))
            rows = _moved(rows, feature, more)
        scores = close.predict(rows.filter(pl.Series(has_features)), as_of)
        own = win_curves.of_deals(open_deals, scores, stages)[1].T
        return np.ascontiguousarray(np.where(has_features, own, plain))

    return rescore


def _moved(rows: pl.DataFrame, feature: str, more: float | np.ndarray) -> pl.DataFrame:
    if not np.any(more) or feature not in rows.columns:
        return rows
    values = rows[feature].cast(pl.Float64)
    low, high = (values.quantile(q) for q in (LOW, HIGH))
    if low is None or high is None:
        return rows
    now = values.to_numpy()
    moved = np.clip(now + more, np.minimum(now, low), np.maximum(now, high))
    shifted = pl.Series(feature, moved).fill_nan(None)
    whole = rows.schema[feature].is_integer()
    return rows.with_columns((shifted.round(0) if whole else shifted).cast(rows.schema[feature]).alias(feature))
