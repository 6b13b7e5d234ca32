"""What can be asked: each topic with the function that answers it, the right it takes, and its place on a page."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from importlib import import_module, resources
from typing import Any, Literal

from core import yaml_text

Handed = Literal["months", "days", "end", "span", "today", "quarter"]
EXECUTIVE, PIPELINE, CUSTOMERS, FORECAST, DATA = ("executive", "pipeline", "customers", "forecast", "data")
ENGAGEMENT = "engagement"
PAGES = {
    EXECUTIVE: "app.py",
    PIPELINE: "pages/pipeline.py",
    CUSTOMERS: "pages/customers.py",
    FORECAST: "pages/forecast.py",
    DATA: "pages/data.py",
    ENGAGEMENT: "pages/engagement.py",
}
RIGHTS = {ENGAGEMENT: PIPELINE}


@dataclass(frozen=True)
class Topic:
    """Something that can be asked.

    Attributes
    ----------
    name : str
        The key of its phrases.
    title : str
        The question it answers, as it is shown.
    area : str
        The area it belongs to, which says its page and the right it takes.
    source : str
        `module:function` below `core`.
    handed : str
        What the function takes of the period: "months" a number of months up to its last day, "days" its first and
        last day, "end" data as of its last day, "span" the day before it and its last day, "quarter" a running or
        coming quarter, "today" nothing, for what is known of today alone.
    cell : str
        The question on the page that shows more.
    chart : str
        `module:function` below `core.charts`; empty for none.
    drawn : dict
        What the chart takes beside the frame and the currency.
    fixed : tuple
        What the function takes after data, settings and models.
    can_split : bool
        Whether it has a number that can be told part by part.
    unit : str
        Of the number, where the function's answer does not say.
    """

    name: str
    title: str
    area: str
    source: str
    handed: Handed
    cell: str
    chart: str = ""
    drawn: dict[str, Any] = field(default_factory=dict, hash=False)
    fixed: tuple[Any, ...] = ()
    can_split: bool = False
    unit: str = ""

    @property
    def right(self) -> str:
        """Return the right it takes."""
        return f"{RIGHTS.get(self.area, self.area)}:read"

    @property
    def page(self) -> str:
        """Return the page that shows more."""
        return PAGES[self.area]

    @property
    def takes_interactions(self) -> bool:
        """Say whether its function takes mails, meetings and calls after the settings."""
        return self.area == ENGAGEMENT

    @property
    def function(self) -> Callable[..., Any]:
        """Return the function that answers it."""
        module, _, name = self.source.partition(":")
        function: Callable[..., Any] = getattr(import_module(f"core.{module}"), name)
        return function


def _topic(
    name: str, title: str, area: str, source: str, handed: Handed, cell: str, chart: str = "", **more: Any
) -> Topic:
    return Topic(name, title, area, source, handed, cell, chart, **more)


TOPICS = (
    _topic(
        "bookings",
        "How much did we book?",
        EXECUTIVE,
        "metrics.bookings:in_period",
        "days",
        "Bookings to date",
        can_split=True,
    ),
    _topic(
        "bookings_months",
        "How have bookings developed?",
        EXECUTIVE,
        "metrics.bookings:by_month",
        "end",
        "Bookings to date",
        "executive:monthly",
    ),
    _topic(
        "bookings_split",
        "Which products sell in which region?",
        EXECUTIVE,
        "metrics.bookings:by_region_and_family",
        "end",
        "Products by region",
        "executive:heat",
        drawn={"across": "family"},
    ),
    _topic("growth", "How fast are we growing?", EXECUTIVE, "metrics.growth:table", "end", "Bookings to date"),
    _topic(
        "revenue_now",
        "How much revenue have we made this quarter?",
        EXECUTIVE,
        "metrics.bookings:revenue",
        "end",
        "Key figures",
        can_split=True,
    ),
    _topic(
        "regions",
        "Which regions are driving the quarter?",
        EXECUTIVE,
        "metrics.regions:regions",
        "end",
        "Which regions are driving the quarter?",
        "regions:tiles",
        drawn={"measure": "Bookings"},
    ),
    _topic(
        "open_pipeline",
        "How much open pipeline do we have?",
        PIPELINE,
        "metrics.pipeline:open_pipeline",
        "end",
        "Open and weighted pipeline",
        "pipeline:trend",
        can_split=True,
    ),
    _topic(
        "weighted_pipeline",
        "What is the pipeline worth when weighted?",
        PIPELINE,
        "metrics.coverage:weighted",
        "end",
        "Open and weighted pipeline",
        "pipeline:weighted",
        can_split=True,
    ),
    _topic(
        "coverage",
        "Is there enough pipeline to reach quota?",
        PIPELINE,
        "metrics.coverage:coverage",
        "end",
        "Pipeline coverage",
        can_split=True,
        unit="ratio",
    ),
    _topic(
        "health",
        "How healthy is the pipeline?",
        PIPELINE,
        "metrics.health:health",
        "end",
        "Pipeline health",
        can_split=True,
        unit="count",
    ),
    _topic(
        "deals_due",
        "Which deals are due?",
        PIPELINE,
        "metrics.pipeline:due_in",
        "days",
        "Open and weighted pipeline",
        can_split=True,
    ),
    _topic(
        "win_rate",
        "What is our win rate?",
        PIPELINE,
        "metrics.winrate:win_rate",
        "months",
        "Sales velocity",
        can_split=True,
    ),
    _topic(
        "sales_cycle",
        "How long does it take to win a deal?",
        PIPELINE,
        "metrics.winrate:cycle_days",
        "months",
        "Sales velocity",
        can_split=True,
    ),
    _topic(
        "deal_size",
        "How large is an average deal?",
        PIPELINE,
        "metrics.winrate:deal_size",
        "months",
        "Sales velocity",
        can_split=True,
    ),
    _topic(
        "stage_conversion",
        "How many deals go on from each stage?",
        PIPELINE,
        "metrics.stage_conversion:conversion",
        "end",
        "Where do deals get stuck?",
        "pipeline:conversion",
    ),
    _topic(
        "stage_times",
        "How long do deals stay in each stage?",
        PIPELINE,
        "metrics.stage_conversion:times",
        "end",
        "Where do deals get stuck?",
        "pipeline:times",
    ),
    _topic(
        "velocity",
        "What is our sales velocity?",
        PIPELINE,
        "metrics.velocity:velocity",
        "end",
        "Sales velocity",
        "pipeline:speed",
        can_split=True,
        unit="money",
    ),
    _topic(
        "pipeline_moves",
        "What changed in the pipeline?",
        PIPELINE,
        "metrics.flow:flow",
        "span",
        "Pipeline changes",
        "pipeline:flow",
        unit="money",
    ),
    _topic("slipped", "Which deals slipped?", PIPELINE, "questions.slipped_deals:slipped", "span", "Pipeline changes"),
    _topic(
        "deals_at_risk",
        "Which deals are at risk?",
        PIPELINE,
        "metrics.risk:at_risk",
        "today",
        "Deals at risk",
        can_split=True,
        unit="money",
    ),
    _topic(
        "attainment",
        "How far are the teams with their quota?",
        PIPELINE,
        "metrics.attainment:teams",
        "end",
        "Coaching",
        "executive:teams",
    ),
    _topic(
        "leaderboard",
        "Who are the best reps?",
        PIPELINE,
        "metrics.leaderboard:board",
        "end",
        "Coaching",
        "executive:board",
        drawn={"kind": "Attainment"},
    ),
    _topic("coaching", "Who needs coaching, and where?", PIPELINE, "metrics.coaching:coaching", "months", "Coaching"),
    _topic(
        "top_customers",
        "How concentrated are our customers?",
        CUSTOMERS,
        "metrics.concentration:customers",
        "end",
        "All accounts today",
        "executive:concentration",
        drawn={"label": "account_name"},
        can_split=True,
    ),
    _topic(
        "pipeline_concentration",
        "How concentrated is the pipeline?",
        PIPELINE,
        "metrics.concentration:pipeline",
        "end",
        "Pipeline health",
        can_split=True,
    ),
    _topic(
        "mrr",
        "What is our recurring revenue?",
        CUSTOMERS,
        "metrics.recurring:mrr",
        "end",
        "Revenue and customer retention",
        can_split=True,
    ),
    _topic(
        "retention",
        "What is our net revenue retention?",
        CUSTOMERS,
        "metrics.retention:last_year",
        "end",
        "Revenue and customer retention",
        "customers:retention",
        can_split=True,
    ),
    _topic(
        "churn",
        "Which customers may leave, and why?",
        CUSTOMERS,
        "explain.customers:churn_list",
        "today",
        "Customers at risk of churn",
        unit="money",
    ),
    _topic(
        "accounts",
        "Who are our largest customers?",
        CUSTOMERS,
        "metrics.account_facts:listed",
        "end",
        "All accounts today",
    ),
    _topic(
        "lifetime_value",
        "What is a customer worth?",
        CUSTOMERS,
        "explain.accounts:worth",
        "today",
        "Customer lifetime value",
        "customers:worth",
        unit="money",
    ),
    _topic(
        "forecast",
        "Where will we land this quarter?",
        FORECAST,
        "models.outlook:current",
        "quarter",
        "Bookings forecast",
        "forecast:split",
        unit="money",
    ),
    _topic(
        "confidence",
        "How sure are we of an amount?",
        FORECAST,
        "questions.amount_chance:reached",
        "quarter",
        "Bookings forecast",
        "forecast:split",
        unit="rate",
    ),
    _topic(
        "forecast_drivers",
        "What drives the forecast?",
        FORECAST,
        "explain.deals:forecast",
        "quarter",
        "What drives the forecast?",
        "explain:bridge",
        unit="money",
    ),
    _topic(
        "forecast_changes",
        "Why did the forecast change?",
        FORECAST,
        "forecasts.quarter_walk:walk",
        "quarter",
        "Forecast changes",
        unit="money",
    ),
    _topic(
        "forecast_accuracy",
        "How accurate is the forecast?",
        FORECAST,
        "questions.forecast_standing:standing",
        "quarter",
        "Forecast accuracy",
    ),
    _topic(
        "manager_calls", "What did managers call?", FORECAST, "forecasts.calls:rollup", "quarter", "Manager forecasts"
    ),
    _topic(
        "new_deals",
        "What will new deals add?",
        FORECAST,
        "models.close.pipeline_creation:arrivals",
        "quarter",
        "What will new deals add?",
        "forecast:arriving",
        unit="money",
    ),
    _topic(
        "revenue_forecast",
        "How much revenue will we make?",
        FORECAST,
        "models.revenue.forecast:revenue",
        "quarter",
        "Revenue by month",
        "forecast:fan",
        unit="money",
    ),
    _topic(
        "meetings",
        "How many meetings did we have with customers?",
        ENGAGEMENT,
        "interactions.meeting_record:in_period",
        "days",
        "What is met, and what is ahead?",
        can_split=True,
    ),
    _topic(
        "quiet_deals",
        "Which deals have gone quiet?",
        ENGAGEMENT,
        "interactions.quiet_deals:quiet",
        "end",
        "Who has gone quiet?",
    ),
    _topic(
        "talk_share",
        "How much do we talk in calls?",
        ENGAGEMENT,
        "interactions.call_record:by_call",
        "end",
        "How did each call go?",
    ),
    _topic(
        "mail_answers",
        "How fast do we answer mails?",
        ENGAGEMENT,
        "interactions.reply_times:by_side",
        "end",
        "How fast is the answer?",
    ),
    _topic(
        "crm_hygiene", "What should be fixed in the CRM?", DATA, "metrics.crm_quality:to_fix", "today", "Loaded data"
    ),
    _topic(
        "rejected_rows", "Which rows were rejected?", DATA, "metrics.load_report:rejections", "today", "Rejected rows"
    ),
)


@cache
def by_name() -> dict[str, Topic]:
    """Return the topics by their name."""
    return {topic.name: topic for topic in TOPICS}


@cache
def phrases() -> dict[str, tuple[str, ...]]:
    """Return how people ask for each topic; its title is one of the ways."""
    text = resources.files("core.questions").joinpath("phrases.yaml").read_text(encoding="utf-8")
    read: dict[str, list[str]] = yaml_text.parsed(text)
    return {topic.name: (topic.title, *read[topic.name]) for topic in TOPICS}
