"""Why the number of the quarter moved: deal by deal, to the cent."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import polars as pl

from core.config import Settings
from core.config.calendar import quarter_end, quarter_label, quarter_start
from core.contracts import Dataset
from core.contracts.amount_visibility import needs_amounts
from core.contracts.errors import ModelError
from core.forecasts.week_ago import WEEK, earlier_day, outlook_on
from core.localization import joined, message
from core.metrics.deal_facts import with_people
from core.metrics.measure import counted, money
from core.models import outlook
from core.models.bundle import Bundle
from core.models.close.pipeline_creation import tracks

COME, LEARNT = "Create-and-close", "Learnt from past quarters"
REASONS = (
    "Won",
    "New",
    "Pulled in",
    "Amount raised",
    "Chance rose",
    COME,
    "Amount cut",
    "Chance fell",
    "Slipped",
    "Lost",
    "Won amount changed",
    LEARNT,
)
OPENING, CLOSING = "Opening", "Closing"


@dataclass(frozen=True)
class Walk:
    """The way from one number of the quarter to another.

    Attributes
    ----------
    frame : pl.DataFrame
        [step, n_deals, amount]: the forecast of the earlier day, one row per reason that moved it, and today's. Both
        ends are the number the pages lead with, put right by what past forecasts missed by; what that adds or takes
        off is one of the reasons.
    deals : pl.DataFrame
        [opportunity_id, opportunity_name, account_name, owner, reason, before_amount, after_amount, change_amount],
        largest change first; a deal may stand under two reasons, as when its amount and its chance changed.
    since : date
    label : str
        The quarter.
    currency : str
    left_amount : float
        Today's number less the sum of all that stands before it: 0.
    """

    frame: pl.DataFrame
    deals: pl.DataFrame
    since: date
    label: str
    currency: str
    left_amount: float

    @property
    def change(self) -> float:
        """Return today's number less the earlier one."""
        return float(self.frame["amount"][-1] - self.frame["amount"][0])

    def sentence(self) -> str:
        """Say how the number moved since the earlier day, and what moved it most."""
        now, then = (money(float(self.frame["amount"][k]), self.currency) for k in (-1, 0))
        if self.deals.is_empty():
            return message(
                "The {label} forecast is {now}; no deal has moved it since {since:%d %B}.",
                label=self.label,
                now=now,
                since=self.since,
            )
        verb = "rose" if self.change >= 0 else "fell"
        steps = self.frame.slice(1, self.frame.height - 2).sort(pl.col("amount").abs(), descending=True).head(3)
        parts = [joined(step.lower(), money(value, self.currency, sign=True)) for step, _, value in steps.iter_rows()]
        return message(
            "The {label} forecast {verb} by {change} since {since:%d %B}, from {then} to {now}: {parts}.",
            label=self.label,
            verb=verb,
            change=money(abs(self.change), self.currency),
            since=self.since,
            then=then,
            now=now,
            parts=joined(*parts, by=", "),
        )

    def check(self) -> str:
        """Say whether the deals add up to the change, and what the step for past misses is."""
        deals = counted(self.deals["opportunity_id"].n_unique(), "deal")
        ends = (
            message("not reconciled by {left_amount:,.2f}", left_amount=abs(self.left_amount))
            if self.left_amount
            else "reconciled to the cent"
        )
        text = message(
            "{deals} and the other steps add up to {change}: {ends}.",
            deals=deals,
            change=money(self.change, self.currency, sign=True),
            ends=ends,
        )
        if LEARNT in self.frame["step"].to_list():
            text += message(
                " {learnt}: both ends are put right by how far past forecasts of the same week were off.", learnt=LEARNT
            )
        return text

    def of(self, reason: str) -> pl.DataFrame:
        """Return the deals of one reason; all of them where it is none."""
        return self.deals.filter(pl.col("reason") == reason) if reason in REASONS else self.deals


@needs_amounts
def walk(data: Dataset, settings: Settings, bundle: Bundle, days: int = WEEK) -> Walk:
    """Walk from the quarter's number some days ago to today's.

    A deal's part of the number is its amount where it was won in the quarter by then, and its chance to be won by
    the quarter's end × its amount while it was open. The change of a deal that stayed open is split: what the new
    amount makes at the old chance is the amount's; the rest is the expected close's where that left or entered the
    quarter, else the chance's. Both ends are the forecast as the pages lead with it: what past forecasts of that week
    of the quarter missed by is added at each end, and how far that differs is one step. Sums are in whole cents.

    Parameters
    ----------
    data : Dataset
    settings : Settings
    bundle : Bundle
    days : int
        The earlier day is never before the quarter's first.

    Returns
    -------
    Walk

    Raises
    ------
    ModelError
        When there are no deals to forecast from.
    """
    day, end = earlier_day(data, settings, days), quarter_end(data.as_of, settings)
    now, then = outlook.current(data, settings, bundle), outlook_on(data, settings, bundle, day)
    if now.frame.is_empty() or then.frame.is_empty():
        raise ModelError("There are no deals to forecast from.", mend="Load opportunities on the Data page.")
    begin = quarter_start(data.as_of, settings)
    before = _parts(data, settings, then, begin, day).rename(_named("before"))
    after = _parts(data, settings, now, begin, data.as_of).rename(_named("after"))
    both = before.join(after, on="opportunity_id", how="full", coalesce=True)
    moves = _moves(both, end)
    ends = [_ends(seen, parts) for seen, parts in ((then, before["cents_before"]), (now, after["cents_after"]))]
    (opening, come_then, learnt_then), (closing, come_now, learnt_now) = ends
    other = {COME: come_now - come_then, LEARNT: learnt_now - learnt_then}
    left = closing - opening - sum(other.values()) - int(moves["cents"].sum())
    label = quarter_label(data.as_of, settings)
    steps = _steps(moves, other, opening, closing)
    return Walk(steps, _listed(moves, data, settings), day, label, settings.currency, left / 100)


