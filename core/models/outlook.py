"""The number: what will be won in 30, 60, 90 days and this quarter, split into closed, open and new."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

import numpy as np
import polars as pl

from core.artifacts import remembered
from core.config import Settings
from core.config.calendar import quarter_end, quarter_label, quarter_start
from core.contracts import Dataset
from core.contracts.amount_visibility import needs_amounts
from core.contracts.constants import Z80
from core.contracts.spans import is_valid
from core.formats import long_day
from core.localization import joined, message
from core.metrics.attainment import quota_of_reps
from core.metrics.measure import chance, counted, likely, money, percent
from core.models import simple_rules, sum_correction
from core.models.bundle import Bundle
from core.models.close.pipeline_creation import tracks, worth
from core.models.sum_correction import SumCorrection

LANDMARK_STEP_DAYS = 30
LOOK_BACK_DAYS = 720
FEWEST_REPLAYS = 5
REPLAYS = 14
EVEN = 0.0005
CENT = 0.005


@dataclass(frozen=True)
class Outlook:
    """What will be won in each window.

    Attributes
    ----------
    frame : pl.DataFrame
        [window, days, closed_amount, open_amount, new_amount, correction_amount, amount, lower, upper, deviation,
        quota_amount, quota_chance], one row per window, money in the reporting currency. amount is closed + open +
        new + correction; deviation is that of the first three's sum.
    deals : pl.DataFrame
        [window, opportunity_id, opportunity_name, stage, close_on, amount, is_amount_filled, p_win,
        expected_amount], one row per window and open deal, largest expectation first.
    n_filled : int
        Open deals without an amount, counted with the median of their segment.
    spread : float
        By how much the range is wider than independent deals would give, from replayed months.
    record : str
        How past 60-day numbers, worked out with what was known then, compare with what was won;
        empty with fewer than five of them.
    correction : SumCorrection
        What past forecasts of the quarter in its present week have taught; it changes the quarter's row alone.
    """

    frame: pl.DataFrame
    deals: pl.DataFrame
    n_filled: int
    spread: float
    currency: str
    record: str = ""
    correction: SumCorrection = field(default_factory=SumCorrection)

    @property
    def windows(self) -> list[str]:
        """Return the names of the windows, shortest first, the quarter last."""
        return self.frame["window"].to_list()

    @property
    def is_known(self) -> bool:
        """Say whether there is anything to expect: something won before, so that open deals are worth something."""
        return self.frame.filter(pl.col("upper") > 0).height > 0

    def behind(self, window: str | None = None) -> Behind:
        """Return the open deals behind the number of one window; default the quarter."""
        if self.frame.is_empty():
            return Behind(pl.DataFrame(), "", self.currency)
        name = window or self.windows[-1]
        days = int(self.frame.filter(pl.col("window") == name)["days"][0])
        return Behind(self.deals.filter(pl.col("window") == name).drop("window"), name, self.currency, days)

    def sentence(self, window: str | None = None) -> str:
        """Say the number of one window, its range and its parts."""
        if self.frame.is_empty():
            return "There are no deals to forecast from."
        if not self.is_known:
            return "There is no forecast yet: no deal has been won to learn from. Load closed deals on the Data page."
        row = self.frame.filter(pl.col("window") == (window or self.windows[-1])).to_dicts()[0]
        m = {k: money(v, self.currency) for k, v in row.items() if isinstance(v, float)}
        quota = (
            message("{amount:.0f} % of quota, ", amount=row["amount"] / row["quota_amount"] * 100)
            if row["quota_amount"]
            else ""
        )
        text = message(
            "{window} forecast: {amount}, {quota}likely range {lower} to {upper}. {closed_amount} is "
            "closed, {open_amount} comes from open deals and {new_amount} from deals still to be "
            "created (create-and-close){corrected}.",
            window=row["window"],
            amount=m["amount"],
            quota=quota,
            lower=m["lower"],
            upper=m["upper"],
            closed_amount=m["closed_amount"],
            open_amount=m["open_amount"],
            new_amount=m["new_amount"],
            corrected=self._corrected(row),
        )
        if row["quota_amount"] and self.correction.is_learnt:
            text += message(" The chance of quota is {quota_chance}.", quota_chance=likely(row["quota_chance"]))
        if self.n_filled:
            deals = counted(self.n_filled, "open deal has", "open deals have")
            verb = "is" if self.n_filled == 1 else "are"
            text += message(
                " {deals} no amount and {verb} counted at the segment's typical deal size.", deals=deals, verb=verb
            )
        return joined(text, self.correction.beaten()).strip() if row["window"] == self.windows[-1] else text

    def _corrected(self, row: dict[str, Any]) -> str:
        """Say what the correction adds or takes, where it does."""
        amount = row["correction_amount"]
        if abs(amount) < CENT:
            return ""
        verb = "added" if amount > 0 else "taken off"
        return message(
            ", and {amount} {verb} for what past forecasts missed by",
            amount=money(abs(amount), self.currency),
            verb=verb,
        )

    def standing(self) -> str:
        """Say what the number rests on: its correction, and how past numbers compare with what was won."""
        return joined(self.correction.sentence(), self.record).strip() if self.is_known else ""


@dataclass(frozen=True)
class Behind:
    """The open deals behind the number of one window, largest expectation first."""

    frame: pl.DataFrame
    window: str
    currency: str
    days: int = 0

    def chosen(self, rows: list[int]) -> tuple[str, int]:
        """Return the id of the chosen deal, else of the first, and the days of the window."""
        return str(self.frame["opportunity_id"][rows[0] if rows and rows[0] < self.frame.height else 0]), self.days

    def sentence(self) -> str:
        """Say how much of the open part the largest deals make up."""
        total = float(self.frame["expected_amount"].sum()) if self.frame.height else 0.0
        if not total:
            return "No open deal is in the forecast."
        top = float(self.frame["expected_amount"].head(10).sum())
        deals = counted(self.frame.height, "open deal adds", "open deals add")
        return message(
            "{deals} {total} to {window}; the ten largest make up {top:.0f} % of that.",
            deals=deals,
            total=money(total, self.currency),
            window=self.window,
            top=top / total * 100,
        )

    def deal(self, rows: list[int]) -> str:
        """Say what the chosen deal adds, and why; the first deal when none is chosen."""
        deal = self.frame.row(rows[0] if rows and rows[0] < self.frame.height else 0, named=True)
        due = (
            message("expects to close it on {close_on}", close_on=long_day(deal["close_on"]))
            if deal["close_on"]
            else "gives no close date"
        )
        filled = ", its segment's typical deal size" if deal["is_amount_filled"] else ""
        adds, whole = (money(deal[name], self.currency) for name in ("expected_amount", "amount"))
        return message(
            "{opportunity_name} is in {stage}; its owner {due}. The chance to win it in {window} is "
            "{p_win}, which adds {adds} of {whole}{filled}.",
            opportunity_name=deal["opportunity_name"] or deal["opportunity_id"],
            stage=deal["stage"],
            due=due,
            window=self.window,
            p_win=chance(deal["p_win"]),
            adds=adds,
            whole=whole,
            filled=filled,
        )


@needs_amounts
@remembered(4)
def current(dataset: Dataset, settings: Settings, bundle: Bundle) -> Outlook:
    """The bookings forecast: what is closed, open deals by their win chance, and deals still to be created.

    The number is what is already closed in the window, plus the sum over open deals of
    p_win × amount, plus what deals not yet created will add: what deals created as late in past quarters won in
    as many days, and deals created per day over the last year × the share of them won by each age × the mean amount
    won. p_win is the close model's calibrated chance for the very day on which the window ends.

    Parameters
    ----------
    dataset : Dataset
    settings : Settings
    bundle : Bundle

    Returns
    -------
    Outlook
        The range holds four outcomes of five: the deals' own variance, widened by how far the same
        number, worked out on past dates by a model that had not seen them, missed what was won. Once past quarters
        are replayed, the quarter's number and range are put right by what those had missed by in the same weeks
        (`sum_correction.learn`). With too few closed deals for a model, a table of past shares by stage serves
        (`build`).

    Notes
    -----
    A forecast of the monthly series of won amounts is not mixed in. On the sample's past quarters it missed by
    twice as much as the deals did, and the mix of both, weighed by their earlier misses, missed by more
    than the deals alone (benchmarks/combined.py does it for any company's replays).
    """
    if bundle.close is None or bundle.deal_scores.is_empty():
        return build(dataset, settings, record=bundle.record)
    return build(dataset, settings, bundle.deal_scores, bundle.close.past_, bundle.record)


def build(
    dataset: Dataset,
    settings: Settings,
    scores: pl.DataFrame | None = None,
    past_scores: pl.DataFrame | None = None,
    record: pl.DataFrame | None = None,
) -> Outlook:
    """Forecast what will be won, by window.

    The number is what is already closed in the window, plus the sum over open deals of
    p_win × amount, plus what deals not yet created will add: deals created per day over the last
    year × the share of them won by each age × the mean amount won.

    Parameters
    ----------
    dataset : Dataset
    settings : Settings
    scores : pl.DataFrame, optional
        [opportunity_id, p_win_30, p_win_60, p_win_90]; between two horizons p is read off the
        straight line. Without it a deal's p_win is the share of past deals in the same stage, with
        the expected close inside or outside the window, that were won in as many days.
    past_scores : pl.DataFrame, optional
        [opportunity_id, as_of, horizon_days, target, p] of past dates, by a model that had not seen
        them; the record is then worked out with these.
    record : pl.DataFrame, optional
        Forecasts of finished quarters, as `sum_correction.learn` takes them; without them nothing is corrected.

    Returns
    -------
    Outlook
        The range holds four outcomes of five: the deals' own variance, widened by how far past
        months, forecast in the same way, missed it. An open deal without an amount counts with the
        median of its segment. Empty frames when there are no deals.
    """
    history = tracks(dataset, settings)
    as_of = dataset.as_of
    open_now = _open_at(history, as_of)
    end = quarter_end(as_of, settings)
    spans = [(message("{n} days", n=n), n) for n in (30, 60, 90)] + [
        (quarter_label(as_of, settings), (end - as_of).days)
    ]
    if history.is_empty():
        return Outlook(pl.DataFrame(schema=SHAPE), pl.DataFrame(), 0, 1.0, settings.currency)
    past = replay(history, as_of, settings) if past_scores is None else replay_scores(history, past_scores, settings)
    spread = _spread(past)
    rows, deals = [], []
    for name, days in spans:
        begin = quarter_start(as_of, settings) if name == spans[-1][0] else None
        scored = _score(history, open_now, as_of, days, scores)
        new, new_variance = worth(history, as_of, days, settings)
        rows.append(_row(dataset, history, scored, name, days, begin, new, new_variance, spread))
        deals.append(scored.with_columns(window=pl.lit(name)))
    names = dataset.opportunities.select("opportunity_id", "opportunity_name")
    columns = ["window", "opportunity_id", "opportunity_name", "stage", "close_on", "amount", "is_amount_filled"]
    table = pl.concat(deals).join(names, on="opportunity_id", how="left")
    table = table.select(*columns, "p_win", "expected_amount").sort(
        "expected_amount", "opportunity_id", descending=[True, False]
    )
    filled = int(open_now["is_amount_filled"].sum())
    correction, number = _corrected(dataset, settings, rows[-1], deals[-1], record)
    frame = pl.DataFrame([*rows[:-1], number], schema=SHAPE)
    return Outlook(frame, table, filled, spread, settings.currency, _record(past), correction)


SHAPE = {
    "window": pl.String,
    "days": pl.Int64,
    "closed_amount": pl.Float64,
    "open_amount": pl.Float64,
    "new_amount": pl.Float64,
    "correction_amount": pl.Float64,
    "amount": pl.Float64,
    "lower": pl.Float64,
    "upper": pl.Float64,
    "deviation": pl.Float64,
    "quota_amount": pl.Float64,
    "quota_chance": pl.Float64,
}


def _corrected(
    dataset: Dataset, settings: Settings, row: dict[str, Any], scored: pl.DataFrame, record: pl.DataFrame | None
) -> tuple[SumCorrection, dict[str, Any]]:
    """Return what past forecasts of this week of the quarter have taught, and the quarter's row put right by it."""
    begin, end = quarter_start(dataset.as_of, settings), quarter_end(dataset.as_of, settings)
    correction = SumCorrection()
    if record is not None and not record.is_empty():
        correction = sum_correction.learn(record, (dataset.as_of - begin).days // 7 + 1)
    amount, lower, upper = row["amount"], row["lower"], row["upper"]
    if correction.is_learnt:
        categories = dataset.opportunities.select("opportunity_id", "forecast_category")
        due = scored.join(categories, on="opportunity_id", how="left")
        rules = simple_rules.of_window(dataset, settings, due, begin, end, row["closed_amount"])
        amount, lower, upper = correction.corrected(row["amount"], row["deviation"], row["closed_amount"], rules)
    quota = row["quota_amount"]
    chance = None if quota is None else sum_correction.chance_of(quota, amount, upper, row["closed_amount"])
    moved = {"correction_amount": amount - row["amount"], "amount": amount, "lower": lower, "upper": upper}
    return correction, {**row, **moved, "quota_chance": chance}


def _row(
    dataset: Dataset,
    history: pl.DataFrame,
    scored: pl.DataFrame,
    name: str,
    days: int,
    begin: date | None,
    new: float,
    new_variance: float,
    spread: float,
) -> dict[str, Any]:
    closed, quota = 0.0, None
    if begin is not None:
        closed = _won_between(history, begin - timedelta(days=1), dataset.as_of)
        quota = quota_of_reps(dataset, begin) or None
    from_open = float(scored["expected_amount"].sum())
    deviation = float(np.sqrt(_variance(scored) + new_variance)) * spread
    amount = closed + from_open + new
    return {
        "window": name,
        "days": days,
        "closed_amount": closed,
        "open_amount": from_open,
        "new_amount": new,
        "correction_amount": 0.0,
        "amount": amount,
        "lower": max(amount - Z80 * deviation, closed),
        "upper": amount + Z80 * deviation,
        "deviation": deviation,
        "quota_amount": quota,
        "quota_chance": None,
    }


def _open_at(history: pl.DataFrame, day: date) -> pl.DataFrame:
    ended = pl.col("ended_on").is_not_null() & (pl.col("ended_on") <= day)
    rows = history.filter(is_valid(day) & ~ended).unique("opportunity_id", keep="last", maintain_order=True)
    won = history.filter(pl.col("is_won") & (pl.col("ended_on") <= day))["end_amount"].median()
    usual = float(won) if isinstance(won, float) else 0.0
    middle = pl.col("amount").median().over("segment").fill_null(pl.col("amount").median()).fill_null(usual)
    return rows.with_columns(is_amount_filled=pl.col("amount").is_null(), amount=pl.col("amount").fill_null(middle))


def _with_bucket(rows: pl.DataFrame, day: date, days: int) -> pl.DataFrame:
    due = pl.col("close_on").is_between(day, day + timedelta(days=days)).fill_null(value=False)
    won = pl.col("is_won") & (pl.col("ended_on") <= day + timedelta(days=days))
    return rows.with_columns(is_due=due, is_won_in_time=won.fill_null(value=False))


def _table(history: pl.DataFrame, as_of: date, days: int) -> pl.DataFrame:
    """Return the share won within `days` by [stage, is_due], from landmarks whose window is over."""
    marks = range(max(days, 1), LOOK_BACK_DAYS, LANDMARK_STEP_DAYS)
    past = [_with_bucket(_open_at(history, d), d, days) for d in (as_of - timedelta(days=n) for n in marks)]
    both = pl.concat(past)
    overall = float(both["is_won_in_time"].sum() + 1) / (both.height + 20)
    rates = both.group_by("stage", "is_due").agg(
        p_win=(pl.col("is_won_in_time").sum() + 10 * overall) / (pl.len() + 10)
    )
    return rates.with_columns(overall=pl.lit(overall))


def _score(
    history: pl.DataFrame, rows: pl.DataFrame, as_of: date, days: int, scores: pl.DataFrame | None
) -> pl.DataFrame:
    if scores is not None:
        p = pl.sum_horizontal(
            pl.col(f"p_win_{horizon}") * weight for horizon, weight in knots(scores.columns, days).items()
        ).clip(0, 1)
        given = scores.select("opportunity_id", p_win=p)
        scored = rows.join(given, on="opportunity_id", how="left").with_columns(pl.col("p_win").fill_null(0.0))
    else:
        table = _table(history, as_of, days)
        base = float(table["overall"][0]) if table.height else 0.0
        joined = _with_bucket(rows, as_of, days).join(table.drop("overall"), on=["stage", "is_due"], how="left")
        scored = joined.with_columns(pl.col("p_win").fill_null(base))
    return scored.select(
        "opportunity_id",
        "stage",
        "close_on",
        "amount",
        "is_amount_filled",
        "p_win",
        expected_amount=pl.col("amount") * pl.col("p_win"),
    )


def horizons(columns: Sequence[str]) -> list[int]:
    """Return the horizons of the columns p_win_30, p_win_60 and so on, shortest first."""
    return sorted(int(name.removeprefix("p_win_")) for name in columns if name.startswith("p_win_"))


def knots(columns: Sequence[str], days: int) -> dict[int, float]:
    """Return the weights that read p_win at `days` off the straight line between two horizons.

    Examples
    --------
    >>> knots(["p_win_30", "p_win_60"], 45)
    {30: 0.5, 60: 0.5}
    >>> knots(["p_win_30", "p_win_60"], 15)
    {30: 0.5}
    >>> knots(["p_win_30", "p_win_60"], 0)
    {30: 0.0}
    """
    nodes = horizons(columns)
    if days >= nodes[-1]:
        return {nodes[-1]: 1.0}
    above = next(k for k in nodes if k >= days)
    below = max((k for k in nodes if k < above), default=0)
    share = max(days - below, 0) / (above - below)
    return {k: w for k, w in ((below, 1 - share), (above, share)) if k > 0 and w > 0} or {nodes[0]: 0.0}


def _variance(scored: pl.DataFrame) -> float:
    part = pl.col("amount") ** 2 * pl.col("p_win") * (1 - pl.col("p_win"))
    return float(scored.select(part.sum()).item())


def _won_between(history: pl.DataFrame, after: date, until: date) -> float:
    won = history.filter(pl.col("is_won") & (pl.col("ended_on") > after) & (pl.col("ended_on") <= until))
    return float(won.unique("opportunity_id", keep="first", maintain_order=True)["end_amount"].sum())


def still_to_come(dataset: Dataset, settings: Settings) -> float:
    """Return what deals not yet created will add to the running quarter, as `current` counts it.

    Deals created per day over the last year × what those old enough won in the days that would have been left.
    """
    days = (quarter_end(dataset.as_of, settings) - dataset.as_of).days
    return worth(tracks(dataset, settings), dataset.as_of, days, settings)[0]


def replay(history: pl.DataFrame, as_of: date, settings: Settings, days: int = 60) -> pl.DataFrame:
    """Forecast past windows with what was known then.

    Returns
    -------
    pl.DataFrame
        [day, amount, deviation, actual], one row per replayed day; deviation is the standard
        deviation of independent deals.
    """
    rows = []
    for back in range(REPLAYS):
        day = as_of - timedelta(days=days + back * LANDMARK_STEP_DAYS)
        now = _open_at(history.filter(pl.col("valid_from") <= day), day)
        if now.is_empty() or history["created_on"].min() > day - timedelta(days=365):  # type: ignore[operator]
            continue
        so_far = history.filter(pl.col("valid_from") <= day)
        scored = _score(so_far, now, day, days, None)
        new, variance = worth(so_far, day, days, settings)
        deviation = float(np.sqrt(_variance(scored) + variance))
        actual = _won_between(history, day, day + timedelta(days=days))
        rows.append(
            {
                "day": day,
                "amount": float(scored["expected_amount"].sum()) + new,
                "deviation": deviation,
                "actual": actual,
            }
        )
    return pl.DataFrame(rows, schema=_REPLAYED)


def replay_scores(history: pl.DataFrame, past: pl.DataFrame, settings: Settings, days: int = 60) -> pl.DataFrame:
    """Forecast past windows from the chances a model gave that had not seen them.

    Parameters
    ----------
    history : pl.DataFrame
    past : pl.DataFrame
        [opportunity_id, as_of, horizon_days, target, p].

    Returns
    -------
    pl.DataFrame
        As `replay`.
    """
    rows = []
    for day in past.filter(pl.col("horizon_days") == days)["as_of"].unique().sort():
        so_far = history.filter(pl.col("valid_from") <= day)
        given = past.filter((pl.col("as_of") == day) & (pl.col("horizon_days") == days))
        scored = _open_at(so_far, day).join(given.select("opportunity_id", p_win="p"), on="opportunity_id")
        scored = scored.with_columns(expected_amount=pl.col("amount") * pl.col("p_win"))
        new, variance = worth(so_far, day, days, settings)
        rows.append(
            {
                "day": day,
                "amount": float(scored["expected_amount"].sum()) + new,
                "deviation": float(np.sqrt(_variance(scored) + variance)),
                "actual": _won_between(history, day, day + timedelta(days=days)),
            }
        )
    return pl.DataFrame(rows, schema=_REPLAYED)


_REPLAYED = {"day": pl.Date, "amount": pl.Float64, "deviation": pl.Float64, "actual": pl.Float64}


def _record(past: pl.DataFrame) -> str:
    """Say by how much the replayed numbers missed in sum."""
    actual = float(past["actual"].sum())
    if past.height < FEWEST_REPLAYS or not actual:
        return ""
    miss = float(past["amount"].sum()) / actual - 1
    side = (
        message("{miss} high", miss=percent(abs(miss))) if miss > 0 else message("{miss} low", miss=percent(abs(miss)))
    )
    return message(
        "Track record: on {height} past dates the 60-day forecast was {words} on average.",
        height=past.height,
        words=message("on target") if abs(miss) < EVEN else side,
    )


def _spread(replayed: pl.DataFrame) -> float:
    past = replayed.filter(pl.col("deviation") > 0)
    if past.height < FEWEST_REPLAYS:
        return 1.5
    misses = ((past["actual"] - past["amount"]).abs() / past["deviation"] / Z80).sort().to_list()
    return max(float(misses[min(int(np.ceil(0.8 * (len(misses) + 1))), len(misses)) - 1]), 1.0)
