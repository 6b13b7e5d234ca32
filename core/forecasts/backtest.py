"""The forecast as it was on past dates, made only of what was known then, beside what came."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any

import numpy as np
import polars as pl

from core.config import Settings
from core.config.calendar import add_quarters, quarter_end, quarter_label, quarter_start
from core.contracts import Dataset
from core.contracts.errors import ModelError
from core.contracts.spans import is_valid
from core.features import deals as deal_features
from core.localization import message
from core.marts.as_of import rewind
from core.models import close, outlook, simple_rules, sum_correction
from core.models.close import CloseModel, pipeline_creation
from core.models.keyed import Keyed

QUARTER = "Quarter"
NO_TEAM = "No team"
FIRST_YEAR_DAYS = 365
QUARTERS = 8
LONGEST_DAYS = 105
RECORD_DAYS = 60
RECORD_EVERY = 4
RECORDS = 12
LEVEL_WINDOWS, MOST_SHIFT = 2, 0.4
Progress = Callable[[float, str], None]

FORECASTS = {
    "day": pl.Date,
    "period_start_on": pl.Date,
    "week": pl.Int64,
    "window": pl.String,
    "days": pl.Int64,
    "closed_amount": pl.Float64,
    "open_amount": pl.Float64,
    "new_amount": pl.Float64,
    "computed_amount": pl.Float64,
    "amount": pl.Float64,
    "lower": pl.Float64,
    "upper": pl.Float64,
    "deviation": pl.Float64,
    "last_year_amount": pl.Float64,
    "weighted_amount": pl.Float64,
    "commit_amount": pl.Float64,
    "best_case_amount": pl.Float64,
    "pace_amount": pl.Float64,
    "quota_amount": pl.Float64,
    "quota_chance": pl.Float64,
    "actual_amount": pl.Float64,
    "trained_to": pl.Date,
}
DEALS = {
    "day": pl.Date,
    "opportunity_id": pl.String,
    "opportunity_name": pl.String,
    "owner_id": pl.String,
    "team": pl.String,
    "forecast_category": pl.String,
    "stage": pl.String,
    "close_on": pl.Date,
    "amount": pl.Float64,
    "p_win": pl.Float64,
    "expected_amount": pl.Float64,
    "actual_amount": pl.Float64,
}
TEAMS = {
    "day": pl.Date,
    "period_start_on": pl.Date,
    "week": pl.Int64,
    "team": pl.String,
    "closed_amount": pl.Float64,
    "amount": pl.Float64,
    "commit_amount": pl.Float64,
    "actual_amount": pl.Float64,
}
SCORES = {"opportunity_id": pl.String, "as_of": pl.Date, "horizon_days": pl.Int64, "p": pl.Float64}


@dataclass(frozen=True, eq=False)
class Replays(Keyed):
    """Forecasts of past dates, each as it would have been made on its day.

    Attributes
    ----------
    forecasts : pl.DataFrame
        One row per day and window, in the columns of `FORECASTS`. `actual_amount` is what was won in
        the window, null while it still runs; beside it what simpler rules would have said: the same
        days a year before, open deals due in it × the share won from their stage, and those in commit.
        `computed_amount` is closed + open + new; of quarters, amount and range are put right by what the quarters
        before had missed by (`sum_correction`), and `quota_chance` is the chance of quota by then.
    deals : pl.DataFrame
        One row per day and deal open then, in the columns of `DEALS`; `actual_amount` is what it won
        by the end of the quarter, null while that runs.
    teams : pl.DataFrame
        One row per day and team, in the columns of `TEAMS`, under the hierarchy of the day.
    scores : pl.DataFrame
        The chances behind the record that widens later ranges.
    twins : dict of date to CloseModel or None
        The model of each quarter, trained on what was known before it began; None where that was
        too little and a table of past shares served.
    key : str
        Names the data, the settings and the code they were made of; empty for those put together by hand.
    """

    forecasts: pl.DataFrame
    deals: pl.DataFrame
    teams: pl.DataFrame
    scores: pl.DataFrame
    twins: dict[date, CloseModel | None]
    key: str = ""

    def has(self, day: date) -> bool:
        """Say whether a day is among those replayed."""
        return self.forecasts.filter(pl.col("day") == day).height > 0

    @property
    def quarters(self) -> list[date]:
        """Return the first days of the quarters that were replayed, oldest first."""
        return self.forecasts["period_start_on"].unique().sort().to_list()


@dataclass(frozen=True)
class ReplayedDay:
    """The forecast of one past day: rows in the columns of `FORECASTS` and of `DEALS`."""

    forecasts: pl.DataFrame
    deals: pl.DataFrame


def quarters(data: Dataset, settings: Settings, most: int | None = None) -> list[date]:
    """Return the first days of the quarters that can be replayed, oldest first.

    A quarter counts once records reach back a year before it; the running one is in.
    """
    first = deal_features.first(data)
    begins = [quarter_start(data.as_of, settings)]
    while len(begins) <= (most or QUARTERS):
        begins.append(add_quarters(begins[-1], -1, settings))
    if first is None:
        return []
    return sorted(day for day in begins if (day - first).days >= FIRST_YEAR_DAYS)


def days_of(period: date, data: Dataset, settings: Settings) -> list[date]:
    """Return the days of a quarter that are replayed: its first, and every seventh, the last day left out."""
    end = min(quarter_end(period, settings) - timedelta(days=1), data.as_of)
    return [period + timedelta(days=n) for n in range(0, (end - period).days + 1, 7)]


def run(
    data: Dataset,
    settings: Settings,
    progress: Progress | None = None,
    trained: Mapping[date, CloseModel | None] | None = None,
) -> Replays:
    """Replay the forecast on every week of the past quarters.

    Each quarter has a model of its own, trained on the data as it was known on the day before the
    quarter began (`marts.rewind`); each week is then forecast by the live code from the data as it
    was known on that day. The range is widened by how far earlier replays had missed by then, and the quarter's
    number and range are put right by what the quarters before had missed by (`sum_correction`).

    Parameters
    ----------
    data : Dataset
    settings : Settings
    progress : callable, optional
        Called with a share in [0, 1] and what is being done.
    trained : mapping of date to CloseModel or None, optional
        The quarters' models where they are trained and levelled already, on the company these rows are a part of.

    Returns
    -------
    Replays
        Empty where records do not reach back a year before any quarter.
    """
    say = progress or (lambda share, text: None)
    periods = quarters(data, settings)
    scores = pl.DataFrame(schema=SCORES)
    twins: dict[date, CloseModel | None] = {}
    frames: list[tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame]] = []
    for index, period in enumerate(periods):
        say(index / len(periods), message("Forecasting {quarter_label}", quarter_label=quarter_label(period, settings)))
        twins[period] = (
            trained[period]
            if trained and period in trained
            else levelled(twin(data, settings, period), record_of(data, settings, period - timedelta(days=1), scores))
        )
        for number, day in enumerate(days_of(period, data, settings)):
            made, chances = one(data, settings, day, twins[period], scores)
            frames.append(made)
            if number % RECORD_EVERY == 0:
                scores = pl.concat([scores, chances])
    say(1.0, "Forecast history is ready")
    parts = [
        pl.concat([pl.DataFrame(schema=schema), *(made[k] for made in frames)])
        for k, schema in enumerate((FORECASTS, DEALS, TEAMS))
    ]
    forecasts = _corrected(parts[0])
    return Replays(forecasts, parts[1], _shared_out(parts[2], forecasts), scores, twins)


def record(replays: Replays) -> pl.DataFrame:
    """Return the forecasts of finished quarters, from which later ones are corrected."""
    if replays.forecasts.is_empty():
        return pl.DataFrame(schema=FORECASTS)
    return _of_quarters(replays.forecasts).filter(pl.col("actual_amount").is_not_null())


def _shared_out(teams: pl.DataFrame, forecasts: pl.DataFrame) -> pl.DataFrame:
    """Share a correction of the company's number over its teams, by what each still expects."""
    whole = _of_quarters(forecasts).select("day", "computed_amount", whole="amount", already="closed_amount")
    ahead = pl.col("computed_amount") - pl.col("already")
    factor = pl.when(ahead > 0).then((pl.col("whole") - pl.col("already")) / ahead).otherwise(1.0)
    moved = pl.col("closed_amount") + (pl.col("amount") - pl.col("closed_amount")) * factor
    return teams.join(whole, on="day", how="left", maintain_order="left").with_columns(amount=moved).select(list(TEAMS))