def _ends(seen: outlook.Outlook, parts: pl.Series) -> tuple[int, int, int]:
    """Return the quarter's forecast, what of it is create-and-close, and what past quarters have taught.

    Deals stand in whole cents; less than half a cent for each is counted with create-and-close.
    """
    row = seen.frame.row(-1, named=True)
    whole, learnt = _cents(row["amount"]), _cents(row["correction_amount"])
    return whole, whole - learnt - int(parts.sum()), learnt


def _named(side: str) -> dict[str, str]:
    return {name: f"{name}_{side}" for name in ("cents", "amount", "p_win", "close_on", "is_won")}


def _parts(data: Dataset, settings: Settings, seen: outlook.Outlook, begin: date, day: date) -> pl.DataFrame:
    """Return what each deal adds to the number of the quarter on a day, in cents."""
    open_deals = seen.behind().frame.select(
        "opportunity_id",
        cents=(pl.col("expected_amount") * 100).round().cast(pl.Int64),
        amount="amount",
        p_win="p_win",
        close_on="close_on",
        is_won=pl.lit(value=False),
    )
    history = tracks(data, settings)
    won = history.filter(pl.col("is_won") & pl.col("ended_on").is_between(begin, day)).unique(
        "opportunity_id", keep="first", maintain_order=True
    )
    closed = won.select(
        "opportunity_id",
        cents=(pl.col("end_amount").fill_null(0.0) * 100).round().cast(pl.Int64),
        amount="end_amount",
        p_win=pl.lit(1.0),
        close_on="ended_on",
        is_won=pl.lit(value=True),
    )
    return pl.concat([closed, open_deals.join(closed, on="opportunity_id", how="anti")])


def _moves(both: pl.DataFrame, end: date) -> pl.DataFrame:
    """Return the reasons of each deal that moved: opportunity_id, reason, before, after, cents."""
    rows = both.with_columns(
        pl.col("cents_before", "cents_after").fill_null(0),
        was=pl.col("is_won_before").is_not_null(),
        stays=pl.col("is_won_after").is_not_null(),
    ).with_columns(cents=pl.col("cents_after") - pl.col("cents_before"))
    is_open = ~pl.col("is_won_before") & ~pl.col("is_won_after")
    of_amount = ((pl.col("amount_after") - pl.col("amount_before")) * pl.col("p_win_before") * 100).round()
    split = rows.with_columns(
        amount_cents=pl.when(is_open.fill_null(value=False)).then(of_amount.cast(pl.Int64)).otherwise(0)
    ).with_columns(rest=pl.col("cents") - pl.col("amount_cents"))
    due_before, due_after = pl.col("close_on_before") <= end, pl.col("close_on_after") <= end
    chance = (
        pl.when((due_before & ~due_after.fill_null(value=False)) & (pl.col("rest") < 0))
        .then(pl.lit("Slipped"))
        .when((~due_before.fill_null(value=False) & due_after) & (pl.col("rest") > 0))
        .then(pl.lit("Pulled in"))
        .when(pl.col("rest") > 0)
        .then(pl.lit("Chance rose"))
        .otherwise(pl.lit("Chance fell"))
    )
    whole = (
        pl.when(~pl.col("was") & pl.col("is_won_after").fill_null(value=False))
        .then(pl.lit("Won"))
        .when(~pl.col("was"))
        .then(pl.lit("New"))
        .when(~pl.col("stays"))
        .then(pl.lit("Lost"))
        .when(pl.col("is_won_before"))
        .then(pl.lit("Won amount changed"))
        .when(pl.col("is_won_after"))
        .then(pl.lit("Won"))
        .otherwise(chance)
    )
    ends = {"before_amount": pl.col("cents_before") / 100, "after_amount": pl.col("cents_after") / 100}
    by_amount = pl.when(pl.col("amount_cents") > 0).then(pl.lit("Amount raised")).otherwise(pl.lit("Amount cut"))
    first = split.select("opportunity_id", reason=whole, **ends, cents="rest")
    second = split.select("opportunity_id", reason=by_amount, **ends, cents="amount_cents")
    return pl.concat([first, second]).filter(pl.col("cents") != 0)


def _steps(moves: pl.DataFrame, other: dict[str, int], opening: int, closing: int) -> pl.DataFrame:
    sums = {
        r: (n, cents) for r, n, cents in moves.group_by("reason").agg(n=pl.len(), c=pl.col("cents").sum()).iter_rows()
    }
    sums |= {reason: (0, cents) for reason, cents in other.items() if cents}
    rows = [(OPENING, 0, opening), *((r, *sums[r]) for r in REASONS if r in sums), (CLOSING, 0, closing)]
    frame = pl.DataFrame(rows, schema={"step": pl.String, "n_deals": pl.Int64, "cents": pl.Int64}, orient="row")
    return frame.select("step", "n_deals", amount=pl.col("cents") / 100)


def _listed(moves: pl.DataFrame, data: Dataset, settings: Settings) -> pl.DataFrame:
    named = moves.join(data.opportunities.select("opportunity_id", "opportunity_name"), on="opportunity_id", how="left")
    whole = with_people(data, settings, named).with_columns(change_amount=pl.col("cents") / 100)
    return whole.sort(pl.col("cents").abs(), "opportunity_id", "reason", descending=[True, False, False]).select(
        "opportunity_id",
        "opportunity_name",
        "account_name",
        "owner",
        "reason",
        "before_amount",
        "after_amount",
        "change_amount",
    )


def _cents(amount: float) -> int:
    return round(amount * 100)
