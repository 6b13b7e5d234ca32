"""What a past forecast said, what came, which deals explain the difference, and how good the record is."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

import polars as pl

from core.config import Settings
from core.config.calendar import quarter_label, quarter_start
from core.contracts import Dataset
from core.contracts.amount_visibility import needs_amounts
from core.forecasts import backtest, calls
from core.forecasts.backtest import QUARTER, ReplayedDay, Replays
from core.formats import long_day
from core.localization import joined, message
from core.metrics import forecast_error
from core.metrics.measure import Measure, counted, left_over, money, percent

SHOWN_DEALS = 8
WIDE_ENOUGH = 0.75
LEANING = 0.1
EVEN = 0.0005
WHOLE = "Whole quarter"
CORRECTION = "Put right by what quarters before had missed by"
VIEWS = {
    "window": "Horizon",
    "week": "Week of quarter",
    "period": "Quarter",
    "team": "Team",
    "category": "Category",
    "manager": "Manager",
}


@dataclass(frozen=True)
class Past:
    """The forecast of one past day.

    Attributes
    ----------
    frame : pl.DataFrame
        [who, amount, lower, upper, error_amount]: the system, the baselines, what reps and managers
        said, and the outcome.
    deals : pl.DataFrame
        [deal, opportunity_id, expected_amount, actual_amount, error_amount]: the deals that explain
        most of the difference, the other open deals, and deals that came later; together they are
        the whole difference.
    path : pl.DataFrame
        [day, amount, lower, upper, actual_amount, commit_amount] of the whole quarter.
    """

    day: date
    label: str
    currency: str
    frame: pl.DataFrame
    deals: pl.DataFrame
    path: pl.DataFrame
    actual: float | None

    def sentence(self) -> str:
        """Say what the forecast of the day was and what came."""
        if self.frame.is_empty():
            return "There was nothing to forecast from on that day."
        row = self.frame.row(0, named=True)
        text = message(
            "On {day} the forecast for {label} was {amount}, likely range {lower} to {upper}.",
            day=long_day(self.day),
            label=self.label,
            amount=money(row["amount"], self.currency),
            lower=money(row["lower"], self.currency),
            upper=money(row["upper"], self.currency),
        )
        if self.actual is None:
            return message("{text} The quarter is not over yet.", text=text)
        inside = "inside" if row["lower"] <= self.actual <= row["upper"] else "outside"
        gap = row["amount"] - self.actual
        side = "too high" if gap > 0 else "too low"
        return message(
            "{text} Actual: {actual}. The forecast was {gap} {side}; the actual was {inside} the range.",
            text=text,
            actual=money(self.actual, self.currency),
            gap=money(abs(gap), self.currency),
            side=side,
            inside=inside,
        )

    def reason(self) -> str:
        """Say which deals explain the difference, and that the parts add up to it."""
        if self.deals.is_empty():
            return ""
        first = self.deals.row(0, named=True)
        whole = float(self.deals["error_amount"].sum())
        left = whole - float(self.frame["error_amount"][0] or 0.0) if self.actual is not None else 0.0
        return message(
            "Biggest reason: {deal}, {expected_amount} expected and {actual_amount} won. All parts "
            "add up to the difference: {left_over}.",
            deal=first["deal"],
            expected_amount=money(first["expected_amount"], self.currency),
            actual_amount=money(first["actual_amount"], self.currency),
            left_over=left_over(left, self.currency),
        )


def days(data: Dataset, settings: Settings, replays: Replays) -> tuple[date, date, date] | None:
    """Return the first and last day that can be replayed, and one worth looking at first; None without any."""
    if not replays.quarters:
        return None
    done = replays.forecasts.filter(pl.col("actual_amount").is_not_null() & (pl.col("window") == QUARTER))
    period = done["period_start_on"].max() if done.height else replays.quarters[-1]
    start: date = period if isinstance(period, date) else replays.quarters[-1]
    return replays.quarters[0], data.as_of, min(start + timedelta(days=35), data.as_of)


@needs_amounts
def on(
    data: Dataset,
    settings: Settings,
    replays: Replays,
    manager_calls: pl.DataFrame,
    day: date,
    replayed: ReplayedDay | None = None,
) -> Past:
    """The forecast of a past day as it was, and the actual.

    The model is the one its quarter had, trained on outcomes known before the quarter began; deals,
    amounts, owners and the team are those known on the day. A day between two weekly ones is worked out
    with the model of its quarter.

    Formula of a deal's part in the difference: what it won by the end of the quarter − its expected
    amount on the day. Deals created later are set against what the forecast allowed for them.

    Parameters
    ----------
    data : Dataset
    settings : Settings
    replays : Replays
    manager_calls : pl.DataFrame
        Managers' calls, as `calls.kept` gives them.
    day : date
    replayed : ReplayedDay, optional
        The forecast of the day, where it was worked out before.

    Returns
    -------
    Past

    Raises
    ------
    ModelError
        When the day lies outside the quarters that can be replayed.
    """
    replayed = replayed or backtest.on(data, settings, replays, day)
    forecasts, deals = replayed.forecasts, replayed.deals
    period = quarter_start(day, settings)
    row = forecasts.filter(pl.col("window") == QUARTER).to_dicts()
    label = quarter_label(day, settings)
    path = replays.forecasts.filter((pl.col("period_start_on") == period) & (pl.col("window") == QUARTER))
    path = path.select("day", "amount", "lower", "upper", "commit_amount", "actual_amount")
    if not row:
        return Past(day, label, settings.currency, pl.DataFrame(), pl.DataFrame(), path, None)
    actual = row[0]["actual_amount"]
    frame = _beside(row[0], _managers(data, calls.newest(manager_calls, period, day)), actual)
    return Past(day, label, settings.currency, frame, _parts(row[0], deals, actual), path, actual)


def _managers(data: Dataset, manager_calls: pl.DataFrame) -> dict[str, float | None]:
    """Return the managers' commit and best case of a day in one sum; None when none had called."""
    manager_ids = data.sales_team.filter(pl.col("role") == "manager")["rep_id"].unique()
    mine = (
        manager_calls.filter(pl.col("manager_id").is_in(manager_ids.implode())) if len(manager_ids) else manager_calls
    )
    if mine.is_empty():
        return {"commit": None, "best": None}
    return {"commit": float(mine["commit_amount"].sum()), "best": float(mine["best_case_amount"].sum())}


