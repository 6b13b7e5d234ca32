"""Every change of every deal as one row: what it was before, what it is after, under whom."""

from __future__ import annotations

from datetime import date

import polars as pl

from core import marts
from core.artifacts import remembered
from core.config import Settings
from core.contracts import Dataset
from core.contracts.constants import NOT_KNOWN

OPEN, WON, LOST, DELETED = 0, 1, 2, 3
FOREVER = date(9999, 12, 31)
NO_TEAM, NO_REGION, NO_OWNER, UNKNOWN = "No team", "No region", "No owner", NOT_KNOWN
STATE = ("state", "cents", "close_on", "owner_id", "team", "region", "category", "stage")


@remembered(4)
def tracks(data: Dataset, settings: Settings) -> pl.DataFrame:
    """Return every change of every deal, worked out once for a state of the data and kept in memory.

    A change is a row of the deal's history, the day its owner moved to another team, or the day its
    history stops. Several changes of one day keep the order of the history. Nothing later than the
    as-of date is read.

    Parameters
    ----------
    data : Dataset
    settings : Settings
        Names the stages that end a deal.

    Returns
    -------
    pl.DataFrame
        Sorted by day: opportunity_id, deal (its number), day, end_on (the next change; 9999-12-31 for
        the last), state (0 open, 1 won, 2 lost, 3 deleted), cents (null without an amount), close_on,
        owner_id, team, region, category, stage, the same eight before the change as prev_*, and
        segment, family, n_opened (how often the deal had been opened by then). A won deal without an
        amount, date or owner of its own keeps those it had.
    """
    rows = _with_gaps(_states(data, settings), data)
    rows = _with_teams(_with_handovers(rows, data), data).sort("deal", "day", "order")
    same = pl.col("deal") == pl.col("deal").shift(1)
    opens = (pl.col("state") == OPEN) & (pl.col("state").shift(1).ne_missing(OPEN) | ~same.fill_null(value=False))
    rows = rows.with_columns(
        **{f"prev_{name}": pl.when(same).then(pl.col(name).shift(1)) for name in STATE},
        end_on=pl.when(pl.col("deal") == pl.col("deal").shift(-1)).then(pl.col("day").shift(-1)),
        n_opened=opens.cast(pl.Int32).cum_sum().over("deal"),
    ).with_columns(pl.col("end_on").fill_null(FOREVER))
    kinds = _kinds(data)
    whole = rows.join(kinds, on="opportunity_id", how="left").with_columns(
        pl.col("segment", "family").fill_null(UNKNOWN)
    )
    return whole.drop("order", "valid_to").sort("day", maintain_order=True)


def at(track: pl.DataFrame, day: date) -> pl.DataFrame:
    """Return the deals open at the end of a day, as they stood then."""
    begun = track.head(int(track["day"].search_sorted(day, side="right")))
    return begun.filter((pl.col("end_on") > day) & (pl.col("state") == OPEN))


@remembered(32)
def due_by(data: Dataset, settings: Settings, end: date, day: date) -> pl.DataFrame:
    """Return the deals open at the end of a day and expected to close by another, kept for those who look back.

    Returns
    -------
    pl.DataFrame
        opportunity_id, deal, stage, close_on, cents, as they stood then.
    """
    shown = ("opportunity_id", "deal", "stage", "close_on", "cents")
    open_deals = at(tracks(data, settings).select(*shown, "day", "end_on", "state"), day)
    return open_deals.filter(pl.col("close_on") <= end).select(shown).with_columns(pl.col("stage").cast(pl.String))


def between(track: pl.DataFrame, since: date, until: date) -> pl.DataFrame:
    """Return the changes after one day up to and including another."""
    begin, end = (int(track["day"].search_sorted(day, side="right")) for day in (since, until))
    return track.slice(begin, max(end - begin, 0))


def _states(data: Dataset, settings: Settings) -> pl.DataFrame:
    """Return the rows of the history by deal and day, with what each means."""
    stage = pl.col("stage")
    state = (
        pl.when(pl.col("is_deleted"))
        .then(DELETED)
        .when(stage.is_in(list(settings.stages.won)))
        .then(WON)
        .when(stage.is_in(list(settings.stages.lost)))
        .then(LOST)
        .otherwise(OPEN)
    )
    names = pl.col("stage", "forecast_category", "owner_id").cast(pl.Categorical)
    rows = (
        marts.of(data)
        .deal_states.filter(pl.col("valid_from") <= data.as_of)
        .with_row_index("order")
        .select(
            "opportunity_id",
            names,
            "close_on",
            (pl.col("order").cast(pl.Int64) * 2).alias("order"),
            day="valid_from",
            valid_to="valid_to",
            state=state.cast(pl.Int8),
            cents=(pl.col("amount") * 100).round().cast(pl.Int64),
            deal=pl.col("opportunity_id").cast(pl.Categorical).to_physical(),
        )
        .rename({"forecast_category": "category"})
        .sort("deal", "day", "order")
    )
    same = (pl.col("deal") == pl.col("deal").shift(1)) & (pl.col("state") == WON)
    carried = {
        name: pl.when(same).then(pl.col(name).fill_null(pl.col(name).shift(1))).otherwise(pl.col(name))
        for name in ("cents", "close_on", "owner_id")
    }
    return rows.with_columns(**carried).with_columns(pl.col("owner_id").fill_null(NO_OWNER))