def _of_quarters(forecasts: pl.DataFrame) -> pl.DataFrame:
    return forecasts.filter(pl.col("window") == QUARTER)


def _corrected(forecasts: pl.DataFrame, before: pl.DataFrame | None = None) -> pl.DataFrame:
    """Put the quarters' numbers right, each by what the quarters before its own had missed by.

    Parameters
    ----------
    forecasts : pl.DataFrame
        In the columns of `FORECASTS`.
    before : pl.DataFrame, optional
        The forecasts of earlier quarters, where they are not among them.
    """
    number = forecasts.filter(pl.col("window") == QUARTER)
    rolled = sum_correction.rolled(number, before)
    return pl.concat([forecasts.filter(pl.col("window") != QUARTER), rolled.select(forecasts.columns)]).sort(
        "day", "days", maintain_order=True
    )


def on(data: Dataset, settings: Settings, replays: Replays, day: date) -> ReplayedDay:
    """Return the forecast of one past day: a day between two replayed ones is worked out with its quarter's model.

    Raises
    ------
    ModelError
        When the day lies outside the quarters that can be replayed.
    """
    period = quarter_start(day, settings)
    if period not in replays.twins or day > data.as_of:
        first = replays.quarters[0] if replays.quarters else None
        reach = (
            message("Choose a day from {first:%d %B %Y} to {as_of:%d %B %Y}.", first=first, as_of=data.as_of)
            if first
            else "Load a longer history."
        )
        raise ModelError(message("The forecast of {day:%d %B %Y} cannot be replayed.", day=day), mend=reach)
    if replays.has(day):
        own = pl.col("day") == day
        return ReplayedDay(replays.forecasts.filter(own), replays.deals.filter(own))
    frames, _ = one(data, settings, day, replays.twins[period], replays.scores)
    earlier = _of_quarters(replays.forecasts).filter(pl.col("period_start_on") < period)
    return ReplayedDay(_corrected(frames[0], earlier), frames[1])