def _beside(row: dict[str, float | None], called: dict[str, float | None], actual: float | None) -> pl.DataFrame:
    lines = [
        ("System", row["amount"], row["lower"], row["upper"]),
        ("Managers' commit calls", called["commit"], None, None),
        ("Managers' best case", called["best"], None, None),
        ("Reps: closed and commit", row["commit_amount"], None, None),
        ("Reps: with best case", row["best_case_amount"], None, None),
        ("Stage-weighted pipeline", row["weighted_amount"], None, None),
        ("Same quarter last year", row["last_year_amount"], None, None),
    ]
    schema = {"who": pl.String, "amount": pl.Float64, "lower": pl.Float64, "upper": pl.Float64}
    frame = pl.DataFrame(lines, schema=schema, orient="row").filter(pl.col("amount").is_not_null())
    return frame.with_columns(error_amount=pl.col("amount") - pl.lit(actual, pl.Float64))


def _parts(row: dict[str, float | None], deals: pl.DataFrame, actual: float | None) -> pl.DataFrame:
    """Return the deals that explain forecast − outcome, largest first, and what is left in two rows."""
    if actual is None:
        return pl.DataFrame()
    named = deals.select(
        "opportunity_id",
        "expected_amount",
        "actual_amount",
        deal=pl.when(pl.col("opportunity_name").is_duplicated())
        .then(pl.col("opportunity_name") + pl.lit(" ") + pl.col("opportunity_id"))
        .otherwise(pl.coalesce("opportunity_name", "opportunity_id")),
        error_amount=pl.col("expected_amount") - pl.col("actual_amount"),
    ).sort(pl.col("error_amount").abs(), "opportunity_id", descending=[True, False])
    rest = named.slice(SHOWN_DEALS)
    came = actual - float(row["closed_amount"] or 0.0) - float(named["actual_amount"].sum())
    allowed = float(row["new_amount"] or 0.0)
    correction = float(row["amount"] or 0.0) - float(row["computed_amount"] or 0.0)
    others = [
        (
            message("{height:,} other open deals", height=rest.height),
            float(rest["expected_amount"].sum()),
            float(rest["actual_amount"].sum()),
        ),
        ("Deals created later", allowed, came),
        *([(CORRECTION, correction, 0.0)] if correction else []),
    ]
    schema = {"deal": pl.String, "expected_amount": pl.Float64, "actual_amount": pl.Float64}
    tail = pl.DataFrame(others, schema=schema, orient="row").with_columns(
        error_amount=pl.col("expected_amount") - pl.col("actual_amount")
    )
    return pl.concat([named.head(SHOWN_DEALS), tail], how="diagonal")


