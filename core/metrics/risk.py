"""Open deals at risk: which signals speak against each, what such signals have meant, and what is at stake."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import polars as pl
from numpy.typing import NDArray

from core.artifacts import remembered
from core.config import Settings
from core.config.calendar import quarter_end
from core.contracts import Dataset
from core.contracts.errors import ContractError
from core.formats import long_day
from core.localization import message
from core.metrics.confidence_intervals import difference
from core.metrics.deal_events import WON, tracks
from core.metrics.deal_scope import deal_name, people
from core.metrics.flow import written
from core.metrics.measure import counted, money, percent, ratio
from core.metrics.signals import SIGNALS, landmarks, marks, open_marks, words

FEWEST_CASES = 200
RIDGE = 2.0
MOST = 20
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Risks:
    """Open deals with something against them.

    Attributes
    ----------
    frame : pl.DataFrame
        [opportunity_id, opportunity_name, account_name, owner, stage, close_on, amount, loss_rate,
        at_stake_amount, n_signals, signals], largest amount at stake first. loss_rate is by how much the
        signals lower the chance of being won within the horizon; null without a record. Only signals that
        count are in it (`counting`).
    record : pl.DataFrame
        [signal, meaning, n_open, open_amount, n_past, slipped_rate, n_others, others_rate, lift,
        difference, low, high, evidence], one row per signal.
    due_by : date
        The last day of the running quarter.
    """

    frame: pl.DataFrame
    record: pl.DataFrame
    open_amount: float
    n_cases: int
    currency: str
    horizon_days: int
    due_by: date

    @property
    def leading(self) -> pl.DataFrame:
        """Return the deals due by the end of the quarter with most at stake, at most twenty."""
        return self.frame.filter(pl.col("close_on") <= self.due_by).head(MOST)

    @property
    def value(self) -> float | None:
        """Return the amount at stake; None without a record."""
        losses = self.frame["loss_rate"].drop_nulls()
        return float(self.frame["at_stake_amount"].sum()) if losses.len() else None

    def sentence(self) -> str:
        """Say how many deals have something against them, what is at stake, and on which one most."""
        if self.frame.is_empty():
            return "No open deal is at risk."
        amount = float(self.frame["amount"].sum())
        share = percent(ratio(amount, self.open_amount))
        text = message(
            "{open} at risk: {amount}, {share} of the pipeline.",
            open=counted(self.frame.height, "open deal is", "open deals are"),
            amount=money(amount, self.currency),
            share=share,
        )
        if self.frame["amount"].null_count() == self.frame.height:
            n_due = self.frame.filter(pl.col("close_on") <= self.due_by).height
            n_deals = counted(self.frame.height, "open deal is", "open deals are")
            return message(
                "{n_deals} at risk; {n_due:,} due by {day}.", n_deals=n_deals, n_due=n_due, day=long_day(self.due_by)
            )
        if self.value is None:
            return message("{text} There are too few past deals to say what that costs.", text=text)
        text += message(" {amount} of expected wins is at risk.", amount=money(self.value, self.currency))
        leading = self.leading
        if leading.is_empty():
            return message("{text} None of them is due by {day}.", text=text, day=long_day(self.due_by))
        due = self.frame.filter(pl.col("close_on") <= self.due_by)
        stake = money(float(due["at_stake_amount"].sum()), self.currency)
        listed = (
            message("the {height} with most at stake are listed", height=leading.height)
            if due.height > leading.height
            else "all listed"
        )
        top = leading.row(0, named=True)
        return message(
            "{text} {height:,} are due by {day}, with {stake} at risk: {listed}, first {deal_name} "
            "({at_stake_amount}).",
            text=text,
            height=due.height,
            day=long_day(self.due_by),
            stake=stake,
            listed=listed,
            deal_name=deal_name(top),
            at_stake_amount=money(top["at_stake_amount"], self.currency),
        )

    def told(self) -> str:
        """Say which signal has meant most, and on how many past deals that rests."""
        sure = self.record.filter(pl.col("low") > 0).sort("difference", descending=True)
        if sure.is_empty():
            return "No warning sign has predicted lost or slipped deals so far."
        top = sure.row(0, named=True)
        return message(
            "Strongest warning sign: “{meaning}”. {slipped_rate} of {n_past:,} such deals were lost "
            "or slipped, against {others_rate} of {n_others:,} others ({lift:.1f}x as likely).",
            meaning=top["meaning"],
            slipped_rate=percent(top["slipped_rate"]),
            n_past=top["n_past"],
            others_rate=percent(top["others_rate"]),
            n_others=top["n_others"],
            lift=top["lift"],
        )

    def chosen(self, rows: list[int]) -> str:
        """Return the id of the chosen row's deal, else of the first; of all deals where none is due."""
        deals = self.frame if self.leading.is_empty() else self.leading
        if deals.is_empty():
            raise ContractError("No open deal is at risk.", mend="Load open deals with their history on the Data page.")
        return str(deals["opportunity_id"][rows[0] if rows and rows[0] < deals.height else 0])


