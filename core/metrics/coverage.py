"""Coverage: whether what is open is enough for what is still to be booked, held against past quarters."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

import polars as pl

from core.config import Settings, windows
from core.config.calendar import add_quarters, quarter_end, quarter_label, quarter_start
from core.contracts import Dataset
from core.contracts.amount_visibility import needs_amounts
from core.localization import message
from core.metrics.attainment import quota_of_reps
from core.metrics.bookings import daily
from core.metrics.deal_events import at, due_by, tracks
from core.metrics.measure import Measure, money, percent, ratio
from core.metrics.stage_conversion import known_shares

FEWEST_QUARTERS = 3


@dataclass(frozen=True)
class Coverage:
    """Whether the open pipeline is enough.

    Attributes
    ----------
    frame : pl.DataFrame
        [item, amount]: quota, booked so far, still to book, open and due, weighted, needed, still to
        be created.
    record : pl.DataFrame
        Past quarters at the same number of days: [quarter, day, due_amount, weighted_amount,
        rest_amount, required_ratio].
    ratios : dict of str to float or None
        "remaining" (open and due ÷ still to book), "full" (÷ the whole quota), "weighted" (weighted ÷
        still to book), "required" (the median of past quarters).
    to_create_amount : float or None
        By how much the open pipeline falls short of what past quarters needed; 0 when it does not.
    """

    frame: pl.DataFrame
    record: pl.DataFrame
    ratios: dict[str, float | None]
    to_create_amount: float | None
    text: str

    @property
    def value(self) -> float | None:
        """Return coverage of the remaining quota; None without a quota, or when it is met."""
        return self.ratios["remaining"]

    def sentence(self) -> str:
        """Say what is still to book, what is open for it, and whether past quarters needed more."""
        return self.text


@needs_amounts
def coverage(data: Dataset, settings: Settings, quarters: int = 8) -> Coverage:
    """Coverage of the running quarter's quota, four ways, and the pipeline still to be created.

    Formula: open pipeline due by the end of the fiscal quarter ÷ remaining quota (the reps' quotas less
    bookings so far); the same ÷ full quota; weighted pipeline due ÷ remaining quota. Required is what
    past quarters needed: open pipeline due on the same day of the quarter ÷ what was booked from then
    to its end, the median over the quarters before. Still to be created is required × remaining
    quota − open and due, at least 0. None without a quota, and when it is met.

    Parameters
    ----------
    data : Dataset
    settings : Settings
    quarters : int
        How many past quarters required coverage is taken from; fewer than three give none, and the
        ratio in the settings is named instead.

    Returns
    -------
    Coverage
    """
    begin, end = quarter_start(data.as_of, settings), quarter_end(data.as_of, settings)
    booked_lines = daily(data)
    due, weighted_amount = open_and_weighted(data, settings, data.as_of, end)
    quota, booked = quota_of_reps(data, begin), _between(booked_lines, begin, data.as_of)
    left = max(quota - booked, 0.0)
    record = _record(data, settings, booked_lines, quarters)
    past_ratios = record["required_ratio"].drop_nulls()
    required = float(str(past_ratios.median())) if past_ratios.len() >= FEWEST_QUARTERS else None
    needed = required * left if required is not None and left else None
    to_create = max(needed - due, 0.0) if needed is not None else None
    rows = [
        ("Quota", quota),
        ("Booked", booked),
        ("Gap to quota", left),
        ("Open and due", due),
        ("Weighted", weighted_amount),
        ("Needed by past quarters", needed),
        ("Pipeline still to build", to_create),
    ]
    frame = pl.DataFrame(rows, schema={"item": pl.String, "amount": pl.Float64}, orient="row").drop_nulls()
    ratios: dict[str, float | None] = {
        "remaining": ratio(due, left),
        "full": ratio(due, quota),
        "weighted": ratio(weighted_amount, left),
        "required": required,
    }
    label = quarter_label(data.as_of, settings)
    return Coverage(frame, record, ratios, to_create, _text(label, rows, ratios, record.height, end, settings))


def _text(
    label: str,
    rows: list[tuple[str, float | None]],
    ratios: dict[str, float | None],
    n_quarters: int,
    end: date,
    settings: Settings,
) -> str:
    amounts = {item: money(amount, settings.currency) for item, amount in rows}
    value, required, goal = ratios["remaining"], ratios["required"], settings.targets.coverage_ratio
    if ratios["full"] is None:
        return message(
            "No quota is set for {label}; {open_and_due} is open and due.",
            label=label,
            open_and_due=amounts["Open and due"],
        )
    if value is None:
        return message(
            "The quota of {label} is met already: {booked} of {quota} is booked.",
            label=label,
            booked=amounts["Booked"],
            quota=amounts["Quota"],
        )
    text = message(
        "The gap to the {label} quota is {gap_to_quota}, with {open_and_due} open and due by {day} "
        "{end:%B}: {value:.1f}x coverage of what is left ({weighted:.1f}x weighted, {full:.1f}x of "
        "the full quota).",
        label=label,
        gap_to_quota=amounts["Gap to quota"],
        open_and_due=amounts["Open and due"],
        day=end.day,
        end=end,
        value=value,
        weighted=ratios["weighted"],
        full=ratios["full"],
    )
    if required is None:
        word = "meets" if value >= goal else "is short of"
        return message(
            "{text} That {word} the {goal:.0f}x rule; there are too few past quarters to say what you really need.",
            text=text,
            word=word,
            goal=goal,
        )
    text += message(
        " At this point the last {n_quarters} quarters had {required:.1f}x of what they went on to book",
        n_quarters=n_quarters,
        required=required,
    )
    if not rows[-1][1]:
        return message("{text}, so there is enough.", text=text)
    return message(
        "{text}, so {pipeline_still_to_build} of pipeline is still to build.",
        text=text,
        pipeline_still_to_build=amounts["Pipeline still to build"],
    )


def open_and_weighted(data: Dataset, settings: Settings, day: date, end: date) -> tuple[float, float]:
    """Return what was open and due by a date at the end of a day, and its weight by what was known then."""
    open_then = due_by(data, settings, end, day)
    rates = known_shares(data, settings, day).select("stage", "won_rate")
    joined = open_then.join(rates, on="stage", how="left")
    return float(open_then["cents"].sum()) / 100, float((joined["cents"] * joined["won_rate"]).sum()) / 100


def _record(data: Dataset, settings: Settings, booked: pl.DataFrame, quarters: int) -> pl.DataFrame:
    first = tracks(data, settings)["day"].min()
    rows = []
    for k in range(quarters, 0, -1):
        start = add_quarters(data.as_of, -k, settings)
        end = quarter_end(start, settings)
        day = windows.same_day_of_quarter(data.as_of, start, settings)
        if not isinstance(first, date) or first > add_quarters(start, -1, settings):
            continue
        due, weighted_amount = open_and_weighted(data, settings, day, end)
        rest = _between(booked, day + timedelta(days=1), end)
        rows.append((quarter_label(start, settings), day, due, weighted_amount, rest, ratio(due, rest)))
    schema = {
        "quarter": pl.String,
        "day": pl.Date,
        "due_amount": pl.Float64,
        "weighted_amount": pl.Float64,
        "rest_amount": pl.Float64,
        "required_ratio": pl.Float64,
    }
    return pl.DataFrame(rows, schema=schema, orient="row")


def _between(booked: pl.DataFrame, since: date, until: date) -> float:
    return float(booked.filter(pl.col("day").is_between(since, until))["amount"].sum())


@needs_amounts
def weighted(data: Dataset, settings: Settings, day: date | None = None) -> Measure:
    """Weighted pipeline: open amounts × the share of past deals won from the same stage, as known that day.

    Formula: sum over stages of open amount × won share; the share is won ÷ closed of the deals that
    stood in the stage in the 24 months up to the day and had closed by then, so an outcome that came
    later changes nothing. Deals without an amount count as nothing, and so do stages nothing has closed
    from.

    Parameters
    ----------
    data : Dataset
    settings : Settings
    day : date, optional
        Default the as-of date.

    Returns
    -------
    Measure
        Unit money. Frame: stage, n_deals, amount, won_rate, weighted_amount.
    """
    on, track = day or data.as_of, tracks(data, settings)
    order = {name: k for k, name in enumerate(settings.stages.open)}
    frame = (
        at(track, on)
        .with_columns(pl.col("stage").cast(pl.String))
        .group_by("stage")
        .agg(n_deals=pl.len().cast(pl.Int64), amount=pl.col("cents").sum() / 100)
        .join(known_shares(data, settings, on).select("stage", "won_rate"), on="stage", how="left")
        .with_columns(weighted_amount=pl.col("amount") * pl.col("won_rate"))
        .sort(pl.col("stage").replace_strict(order, default=99, return_dtype=pl.Int64), "stage")
    )
    if frame["weighted_amount"].null_count() == frame.height:
        return Measure("Weighted pipeline", None, "money", frame, "No open deal has a known win chance.")
    value, amount = float(frame["weighted_amount"].sum()), float(frame["amount"].sum())
    text = message(
        "Weighted by how often past deals were won from the same stage, {amount} open is worth {amount_2} ({ratio}).",
        amount=money(amount, settings.currency),
        amount_2=money(value, settings.currency),
        ratio=percent(ratio(value, amount)),
    )
    return Measure("Weighted pipeline", value, "money", frame, text)