@needs_amounts
def record(
    data: Dataset, settings: Settings, replays: Replays, manager_calls: pl.DataFrame, by: str = "week"
) -> Measure:
    """How good past forecasts of the quarter were, and whether a simpler rule would have been better.

    Every week of the past quarters is replayed with what was known then. Error is WAPE: the sum of
    |forecast − outcome| ÷ the sum of outcomes. Bias above 0 is too high. Skill is 1 − the forecast's
    error ÷ the baseline's, on the same weeks: above 0 the forecast was better. Coverage is the share
    of outcomes inside the 80 % range. Baselines: what the same quarter of last year brought; closed
    plus open deals due in the quarter × the share won from their stage; closed plus deals in
    commit; and what the managers had called by then.

    Parameters
    ----------
    data : Dataset
    settings : Settings
    replays : Replays
    manager_calls : pl.DataFrame
        Managers' calls, as `calls.kept` gives them.
    by : {"week", "window", "period", "team", "category", "manager"}
        How the frame is cut: week of the quarter, horizon in days, quarter, team, the category the
        rep had given, or the manager whose commit calls are judged.

    Returns
    -------
    Measure
        Value: WAPE of the system over all weeks of finished quarters, None without any. Frame: group,
        n_forecasts, wape_rate, bias_rate, forecast_to_actual_rate, coverage_rate, and per baseline
        its error and the skill against it.
    """
    quarter = _quarters(data, replays, manager_calls)
    whole = forecast_error.scores(quarter, [])
    if whole.is_empty():
        text = "There is no forecast history yet: it needs records from a year before a finished quarter."
        return Measure("Forecast accuracy", None, "rate", whole, text)
    n_quarters = quarter.filter(pl.col("actual_amount").is_not_null())["period_start_on"].n_unique()
    frame = _cut(data, settings, replays, manager_calls, by)
    horizons = frame if by == "window" else _cut(data, settings, replays, manager_calls, "window")
    more = "" if by == "window" else _losses(frame, by)
    parts = (_beaten(horizons), _headline(whole.row(0, named=True), n_quarters), _leaning(horizons), more)
    text = joined(*parts, by="")
    return Measure("Forecast accuracy", float(whole["wape_rate"][0]), "rate", frame, text)


def _quarters(data: Dataset, replays: Replays, manager_calls: pl.DataFrame) -> pl.DataFrame:
    """Return the replayed forecasts of whole quarters, with what the managers had called by each day."""
    rows = replays.forecasts.filter(pl.col("window") == QUARTER)
    manager_ids = data.sales_team.filter(pl.col("role") == "manager")["rep_id"].unique()
    mine = manager_calls.filter(pl.col("manager_id").is_in(manager_ids.implode())).sort("called_on")
    pairs = (
        rows.select("day", "period_start_on")
        .join(mine, on="period_start_on")
        .filter(pl.col("called_on") <= pl.col("day"))
    )
    last = pairs.sort("version").group_by("day", "manager_id").agg(pl.col("commit_amount").last())
    sums = last.group_by("day").agg(managers_amount=pl.col("commit_amount").sum())
    return rows.join(sums, on="day", how="left")


def _headline(row: dict[str, float | None], n_quarters: int) -> str:
    """Say first when something simpler wins; else by how much the forecast is better."""
    rules = {label: name.removesuffix("_amount") for name, label in forecast_error.BASELINES.items()}
    baselines = {label: (row[f"{n}_skill"], row[f"{n}_wape_rate"]) for label, n in rules.items()}
    better = [
        message("{label} ({miss})", label=label, miss=percent(miss))
        for label, (skill, miss) in baselines.items()
        if skill is not None and skill < 0
    ]
    worse = [
        message("{label} ({miss})", label=label, miss=percent(miss))
        for label, (skill, miss) in baselines.items()
        if skill is not None and skill >= 0
    ]
    bias = row["bias_rate"] or 0.0
    leaning = (
        message("was {bias} too high on average", bias=percent(abs(bias)))
        if bias > 0
        else message("was {bias} too low on average", bias=percent(abs(bias)))
    )
    inside = percent(row["coverage_rate"])
    text = message(
        "Over {pasts} the weekly forecast missed bookings by {wape_rate} and {words}; "
        "{coverage_rate} of the actuals were inside its likely range (80 %).",
        pasts=counted(n_quarters, "past quarter"),
        wape_rate=percent(row["wape_rate"]),
        words=message("was neither high nor low") if abs(bias) < EVEN else leaning,
        coverage_rate=message("only {rate}", rate=inside) if (row["coverage_rate"] or 1.0) < WIDE_ENOUGH else inside,
    )
    if better:
        return message("A simpler rule did better, {better}. {text}", better=joined(*better, by=" and "), text=text)
    return message("{text} It beats: {worse}.", text=text, worse=joined(*worse, by=", ")) if worse else text