@remembered(2)
def at_risk(data: Dataset, settings: Settings) -> Risks:
    """Open deals with warning signs, ranked by value at risk: amount × lost win chance.

    Ten signals are looked for; the thresholds stand in the settings under `risk`. The record of a
    signal: of the deals open on past days, a horizon apart, that were then due within it, the share lost
    or slipped (not won within the horizon) with the signal and without it; lift is the one ÷ the
    other, the difference has Newcombe's 95 % interval. With fewer past deals than the settings ask for,
    or an interval that holds 0, there is "no clear link", and the signal puts no deal at risk. Only where the past
    is too short to judge any signal do all of them count, as hints without a price.

    The loss of probability of a deal is its chance of being won within the horizon without any signal
    less that with the signals it has, by a logistic regression of those past outcomes on stage and
    signals (ridge 2); so signals that come together are not counted twice. Never below 0.

    Parameters
    ----------
    data : Dataset
    settings : Settings

    Returns
    -------
    Risks
        Amounts not entered count as nothing at stake.
    """
    now = open_marks(data, settings)
    cases = past(data, settings)
    record = _record(now, cases, settings)
    proven = record.filter(pl.col("low") > 0)["signal"].to_list()
    loss = _losses(now, cases, proven)
    meanings = words(settings)
    flags = [pl.lit(None, pl.String), *(pl.when(name).then(pl.lit(meanings[name])) for name in counting(record))]
    about = data.opportunities.select("opportunity_id", "opportunity_name", "account_id").join(
        data.accounts.select("account_id", "account_name"), on="account_id", how="left"
    )
    amount = pl.col("cents") / 100
    frame = (
        now.with_columns(loss_rate=pl.Series(loss, dtype=pl.Float64))
        .with_columns(signals=pl.concat_list(flags).list.drop_nulls())
        .filter(pl.col("signals").list.len() > 0)
        .join(about, on="opportunity_id", how="left")
        .select(
            "opportunity_id",
            "opportunity_name",
            "account_name",
            pl.col("owner_id").cast(pl.String).replace(people(data)).alias("owner"),
            "stage",
            "close_on",
            "loss_rate",
            amount=amount,
            at_stake_amount=(amount * pl.col("loss_rate")).fill_null(0.0),
            n_signals=pl.col("signals").list.len().cast(pl.Int64),
            signals=pl.col("signals").list.join(", "),
        )
        .sort(
            "at_stake_amount",
            "n_signals",
            "amount",
            "opportunity_id",
            descending=[True, True, True, False],
            nulls_last=True,
        )
    )
    whole = float(now["cents"].sum()) / 100
    end = quarter_end(data.as_of, settings)
    return Risks(frame, record, whole, cases.height, settings.currency, settings.risk.horizon_days, end)


def counting(record: pl.DataFrame) -> list[str]:
    """Return the signals that put a deal at risk: those whose deals slipped more often than chance would have it.

    Parameters
    ----------
    record : pl.DataFrame
        [signal, low], low being the lower end of the difference's interval and null without enough past deals.

    Returns
    -------
    list of str
        All signals where none has enough past deals to be judged.

    Examples
    --------
    >>> counting(pl.DataFrame({"signal": ["silent", "odd_amount", "too_early"], "low": [0.2, -0.1, None]}))
    ['silent']
    """
    judged = record.filter(pl.col("low").is_not_null())
    counts = record if judged.is_empty() else judged.filter(pl.col("low") > 0)
    return [str(name) for name in counts["signal"].to_list()]


@remembered(2)
def past(data: Dataset, settings: Settings) -> pl.DataFrame:
    """Return past cases: deals due within the horizon of a past day, their signals then, and whether won in time.

    Returns
    -------
    pl.DataFrame
        As `signals.marks`, with won_on and is_won (within the horizon of the day).
    """
    days = landmarks(data, settings)
    if not days:
        return open_marks(data, settings).clear().with_columns(won_on=pl.lit(None, pl.Date), is_won=pl.lit(value=False))
    horizon = timedelta(days=settings.risk.horizon_days)
    wins = tracks(data, settings).filter(pl.col("state") == WON).select("deal", won_on="day").sort("won_on")
    cases = marks(data, settings, days).filter(pl.col("close_on") <= pl.col("day") + horizon).sort("day")
    followed = cases.join_asof(
        wins,
        left_on="day",
        right_on="won_on",
        by="deal",
        strategy="forward",
        allow_exact_matches=False,
        check_sortedness=False,
        coalesce=False,
    )
    in_time = (pl.col("won_on") <= pl.col("day") + horizon).fill_null(value=False)
    return followed.with_columns(is_won=in_time)


