"""The baseline: open deals, deals to come, recurring revenue and capacity, read from history and models."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
import polars as pl

from core.config import Settings
from core.config.calendar import add_months, add_quarters, quarter_end, quarter_label, quarter_start
from core.contracts import Dataset
from core.contracts.constants import NOT_KNOWN
from core.models import outlook
from core.scenarios.data import capacity, correlation, margins, recurring_history, rescoring, win_curves
from core.scenarios.data.correlation import Correlation
from core.scenarios.data.rescoring import Rescore

if TYPE_CHECKING:
    from core.models.bundle import Bundle

Layout = TypeVar("Layout")
MONTHS, QUARTERS = 15, 5
PLACES = ["segment", "region", "family", "team"]
UNKNOWN = NOT_KNOWN


@dataclass(frozen=True)
class QuarterForecast:
    """What the forecast page says of the running quarter.

    Attributes
    ----------
    amount, lower, upper : float
        The number and the ends of its 80 % range.
    is_learnt : bool
        Whether past quarters have taught the range.
    """

    amount: float
    lower: float
    upper: float
    is_learnt: bool


@dataclass(frozen=True)
class Baseline:
    """What a scenario starts from.

    Attributes
    ----------
    target : float or None
        The running quarter's quota of the reps; `quotas` holds it and the four after it.
    months : tuple of date
        First days, from the running quarter's first month to the end of the fourth quarter after it.
    closed : pl.DataFrame
        [month, segment, region, opportunity_type, amount, cost_amount], already won in the running quarter.
    open_deals : pl.DataFrame
        [opportunity_id, opportunity_name, owner_id, segment, region, family, team, opportunity_type, stage,
        close_on, amount, cost_rate].
    own : np.ndarray
        Per open deal the share won within 0, 30, 60 ... 720 days.
    to_come : pl.DataFrame
        [segment, region, family, team, opportunity_type, lead_source, curve, monthly_count, mean_amount,
        squared_amount, cost_rate].
    came : np.ndarray
        The win curves of deals from their first day, which `to_come` names by number.
    recurring : pl.DataFrame
        [account_id, segment, region, family, team, mrr_amount, early_rate, later_rate, contraction_rate].
    mrr_per_booking : float
        Monthly recurring revenue that one unit of new and expansion bookings brings.
    discount_rate : float
        Mean discount of last year's bookings.
    n_reps : int
        Reps active today.
    correlation : Correlation
    unblocked : dict of str to pl.DataFrame
        Per capability [opportunity_id, share]: open deals waiting for it, and how much of each waits.
    new_amount : float, optional
        What the forecast page counts for deals to come within the running quarter. Their wins in it are
        multiplied to bring just that: the curves, straight between months, know little of a deal's first
        weeks. None leaves the curves as they are.
    forecast : QuarterForecast, optional
        The number and range that the running quarter takes with no lever moved; None leaves it as the engine
        works it out.
    rescore : callable, optional
        Scores the open deals anew for the model levers; None without a close model.
    """

    as_of: date
    currency: str
    quarter: str
    target: float | None
    months: tuple[date, ...]
    closed: pl.DataFrame
    open_deals: pl.DataFrame
    own: np.ndarray
    to_come: pl.DataFrame
    came: np.ndarray
    recurring: pl.DataFrame
    quotas: tuple[float | None, ...] = (None,) * QUARTERS
    quarters: tuple[str, ...] = ()
    mrr_per_booking: float = 1 / 12
    discount_rate: float = 0.0
    n_reps: int = 0
    correlation: Correlation = field(default_factory=Correlation)
    unblocked: dict[str, pl.DataFrame] = field(default_factory=dict)
    new_amount: float | None = None
    forecast: QuarterForecast | None = None
    rescore: Rescore | None = None
    days: np.ndarray = field(default_factory=lambda: win_curves.DAYS)

    @cached_property
    def _layouts(self) -> dict[Callable[..., Any], Any]:
        return {}

    def laid_out(self, layout: Callable[[Baseline], Layout]) -> Layout:
        """Return what a layout makes of the baseline, made once and kept with it."""
        if layout not in self._layouts:
            self._layouts[layout] = layout(self)
        arranged: Layout = self._layouts[layout]
        return arranged

    @cached_property
    def scopes(self) -> list[str]:
        """Return every part of the company a lever can be set for."""
        frames = [self.open_deals, self.to_come, self.recurring]
        values = {k: {v for f in frames for v in f[k].to_list()} for k in PLACES}
        return ["all", *(f"{k}:{v}" for k in PLACES for v in sorted(values[k]) if v != UNKNOWN)]

    @cached_property
    def sources(self) -> list[str]:
        """Return the lead sources of deals to come."""
        return sorted(set(self.to_come["lead_source"].to_list()) - {UNKNOWN})


def build(dataset: Dataset, settings: Settings, bundle: Bundle | None) -> Baseline:
    """Read the baseline off the company's own history.

    A deal's chance of a win by a date is the close model's, the same as on the forecast page: for
    the very days on which months end, and beyond its last horizon in step with past deals of the same
    stage. Without a model it is the share of past deals in the same stage won within as many days,
    with deals that have not ended counted for as long as they were watched. Deals to come arrive at
    last year's pace by segment, region, product family, team, type and lead source, win like past deals
    of their type and source from their first day, and are as large as those won of their type in their
    segment; within the running quarter they bring what the forecast page counts for them, and its number and range
    are those of that page. Recurring
    revenue leaves, account by account, as the churn model ranks them, and in sum as over the last year;
    new and expansion bookings add to it at last year's rate. An open deal without an amount counts with
    the median of its segment's open deals. Costs are those of the product family.

    Parameters
    ----------
    dataset : Dataset
    settings : Settings
    bundle : Bundle or None
        The company's models; None to do without the close and churn models, as on past dates they had not
        seen. Nothing is trained or written here.
    """
    as_of, start = dataset.as_of, quarter_start(dataset.as_of, settings)
    deals = _placed(dataset, dataset.opportunities).filter(pl.col("created_on") <= as_of)
    deals = deals.join(margins.cost_rates(dataset), on="family", how="left").with_columns(
        pl.col("cost_rate").fill_null(0.0)
    )
    open_deals = _open(deals)
    stages = win_curves.by_stage(dataset, deals, settings)
    days, curves = win_curves.of_deals(open_deals, pl.DataFrame() if bundle is None else bundle.deal_scores, stages)
    index, came = win_curves.from_creation(deals, as_of)
    lines = _placed(dataset, dataset.subscriptions)
    past = bundle.close.past_ if bundle is not None and bundle.close is not None else pl.DataFrame()
    quotas = capacity.quotas(dataset, settings, QUARTERS)
    return Baseline(
        as_of,
        settings.currency,
        quarter_label(quarter_end(as_of, settings), settings),
        quotas[0],
        tuple(add_months(start, m) for m in range(MONTHS)),
        _closed(deals, start, as_of),
        open_deals,
        curves,
        _to_come(deals, as_of, index),
        came,
        recurring_history.rows(dataset, lines, pl.DataFrame() if bundle is None else bundle.churn_scores),
        quotas,
        tuple(quarter_label(add_quarters(start, q, settings), settings) for q in range(QUARTERS)),
        recurring_history.gained(dataset, lines, deals),
        margins.discount(dataset),
        capacity.reps(dataset),
        correlation.measure(past, deals.select("opportunity_id", "segment", "owner_id")),
        new_amount=outlook.still_to_come(dataset, settings),
        forecast=None if bundle is None else _forecast(dataset, settings, bundle),
        rescore=rescoring.scorer(bundle, open_deals, stages, as_of),
        days=days,
    )


def _forecast(dataset: Dataset, settings: Settings, bundle: Bundle) -> QuarterForecast | None:
    current = outlook.current(dataset, settings, bundle)
    if not current.is_known:
        return None
    row = current.frame.row(-1, named=True)
    return QuarterForecast(row["amount"], row["lower"], row["upper"], current.correction.is_learnt)


def _placed(dataset: Dataset, frame: pl.DataFrame) -> pl.DataFrame:
    """Add segment, region, product family and team to rows of an account; "Not known" where it is not."""
    accounts = dataset.accounts.select("account_id", "segment", "region", account_owner="owner_id").unique("account_id")
    families = dataset.products.select("product_id", "family").unique("product_id")
    rows = frame.drop("segment", "region", "family", "team", strict=False)
    rows = rows.join(accounts, on="account_id", how="left").join(families, on="product_id", how="left")
    owner = pl.coalesce("owner_id", "account_owner") if "owner_id" in rows.columns else pl.col("account_owner")
    teams = capacity.teams(dataset)
    rows = rows.with_columns(rep=owner).join(teams, left_on="rep", right_on="rep_id", how="left")
    return rows.with_columns(pl.col(PLACES).fill_null(UNKNOWN)).drop("rep", "account_owner")


def _open(deals: pl.DataFrame) -> pl.DataFrame:
    usual = deals.filter("is_won")["amount"].median()
    middle = pl.col("amount").median().over("segment").fill_null(pl.col("amount").median())
    amount = pl.col("amount").fill_null(middle).fill_null(usual if isinstance(usual, float) else 0.0).clip(0)
    open_deals = deals.filter(~pl.col("is_closed")).select(
        "opportunity_id",
        "opportunity_name",
        "owner_id",
        *PLACES,
        "opportunity_type",
        "stage",
        "close_on",
        amount=amount,
        cost_rate="cost_rate",
    )
    return open_deals.sort("segment", "region", "opportunity_type", "opportunity_id")


def _closed(deals: pl.DataFrame, start: date, as_of: date) -> pl.DataFrame:
    won = deals.filter(pl.col("is_won") & pl.col("close_on").is_between(start, as_of))
    keys = ["month", "segment", "region", "opportunity_type"]
    amount = pl.col("amount").fill_null(0.0)
    won = won.with_columns(month=pl.col("close_on").dt.truncate("1mo"), cost_amount=amount * pl.col("cost_rate"))
    return won.group_by(keys).agg(pl.col("amount").sum(), pl.col("cost_amount").sum()).sort(keys)


def _to_come(deals: pl.DataFrame, as_of: date, index: pl.DataFrame) -> pl.DataFrame:
    """Count last year's new deals by cell, and size them like those won."""
    deals = deals.with_columns(pl.col("lead_source").fill_null(UNKNOWN))
    year = deals.filter(pl.col("created_on") > as_of - timedelta(days=365))
    won = deals.filter(pl.col("is_won") & (pl.col("close_on") > as_of - timedelta(days=730)))
    won = won.with_columns(pl.col("amount").fill_null(pl.col("amount").mean()).fill_null(0.0).clip(0))

    def sizes(*keys: str) -> pl.DataFrame:
        n = len(keys)
        grouped = won.group_by(keys) if keys else won.group_by(pl.lit(1).alias("one"))
        return grouped.agg(
            (pl.col("amount").mean()).alias(f"mean_{n}"), ((pl.col("amount") ** 2).mean()).alias(f"square_{n}")
        )

    every = sizes().row(0)[1:] if won.height else (0.0, 0.0)
    keys = [*PLACES, "opportunity_type", "lead_source"]
    cells = year.group_by(keys).agg(monthly_count=pl.len() / 12.0, cost_rate=pl.col("cost_rate").mean())
    cells = cells.join(sizes("segment", "opportunity_type"), on=["segment", "opportunity_type"], how="left")
    cells = cells.join(sizes("segment"), on="segment", how="left")
    index = index.with_columns(pl.col("lead_source").fill_null(UNKNOWN)).unique(
        ["opportunity_type", "lead_source"], keep="first", maintain_order=True
    )
    cells = cells.join(index, on=["opportunity_type", "lead_source"], how="left")
    return cells.select(
        *keys,
        "curve",
        "monthly_count",
        mean_amount=pl.coalesce("mean_2", "mean_1", pl.lit(every[0])),
        squared_amount=pl.coalesce("square_2", "square_1", pl.lit(every[1])),
        cost_rate="cost_rate",
    ).sort("segment", "region", "opportunity_type", "family", "team", "lead_source")