def _beaten(horizons: pl.DataFrame) -> str:
    """Say first at which horizons a simpler rule came closer, with both errors; empty where none did."""
    sentences = []
    for row in horizons.filter(pl.col("group") != WHOLE).iter_rows(named=True):
        rules = {label: name.removesuffix("_amount") for name, label in forecast_error.BASELINES.items()}
        won = [
            message("{label} ({row})", label=label, row=percent(row[f"{n}_wape_rate"]))
            for label, n in rules.items()
            if row[f"{n}_skill"] is not None and row[f"{n}_skill"] < 0
        ]
        if won:
            sentences.append(
                message(
                    "{group} ahead {won} beat the forecast ({wape_rate})",
                    group=row["group"],
                    won=joined(*won, by=" and "),
                    wape_rate=percent(row["wape_rate"]),
                )
            )
    return joined(joined(*sentences, by="; "), ". ", by="") if sentences else ""


def _leaning(horizons: pl.DataFrame) -> str:
    """Name the horizons at which the forecast as a rule came out much too high or too low."""
    far = horizons.filter(pl.col("group") != WHOLE, pl.col("bias_rate").abs() >= LEANING)
    leanings = [
        (
            message("{bias} too high {group} ahead", bias=percent(abs(bias)), group=group)
            if bias > 0
            else message("{bias} too low {group} ahead", bias=percent(abs(bias)), group=group)
        )
        for group, bias in far.select("group", "bias_rate").iter_rows()
    ]
    return message(" On average it was {leanings}.", leanings=joined(*leanings, by=", ")) if leanings else ""


def _losses(frame: pl.DataFrame, by: str) -> str:
    """Name the groups in which a simpler rule came closer than the forecast."""
    losses = []
    for name, label in forecast_error.BASELINES.items():
        column = f"{name.removesuffix('_amount')}_skill"
        lost = frame.filter(pl.col(column) < 0)["group"].to_list() if column in frame.columns else []
        if lost:
            shown = ", ".join(str(g) for g in lost[:5]) + (
                message(" and {n_lost} more", n_lost=len(lost) - 5) if len(lost) > 5 else ""
            )
            losses.append(message("{label} did better in {shown}", label=label, shown=shown))
    return message(" By {views}: {losses}.", views=VIEWS[by].lower(), losses="; ".join(losses)) if losses else ""


def _cut(data: Dataset, settings: Settings, replays: Replays, manager_calls: pl.DataFrame, by: str) -> pl.DataFrame:
    quarter = _quarters(data, replays, manager_calls) if by in ("week", "period") else pl.DataFrame()
    if by == "week":
        return (
            forecast_error.scores(quarter, ["week"])
            .rename({"week": "group"})
            .with_columns(group=pl.format("Week {}", pl.col("group").cast(pl.String).str.zfill(2)))
        )
    if by == "window":
        scored = forecast_error.scores(replays.forecasts, ["window"]).rename({"window": "group"})
        return scored.with_columns(group=pl.col("group").replace(QUARTER, WHOLE))
    if by == "period":
        scored = forecast_error.scores(quarter, ["period_start_on"])
        names = [quarter_label(day, settings) for day in scored["period_start_on"]]
        return scored.with_columns(group=pl.Series(names, dtype=pl.String)).drop("period_start_on")
    if by == "team":
        return forecast_error.scores(replays.teams, ["team"]).rename({"team": "group"})
    if by == "category":
        return _categories(replays.deals)
    return managers(data, settings, manager_calls)


def _categories(deals: pl.DataFrame) -> pl.DataFrame:
    """Score the open deals of each day by the category the rep had given them, day by day."""
    done = deals.filter(pl.col("actual_amount").is_not_null())
    rows = done.group_by("day", group=pl.col("forecast_category").fill_null("none")).agg(
        amount=pl.col("expected_amount").sum(), actual_amount=pl.col("actual_amount").sum()
    )
    return forecast_error.scores(rows, ["group"])


def managers(data: Dataset, settings: Settings, manager_calls: pl.DataFrame) -> pl.DataFrame:
    """Score every manager's commit calls against what their team then won.

    The team is that of the hierarchy on the day of the call.

    Returns
    -------
    pl.DataFrame
        As `accuracy.scores`, group being the manager's name; quarters that still run are left out.
    """
    rows = calls.outcomes(data, settings, manager_calls)
    return forecast_error.scores(rows, ["group"]).sort("bias_rate", descending=True, nulls_last=True)