def _record(now: pl.DataFrame, cases: pl.DataFrame, settings: Settings) -> pl.DataFrame:
    rows = []
    meanings = words(settings)
    for name in SIGNALS:
        here = now.filter(pl.col(name))
        there, others = cases.filter(pl.col(name)), cases.filter(~pl.col(name))
        bad, usual = there.filter(~pl.col("is_won")).height, others.filter(~pl.col("is_won")).height
        enough = min(there.height, others.height) >= settings.risk.fewest_deals
        gap = difference(bad, there.height, usual, others.height) if enough else None
        with_rate, without_rate = ratio(bad, there.height), ratio(usual, others.height)
        lift = with_rate / without_rate if enough and with_rate is not None and without_rate else None
        if name == "no_next_step":
            word = "no history of next steps"
        elif gap is None:
            word = "too few past deals"
        else:
            word = (
                "no clear link"
                if gap[1] <= 0 <= gap[2]
                else "slipped more often"
                if gap[0] > 0
                else "slipped less often"
            )
        rows.append(
            (
                name,
                meanings[name],
                here.height,
                float(here["cents"].sum()) / 100,
                there.height,
                with_rate,
                others.height,
                without_rate,
                lift,
                *(gap or (None, None, None)),
                word,
            )
        )
    schema = {
        "signal": pl.String,
        "meaning": pl.String,
        "n_open": pl.Int64,
        "open_amount": pl.Float64,
        "n_past": pl.Int64,
        "slipped_rate": pl.Float64,
        "n_others": pl.Int64,
        "others_rate": pl.Float64,
        "lift": pl.Float64,
        "difference": pl.Float64,
        "low": pl.Float64,
        "high": pl.Float64,
        "evidence": pl.String,
    }
    return pl.DataFrame(rows, schema=schema, orient="row")


def _losses(now: pl.DataFrame, cases: pl.DataFrame, proven: list[str]) -> list[float | None]:
    """Return by how much each deal's signals lower its chance; None for all without a record."""
    if cases.height < FEWEST_CASES or cases["is_won"].n_unique() == 1 or not proven:
        return [None] * now.height
    stages = cases["stage"].unique().sort().to_list()
    x, y = _design(cases, stages, proven), cases["is_won"].to_numpy().astype(np.float64)
    weights = _fitted(x, y, len(stages))
    here = _design(now, stages, proven)
    clean = here.copy()
    clean[:, len(stages) :] = 0.0
    loss = _chance(clean @ weights) - _chance(here @ weights)
    return [float(v) for v in np.clip(loss, 0.0, 1.0)]


def _design(rows: pl.DataFrame, stages: list[str], proven: list[str]) -> Floats:
    stage_flags = [rows["stage"].eq_missing(pl.Series([s])).to_numpy() for s in stages]
    flags = [rows[name].to_numpy() for name in proven]
    return np.column_stack([*stage_flags, *flags]).astype(np.float64)


def _fitted(x: Floats, y: Floats, n_free: int) -> Floats:
    """Fit a logistic regression by Newton's method; the first columns, the stages, are hardly held back."""
    # Rows of zeros and ones come in few patterns: each is counted once, with how often it was won.
    pattern = x @ 2.0 ** np.arange(x.shape[1])
    _, first, group, n = np.unique(pattern, return_index=True, return_inverse=True, return_counts=True)
    x, won = x[first], np.bincount(group, weights=y)
    weights = np.zeros(x.shape[1])
    penalty = np.full(x.shape[1], RIDGE)
    penalty[:n_free] = 1e-3
    for _ in range(25):
        p = _chance(x @ weights)
        slope = x.T @ (won - n * p) - penalty * weights
        curve = (x * (n * p * (1 - p))[:, None]).T @ x + np.diag(penalty)
        step = np.linalg.solve(curve, slope)
        weights += step
        if float(np.abs(step).max()) < 1e-8:
            break
    return weights


def _chance(score: Floats) -> Floats:
    return np.asarray(1 / (1 + np.exp(-np.clip(score, -30, 30))), dtype=np.float64)


@dataclass(frozen=True)
class History:
    """What happened to one deal, change by change: [day, stage, category, amount, close_on, owner]."""

    frame: pl.DataFrame
    name: str

    def sentence(self) -> str:
        """Say since when the deal is known and how often it changed."""
        if self.frame.is_empty():
            return message("{name} has no history.", name=self.name)
        n = self.frame.height - 1
        begun = self.frame["day"][0]
        return message(
            "{name} has been in the pipeline since {begun} and changed {times} since.",
            name=self.name,
            begun=long_day(begun),
            times=counted(n, "time"),
        )


def history(data: Dataset, settings: Settings, opportunity_id: str) -> History:
    """Return what happened to one deal, change by change, as known at the as-of date.

    Parameters
    ----------
    data : Dataset
    settings : Settings
    opportunity_id : str

    Returns
    -------
    History
    """
    rows = tracks(data, settings).filter(pl.col("opportunity_id") == opportunity_id)
    named = data.opportunities.filter(pl.col("opportunity_id") == opportunity_id)["opportunity_name"].to_list()
    frame = rows.select(
        "day",
        pl.col("stage").cast(pl.String),
        category=written("category"),
        amount=pl.col("cents") / 100,
        close_on="close_on",
        owner=pl.col("owner_id").cast(pl.String).replace(people(data)),
    )
    called = named[0] if named and named[0] else opportunity_id
    return History(frame, called)
