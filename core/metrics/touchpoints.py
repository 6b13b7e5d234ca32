"""What reached the buyers of each ended deal, in the order of time: campaigns, and the sales team's own activities."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import polars as pl

from core import marts
from core.config import windows
from core.contracts import Dataset
from core.contracts.constants import NOT_KNOWN
from core.contracts.errors import ContractError, closest
from core.localization import message
from core.metrics import removal_effect
from core.metrics.removal_effect import Steps
from core.metrics.winrate import closed

MONTHS, LOOKBACK_DAYS = 24, 90
CAMPAIGNS, ACTIVITIES, BOTH = "campaigns", "activities", "both"
SOURCES = (CAMPAIGNS, ACTIVITIES, BOTH)
MEETING, CALL_OR_MAIL = "Meeting", "Call or e-mail"
TOUCH: dict[str, pl.DataType | type[pl.DataType]] = {
    "opportunity_id": pl.String,
    "channel": pl.String,
    "touched_at": pl.Datetime("us"),
    "campaign_id": pl.String,
}


@dataclass(frozen=True)
class Journeys:
    """The ended deals of a window and the touches in front of their end.

    Attributes
    ----------
    deals : pl.DataFrame
        [opportunity_id, account_id, is_won, cents, created_on, close_on]: won and lost deals that are no renewals;
        `cents` of the amount, 0 where there is none.
    touches : pl.DataFrame
        [opportunity_id, channel, touched_at, campaign_id], sorted by deal and time.
    source : str
        Which touches these are: one of `SOURCES`.
    """

    deals: pl.DataFrame
    touches: pl.DataFrame
    source: str

    @property
    def channels(self) -> list[str]:
        """Return the channels that touched a deal, by name."""
        return sorted(self.touches["channel"].unique().to_list())

    @cached_property
    def steps(self) -> Steps:
        """Return the steps from touch to touch of each deal, from which shares are worked out."""
        return removal_effect.steps(self.touches, self.deals, self.channels)


def journeys(data: Dataset, source: str = "", months: int = MONTHS) -> Journeys:
    """Return the deals that ended in the last months with their touches.

    A touch belongs to the deal it names, else to that of its lead; one that names neither belongs to every deal of its
    account that was open then or began within 90 days. Touches after a deal's end are none; nor is a campaign that was
    sent and never answered, or held back.

    Parameters
    ----------
    data : Dataset
    source : str
        "campaigns", "activities" or "both"; empty for campaigns where there are any, else activities.
    months : int
        Length of the window that ends on the as-of date.

    Raises
    ------
    ContractError
        Where the source is none of these.
    """
    if source and source not in SOURCES:
        near = closest(source, SOURCES)
        raise ContractError(
            message("There are no touches called {source!r}.", source=source),
            "touches",
            message("Did you mean {near!r}?", near=near) if near else "",
        )
    deals = ended(data, months)
    marketing = of_campaigns(data, deals) if source != ACTIVITIES else pl.DataFrame(schema=TOUCH)
    chosen = source or (CAMPAIGNS if marketing.height else ACTIVITIES)
    parts = [marketing] if chosen != ACTIVITIES else []
    if chosen != CAMPAIGNS:
        parts.append(of_activities(data, deals))
    rows = pl.concat(parts).sort("opportunity_id", "touched_at", "channel", "campaign_id", nulls_last=True)
    return Journeys(deals, rows, chosen)


def ended(data: Dataset, months: int = MONTHS) -> pl.DataFrame:
    """Return the deals of `Journeys.deals`: closed in the last months, renewals left out."""
    rows = closed(data, windows.last_months(data.as_of, months)).filter(pl.col("opportunity_type") != "renewal")
    return rows.select(
        "opportunity_id",
        "account_id",
        "is_won",
        cents=(pl.col("amount").fill_null(0.0) * 100).round().cast(pl.Int64),
        created_on=pl.coalesce("created_on", "close_on"),
        close_on="close_on",
    ).sort("opportunity_id")


def sent(data: Dataset) -> pl.DataFrame:
    """Return every touch of a campaign up to the as-of date with its channel, and its lead's deal and account.

    Returns
    -------
    pl.DataFrame
        The columns of campaign_touches; the channel is that of the campaign where the touch names none.
    """
    rows = data.campaign_touches.filter(pl.col("touched_at").dt.date() <= data.as_of)
    kinds = data.campaigns.select("campaign_id", _kind="kind")
    deals = data.leads.select("lead_id", _deal="opportunity_id", _account="account_id")
    named = (pl.col(name).str.strip_chars().replace("", None) for name in ("channel", "_kind"))
    return (
        rows.join(kinds, on="campaign_id", how="left", maintain_order="left")
        .join(deals, on="lead_id", how="left", maintain_order="left")
        .with_columns(
            channel=pl.coalesce(*named, pl.lit(NOT_KNOWN)),
            opportunity_id=pl.coalesce("opportunity_id", "_deal"),
            account_id=pl.coalesce("account_id", "_account"),
        )
        .drop("_kind", "_deal", "_account")
    )


def reached(data: Dataset) -> pl.DataFrame:
    """Return the rows of `sent` that reached somebody: neither held back nor left without an answer."""
    answered = pl.col("has_responded").fill_null(value=True)
    return sent(data).filter(answered, ~pl.col("is_holdout").fill_null(value=False))


def of_campaigns(data: Dataset, deals: pl.DataFrame) -> pl.DataFrame:
    """Return the touches of campaigns on some deals: [opportunity_id, channel, touched_at, campaign_id]."""
    rows = reached(data).select("opportunity_id", "account_id", "channel", "touched_at", "campaign_id")
    spans = deals.select("opportunity_id", "account_id", "created_on", "close_on")
    on = pl.col("touched_at").dt.date()
    direct = rows.drop("account_id").join(spans.drop("account_id"), on="opportunity_id")
    by_account = rows.filter(pl.col("opportunity_id").is_null()).drop("opportunity_id").join(spans, on="account_id")
    near = by_account.filter(on >= pl.col("created_on") - pl.duration(days=LOOKBACK_DAYS))
    return pl.concat([frame.filter(on <= pl.col("close_on")).select(list(TOUCH)) for frame in (direct, near)])


def of_activities(data: Dataset, deals: pl.DataFrame) -> pl.DataFrame:
    """Return meetings, and calls and mails, on some deals, one a day: in the shape of `of_campaigns`."""
    days = marts.of(data).deal_activity_days.join(deals.select("opportunity_id", "close_on"), on="opportunity_id")
    rows = days.filter(pl.col("on") <= pl.min_horizontal("close_on", pl.lit(data.as_of)))
    meetings = rows.filter(pl.col("n_meetings") > 0).with_columns(channel=pl.lit(MEETING))
    others = rows.filter(pl.col("n_activities") > pl.col("n_meetings")).with_columns(channel=pl.lit(CALL_OR_MAIL))
    return pl.concat([meetings, others]).select(
        "opportunity_id",
        "channel",
        touched_at=pl.col("on").cast(pl.Datetime("us")) + pl.duration(hours=12),
        campaign_id=pl.lit(None, pl.String),
    )
