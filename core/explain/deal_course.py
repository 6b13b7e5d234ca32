"""How a deal's chance went week by week, as today's model sees what was known then."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

import numpy as np
import polars as pl

from core.config import Settings
from core.contracts import Dataset
from core.explain.contributions import Floats, probability
from core.explain.deals import opened
from core.features import deals
from core.localization import message
from core.metrics.measure import percent
from core.models import outlook
from core.models.bundle import Bundle
from core.models.close.model import ByThen

WEEKS = 8
AHEAD = 90
FEWEST = 2


@dataclass(frozen=True)
class Course:
    """A deal's chance over the last weeks: [day, p_win], the latest day last."""

    frame: pl.DataFrame

    def sentence(self) -> str:
        """Say how the chance of a win within 90 days went since the first week shown."""
        now = self.frame.row(-1, named=True)
        if self.frame.height < FEWEST:
            return message(
                "The chance of a win within {ahead} days is {p_win}; the deal is new this week.",
                ahead=AHEAD,
                p_win=percent(now["p_win"]),
            )
        first = self.frame.row(0, named=True)
        low, high = self.frame["p_win"].min(), self.frame["p_win"].max()
        return message(
            "The chance of a win within {ahead} days is {p_win} after {p_win_2} on {day:%d %B}; in "
            "between it lay from {low} to {high}.",
            ahead=AHEAD,
            p_win=percent(now["p_win"]),
            p_win_2=percent(first["p_win"]),
            day=first["day"],
            low=percent(low),  # type: ignore[arg-type]
            high=percent(high),  # type: ignore[arg-type]
        )


def course(dataset: Dataset, settings: Settings, bundle: Bundle, opportunity_id: str, weeks: int = WEEKS) -> Course:
    """Return a deal's chance of being won within 90 days, on each of the last weeks' days.

    Each chance is today's model on what was known of the deal that day, so that the path shows the deal and not
    changes of the model; both ends look the same number of days ahead.

    Parameters
    ----------
    dataset : Dataset
    settings : Settings
    bundle : Bundle
    opportunity_id : str
    weeks : int

    Returns
    -------
    Course
        From the first of these days the deal was open on.

    Raises
    ------
    ModelError
        When there is no close model, or the deal is not open.
    """
    model = bundle.need_close()
    opened(bundle, opportunity_id)
    days = [dataset.as_of - timedelta(weeks=week) for week in range(weeks, -1, -1)]
    parts = [deals.build(dataset, day, settings, opportunity_id).with_columns(day=pl.lit(day)) for day in days]
    rows = pl.concat([part for part in parts if not part.is_empty()], how="diagonal_relaxed")
    weights = outlook.knots(bundle.deal_scores.columns, AHEAD)
    chances = [weight * _chance(model.at(horizon), rows) for horizon, weight in weights.items()]
    chance = np.sum(chances, axis=0)
    return Course(rows.select("day", p_win=pl.Series(chance, dtype=pl.Float64)))


def _chance(model: ByThen, rows: pl.DataFrame) -> Floats:
    return probability(model, model.margin(rows))