def twin(data: Dataset, settings: Settings, period: date) -> CloseModel | None:
    """Train the close model of a quarter on what was known the day before it began; None when that is too little."""
    rewound = rewind(data, period - timedelta(days=1), settings)
    marks = close.marks(rewound, settings)
    if marks.is_empty():
        return None
    try:
        return CloseModel(short(settings)).fit(marks, judged=False)
    except ModelError:
        return None


def short(settings: Settings) -> Settings:
    """Return settings with the horizons a quarter needs."""
    days = (*(h for h in settings.models.horizons_days if h < LONGEST_DAYS), LONGEST_DAYS)
    return settings.model_copy(update={"models": settings.models.model_copy(update={"horizons_days": days})})


def one(
    data: Dataset, settings: Settings, day: date, model: CloseModel | None, scores: pl.DataFrame
) -> tuple[tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame], pl.DataFrame]:
    """Forecast one past day.

    Parameters
    ----------
    data : Dataset
        Only what became of the deals is read from days after `day`.
    settings : Settings
    day : date
    model : CloseModel or None
        Trained on outcomes known before the day's quarter began.
    scores : pl.DataFrame
        Chances of earlier days.

    Returns
    -------
    frames : tuple of pl.DataFrame
        Rows of `FORECASTS`, `DEALS` and `TEAMS`.
    chances : pl.DataFrame
        This day's chances, for the record of later days.
    """
    rewound = rewind(data, day, settings)
    chances = pl.DataFrame(schema=SCORES)
    given = None
    if model is not None:
        given = model.predict(deal_features.build(rewound, day, settings), day)
        chances = (
            given.select(
                "opportunity_id",
                as_of=pl.lit(day),
                horizon_days=pl.lit(RECORD_DAYS, pl.Int64),
                p=f"p_win_{RECORD_DAYS}",
            )
            if f"p_win_{RECORD_DAYS}" in given.columns
            else chances
        )
    forecast = outlook.build(rewound, settings, given, _latest(scores, day))
    trained = date.fromisoformat(str(model.card_["trained_to"])) if model is not None else None
    return _frames(data, rewound, settings, forecast, trained), chances