def _with_gaps(rows: pl.DataFrame, data: Dataset) -> pl.DataFrame:
    """Add a row where an open deal's history stops: how the deal ended, or that it is gone."""
    following = pl.when(pl.col("deal") == pl.col("deal").shift(-1)).then(pl.col("day").shift(-1))
    stops = (
        rows.with_columns(following=following)
        .filter(
            pl.col("state") == OPEN,
            pl.col("valid_to") <= data.as_of,
            pl.col("following").is_null() | (pl.col("following") > pl.col("valid_to")),
        )
        .join(data.opportunities.select("opportunity_id", "is_closed", "is_won"), on="opportunity_id", how="left")
    )
    ended = pl.col("following").is_null() & pl.col("is_closed")
    how = pl.when(ended & pl.col("is_won")).then(WON).when(ended).then(LOST).otherwise(DELETED)
    gone = stops.with_columns(state=how.cast(pl.Int8), day="valid_to", order=pl.col("order") + 1)
    return pl.concat([rows, gone.select(rows.columns)]).sort("deal", "day", "order")


def _spans(data: Dataset) -> pl.DataFrame:
    """Return when each rep's team or region changed: owner_id, cut_on, team, region."""
    spans = data.sales_team.sort("rep_id", "valid_from").select(
        pl.col("rep_id").cast(pl.Categorical).alias("owner_id"),
        pl.col("valid_from").alias("cut_on"),
        pl.col("team").fill_null(NO_TEAM).cast(pl.Categorical),
        pl.col("region").fill_null(NO_REGION).cast(pl.Categorical),
    )
    same = pl.col("owner_id") == pl.col("owner_id").shift(1)
    unchanged = same & (pl.col("team") == pl.col("team").shift(1)) & (pl.col("region") == pl.col("region").shift(1))
    return spans.filter(~unchanged.fill_null(value=False))


def _with_handovers(rows: pl.DataFrame, data: Dataset) -> pl.DataFrame:
    """Add a row on the day the owner of an open deal came to another team."""
    spans = _spans(data)
    cuts = spans.filter((pl.col("owner_id") == pl.col("owner_id").shift(1)).fill_null(value=False))
    cuts = cuts.filter(pl.col("cut_on") <= data.as_of).select("owner_id", "cut_on")
    if cuts.is_empty():
        return rows
    until = pl.when(pl.col("deal") == pl.col("deal").shift(-1)).then(pl.col("day").shift(-1)).fill_null(FOREVER)
    split = (
        rows.with_columns(until=until)
        .filter(pl.col("state") == OPEN)
        .join(cuts, on="owner_id")
        .filter((pl.col("cut_on") > pl.col("day")) & (pl.col("cut_on") < pl.col("until")))
        .with_columns(day="cut_on")
    )
    return pl.concat([rows, split.select(rows.columns)])


def _with_teams(rows: pl.DataFrame, data: Dataset) -> pl.DataFrame:
    """Add the team and region of the owner on the day; before a rep's first span the first one holds."""
    spans = _spans(data)
    first = pl.col("owner_id") != pl.col("owner_id").shift(1)
    begun = pl.when(first.fill_null(value=True)).then(pl.lit(date(1, 1, 1))).otherwise("cut_on")
    placed = rows.sort("day").join_asof(
        spans.with_columns(cut_on=begun).sort("cut_on"),
        left_on="day",
        right_on="cut_on",
        by="owner_id",
        strategy="backward",
        check_sortedness=False,
    )
    return placed.with_columns(pl.col("team").fill_null(NO_TEAM), pl.col("region").fill_null(NO_REGION)).drop("cut_on")


def _kinds(data: Dataset) -> pl.DataFrame:
    segments = data.accounts.select("account_id", "segment")
    families = data.products.select("product_id", "family")
    deals = data.opportunities.select("opportunity_id", "account_id", "product_id")
    deals = deals.join(segments, on="account_id", how="left").join(families, on="product_id", how="left")
    named = [pl.col(name).fill_null(UNKNOWN).cast(pl.Categorical) for name in ("segment", "family")]
    return deals.select("opportunity_id", *named).unique("opportunity_id", keep="first")
