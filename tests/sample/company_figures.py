"""What a sales organisation would measure of itself, worked out from the files of a sample company alone."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import polars as pl

from core.config import load
from core.config.calendar import add_months
from core.forecasts import calls as call_book
from core.metrics import retention, risk
from core.sample import calls
from core.sources import read_folder

CLOSED = ("Closed Won", "Closed Lost")
HALF_QUARTER = 46
# A deal created before the records begin is not in them, but its contract is: by then all such deals have ended.
LEGACY_QUARTERS = 6


class Company:
    """The frames of a sample company, and days to look at it from."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.settings = load(environ={"QUARTERDECK_HOME": str(folder.parent / "home")})
        self.data = read_folder(folder, settings=self.settings)
        self.as_of = self.data.as_of
        self.deals = self.data.opportunities
        self.history = self.data.frame("opportunity_history").sort("opportunity_id", "valid_from")
        self.lines = self.data.subscriptions
        self.bookings = self.data.frame("transactions").filter(pl.col("kind") == "booking").rename({"booked_on": "day"})
        first = self.data.quotas["period_start_on"].min()
        running = date(self.as_of.year, 3 * ((self.as_of.month - 1) // 3) + 1, 1)
        n = (running.year - first.year) * 4 + (running.month - first.month) // 3
        self.quarters = [add_months(first, 3 * k) for k in range(n)]
        self.running = running

    def state(self, day: date) -> pl.DataFrame:
        """Return every deal as it stood at the end of a day."""
        until = pl.col("valid_to").is_null() | (pl.col("valid_to") > day)
        return self.history.filter(pl.col("valid_from") <= day, until)

    def open(self, day: date) -> pl.DataFrame:
        """Return the deals open at the end of a day with what became of them: won_on, null where not won yet."""
        ends = self.deals.select(
            "opportunity_id", "opportunity_type", won_on=pl.when("is_won").then("close_on"), ended="is_closed"
        )
        return self.state(day).filter(~pl.col("stage").is_in(CLOSED)).join(ends, on="opportunity_id")


def quotas(c: Company) -> dict[str, float]:
    by_quarter = c.data.quotas.group_by("period_start_on").agg(pl.col("quota_amount").sum()).sort("period_start_on")
    step = (by_quarter["quota_amount"] / by_quarter["quota_amount"].shift(1)).drop_nulls()
    booked = c.bookings.with_columns(period_start_on=pl.col("day").dt.truncate("1q"))
    company = booked.group_by("period_start_on").agg(pl.col("amount").sum()).join(by_quarter, on="period_start_on")
    past = company.filter(pl.col("period_start_on").is_in(c.quarters))
    attained = past.select(pl.col("amount") / pl.col("quota_amount")).to_series()
    per_rep = (
        c.data.quotas.filter(pl.col("period_start_on").is_in(c.quarters))
        .join(
            booked.group_by("rep_id", "period_start_on").agg(pl.col("amount").sum()),
            on=["rep_id", "period_start_on"],
            how="left",
        )
        .select(pl.col("amount").fill_null(0) / pl.col("quota_amount"))
        .to_series()
    )
    return {
        "quota_step_low": float(step.min()),
        "quota_step_high": float(step.max()),
        "attainment_low": float(attained.min()),
        "attainment_high": float(attained.max()),
        "reps_at_quota": float((per_rep >= 1).mean()),
        "rep_tail": float(per_rep.quantile(0.95)),
    }


def moves(c: Company) -> pl.DataFrame:
    """Return every move of the expected close of a deal that stayed open: [opportunity_id, days]."""
    before = pl.col("close_on").shift(1).over("opportunity_id")
    was_open = ~pl.col("stage").shift(1).over("opportunity_id").is_in(CLOSED) & ~pl.col("stage").is_in(CLOSED)
    rows = c.history.with_columns(days=(pl.col("close_on") - before).dt.total_days(), stays=was_open)
    return rows.filter("stays", pl.col("days") != 0).select("opportunity_id", "days")


def dates(c: Company) -> dict[str, float]:
    moved = moves(c)
    pushed = moved.filter(pl.col("days") > 0)
    n = pushed.group_by("opportunity_id").agg(n=pl.len())
    closed = c.deals.filter("is_closed").join(n, on="opportunity_id", how="left").with_columns(pl.col("n").fill_null(0))
    bins = closed.with_columns(bin=pl.col("n").replace_strict({0: 0, 1: 1, 2: 2, 3: 2}, default=3))
    rates = dict(bins.group_by("bin").agg(pl.col("is_won").mean()).iter_rows())
    won = c.deals.filter("is_won", (pl.col("close_on") - pl.col("created_on")).dt.total_days() >= 30)
    then = won.with_columns(then=pl.col("close_on") - timedelta(days=30)).sort("then")
    seen = (
        then.select("opportunity_id", "then", "close_on")
        .join_asof(
            c.history.select("opportunity_id", "valid_from", expected="close_on").sort("valid_from"),
            left_on="then",
            right_on="valid_from",
            by="opportunity_id",
            check_sortedness=False,
        )
        .drop_nulls("expected")
    )
    off = (seen["close_on"] - seen["expected"]).dt.total_days().abs()
    return {
        "pushed_share": float((closed["n"] > 0).mean()),
        "pushes_per_pull": pushed.height / max(1, moved.height - pushed.height),
        "push_days": float(pushed["days"].median()),
        "wins_1_push": rates.get(1, 0) / rates[0],
        "wins_2_pushes": rates.get(2, 0) / rates[0],
        "wins_4_pushes": rates.get(3, 0) / rates[0],
        "won_within_14": float((off <= 14).mean()),
    }


def calendar(c: Company) -> dict[str, float]:
    ends = pl.col("day").dt.truncate("1q").dt.offset_by("1q")
    rows = c.bookings.filter(pl.col("day") < c.running, pl.col("day") >= c.quarters[0]).with_columns(
        third=(pl.col("day").dt.month() - 1) % 3 == 2, late=(ends - pl.col("day")).dt.total_days() <= 14
    )
    whole = rows["amount"].sum()
    return {
        "third_month": float(rows.filter("third")["amount"].sum() / whole),
        "last_two_weeks": float(rows.filter("late")["amount"].sum() / whole),
    }


def mid_quarters(c: Company) -> dict[str, float]:
    parts = []
    for begin in c.quarters[1:]:
        end = add_months(begin, 3)
        day = end - timedelta(days=HALF_QUARTER)
        parts.append(c.open(day).with_columns(day=pl.lit(day), end=pl.lit(end)))
    rows = pl.concat(parts).with_columns(
        in_quarter=(pl.col("won_on") < pl.col("end")).fill_null(value=False), amount=pl.col("amount").fill_null(0)
    )
    won = rows.filter("in_quarter")
    out = {
        "won_due_later": float(won.filter(pl.col("close_on") >= pl.col("end"))["amount"].sum() / won["amount"].sum())
    }
    for name in ("commit", "best_case", "pipeline"):
        some = rows.filter(pl.col("forecast_category") == name)
        out[f"{name}_won"] = float(some.filter("in_quarter")["amount"].sum() / some["amount"].sum())
        out[f"{name}_won_count"] = float(some["in_quarter"].mean())
    late = pl.col("close_on") < pl.col("day")
    soon = (pl.col("won_on") <= pl.col("day") + timedelta(days=90)).fill_null(value=False)
    followed = rows.filter(pl.col("day") <= c.as_of - timedelta(days=90)).with_columns(late=late, soon=soon)
    due = followed.filter(~pl.col("late"), pl.col("close_on") <= pl.col("day") + timedelta(days=90))
    out["overdue_share"] = float(rows.select(late).to_series().mean())
    now = c.open(c.as_of)
    out["overdue_now"] = float((now["close_on"] < c.as_of).mean())
    out["overdue_wins"] = float(followed.filter("late")["soon"].mean() / due["soon"].mean())
    plain = due.filter(pl.col("opportunity_type") != "renewal")
    late_plain = followed.filter("late", pl.col("opportunity_type") != "renewal")
    out["overdue_wins_plain"] = float(late_plain["soon"].mean() / plain["soon"].mean())
    return out


def managers(c: Company) -> dict[str, float]:
    said = calls.past_calls(c.data, c.settings)
    managers_only = said.filter(pl.col("manager_id").is_in(list(calls.leanings(c.data))))
    rows = []
    for (period, day), part in managers_only.group_by("period_start_on", "called_on"):
        team = c.data.sales_team.filter(
            pl.col("valid_from") <= day, pl.col("valid_to").is_null() | (pl.col("valid_to") > day)
        ).select(pl.col("rep_id").alias("owner_id"), "manager_id")
        end = add_months(period, 3)
        states = c.state(day).join(team, on="owner_id")
        closed = states.filter(pl.col("stage") == "Closed Won", pl.col("close_on") >= period)
        live = states.filter(~pl.col("stage").is_in(CLOSED), pl.col("close_on") < end)
        parts = {
            "closed": closed,
            "commit": live.filter(pl.col("forecast_category") == "commit"),
            "best": live.filter(pl.col("forecast_category") == "best_case"),
        }
        sums = {k: float(v["amount"].sum()) for k, v in parts.items()}
        rows.append((part["commit_amount"].sum(), sums["closed"] + sums["commit"], sums["best"]))
    frame = pl.DataFrame(rows, schema=["said", "sure", "best"], orient="row")
    whole = frame["said"].sum()
    came = call_book.outcomes(c.data, c.settings, managers_only)
    by_manager = came.group_by("manager_id").agg(bias=pl.col("amount").sum() / pl.col("actual_amount").sum() - 1)
    return {
        "call_over_sure": float(whole / frame["sure"].sum()),
        "call_over_all": float(whole / (frame["sure"] + frame["best"]).sum()),
        "call_bias_spread": float(by_manager["bias"].std()),
    }


def recurring(c: Company) -> dict[str, float]:
    renewals = c.deals.filter(pl.col("opportunity_type") == "renewal", "is_closed")
    ends = [add_months(c.as_of, -12 * k) for k in range(3)]
    years = [retention._year(c.data, day, 12) for day in ends]
    base = sum(y["base_amount"] for y in years)
    out = {"renewals_won": float(renewals["is_won"].mean())}
    for name in ("gross_rate", "net_rate"):
        out[name] = sum(y[name] * y["base_amount"] for y in years) / base
        out[f"{name}_now"] = years[0][name]
    fresh = (
        c.deals.filter("is_won", pl.col("opportunity_type") != "renewal")
        .group_by("opportunity_type")
        .agg(pl.col("amount").sum())
    )
    sums = dict(fresh.iter_rows())
    out["expansion_share"] = sums["expansion"] / (sums["expansion"] + sums["new"])
    out["stale_lines"] = float(c.lines.filter(pl.col("ended_on").is_null(), pl.col("renewal_on") <= c.as_of).height)
    out["renewal_share_of_bookings"] = float(
        c.deals.filter("is_won", pl.col("opportunity_type") == "renewal")["amount"].sum()
        / c.deals.filter("is_won")["amount"].sum()
    )
    return out


def cohort_falls(c: Company) -> dict[str, float]:
    """Return how far the customers left of the same cohorts fall in each year of their age, and how many cohorts."""
    rows = retention.cohorts(c.data, c.settings).frame
    begun = rows.filter(pl.col("cohort") >= c.quarters[0])
    out: dict[str, float] = {"n_cohorts": float(begun["cohort"].n_unique())}
    for name, first, last in (("first_year", 1, 13), ("second_year", 13, 25), ("third_year", 25, 37)):
        both = begun.filter(pl.col("age_months") == last)["cohort"]
        kept = [
            begun.filter(pl.col("age_months") == age, pl.col("cohort").is_in(both.implode()))["n_kept"].sum()
            for age in (first, last)
        ]
        whole = begun.filter(pl.col("age_months") == first, pl.col("cohort").is_in(both.implode()))["n_accounts"].sum()
        out[name] = (kept[1] - kept[0]) / whole if whole else 0.0
    return out


def disagreements(c: Company) -> dict[str, int]:
    """Count what does not agree to the cent between won deals, contract lines and recurring revenue."""
    begin = c.quarters[LEGACY_QUARTERS]
    deals = c.deals.filter("is_closed", pl.col("close_on") >= begin).with_columns(
        on=pl.col("close_on").dt.truncate("1mo").dt.offset_by("1mo"),
        cents=(pl.col("amount") * 100).round().cast(pl.Int64),
    )
    lines = c.lines.with_columns(cents=(pl.col("mrr_amount") * 1200).round().cast(pl.Int64))
    begun = add_months(begin, 1)
    fresh = deals.filter("is_won", pl.col("opportunity_type") != "renewal", pl.col("on") <= c.as_of)
    keys = ["account_id", "product_id", "on", "cents"]
    renewals = deals.filter(pl.col("opportunity_type") == "renewal", pl.col("on") <= c.as_of)
    renewed = renewals.filter("is_won").select("account_id", "on", "cents")
    started = lines.filter(pl.col("started_on") >= begun).rename({"started_on": "on"})
    unsold = started.join(fresh, on=keys, how="anti")
    ended = lines.filter(pl.col("ended_on") >= begun).rename({"ended_on": "end"})
    who = ["account_id", "on"]
    began = started.group_by(who).agg(pl.col("cents").sum())
    sold = pl.concat([fresh.select(*who, "cents"), renewed]).group_by(who).agg(pl.col("cents").sum())
    off = began.join(sold, on=who, how="full", coalesce=True, suffix="_sold")
    return {
        "won_without_line": fresh.join(started, on=keys, how="anti").height,
        "line_without_deal": unsold.join(renewed, on=["account_id", "on"], how="anti").height,
        "renewals_off_date": renewals.filter((pl.col("on") - pl.col("close_on")).dt.total_days() > 28).height,
        "ended_without_renewal": ended.join(
            renewals.select("account_id", end="on"), on=["account_id", "end"], how="anti"
        ).height,
        "account_months_off": off.filter(pl.col("cents").ne_missing(pl.col("cents_sold"))).height,
    }


def risks(c: Company) -> pl.DataFrame:
    """Return the product's record of every signal with the share of open deals that show it."""
    table = risk.at_risk(c.data, c.settings).record
    n = c.open(c.as_of).height
    return table.with_columns(share=pl.col("n_open") / n)


def hygiene(c: Company) -> dict[str, float]:
    live = c.deals.filter(~pl.col("is_closed"))
    talk = c.data.frame("activities").filter(pl.col("kind").is_in(["mail", "call", "meeting"]))
    return {
        "no_amount": float(live["amount"].is_null().mean()),
        "no_next_step": float(live["next_step"].is_null().mean()),
        "weekend": float((talk["occurred_at"].dt.weekday() > 5).mean()),
        "at_risk": risk.at_risk(c.data, c.settings).frame.height / max(1, live.height),
    }