def levelled(model: CloseModel | None, past: pl.DataFrame) -> CloseModel | None:
    """Return a quarter's model moved to the level of what past quarters' models had right.

    A quarter's model is not corrected on later deals, as the live one is. Instead the odds of winning in each period
    are multiplied by what was won ÷ what was said in the windows that were over before the quarter began, shrunk
    toward 1 as if two windows had been right.

    Parameters
    ----------
    model : CloseModel or None
    past : pl.DataFrame
        [day, amount, deviation, actual] of those windows, as `outlook.replay_scores`.
    """
    expected, won = float(past["amount"].sum()), float(past["actual"].sum())
    if model is None or past.is_empty() or expected <= 0 or won <= 0:
        return model
    share = past.height / (past.height + LEVEL_WINDOWS)
    shift = float(np.clip(share * np.log(won / expected), -MOST_SHIFT, MOST_SHIFT))
    risks = model.ready()
    return replace(model, risks_=replace(risks, win_map=replace(risks.win_map, shift=risks.win_map.shift + shift)))


def _latest(scores: pl.DataFrame, day: date) -> pl.DataFrame:
    """Return the chances of the last days whose windows were over on a day."""
    seen = scores.filter(pl.col("as_of") <= day - timedelta(days=RECORD_DAYS))
    latest = seen["as_of"].unique().sort().tail(RECORDS)
    return seen.filter(pl.col("as_of").is_in(latest.implode()))


def record_of(data: Dataset, settings: Settings, day: date, scores: pl.DataFrame) -> pl.DataFrame:
    """Return what past chances said of windows over on a day, beside what was won in them."""
    rewound = rewind(data, day, settings)
    return outlook.replay_scores(pipeline_creation.tracks(rewound, settings), _latest(scores, day), settings)


