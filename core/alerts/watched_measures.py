"""The figures a rule can watch: each with the right it takes, and the page and cell that show it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from core.metrics import (
    bookings,
    channel_cost,
    channel_credit,
    competitor_splits,
    competitors,
    concentration,
    content_effect,
    course_record,
    coverage,
    lead_quality,
    pipeline,
    ramp_up,
    recurring,
    retention,
    territories,
    training_effect,
    winrate,
)
from core.metrics.measure import Measure


@dataclass(frozen=True)
class Watched:
    """A figure that can be watched.

    Attributes
    ----------
    title : str
    function : callable
        `(data, settings)` or `(data)`; returns a measure.
    unit : str
        "money", "rate", "count" or "days".
    right : str
    path, cell : str
        The page, and the heading of the cell, that show it.
    """

    title: str
    function: Callable[..., Measure]
    unit: str
    right: str
    path: str
    cell: str

    def of(self, data: Any, settings: Any) -> Measure:
        """Return the measure of some rows."""
        return self.function(data) if self.function is winrate.cycle_days else self.function(data, settings)

    def scaled(self, limit: float) -> float:
        """Return a limit as people write it in the unit of the value: a rate is written in per cent."""
        return limit / 100 if self.unit == "rate" else limit

    def written(self, limit: float) -> str:
        """Write a limit as people give it."""
        return f"{limit:g} %" if self.unit == "rate" else f"{limit:,.0f}{' days' if self.unit == 'days' else ''}"


FIGURES, OPEN, SPEED, HOME = "Key figures", "Open and weighted pipeline", "Sales velocity", "/"
EXECUTIVE, PIPELINE, CUSTOMERS = "executive:read", "pipeline:read", "customers:read"
ENABLEMENT, ENABLEMENT_PAGE = "enablement:read", "/enablement"
MEASURES: Mapping[str, Watched] = {
    "bookings": Watched("Bookings this quarter", bookings.quarter_to_date, "money", EXECUTIVE, HOME, FIGURES),
    "revenue": Watched("Revenue this quarter", bookings.revenue, "money", EXECUTIVE, HOME, FIGURES),
    "mrr": Watched("Monthly recurring revenue", recurring.mrr, "money", CUSTOMERS, HOME, FIGURES),
    "open_pipeline": Watched("Open pipeline", pipeline.open_pipeline, "money", PIPELINE, "/pipeline", OPEN),
    "weighted_pipeline": Watched("Weighted pipeline", coverage.weighted, "money", PIPELINE, "/pipeline", OPEN),
    "due_next": Watched("Deals due next", pipeline.due_next, "money", PIPELINE, "/deal", "Deals due next"),
    "win_rate": Watched("Win rate", winrate.win_rate, "rate", PIPELINE, "/pipeline", SPEED),
    "competitor_win_rate": Watched(
        "Win rate against competitors", competitors.record, "rate", PIPELINE, "/competitors", "Whom do we lose to?"
    ),
    "competitor_trend": Watched(
        "Change of the win rate against competitors",
        competitor_splits.trend,
        "rate",
        PIPELINE,
        "/competitors",
        "Is it getting worse?",
    ),
    "territory_spread": Watched(
        "Bookings that would change hands for even territories",
        territories.balance,
        "rate",
        PIPELINE,
        "/territories",
        "How even are territories today?",
    ),
    "attribution": Watched(
        "Disagreement of attribution models",
        channel_credit.by_model,
        "rate",
        PIPELINE,
        "/attribution",
        "Which channels are our deals from?",
    ),
    "campaign_cost": Watched(
        "Cost of campaigns", channel_cost.returns, "money", PIPELINE, "/attribution", "What do they return?"
    ),
    "lead_conversion": Watched(
        "Leads that became a deal",
        lead_quality.by_source,
        "rate",
        PIPELINE,
        "/leads",
        "Which sources bring good leads?",
    ),
    "courses_finished": Watched(
        "Courses finished", course_record.by_course, "rate", ENABLEMENT, ENABLEMENT_PAGE, "Who finished which course?"
    ),
    "training_effect": Watched(
        "Win rate after courses",
        training_effect.win_rate,
        "rate",
        ENABLEMENT,
        ENABLEMENT_PAGE,
        "Do reps win more after a course?",
    ),
    "ramp_up": Watched(
        "Ramp-up after courses",
        ramp_up.by_course,
        "days",
        ENABLEMENT,
        ENABLEMENT_PAGE,
        "Do trained reps ramp faster?",
    ),
    "content_use": Watched(
        "Content in won deals", content_effect.by_content, "rate", ENABLEMENT, ENABLEMENT_PAGE, "Which content wins?"
    ),
    "deal_size": Watched("Deal size", winrate.deal_size, "money", PIPELINE, "/pipeline", SPEED),
    "cycle_days": Watched("Sales cycle", winrate.cycle_days, "days", PIPELINE, "/pipeline", SPEED),
    "pipeline_concentration": Watched(
        "Share of the largest deals", concentration.pipeline, "rate", PIPELINE, "/pipeline", "Pipeline health"
    ),
    "retention": Watched(
        "Revenue retention", retention.last_year, "rate", CUSTOMERS, "/customers", "Revenue and customer retention"
    ),
}