def _frames(
    data: Dataset, rewound: Dataset, settings: Settings, forecast: outlook.Outlook, trained: Any
) -> tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame]:
    day = rewound.as_of
    period, end = quarter_start(day, settings), quarter_end(day, settings)
    due = _open_deals(rewound, settings, forecast, end)
    windows = forecast.frame.with_columns(
        window=pl.when(pl.int_range(pl.len()) == pl.len() - 1).then(pl.lit(QUARTER)).otherwise("window")
    )
    spans = [
        (period, end) if name == QUARTER else (day + timedelta(days=1), day + timedelta(days=n))
        for name, n in windows.select("window", "days").iter_rows()
    ]
    actual = [simple_rules.won(data, *span) for span in spans]
    rules = [
        simple_rules.of_window(rewound, settings, due, *span, float(closed))
        for span, closed in zip(spans, windows["closed_amount"], strict=True)
    ]
    forecasts = windows.with_columns(
        day=pl.lit(day),
        computed_amount=pl.col("amount"),
        period_start_on=pl.lit(period),
        week=pl.lit((day - period).days // 7 + 1, pl.Int64),
        actual_amount=pl.Series(actual, dtype=pl.Float64),
        trained_to=pl.lit(_day(trained), pl.Date),
        **{name: pl.Series([rule[name] for rule in rules], dtype=pl.Float64) for name in simple_rules.RULES},
    ).select(list(FORECASTS))
    ends = _outcomes(data, day, end)
    rows = due.join(ends, on="opportunity_id", how="left").with_columns(
        day=pl.lit(day),
        actual_amount=pl.when(pl.lit(end <= data.as_of)).then(pl.col("actual_amount").fill_null(0.0)),
    )
    return (
        forecasts.cast(FORECASTS),  # type: ignore[arg-type]
        rows.select(list(DEALS)).cast(DEALS),  # type: ignore[arg-type]
        _teams(data, rewound, rows, forecast, period, end),
    )


def _open_deals(rewound: Dataset, settings: Settings, forecast: outlook.Outlook, end: date) -> pl.DataFrame:
    """Return the deals behind the quarter's number with owner, team, category and whether they are due."""
    behind = forecast.behind().frame
    if behind.is_empty():
        return pl.DataFrame(schema={**DEALS, "is_due": pl.Boolean, "is_amount_filled": pl.Boolean}).drop(
            "day", "actual_amount"
        )
    facts = rewound.opportunities.select("opportunity_id", "owner_id", "forecast_category")
    places = rewound.sales_team.filter(is_valid(rewound.as_of)).unique("rep_id", keep="last", maintain_order=True)
    teams = places.select(pl.col("rep_id").alias("owner_id"), "team")
    return (
        behind.join(facts, on="opportunity_id", how="left")
        .join(teams, on="owner_id", how="left")
        .with_columns(pl.col("team").fill_null(NO_TEAM), is_due=(pl.col("close_on") <= end).fill_null(value=False))
    )


def _outcomes(data: Dataset, day: date, end: date) -> pl.DataFrame:
    won = data.opportunities.filter(pl.col("is_won") & (pl.col("close_on") > day) & (pl.col("close_on") <= end))
    return won.select("opportunity_id", actual_amount=pl.col("amount").fill_null(0.0))


def _teams(
    data: Dataset, rewound: Dataset, rows: pl.DataFrame, forecast: outlook.Outlook, period: date, end: date
) -> pl.DataFrame:
    """Split the quarter's number and its outcome over teams; deals to come follow the open ones."""
    if forecast.frame.is_empty():
        return pl.DataFrame(schema=TEAMS)
    total = float(forecast.frame["open_amount"][-1])
    new = float(forecast.frame["new_amount"][-1])
    now = _won_by_team(rewound, rewound, period, rewound.as_of).rename({"won_amount": "closed_amount"})
    came = _won_by_team(data, rewound, period, end)
    committed = (pl.col("forecast_category") == "commit") & pl.col("is_due") & ~pl.col("is_amount_filled")
    ahead = rows.group_by("team").agg(
        pl.col("expected_amount").sum(), committed=pl.col("amount").filter(committed.fill_null(value=False)).sum()
    )
    both = (
        ahead.join(now, on="team", how="full", coalesce=True)
        .join(came, on="team", how="full", coalesce=True)
        .with_columns(pl.col("expected_amount", "committed", "closed_amount", "won_amount").fill_null(0.0))
    )
    share = pl.col("expected_amount") / total if total else pl.lit(1 / max(both.height, 1))
    return (
        both.with_columns(
            day=pl.lit(rewound.as_of),
            period_start_on=pl.lit(period),
            week=pl.lit((rewound.as_of - period).days // 7 + 1, pl.Int64),
            amount=pl.col("closed_amount") + pl.col("expected_amount") + new * share,
            commit_amount=pl.col("closed_amount") + pl.col("committed"),
            actual_amount=pl.when(pl.lit(end <= data.as_of)).then("won_amount"),
        )
        .sort("team")
        .select(list(TEAMS))
        .cast(TEAMS)  # type: ignore[arg-type]
    )


def _won_by_team(data: Dataset, rewound: Dataset, since: date, until: date) -> pl.DataFrame:
    places = rewound.sales_team.filter(is_valid(rewound.as_of)).unique("rep_id", keep="last", maintain_order=True)
    won = data.opportunities.filter(pl.col("is_won") & pl.col("close_on").is_between(since, until))
    placed = won.join(places.select(pl.col("rep_id").alias("owner_id"), "team"), on="owner_id", how="left")
    placed = placed.with_columns(pl.col("team").fill_null(NO_TEAM))
    return placed.group_by("team").agg(won_amount=pl.col("amount").sum())


def _day(value: Any) -> date | None:
    return date.fromisoformat(value) if isinstance(value, str) else value
